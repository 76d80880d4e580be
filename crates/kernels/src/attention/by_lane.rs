//! Many queries: a query in each lane, a key broadcast, so that no sum crosses lanes. Tiles are widened to f32 first,
//! once for up to a block of queries.

use std::ops::Range;

use hearth_simd::{Kernel, Simd};

use super::block::Block;
use super::cells::{Ahead, Cells, Tile};
use super::cpu::{BLOCK, Scratch};
use super::queries::{self, Queries};
use super::softcap;
use super::values::{self, Weights};
use crate::lanes::one_at_a_time;

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
        let [scale, factor] = queries::factors(op.scale, self.k.unit::<S>());
        transpose::<S>(queries, scale, scratch.queries);
        for tile in tiles {
            let keys = self.k.slice(tile.clone()).widened(simd, scratch.cells);
            let n = keys.len();
            scores(
                simd,
                (scratch.queries, queries.len),
                keys,
                factor,
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
                unit: self.v.unit::<S>(),
                shrink: scratch.shrink,
                start: None,
            };
            let values = self.v.slice(tile).widened(simd, scratch.cells);
            values::add(
                simd,
                &weights,
                values,
                queries,
                (scratch.values, &mut Ahead::none()),
            );
        }
        self.block.finish();
    }
}

/// Scale the queries and lay them out in groups of two vectors, a query in each lane:
/// `[BLOCK / (2 * LANES), head_dim, 2 * LANES]`. Lanes without a query are 0.
#[inline(always)]
fn transpose<S: Simd>(queries: &Queries<'_>, scale: f32, columns: &mut [f32]) {
    if queries.len < BLOCK {
        columns.fill(0.0);
    }
    let lanes = 2 * S::LANES;
    for i in 0..queries.len {
        let group = &mut columns[i / lanes * queries.head_dim * lanes..];
        for (column, q) in group.chunks_exact_mut(lanes).zip(queries.row(i)) {
            column[i % lanes] = q * scale;
        }
    }
}

/// Scores `[n, BLOCK]` of the first `len` queries, rounded up to whole pairs of vectors, and of `n` keys, times
/// `factor`.
#[inline(always)]
fn scores<S: Simd>(
    simd: S,
    (queries, len): (&[f32], usize),
    keys: Tile<'_, f32>,
    factor: f32,
    scores: &mut [f32],
) {
    let lanes = 2 * S::LANES;
    let groups = queries.chunks_exact(lanes * keys.head_dim).enumerate();
    for (group, columns) in groups.take(len.div_ceil(lanes)) {
        let scores = &mut scores[group * lanes..];
        let whole = keys.len() / 4 * 4;
        for j in (0..whole).step_by(4) {
            scores_of::<S, 4>(simd, columns, (keys, j), factor, &mut scores[j * BLOCK..]);
        }
        for j in whole..keys.len() {
            scores_of::<S, 1>(simd, columns, (keys, j), factor, &mut scores[j * BLOCK..]);
        }
    }
}

/// Scores of `K` keys from `j` on, at a distance of [`BLOCK`], for two vectors of queries.
#[inline(always)]
fn scores_of<S: Simd, const K: usize>(
    simd: S,
    columns: &[f32],
    (keys, j): (Tile<'_, f32>, usize),
    factor: f32,
    scores: &mut [f32],
) {
    let lanes = 2 * S::LANES;
    let mut fours: [&[[f32; 4]]; K] = [&[]; K];
    let mut rests: [&[f32]; K] = [&[]; K];
    for k in 0..K {
        let key = keys.cell(j + k).as_chunks();
        (fours[k], rests[k]) = (&key.0[..keys.head_dim / 4], &key.1[..keys.head_dim % 4]);
    }
    let mut sums = [[simd.splat(0.0); 2]; K];
    let four_columns = columns.chunks_exact(4 * lanes);
    let rest_columns = four_columns.remainder();
    for (n, columns) in four_columns.enumerate().take(keys.head_dim / 4) {
        for (d, column) in columns
            .chunks_exact(lanes)
            .enumerate()
            .take(one_at_a_time(4))
        {
            let column = both(simd, column);
            for (sums, four) in sums.iter_mut().zip(&fours) {
                add_key(simd, four[n][d], column, sums);
            }
        }
    }
    for (d, column) in rest_columns.chunks_exact(lanes).enumerate() {
        let column = both(simd, column);
        for (sums, rest) in sums.iter_mut().zip(&rests) {
            add_key(simd, rest[d], column, sums);
        }
    }
    let factor = simd.splat(factor);
    for (k, sums) in sums.into_iter().enumerate() {
        simd.store(simd.mul(sums[0], factor), &mut scores[k * BLOCK..]);
        simd.store(
            simd.mul(sums[1], factor),
            &mut scores[k * BLOCK + S::LANES..],
        );
    }
}

#[inline(always)]
fn add_key<S: Simd>(simd: S, key: f32, column: [S::F32; 2], sums: &mut [S::F32; 2]) {
    let key = simd.splat(key);
    sums[0] = simd.mul_add(column[0], key, sums[0]);
    sums[1] = simd.mul_add(column[1], key, sums[1]);
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

/// Turn the scores of `n` keys into weights, and keep the running maxima and sums. Two vectors at a time, so that
/// browsers fetch the exponential's constants half as often.
#[inline(always)]
fn softmax<S: Simd>(simd: S, len: usize, n: usize, scratch: &mut Scratch<'_>) {
    let scores = &mut scratch.scores[..n * BLOCK];
    for lane in (0..len).step_by(2 * S::LANES) {
        let before = both(simd, &scratch.max[lane..]);
        let mut max = before;
        for scores in scores.chunks_exact(BLOCK) {
            let [a, b] = both(simd, &scores[lane..]);
            max = [simd.max(max[0], a), simd.max(max[1], b)];
        }
        let mut sum = [simd.splat(0.0); 2];
        for scores in scores.chunks_exact_mut(BLOCK) {
            let scores = &mut scores[lane..lane + 2 * S::LANES];
            let [a, b] = both(simd, scores);
            let weights = [simd.exp(simd.sub(a, max[0])), simd.exp(simd.sub(b, max[1]))];
            simd.store(weights[0], scores);
            simd.store(weights[1], &mut scores[S::LANES..]);
            sum = [simd.add(sum[0], weights[0]), simd.add(sum[1], weights[1])];
        }
        let sums = both(simd, &scratch.sum[lane..]);
        for half in 0..2 {
            let at = lane + half * S::LANES;
            let shrink = simd.exp(simd.sub(before[half], max[half]));
            let sum = simd.mul_add(sums[half], shrink, sum[half]);
            simd.store(sum, &mut scratch.sum[at..]);
            simd.store(max[half], &mut scratch.max[at..]);
            simd.store(shrink, &mut scratch.shrink[at..]);
        }
    }
}

/// The first two vectors.
#[inline(always)]
fn both<S: Simd>(simd: S, from: &[f32]) -> [S::F32; 2] {
    [simd.load(from), simd.load(&from[S::LANES..])]
}
