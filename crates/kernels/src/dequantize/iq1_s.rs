//! IQ1_S: 8 groups of 32 elements, each four vectors of a codebook of 2048, with 3-bit scales.
//!
//! The elements of a vector are -1, 0 and 1, and all of a group are shifted by an eighth, up or down. `qs` holds the low
//! eight bits of the numbers; a 16-bit word of `qh` for each group the upper three of each, the scale, and a bit that
//! is set where the shift is down.

use hearth_tensor::blocks::BlockIQ1_S;

use super::affine::{Affine, half};
use super::grids;

/// Write a vector in units of an eighth, shifted.
#[inline(always)]
pub(super) fn shifted(number: usize, down: bool, out: &mut [i8]) {
    let shift = if down { -1 } else { 1 };
    for (out, &element) in out.iter_mut().zip(&grids::IQ1[number & 2047]) {
        *out = 8 * element + shift;
    }
}

/// The scale for codes in units of an eighth; `code` has three bits.
#[inline(always)]
pub(super) fn scale(d: f32, code: u16) -> f32 {
    d * f32::from(2 * (code & 7) + 1) * 0.125
}

impl Affine for BlockIQ1_S {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        let (words, _) = self.qh.as_chunks();
        for (i, (&low, out)) in self.qs.iter().zip(out.chunks_exact_mut(8)).enumerate() {
            let word = u16::from_le_bytes(words[i / 4]);
            let high = word >> (i % 4 * 3) & 7;
            shifted(
                usize::from(low) | usize::from(high) << 8,
                word >> 15 == 1,
                out,
            );
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        let (words, _) = self.qh.as_chunks();
        scale(half(self.d), u16::from_le_bytes(words[group]) >> 12)
    }
}
