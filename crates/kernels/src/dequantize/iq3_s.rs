//! IQ3_S: 64 vectors of four elements, of a codebook of 512, with a 4-bit scale for every eight of them.
//!
//! `qs` holds the low eight bits of the numbers, bit `i` of `qh` the ninth of vector `i`.

use hearth_tensor::blocks::BlockIQ3_S;

use super::affine::{Affine, half};
use super::grids;
use super::signs::with_signs;

impl Affine for BlockIQ3_S {
    const BITS: u32 = 8;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (i, (&low, out)) in self.qs.iter().zip(out.chunks_exact_mut(4)).enumerate() {
            let high = self.qh[i / 8] >> (i % 8) & 1;
            let number = usize::from(low) | usize::from(high) << 8;
            let signs = self.signs[i / 2] >> (i % 2 * 4);
            with_signs(&grids::IQ3_S[number], u32::from(signs), out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        let code = self.scales[group / 2] >> (group % 2 * 4) & 15;
        half(self.d) * (1.0 + 2.0 * f32::from(code))
    }
}
