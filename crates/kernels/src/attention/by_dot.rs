//! Scores of few queries: each one a dot product of a query and a key.

use hearth_simd::Simd;

use super::cpu::{KEYS, Scratch};
use super::queries::Queries;
use super::{Attention, softcap};
use crate::lanes;

/// Scores `[len, KEYS]` of each query and of those of `keys` `[n, head_dim]`, from position `start` on, that it sees.
#[inline(always)]
pub(super) fn scores<S: Simd>(
    simd: S,
    queries: &Queries<'_>,
    op: &Attention,
    keys: &[f32],
    start: usize,
    scores: &mut [f32],
) {
    let head_dim = queries.head_dim;
    let n = keys.len() / head_dim;
    for (i, scores) in scores.chunks_exact_mut(KEYS).enumerate().take(queries.len) {
        let (q, seen) = (queries.row(i), queries.seen(i, start, n));
        let quads = keys[seen.start * head_dim..seen.end * head_dim].chunks_exact(4 * head_dim);
        let singles = quads.remainder().chunks_exact(head_dim);
        let scores = &mut scores[seen];
        let (quad_scores, single_scores) = scores.split_at_mut(scores.len() - scores.len() % 4);
        for (keys, scores) in quads.zip(quad_scores.chunks_exact_mut(4)) {
            scores.copy_from_slice(&dots::<S, 4>(simd, q, keys).map(|dot| dot * op.scale));
        }
        for (key, score) in singles.zip(single_scores) {
            *score = dots::<S, 1>(simd, q, key)[0] * op.scale;
        }
        if let Some(cap) = op.softcap {
            softcap::apply(simd, cap, scores);
        }
    }
}

/// Dot products of `q` and `K` keys.
#[inline(always)]
fn dots<S: Simd, const K: usize>(simd: S, q: &[f32], keys: &[f32]) -> [f32; K] {
    let head_dim = q.len();
    let keys: [&[f32]; K] = std::array::from_fn(|r| &keys[r * head_dim..][..head_dim]);
    let mut sums = [simd.splat(0.0); K];
    let whole = head_dim - head_dim % S::LANES;
    for d in (0..whole).step_by(S::LANES) {
        let q = simd.load(&q[d..]);
        for (sum, key) in sums.iter_mut().zip(keys) {
            *sum = simd.mul_add(q, simd.load(&key[d..]), *sum);
        }
    }
    if whole < head_dim {
        let q = simd.load_partial(&q[whole..]);
        for (sum, key) in sums.iter_mut().zip(keys) {
            *sum = simd.mul_add(q, simd.load_partial(&key[whole..]), *sum);
        }
    }
    // A loop, not `map`: see `lanes` on closures.
    let mut dots = [0.0; K];
    for (dot, sum) in dots.iter_mut().zip(sums) {
        *dot = simd.sum(sum);
    }
    dots
}

/// Turn the scores of `n` keys from position `start` on into weights, and keep the running maxima and sums.
#[inline(always)]
pub(super) fn softmax<S: Simd>(
    simd: S,
    queries: &Queries<'_>,
    start: usize,
    n: usize,
    scratch: &mut Scratch<'_>,
) {
    for i in 0..queries.len {
        let seen = queries.seen(i, start, n);
        let scores = &mut scratch.scores[i * KEYS..][seen];
        let before = scratch.max[i];
        let max = before.max(lanes::max(simd, scores));
        let shrink = (before - max).exp();
        let sum = lanes::exp_in_place(simd, scores, max);
        scratch.sum[i] = scratch.sum[i] * shrink + sum;
        scratch.max[i] = max;
        scratch.shrink[i] = shrink;
    }
}
