//! Q8_0: 32 signed codes of 8 bits.

use hearth_tensor::blocks::BlockQ8_0;

use super::affine::{Affine, half};

impl Affine for BlockQ8_0 {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        out.copy_from_slice(bytemuck::cast_slice(&self.qs));
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
