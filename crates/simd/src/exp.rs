//! The exponential function, written once over the basic operations.
//!
//! `e^x = 2^n * e^r` with `n = round(x / ln 2)` and `|r| <= ln(2) / 2`; `ln 2` is split in two so that `n * ln 2` is
//! subtracted exactly, and `e^r` is a polynomial of degree 7. Source: `expf` of S. Moshier's Cephes library.

use crate::token::Simd;

/// 1.5 * 2^23: adding and subtracting it rounds to a whole number, for magnitudes below 2^22.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// Below, the result is 0 (`n` is -127).
const LOWEST: f32 = -88.0;
/// Above, the result is infinite (`n` is 128 and `e^r` above 1).
const HIGHEST: f32 = 89.0;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 to 9 bits: its products with `n` are exact.
const LN2_HIGH: f32 = 355.0 / 512.0;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// Coefficients of `r^7` to `r^2`.
const POLYNOMIAL: [f32; 6] = [
    1.987_569_2e-4,
    1.398_199_9e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    1.666_666_5e-1,
    0.5,
];

/// See [`Simd::exp`].
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::F32) -> S::F32 {
    let v = s.min(s.splat(HIGHEST), s.max(s.splat(LOWEST), x));
    let round = s.splat(ROUND);
    let n = s.sub(s.mul_add(v, s.splat(LOG2_E), round), round);
    let r = s.mul_add(n, s.splat(-LN2_HIGH), v);
    let r = s.mul_add(n, s.splat(-LN2_LOW), r);
    let mut p = s.splat(POLYNOMIAL[0]);
    for c in &POLYNOMIAL[1..] {
        p = s.mul_add(p, r, s.splat(*c));
    }
    let p = s.add(s.mul_add(p, s.mul(r, r), r), s.splat(1.0));
    // 2^128 is no f32: what exceeds 2^127 doubles `p` instead.
    let n_max = s.min(s.splat(127.0), n);
    let p = s.mul_add(p, s.sub(n, n_max), p);
    s.keep_nan(x, s.mul(p, s.pow2(n_max)))
}
