//! Sine and cosine of many angles at once.
//!
//! Every layer needs `rotary_dims / 2` of each for every token, and calls of the C library's functions would cost
//! more than the rotation itself. This is plain arithmetic without branches, which LLVM vectorises.

use std::f64::consts::FRAC_2_PI;

/// π/2 in two parts: 33 bits, whose product with a 20-bit number is exact, and the rest. Source: fdlibm, `e_rem_pio2.c`.
const FRAC_PI_2_HIGH: f64 = 1.570_796_326_734_125_6;
const FRAC_PI_2_LOW: f64 = 6.077_100_506_506_192e-11;

/// Adding it pushes the fraction out of an f64, and so rounds to an integer: 1.5 * 2^52.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `(sin, cos)` of a finite angle, within 1e-9 for angles below 2^31.
#[inline(always)]
pub(super) fn sin_cos(angle: f32) -> (f64, f64) {
    let angle = f64::from(angle);
    let shifted = angle * FRAC_2_PI + ROUND;
    let quarter_turns = shifted - ROUND;
    // The low bits of the shifted number are the integer in two's complement.
    let quadrant = shifted.to_bits() & 3;
    let r = (angle - quarter_turns * FRAC_PI_2_HIGH) - quarter_turns * FRAC_PI_2_LOW;
    let (s, c) = (sin_kernel(r), cos_kernel(r));
    let (s, c) = if quadrant & 1 == 0 { (s, c) } else { (c, s) };
    // Quadrants 2 and 3 have a negative sine, 1 and 2 a negative cosine.
    let sin_sign = (quadrant & 2) << 62;
    let cos_sign = ((quadrant + 1) & 2) << 62;
    (
        f64::from_bits(s.to_bits() ^ sin_sign),
        f64::from_bits(c.to_bits() ^ cos_sign),
    )
}

/// Taylor series of the sine to `r^13`; the next term is below 2e-14 for `|r| <= π/4`.
#[inline(always)]
fn sin_kernel(r: f64) -> f64 {
    let z = r * r;
    let series = 1.0 / 6_227_020_800.0;
    let series = series * z - 1.0 / 39_916_800.0;
    let series = series * z + 1.0 / 362_880.0;
    let series = series * z - 1.0 / 5040.0;
    let series = series * z + 1.0 / 120.0;
    let series = series * z - 1.0 / 6.0;
    r + r * z * series
}

/// Taylor series of the cosine to `r^14`; the next term is below 2e-15 for `|r| <= π/4`.
#[inline(always)]
fn cos_kernel(r: f64) -> f64 {
    let z = r * r;
    let series = -1.0 / 87_178_291_200.0;
    let series = series * z + 1.0 / 479_001_600.0;
    let series = series * z - 1.0 / 3_628_800.0;
    let series = series * z + 1.0 / 40_320.0;
    let series = series * z - 1.0 / 720.0;
    let series = series * z + 1.0 / 24.0;
    let series = series * z - 0.5;
    1.0 + z * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_standard_library() {
        let mut angle = 1e-6f32;
        while angle < 2.1e9 {
            for a in [angle, -angle] {
                let (sin, cos) = sin_cos(a);
                let (want_sin, want_cos) = f64::from(a).sin_cos();
                let error = (sin - want_sin).abs().max((cos - want_cos).abs());
                // Beyond 2^20 quarter turns the product with the high part is rounded.
                let bound = if angle < 1.6e6 { 1e-12 } else { 1e-6 };
                assert!(error < bound, "{a}: ({sin}, {cos}), error {error:e}");
            }
            angle *= 1.0003;
        }
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
    }
}
