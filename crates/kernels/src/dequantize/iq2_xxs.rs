//! IQ2_XXS: 8 groups of 32 elements, each four vectors of a codebook of 256, with 4-bit scales.
//!
//! A group is four numbers of vectors and a word: four times seven bits of signs, then the scale.

use hearth_tensor::blocks::BlockIQ2_XXS;

use super::affine::{Affine, half};
use super::grids;
use super::signs::{eight_signs, with_signs};

/// The word after the numbers of a group.
#[inline(always)]
fn word(group: &[u8; 8]) -> u32 {
    let [_, _, _, _, a, b, c, d] = *group;
    u32::from_le_bytes([a, b, c, d])
}

impl Affine for BlockIQ2_XXS {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        let (groups, _) = self.qs.as_chunks();
        for (group, out) in groups.iter().zip(out.chunks_exact_mut(32)) {
            let vectors = group.iter().zip(out.chunks_exact_mut(8));
            for (l, (&number, out)) in vectors.enumerate() {
                let signs = eight_signs(word(group) >> (7 * l));
                with_signs(&grids::IQ2_XXS[usize::from(number)], signs, out);
            }
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        let (groups, _) = self.qs.as_chunks();
        half(self.d) * (0.5 + (word(&groups[group]) >> 28) as f32) * 0.25
    }
}
