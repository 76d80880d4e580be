//! What the K-quants share: the scales of groups, rounded themselves.

use hearth_simd::{f16_to_f32, f32_to_f16};

use super::search::{self, Steps, round_within};

/// Elements of a super-block.
pub(super) const ELEMS: usize = 256;

/// A number as half precision: its bits and its value.
#[derive(Clone, Copy)]
pub(super) struct Half {
    /// Little-endian bits.
    pub(super) bytes: [u8; 2],
    /// The value.
    pub(super) value: f32,
}

impl Half {
    /// The nearest half; `None` if it is infinite.
    #[inline(always)]
    pub(super) fn nearest(x: f32) -> Option<Self> {
        Self::from_bits(f32_to_f16(x))
    }

    /// The half that is not below `x`, which is not negative: a largest code that was divided by still fits.
    #[inline(always)]
    pub(super) fn not_below(x: f32) -> Option<Self> {
        let nearest = f32_to_f16(x);
        let is_below = f16_to_f32(nearest) < x;
        Self::from_bits(nearest + u16::from(is_below))
    }

    #[inline(always)]
    fn from_bits(bits: u16) -> Option<Self> {
        let value = f16_to_f32(bits);
        let bytes = bits.to_le_bytes();
        value.is_finite().then_some(Half { bytes, value })
    }
}

/// `1 / x`, but 0 for 0: codes of a scale of 0 are 0.
#[inline(always)]
pub(super) fn inverse(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { 1.0 / x }
}

/// Groups of 32 with 6-bit scales and minima: all of `Q4_K` and `Q5_K` but how codes are packed.
pub(super) struct WithMinima {
    /// Scale of the scales.
    pub(super) d: Half,
    /// Scale of the minima.
    pub(super) dmin: Half,
    /// Scales and minima, packed.
    pub(super) scales: [u8; 12],
    /// The codes.
    pub(super) codes: [u8; ELEMS],
}

/// The largest 6-bit number.
const TOP: f32 = 63.0;

impl WithMinima {
    /// The super-block for its elements; `None` if they are too large.
    #[inline(always)]
    pub(super) fn new(x: &[f32], steps: Steps) -> Option<Self> {
        let (groups, _) = x.as_chunks::<32>();
        let (mut scales, mut minima) = ([0.0f32; 8], [0.0f32; 8]);
        for (i, group) in groups.iter().enumerate() {
            (scales[i], minima[i]) = search::scale_and_minimum(group, steps);
        }
        let largest = |x: &[f32; 8]| x.iter().copied().fold(0.0, f32::max);
        let d = Half::not_below(largest(&scales) / TOP)?;
        let dmin = Half::not_below(largest(&minima) / TOP)?;
        let mut block = WithMinima {
            d,
            dmin,
            scales: [0; 12],
            codes: [0; ELEMS],
        };
        let (by, min_by) = (inverse(d.value), inverse(dmin.value));
        let (codes, _) = block.codes.as_chunks_mut::<32>();
        for (i, (group, codes)) in groups.iter().zip(codes).enumerate() {
            let scale = round_within(scales[i] * by, 0.0, TOP);
            let minimum = round_within(minima[i] * min_by, 0.0, TOP);
            put_six_bits(&mut block.scales, i, scale as u8, minimum as u8);
            let by = inverse(d.value * scale);
            for (code, x) in codes.iter_mut().zip(group) {
                let above = x + dmin.value * minimum;
                *code = round_within(above * by, 0.0, steps.top) as u8;
            }
        }
        Some(block)
    }
}

/// Write the scale and the minimum of a group into fields that are zero; see `dequantize::q4_k` for where they lie.
#[inline(always)]
fn put_six_bits(fields: &mut [u8; 12], group: usize, scale: u8, minimum: u8) {
    if group < 4 {
        fields[group] |= scale;
        fields[group + 4] |= minimum;
    } else {
        fields[group + 4] = scale & 15 | minimum << 4;
        fields[group - 4] |= scale >> 4 << 6;
        fields[group] |= minimum >> 4 << 6;
    }
}

/// The low four bits of 256 codes, packed.
#[inline(always)]
pub(super) fn pack_low_codes(codes: &[u8; ELEMS]) -> [u8; 128] {
    let mut qs = [0; 128];
    for (qs, codes) in qs.chunks_exact_mut(32).zip(codes.chunks_exact(64)) {
        let (low, high) = codes.split_at(32);
        for ((byte, low), high) in qs.iter_mut().zip(low).zip(high) {
            *byte = low & 15 | high << 4;
        }
    }
    qs
}
