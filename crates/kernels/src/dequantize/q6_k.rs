//! Q6_K: 16 groups of 16 codes of 6 bits, zero point 32, with signed 8-bit scales.
//!
//! Each half of the block has four runs of 32 elements. Their low four bits: runs 0 and 1 are the low halves of the
//! first and second 32 bytes of `ql`, runs 2 and 3 the high ones. Their upper two: bits `2j..2j + 2` of `qh` for run `j`.

use hearth_tensor::blocks::BlockQ6_K;

use super::affine::{Affine, add_high_bits, bits_of_bytes, half};

impl Affine for BlockQ6_K {
    const BITS: u32 = 6;
    const GROUP: usize = 16;
    const MINIMUM: bool = false;
    const NESTED: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        let halves = self.ql.chunks_exact(64).zip(self.qh.chunks_exact(32));
        for ((ql, qh), out) in halves.zip(out.chunks_exact_mut(128)) {
            for (j, out) in out.chunks_exact_mut(32).enumerate() {
                let j = j as u32;
                bits_of_bytes(&ql[j as usize % 2 * 32..][..32], j / 2 * 4, 4, out);
                add_high_bits(qh, 2 * j, 2, 4, out);
            }
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half(self.d) * f32::from(self.scales[group] as i8)
    }
    #[inline(always)]
    fn units(&self) -> [u16; 2] {
        [u16::from_le_bytes(self.d), 0]
    }
    #[inline(always)]
    fn nested(&self, group: usize) -> [i8; 2] {
        [self.scales[group] as i8, 0]
    }
}
