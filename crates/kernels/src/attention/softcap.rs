//! Scores held between `-cap` and `cap`.

use hearth_simd::Simd;

/// Replace every score `s` by `cap * tanh(s / cap)`, with `tanh(x) = 1 - 2 / (e^2x + 1)`, which is 1 and -1 far away,
/// where the exponential is infinite and 0. Near 0 the error is absolute: some `2e-7 * cap`.
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, cap: f32, scores: &mut [f32]) {
    let mut vectors = scores.chunks_exact_mut(S::LANES);
    for scores in &mut vectors {
        simd.store(capped(simd, cap, simd.load(scores)), scores);
    }
    let tail = vectors.into_remainder();
    if !tail.is_empty() {
        simd.store_partial(capped(simd, cap, simd.load_partial(tail)), tail);
    }
}

#[inline(always)]
fn capped<S: Simd>(simd: S, cap: f32, score: S::F32) -> S::F32 {
    let e = simd.exp(simd.mul(score, simd.splat(2.0 / cap)));
    let behind = simd.div(simd.splat(2.0 * cap), simd.add(e, simd.splat(1.0)));
    simd.sub(simd.splat(cap), behind)
}
