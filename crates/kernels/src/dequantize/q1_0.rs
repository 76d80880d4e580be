//! Q1_0: 128 signs; a set bit is `d`, a clear one `-d`.

use hearth_tensor::blocks::BlockQ1_0;

use super::affine::{Affine, half};

impl Affine for BlockQ1_0 {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (byte, out) in self.qs.iter().zip(out.chunks_exact_mut(8)) {
            for (i, out) in out.iter_mut().enumerate() {
                *out = (byte >> i & 1) as i8 * 2 - 1;
            }
        }
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
