//! IQ3_XXS: 8 groups of 32 elements, each eight vectors of a codebook of 256, with 4-bit scales.
//!
//! 64 bytes are the numbers of the vectors; then each group has a word: four times seven bits of signs, for two vectors
//! each, then the scale.

use hearth_tensor::blocks::BlockIQ3_XXS;

use super::affine::{Affine, half};
use super::grids;
use super::signs::{eight_signs, with_signs};

/// The word of a group.
#[inline(always)]
fn word(block: &BlockIQ3_XXS, group: usize) -> u32 {
    let (words, _) = block.qs.as_chunks();
    u32::from_le_bytes(words[16 + group])
}

impl Affine for BlockIQ3_XXS {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (i, (&number, out)) in self.qs.iter().zip(out.chunks_exact_mut(4)).enumerate() {
            let signs = eight_signs(word(self, i / 8) >> (i % 8 / 2 * 7)) >> (i % 2 * 4);
            with_signs(&grids::IQ3_XXS[usize::from(number)], signs, out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half(self.d) * (0.5 + (word(self, group) >> 28) as f32) * 0.5
    }
}
