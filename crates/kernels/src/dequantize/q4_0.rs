//! Q4_0: 32 codes of 4 bits, zero point 8.

use hearth_tensor::blocks::BlockQ4_0;

use super::affine::{Affine, half, nibbles};

impl Affine for BlockQ4_0 {
    const BITS: u32 = 4;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        nibbles(&self.qs, out);
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
