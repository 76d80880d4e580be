//! IQ2_S: 32 vectors of a codebook of 1024, with a 4-bit scale for every two of them.
//!
//! The first 32 bytes of `qs` are the low eight bits of the numbers, whose upper two are in `qh`, four to a byte from the
//! low end on; the other 32 bytes are the signs.

use hearth_tensor::blocks::BlockIQ2_S;

use super::affine::Affine;
use super::grids;
use super::iq2_xs;
use super::signs::with_signs;

impl Affine for BlockIQ2_S {
    const BITS: u32 = 8;
    const GROUP: usize = 16;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        let (numbers, signs) = self.qs.split_at(32);
        let vectors = numbers.iter().zip(signs).zip(out.chunks_exact_mut(8));
        for (i, ((&low, &signs), out)) in vectors.enumerate() {
            let high = self.qh[i / 4] >> (i % 4 * 2) & 3;
            let number = usize::from(low) | usize::from(high) << 8;
            with_signs(&grids::IQ2_S[number], u32::from(signs), out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        iq2_xs::scale(self.d, &self.scales, group)
    }
}
