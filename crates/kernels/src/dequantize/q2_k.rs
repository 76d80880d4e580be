//! Q2_K: 16 groups of 16 codes of 2 bits, with 4-bit scales and minima.
//!
//! Each half of the block has 32 bytes of codes: bits `2j..2j + 2` of byte `l` are element `32 * j + l` of the half.

use hearth_tensor::blocks::BlockQ2_K;

use super::affine::{Affine, bits_of_bytes, half, units};

/// The 256 two-bit codes of `Q2_K`, which are the lower bits of `Q3_K`.
#[inline(always)]
pub(super) fn low_codes(qs: &[u8; 64], out: &mut [i8]) {
    for (bytes, out) in qs.chunks_exact(32).zip(out.chunks_exact_mut(128)) {
        for (j, out) in out.chunks_exact_mut(32).enumerate() {
            bits_of_bytes(bytes, 2 * j as u32, 2, out);
        }
    }
}

impl Affine for BlockQ2_K {
    const BITS: u32 = 2;
    const GROUP: usize = 16;
    const MINIMUM: bool = true;
    const NESTED: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        low_codes(&self.qs, out);
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half(self.d) * f32::from(self.scales[group] & 15)
    }
    #[inline(always)]
    fn units(&self) -> [u16; 2] {
        units(self.d, self.dmin)
    }
    #[inline(always)]
    fn nested(&self, group: usize) -> [i8; 2] {
        [self.scales[group] & 15, self.scales[group] >> 4].map(|code| code as i8)
    }
    #[inline(always)]
    fn minimum(&self, group: usize) -> f32 {
        -(half(self.dmin) * f32::from(self.scales[group] >> 4))
    }
}
