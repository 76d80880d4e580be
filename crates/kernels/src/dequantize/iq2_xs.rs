//! IQ2_XS: 32 vectors of a codebook of 512, with a 4-bit scale for every two of them.
//!
//! A vector is a 16-bit word: nine bits of number, seven of signs.

use hearth_tensor::blocks::BlockIQ2_XS;

use super::affine::{Affine, half};
use super::grids;
use super::signs::{eight_signs, with_signs};

/// The scale of a group of 16 elements of `IQ2_XS` or `IQ2_S`.
#[inline(always)]
pub(super) fn scale(d: [u8; 2], scales: &[u8; 8], group: usize) -> f32 {
    let code = scales[group / 2] >> (group % 2 * 4) & 15;
    half(d) * (0.5 + f32::from(code)) * 0.25
}

impl Affine for BlockIQ2_XS {
    const BITS: u32 = 8;
    const GROUP: usize = 16;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        let (words, _) = self.qs.as_chunks();
        for (word, out) in words.iter().zip(out.chunks_exact_mut(8)) {
            let word = u32::from(u16::from_le_bytes(*word));
            let vector = &grids::IQ2_XS[word as usize & 511];
            with_signs(vector, eight_signs(word >> 9), out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        scale(self.d, &self.scales, group)
    }
}
