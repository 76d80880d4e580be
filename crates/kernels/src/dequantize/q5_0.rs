//! Q5_0: 32 codes of 5 bits, zero point 16.

use hearth_tensor::blocks::BlockQ5_0;

use super::affine::{Affine, add_fifth_bits, half, nibbles};

impl Affine for BlockQ5_0 {
    const BITS: u32 = 5;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        nibbles(&self.qs, out);
        add_fifth_bits(self.qh, out);
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
