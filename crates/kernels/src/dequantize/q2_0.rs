//! Q2_0: 64 codes of 2 bits, from the low end of a byte on, which mean -1, 0, 1 and 2.

use hearth_tensor::blocks::BlockQ2_0;

use super::affine::{Affine, half};

impl Affine for BlockQ2_0 {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (byte, out) in self.qs.iter().zip(out.chunks_exact_mut(4)) {
            for (i, out) in out.iter_mut().enumerate() {
                *out = (byte >> (2 * i) & 3) as i8 - 1;
            }
        }
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
