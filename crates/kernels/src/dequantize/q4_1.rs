//! Q4_1: 32 codes of 4 bits, minimum.

use hearth_tensor::blocks::BlockQ4_1;

use super::affine::{Affine, half, nibbles};

impl Affine for BlockQ4_1 {
    const BITS: u32 = 4;
    const GROUP: usize = 32;
    const MINIMUM: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        nibbles(&self.qs, out);
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
