//! Many queries: a query in each lane, a key broadcast, so that no sum crosses lanes. Tiles are widened to f32 first,
//! once for up to a block of queries.

use std::ops::Range;

use hearth_simd::{Kernel, Simd};

use super::block::Block;
use super::cells::Cells;
use super::cpu::{BLOCK, Scratch};
use super::queries::Queries;
use super::softcap;
use super::values::{self, Weights};

/// A block against the cells of its head and sequence.
pub(super) struct ByLane<'c, 'a> {
    pub(super) block: Block<'c, 'a>,
    pub(super) k: Cells<'c>,
    pub(super) v: Cells<'c>,
}

impl Kernel for ByLane<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let tiles = self.block.begin();
        let (queries, op) = (self.block.queries, self.block.op);
        let scratch = &mut self.block.scratch;
        transpose(queries, op.scale, scratch.queries);
        for tile in tiles {
            let keys = self.k.slice(tile.clone()).widened(simd, scratch.cells);
            let n = keys.len();
            scores(
                simd,
                scratch.queries,
                keys.data(),
                queries.len,
                scratch.scores,
            );
            if let Some(softcap) = op.softcap {
                cap(simd, softcap, queries.len, &mut scratch.scores[..n * BLOCK]);
            }
            mask(queries, tile.clone(), scratch.scores);
            softmax(simd, queries.len, n, scratch);
            let weights = Weights {
                weights: scratch.scores,
                strides: [1, BLOCK],
                shrink: scratch.shrink,
                start: None,
            };
            let values = self.v.slice(tile).widened(simd, scratch.cells);
            values::add(simd, &weights, values, queries, scratch.values);
        }
        self.block.finish();
    }
}

/// Scale the queries and lay them out with one in each column: `[head_dim, BLOCK]`. Columns without a query are 0.
#[inline(always)]
fn transpose(queries: &Queries<'_>, scale: f32, columns: &mut [f32]) {
    if queries.len < BLOCK {
        columns.fill(0.0);
    }
    for i in 0..queries.len {
        for (column, q) in columns.chunks_exact_mut(BLOCK).zip(queries.row(i)) {
            column[i] = q * scale;
        }
    }
}

/// Scores `[n, BLOCK]` of the first `len` queries, rounded up to whole pairs of vectors, and of `keys` `[n, head_dim]`.
#[inline(always)]
fn scores<S: Simd>(simd: S, columns: &[f32], keys: &[f32], len: usize, scores: &mut [f32]) {
    let head_dim = columns.len() / BLOCK;
    for lane in (0..len).step_by(2 * S::LANES) {
        let quads = keys.chunks_exact(4 * head_dim);
        let (singles, n_quads) = (quads.remainder().chunks_exact(head_dim), quads.len());
        for (quad, out) in quads.zip(scores.chunks_exact_mut(4 * BLOCK)) {
            scores_of::<S, 4>(simd, columns, quad, lane, out);
        }
        let rest = scores[n_quads * 4 * BLOCK..].chunks_exact_mut(BLOCK);
        for (key, out) in singles.zip(rest) {
            scores_of::<S, 1>(simd, columns, key, lane, out);
        }
    }
}

/// Scores `[K, BLOCK]` of `K` keys, for two vectors of queries from `lane` on.
#[inline(always)]
fn scores_of<S: Simd, const K: usize>(
    simd: S,
    columns: &[f32],
    keys: &[f32],
    lane: usize,
    out: &mut [f32],
) {
    let head_dim = columns.len() / BLOCK;
    let keys: [&[f32]; K] = std::array::from_fn(|r| &keys[r * head_dim..][..head_dim]);
    let mut sums = [[simd.splat(0.0); 2]; K];
    for (d, column) in columns.chunks_exact(BLOCK).enumerate() {
        let (a, b) = (
            simd.load(&column[lane..]),
            simd.load(&column[lane + S::LANES..]),
        );
        for (sums, key) in sums.iter_mut().zip(keys) {
            let key = simd.splat(key[d]);
            sums[0] = simd.mul_add(a, key, sums[0]);
            sums[1] = simd.mul_add(b, key, sums[1]);
        }
    }
    for (sums, out) in sums.into_iter().zip(out.chunks_exact_mut(BLOCK)) {
        simd.store(sums[0], &mut out[lane..]);
        simd.store(sums[1], &mut out[lane + S::LANES..]);
    }
}

/// Hold the scores of the first `len` queries, rounded up as in [`scores`], between `-cap` and `cap`.
#[inline(always)]
fn cap<S: Simd>(simd: S, cap: f32, len: usize, scores: &mut [f32]) {
    let lanes = len.next_multiple_of(2 * S::LANES);
    for scores in scores.chunks_exact_mut(BLOCK) {
        softcap::apply(simd, cap, &mut scores[..lanes]);
    }
}

/// Set the scores of those of the positions that a query does not see to `-inf`.
#[inline(always)]
fn mask(queries: &Queries<'_>, positions: Range<usize>, scores: &mut [f32]) {
    for i in 0..queries.len {
        let seen = queries.seen(i, positions.start, positions.len());
        for hidden in (0..seen.start).chain(seen.end..positions.len()) {
            scores[hidden * BLOCK + i] = f32::NEG_INFINITY;
        }
    }
}

/// Turn the scores of `n` keys into weights, and keep the running maxima and sums.
#[inline(always)]
fn softmax<S: Simd>(simd: S, len: usize, n: usize, scratch: &mut Scratch<'_>) {
    let scores = &mut scratch.scores[..n * BLOCK];
    for lane in (0..len).step_by(S::LANES) {
        let before = simd.load(&scratch.max[lane..]);
        let mut max = before;
        for scores in scores.chunks_exact(BLOCK) {
            max = simd.max(max, simd.load(&scores[lane..]));
        }
        let mut sum = simd.splat(0.0);
        for scores in scores.chunks_exact_mut(BLOCK) {
            let scores = &mut scores[lane..];
            let weight = simd.exp(simd.sub(simd.load(scores), max));
            simd.store(weight, scores);
            sum = simd.add(sum, weight);
        }
        let shrink = simd.exp(simd.sub(before, max));
        let sum = simd.mul_add(simd.load(&scratch.sum[lane..]), shrink, sum);
        simd.store(sum, &mut scratch.sum[lane..]);
        simd.store(max, &mut scratch.max[lane..]);
        simd.store(shrink, &mut scratch.shrink[lane..]);
    }
}
