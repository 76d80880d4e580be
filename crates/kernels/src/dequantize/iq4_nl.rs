//! IQ4_NL: 32 codes of 4 bits, by codebook.

use hearth_tensor::blocks::BlockIQ4_NL;

use super::affine::{Affine, half, nibbles};
use super::codebook::Codebook;

impl Affine for BlockIQ4_NL {
    const BITS: u32 = 4;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;
    const CODEBOOK: Option<Codebook> = Some(Codebook::Iq4);

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        nibbles(&self.qs, out);
    }
    #[inline(always)]
    fn scale(&self, _: usize) -> f32 {
        half(self.d)
    }
}
