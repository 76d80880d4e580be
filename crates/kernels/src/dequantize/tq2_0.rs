//! TQ2_0: 256 elements that are -1, 0 or 1 (or 2, for the code that is not used) times `d`; bits as in Q2_K.

use hearth_tensor::blocks::BlockTQ2_0;

use super::affine::{Affine, half};
use super::q2_k::low_codes;

impl Affine for BlockTQ2_0 {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        low_codes(&self.qs, out);
        for code in out {
            *code -= 1;
        }
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
