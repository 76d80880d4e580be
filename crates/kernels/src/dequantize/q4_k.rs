//! Q4_K: 8 groups of 32 codes of 4 bits, with 6-bit scales and minima.
//!
//! 32 bytes hold two groups: the low halves, then the high ones. Scales and minima 0 to 3 are the low six bits of
//! bytes 0 to 3 and 4 to 7; 4 to 7 have their low four bits in the halves of bytes 8 to 11, and their upper two in the
//! upper two bits of bytes 0 to 3 and 4 to 7.

use hearth_tensor::blocks::BlockQ4_K;

use super::affine::{Affine, half, nibbles, units};

/// The 256 four-bit codes of `Q4_K`, which are the lower bits of `Q5_K`.
#[inline(always)]
pub(super) fn low_codes(qs: &[u8; 128], out: &mut [i8]) {
    for (bytes, out) in qs.chunks_exact(32).zip(out.chunks_exact_mut(64)) {
        nibbles(bytes, out);
    }
}

/// The 6-bit scale of a group of `Q4_K` or `Q5_K`.
#[inline(always)]
pub(super) fn scale_code(scales: &[u8; 12], group: usize) -> u8 {
    if group < 4 {
        scales[group] & 63
    } else {
        scales[group + 4] & 15 | scales[group - 4] >> 6 << 4
    }
}

/// The 6-bit minimum of a group of `Q4_K` or `Q5_K`.
#[inline(always)]
pub(super) fn minimum_code(scales: &[u8; 12], group: usize) -> u8 {
    if group < 4 {
        scales[group + 4] & 63
    } else {
        scales[group + 4] >> 4 | scales[group] >> 6 << 4
    }
}

/// [`Affine::nested`] of `Q4_K` and `Q5_K`.
#[inline(always)]
pub(super) fn nested(scales: &[u8; 12], group: usize) -> [i8; 2] {
    [scale_code(scales, group), minimum_code(scales, group)].map(|code| code as i8)
}

impl Affine for BlockQ4_K {
    const BITS: u32 = 4;
    const GROUP: usize = 32;
    const MINIMUM: bool = true;
    const NESTED: bool = true;

    #[inline(always)]
    fn codes(&self, out: &mut [i8]) {
        low_codes(&self.qs, out);
    }
    #[inline(always)]
    fn scale(&self, group: usize) -> f32 {
        half(self.d) * f32::from(scale_code(&self.scales, group))
    }
    #[inline(always)]
    fn minimum(&self, group: usize) -> f32 {
        -(half(self.dmin) * f32::from(minimum_code(&self.scales, group)))
    }
    #[inline(always)]
    fn units(&self) -> [u16; 2] {
        units(self.d, self.dmin)
    }
    #[inline(always)]
    fn nested(&self, group: usize) -> [i8; 2] {
        nested(&self.scales, group)
    }
}
