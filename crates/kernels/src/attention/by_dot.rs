//! Few queries: each score a dot product of a query and a key, which is read where it lies.
//!
//! A key is loaded, and converted to f32, once for up to four queries, and eight sums are under way at the same time.
//! Which queries and keys share a block does not change a bit of a score: every one is its own sum, in the order of
//! the elements. So a token gets the same scores whether it is alone in its step or not.

use hearth_simd::{Kernel, Simd};

use super::block::Block;
use super::cells::{Stored, Tile, WIDTH};
use super::cpu::{KEYS, Scratch};
use super::queries::Queries;
use super::values::{self, Weights};
use super::{Attention, softcap};
use crate::lanes;

/// A block against the cells of its head and sequence.
pub(super) struct ByDot<'c, 'a, T> {
    pub(super) block: Block<'c, 'a>,
    pub(super) k: Tile<'c, T>,
    pub(super) v: Tile<'c, T>,
}

impl<T: Stored> Kernel for ByDot<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let tiles = self.block.begin();
        let (queries, op) = (self.block.queries, self.block.op);
        let scratch = &mut self.block.scratch;
        for tile in tiles {
            let (start, n) = (tile.start, tile.len());
            let (keys, values) = (self.k.slice(tile.clone()), self.v.slice(tile));
            values.prefetch(simd);
            scores(simd, queries, op, (keys, start), scratch.scores);
            softmax(simd, queries, start, n, scratch);
            let weights = Weights {
                weights: scratch.scores,
                strides: [KEYS, 1],
                shrink: scratch.shrink,
                start: Some(start),
            };
            values::add(simd, &weights, values, queries, scratch.values);
        }
        self.block.finish();
    }
}

/// Scores `[len, KEYS]` of each query and of those of the tile's keys, from position `start` on, that it sees.
#[inline(always)]
fn scores<S: Simd, T: Stored>(
    simd: S,
    queries: &Queries<'_>,
    op: &Attention,
    tile: (Tile<'_, T>, usize),
    scores: &mut [f32],
) {
    let mut i = 0;
    while i < queries.len {
        let scores = &mut scores[i * KEYS..];
        i += match queries.len - i {
            4.. => block::<S, T, 4, 2>(simd, (queries, i), op, tile, scores),
            2.. => block::<S, T, 2, 4>(simd, (queries, i), op, tile, scores),
            _ => block::<S, T, 1, 8>(simd, (queries, i), op, tile, scores),
        };
    }
}

/// The scores of `Q` queries from `i` on, `K` keys at a time. A query also gets scores for what only others see; they
/// are not used. Gives `Q`.
#[inline(always)]
fn block<S: Simd, T: Stored, const Q: usize, const K: usize>(
    simd: S,
    (queries, i): (&Queries<'_>, usize),
    op: &Attention,
    (keys, start): (Tile<'_, T>, usize),
    scores: &mut [f32],
) -> usize {
    let mut rows: [&[f32]; Q] = [&[]; Q];
    let (mut first, mut end) = (keys.len(), 0);
    for (q, row) in rows.iter_mut().enumerate() {
        *row = queries.row(i + q);
        let seen = queries.seen(i + q, start, keys.len());
        first = first.min(seen.start);
        end = end.max(seen.end);
    }
    for j in (first..end).step_by(K) {
        dots::<S, T, Q, K>(simd, &rows, (keys, j, end), op.scale, scores);
    }
    if let Some(cap) = op.softcap {
        for (q, scores) in scores.chunks_exact_mut(KEYS).take(Q).enumerate() {
            let seen = queries.seen(i + q, start, keys.len());
            softcap::apply(simd, cap, &mut scores[seen]);
        }
    }
    Q
}

/// Scaled dot products of `Q` queries and of the up to `K` keys from `j` to before `end`, into `scores` `[Q, KEYS]`.
#[inline(always)]
fn dots<S: Simd, T: Stored, const Q: usize, const K: usize>(
    simd: S,
    rows: &[&[f32]; Q],
    (keys, j, end): (Tile<'_, T>, usize, usize),
    scale: f32,
    scores: &mut [f32],
) {
    let n = keys.head_dim / WIDTH;
    let mut queries: [&[[f32; WIDTH]]; Q] = [&[]; Q];
    for (query, row) in queries.iter_mut().zip(rows) {
        *query = &row.as_chunks().0[..n];
    }
    // Behind the last key stands the last key again; its scores are not stored.
    let mut blocks: [&[T::Block]; K] = [&[]; K];
    for (k, blocks) in blocks.iter_mut().enumerate() {
        *blocks = &T::split(keys.cell((j + k).min(end - 1))).0[..n];
    }
    let mut sums = [[simd.splat(0.0); K]; Q];
    for b in 0..n {
        let mut scales = [simd.splat(0.0); K];
        for (scale, blocks) in scales.iter_mut().zip(&blocks) {
            *scale = T::scale(simd, &blocks[b]);
        }
        let mut at = 0;
        while at < WIDTH {
            let mut x = [simd.splat(0.0); K];
            for (k, x) in x.iter_mut().enumerate() {
                *x = T::load(simd, &blocks[k][b], scales[k], at);
            }
            for (sums, query) in sums.iter_mut().zip(&queries) {
                let query = simd.load(&query[b][at..]);
                for (sum, x) in sums.iter_mut().zip(&x) {
                    *sum = simd.mul_add(query, *x, *sum);
                }
            }
            at += S::LANES;
        }
    }
    for d in (n * WIDTH..keys.head_dim).step_by(S::LANES) {
        add_rest::<S, T, Q, K>(simd, rows, (keys, j, end), d, &mut sums);
    }
    store::<S, Q, K>(simd, &sums, (scale, end - j), &mut scores[j..]);
}

/// Add the products of up to a vector of elements from `d` on, behind the blocks.
#[inline(always)]
fn add_rest<S: Simd, T: Stored, const Q: usize, const K: usize>(
    simd: S,
    rows: &[&[f32]; Q],
    (keys, j, end): (Tile<'_, T>, usize, usize),
    d: usize,
    sums: &mut [[S::F32; K]; Q],
) {
    for k in 0..K {
        let (_, rest) = T::split(keys.cell((j + k).min(end - 1)));
        let x = T::load_rest(simd, &rest[d % WIDTH..]);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let query = f32::load_rest(simd, &row[d..]);
            sums[k] = simd.mul_add(query, x, sums[k]);
        }
    }
}

/// Add up the lanes of `sums`, four at a time, and write those of the first `n_keys` keys scaled to the first of each row
/// of `scores`.
#[inline(always)]
fn store<S: Simd, const Q: usize, const K: usize>(
    simd: S,
    sums: &[[S::F32; K]; Q],
    (scale, n_keys): (f32, usize),
    scores: &mut [f32],
) {
    let mut n = 0;
    while n < Q * K {
        let mut four = [simd.splat(0.0); 4];
        for (m, slot) in four.iter_mut().enumerate() {
            *slot = sums[(n + m) / K][(n + m) % K];
        }
        for (m, dot) in simd.sum4(four).iter().enumerate() {
            let (q, k) = ((n + m) / K, (n + m) % K);
            if k < n_keys {
                scores[q * KEYS + k] = dot * scale;
            }
        }
        n += 4;
    }
}

/// Turn the scores of `n` keys from position `start` on into weights, and keep the running maxima and sums.
#[inline(always)]
fn softmax<S: Simd>(
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
        let shrink = if max == before {
            1.0
        } else {
            (before - max).exp()
        };
        let sum = lanes::exp_in_place(simd, scores, max);
        scratch.sum[i] = scratch.sum[i] * shrink + sum;
        scratch.max[i] = max;
        scratch.shrink[i] = shrink;
    }
}
