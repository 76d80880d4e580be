//! Few queries: each score a dot product of a query and a key, which is read where it lies.
//!
//! A key is loaded, and converted to f32, once for up to four queries, and eight sums are under way at the same time.
//! Which queries and keys share a block does not change a bit of a score: every one is two sums of its own, of every
//! other vector in their order. So a token gets the same scores whether it is alone in its step or not.

use hearth_simd::{Kernel, Simd};

use super::block::Block;
use super::cells::{Ahead, Stored, Tile, WIDTH};
use super::cpu::{KEYS, Scratch};
use super::queries::{self, Queries};
use super::softcap;
use super::values::{self, Weights};
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
        let mut tiles = self.block.begin().peekable();
        let (queries, op) = (self.block.queries, self.block.op);
        let scratch = &mut self.block.scratch;
        let factor = copy(queries, op.scale, T::unit::<S>(), scratch.queries);
        if let Some(first) = tiles.peek() {
            Ahead::new(simd, self.k.slice(first.clone())).ask(simd, usize::MAX);
        }
        while let Some(tile) = tiles.next() {
            let (start, n) = (tile.start, tile.len());
            let (keys, values) = (self.k.slice(tile.clone()), self.v.slice(tile));
            let mut ahead = Ahead::new(simd, values);
            scores(
                simd,
                (queries, scratch.queries),
                (keys, start),
                factor,
                (scratch.scores, &mut ahead),
            );
            if let Some(cap) = op.softcap {
                for (i, scores) in scratch
                    .scores
                    .chunks_exact_mut(KEYS)
                    .take(queries.len)
                    .enumerate()
                {
                    softcap::apply(simd, cap, &mut scores[queries.seen(i, start, n)]);
                }
            }
            softmax(simd, queries, start, n, scratch);
            let mut ahead = match tiles.peek() {
                Some(next) => Ahead::new(simd, self.k.slice(next.clone())),
                None => Ahead::none(),
            };
            let weights = Weights {
                weights: scratch.scores,
                strides: [KEYS, 1],
                unit: T::unit::<S>(),
                shrink: scratch.shrink,
                start: Some(start),
            };
            values::add(
                simd,
                &weights,
                values,
                queries,
                (scratch.values, &mut ahead),
            );
        }
        self.block.finish();
    }
}

/// Write the queries, scaled, to the first rows of `rows` `[BLOCK, head_dim]`. Gives what scores are to be multiplied
/// by.
#[inline(always)]
fn copy(queries: &Queries<'_>, scale: f32, unit: f32, rows: &mut [f32]) -> f32 {
    let [factor, rest] = queries::factors(scale, unit);
    for (i, row) in rows
        .chunks_exact_mut(queries.head_dim)
        .take(queries.len)
        .enumerate()
    {
        for (to, q) in row.iter_mut().zip(queries.row(i)) {
            *to = q * factor;
        }
    }
    rest
}

/// Scores `[len, KEYS]` of each query and of those of the tile's keys, from position `start` on, that it sees, times
/// `factor`. What lies ahead is asked for meanwhile.
#[inline(always)]
fn scores<S: Simd, T: Stored>(
    simd: S,
    queries: (&Queries<'_>, &[f32]),
    tile: (Tile<'_, T>, usize),
    factor: f32,
    (scores, ahead): (&mut [f32], &mut Ahead<'_>),
) {
    let (mut i, len) = (0, queries.0.len);
    while i < len {
        let out = (&mut scores[i * KEYS..], &mut *ahead);
        i += match len - i {
            4.. => block::<S, T, 4, 1>(simd, queries, i, tile, factor, out),
            2.. => block::<S, T, 2, 2>(simd, queries, i, tile, factor, out),
            _ => block::<S, T, 1, 4>(simd, queries, i, tile, factor, out),
        };
    }
}

/// The scores of `Q` queries from `i` on, `K` keys at a time. A query also gets scores for what only others see; they
/// are not used. Gives `Q`.
#[inline(always)]
fn block<S: Simd, T: Stored, const Q: usize, const K: usize>(
    simd: S,
    (queries, rows): (&Queries<'_>, &[f32]),
    i: usize,
    (keys, start): (Tile<'_, T>, usize),
    factor: f32,
    (scores, ahead): (&mut [f32], &mut Ahead<'_>),
) -> usize {
    let (mut first, mut end) = (keys.len(), 0);
    for q in i..i + Q {
        let seen = queries.seen(q, start, keys.len());
        first = first.min(seen.start);
        end = end.max(seen.end);
    }
    let rows = &rows[i * keys.head_dim..][..Q * keys.head_dim];
    for j in (first..end).step_by(K) {
        dots::<S, T, Q, K>(simd, rows, (keys, j, end), factor, (scores, ahead));
    }
    Q
}

/// Dot products of `Q` queries and of the up to `K` keys from `j` to before `end`, times `factor`, into `scores`
/// `[Q, KEYS]`.
#[inline(always)]
fn dots<S: Simd, T: Stored, const Q: usize, const K: usize>(
    simd: S,
    rows: &[f32],
    (keys, j, end): (Tile<'_, T>, usize, usize),
    factor: f32,
    (scores, ahead): (&mut [f32], &mut Ahead<'_>),
) {
    let n = keys.head_dim / WIDTH;
    let mut queries: [&[[f32; WIDTH]]; Q] = [&[]; Q];
    for (query, row) in queries.iter_mut().zip(rows.chunks_exact(keys.head_dim)) {
        *query = &row.as_chunks().0[..n];
    }
    // Behind the last key stands the last key again; its scores are not stored.
    let mut blocks: [&[T::Block]; K] = [&[]; K];
    for (k, blocks) in blocks.iter_mut().enumerate() {
        *blocks = &T::split(keys.cell((j + k).min(end - 1))).0[..n];
    }
    let mut sums = [[[simd.splat(0.0); 2]; K]; Q];
    for b in 0..n {
        ahead.ask(simd, K * size_of::<T::Block>());
        let mut scales = [simd.splat(0.0); K];
        for (scale, blocks) in scales.iter_mut().zip(&blocks) {
            *scale = T::scale(simd, &blocks[b]);
        }
        let mut at = 0;
        while at < WIDTH {
            for k in 0..K {
                let [first, second] = T::load(simd, &blocks[k][b], scales[k], at);
                for (sums, query) in sums.iter_mut().zip(&queries) {
                    let query = &query[b][at..];
                    let [even, odd] = sums[k];
                    sums[k] = [
                        simd.mul_add(simd.load(query), first, even),
                        simd.mul_add(simd.load(&query[S::LANES..]), second, odd),
                    ];
                }
            }
            at += 2 * S::LANES;
        }
    }
    for d in (n * WIDTH..keys.head_dim).step_by(S::LANES) {
        add_rest::<S, T, Q, K>(simd, rows, (keys, j, end), d, &mut sums);
    }
    store::<S, Q, K>(simd, sums, (factor, end - j), &mut scores[j..]);
}

/// Add the products of up to a vector of elements from `d` on, behind the blocks.
#[inline(always)]
fn add_rest<S: Simd, T: Stored, const Q: usize, const K: usize>(
    simd: S,
    rows: &[f32],
    (keys, j, end): (Tile<'_, T>, usize, usize),
    d: usize,
    sums: &mut [[[S::F32; 2]; K]; Q],
) {
    for k in 0..K {
        let (_, rest) = T::split(keys.cell((j + k).min(end - 1)));
        let x = T::load_rest(simd, &rest[d % WIDTH..]);
        for (sums, row) in sums.iter_mut().zip(rows.chunks_exact(keys.head_dim)) {
            let query = f32::load_rest(simd, &row[d..]);
            sums[k][0] = simd.mul_add(query, x, sums[k][0]);
        }
    }
}

/// Add up the lanes of four pairs of sums and write those of the first `n_keys` keys, times `factor`, to the first of
/// each row of `scores`.
#[inline(always)]
fn store<S: Simd, const Q: usize, const K: usize>(
    simd: S,
    sums: [[[S::F32; 2]; K]; Q],
    (factor, n_keys): (f32, usize),
    scores: &mut [f32],
) {
    const { assert!(Q * K == 4) };
    let mut four = [simd.splat(0.0); 4];
    for (n, slot) in four.iter_mut().enumerate() {
        let [even, odd] = sums[n / K][n % K];
        *slot = simd.add(even, odd);
    }
    for (n, dot) in simd.sum4(four).iter().enumerate() {
        let (q, k) = (n / K, n % K);
        if k < n_keys {
            scores[q * KEYS + k] = dot * factor;
        }
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
