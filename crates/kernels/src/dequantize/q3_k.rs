//! Q3_K: 16 groups of 16 codes of 3 bits, zero point 4, with 6-bit scales around 32.
//!
//! Bit `j` of byte `l` of `hmask` is the third bit of element `32 * j + l`. Scale `i` has its low four bits in byte
//! `i % 8` (low halves first), its upper two in byte `8 + i % 4`.

use hearth_tensor::blocks::BlockQ3_K;

use super::affine::{Affine, add_high_bits, half};
use super::q2_k::low_codes;

/// The scale of a group, a multiple of `d`.
#[inline(always)]
fn scale_code(scales: &[u8; 12], group: usize) -> i8 {
    let low = scales[group % 8] >> (group / 8 * 4) & 15;
    let high = scales[8 + group % 4] >> (group / 4 * 2) & 3;
    (low | high << 4) as i8 - 32
}

impl Affine for BlockQ3_K {
    const BITS: u32 = 3;
    const GROUP: usize = 16;
    const MINIMUM: bool = false;
    const NESTED: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        low_codes(&self.qs, out);
        for (j, out) in out.chunks_exact_mut(32).enumerate() {
            add_high_bits(&self.hmask, j as u32, 1, 2, out);
        }
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half(self.d) * f32::from(scale_code(&self.scales, group))
    }
    #[inline(always)]
    fn units(&self) -> [u16; 2] {
        [u16::from_le_bytes(self.d), 0]
    }
    #[inline(always)]
    fn nested(&self, group: usize) -> [i8; 2] {
        [scale_code(&self.scales, group), 0]
    }
}
