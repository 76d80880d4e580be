//! Signs that are stored apart from the magnitudes of a codebook.

/// Write magnitudes; those whose bit of `signs` is set are negated.
#[inline(always)]
pub(super) fn with_signs(magnitudes: &[i8], signs: u32, out: &mut [i8]) {
    for (i, (out, &magnitude)) in out.iter_mut().zip(magnitudes).enumerate() {
        let negative = (signs >> i & 1) as i8;
        *out = (magnitude ^ -negative) + negative;
    }
}

/// Eight signs from the low seven bits: the eighth makes the number of negative ones even.
#[inline(always)]
pub(super) fn eight_signs(seven: u32) -> u32 {
    let seven = seven & 127;
    seven | (seven.count_ones() & 1) << 7
}
