//! IQ1_M: 32 vectors of the codebook of IQ1_S, with a 3-bit scale for every two of them and a shift for each.
//!
//! `qs` holds the low eight bits of the numbers; `qh` has a half byte for each, low halves first: the upper three, and a
//! bit that is set where the shift is down. A 16-bit word of `scales` has four scales in its low twelve bits; the
//! upper four bits of the four words are the half-precision number that all are multiplied with, low end first.

use hearth_tensor::blocks::BlockIQ1_M;

use super::affine::{Affine, half};
use super::iq1_s::{scale, shifted};

/// A word of scales.
#[inline(always)]
fn word(block: &BlockIQ1_M, i: usize) -> u16 {
    let (words, _) = block.scales.as_chunks();
    u16::from_le_bytes(words[i])
}

impl Affine for BlockIQ1_M {
    const BITS: u32 = 8;
    const GROUP: usize = 16;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (i, (&low, out)) in self.qs.iter().zip(out.chunks_exact_mut(8)).enumerate() {
            let high = self.qh[i / 2] >> (i % 2 * 4);
            let number = usize::from(low) | usize::from(high & 7) << 8;
            shifted(number, high & 8 != 0, out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        let mut d = 0;
        for i in 0..4 {
            d |= word(self, i) >> 12 << (4 * i);
        }
        let code = word(self, group / 4) >> (group % 4 * 3);
        scale(half(d.to_le_bytes()), code)
    }
}
