//! IQ4_XS: 8 groups of 32 codes of 4 bits, by codebook, with 6-bit scales of zero point 32.
//!
//! Scale `i` has its low four bits in byte `i / 2` of `scales_l` (low halves first), its upper two in bits
//! `2i..2i + 2` of `scales_h`.

use hearth_tensor::blocks::BlockIQ4_XS;

use super::affine::{Affine, half, nibbles};
use super::codebook::Codebook;

impl Affine for BlockIQ4_XS {
    const BITS: u32 = 4;
    const GROUP: usize = 32;
    const MINIMUM: bool = false;
    const CODEBOOK: Option<Codebook> = Some(Codebook::Iq4);

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        for (bytes, out) in self.qs.chunks_exact(16).zip(out.chunks_exact_mut(32)) {
            nibbles(bytes, out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        let low = self.scales_l[group / 2] >> (group % 2 * 4) & 15;
        let high = u16::from_le_bytes(self.scales_h) >> (2 * group) & 3;
        half(self.d) * f32::from((low | (high as u8) << 4) as i8 - 32)
    }
}
