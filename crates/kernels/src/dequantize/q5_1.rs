//! Q5_1: 32 codes of 5 bits, minimum.

use hearth_tensor::blocks::BlockQ5_1;

use super::affine::{Affine, add_fifth_bits, half, nibbles};

impl Affine for BlockQ5_1 {
    const BITS: u32 = 5;
    const GROUP: usize = 32;
    const MINIMUM: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        nibbles(&self.qs, out);
        add_fifth_bits(self.qh, out);
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
    #[inline(always)]
    fn minimum(&self, _: usize) -> f32 {
        half(self.m)
    }
}
