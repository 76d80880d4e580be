//! Adding a tile's values, weighted, to the sums of each query.

use std::ops::Range;

use hearth_simd::Simd;

use super::cells::{Stored, Tile, WIDTH};
use super::queries::Queries;

/// What the queries of a block take from a tile of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a> {
    /// Weight of query `i` and value `j` at `i * strides[0] + j * strides[1]`.
    pub(super) weights: &'a [f32],
    /// Distances of queries and of values in `weights`.
    pub(super) strides: [usize; 2],
    /// What is there already shrinks by this, for each query.
    pub(super) shrink: &'a [f32],
    /// Position of the tile's first value; `None` if queries have weights of 0 for what they do not see.
    pub(super) start: Option<usize>,
}

/// `sums[i] = sums[i] * shrink[i] + sum_j weights[i, j] * values[j]` over the values `j` that query `i` sees;
/// `sums`: `[BLOCK, head_dim]`. Queries that see the same are computed up to four together, so that a value is loaded
/// once; every sum is in the order of the values either way.
#[inline(always)]
pub(super) fn add<S: Simd, T: Stored>(
    simd: S,
    from: &Weights<'_>,
    values: Tile<'_, T>,
    queries: &Queries<'_>,
    sums: &mut [f32],
) {
    let rows = sums.chunks_exact_mut(queries.head_dim);
    for (row, &shrink) in rows.zip(from.shrink).take(queries.len) {
        if shrink != 1.0 {
            row.iter_mut().for_each(|sum| *sum *= shrink);
        }
    }
    let n = values.len();
    let mut i = 0;
    while i < queries.len {
        let sums = &mut sums[i * queries.head_dim..];
        let Some(start) = from.start else {
            // A query in a lane has weights of 0 for what it does not see. After an odd number of queries there is a lane
            // without one, whose sums nobody reads.
            add_seen::<S, T, 2>(simd, from, (values, &(0..n)), i, sums);
            i += 2;
            continue;
        };
        let seen = queries.seen(i, start, n);
        let alike = (i + 1..queries.len.min(i + 4))
            .take_while(|&other| queries.seen(other, start, n) == seen)
            .count();
        i += match alike {
            3 => add_seen::<S, T, 4>(simd, from, (values, &seen), i, sums),
            1.. => add_seen::<S, T, 2>(simd, from, (values, &seen), i, sums),
            0 => add_seen::<S, T, 1>(simd, from, (values, &seen), i, sums),
        };
    }
}

/// Add the values `seen` to the sums of the queries `i..i + Q`. Eight sums of a vector are under way at the same time
/// where a block has as many. Gives `Q`.
#[inline(always)]
fn add_seen<S: Simd, T: Stored, const Q: usize>(
    simd: S,
    from: &Weights<'_>,
    (values, seen): (Tile<'_, T>, &Range<usize>),
    i: usize,
    sums: &mut [f32],
) -> usize {
    let [query, value] = from.strides;
    let mut weights: [&[f32]; Q] = [&[]; Q];
    for (q, weights) in weights.iter_mut().enumerate() {
        *weights = &from.weights[(i + q) * query + seen.start * value..];
    }
    let values = values.slice(seen.clone());
    for block in 0..values.head_dim / WIDTH {
        let mut at = 0;
        while at < WIDTH {
            let columns = (block, at);
            at += if Q == 1 && 8 * S::LANES <= WIDTH {
                add_columns::<S, T, Q, 8>(simd, (&weights, value), values, columns, sums)
            } else if Q <= 2 && 4 * S::LANES <= WIDTH {
                add_columns::<S, T, Q, 4>(simd, (&weights, value), values, columns, sums)
            } else {
                add_columns::<S, T, Q, 2>(simd, (&weights, value), values, columns, sums)
            };
        }
    }
    for d in (values.head_dim / WIDTH * WIDTH..values.head_dim).step_by(S::LANES) {
        add_rest::<S, T, Q>(simd, (&weights, value), values, d, sums);
    }
    Q
}

/// `V` vectors of the columns of a block, from `at` on. Gives the number of columns.
#[inline(always)]
fn add_columns<S: Simd, T: Stored, const Q: usize, const V: usize>(
    simd: S,
    (weights, stride): (&[&[f32]; Q], usize),
    values: Tile<'_, T>,
    (block, at): (usize, usize),
    sums: &mut [f32],
) -> usize {
    let columns = V * S::LANES;
    let start = block * WIDTH + at;
    let mut acc = [[simd.splat(0.0); V]; Q];
    for (q, acc) in acc.iter_mut().enumerate() {
        let row = &sums[q * values.head_dim + start..][..columns];
        for (v, acc) in acc.iter_mut().enumerate() {
            *acc = simd.load(&row[v * S::LANES..]);
        }
    }
    for j in 0..values.len() {
        let block = &T::split(values.cell(j)).0[block];
        let scale = T::scale(simd, block);
        let mut value = [simd.splat(0.0); V];
        for (v, value) in value.iter_mut().enumerate() {
            *value = T::load(simd, block, scale, at + v * S::LANES);
        }
        for (acc, weights) in acc.iter_mut().zip(weights) {
            let weight = simd.splat(weights[j * stride]);
            for (acc, value) in acc.iter_mut().zip(&value) {
                *acc = simd.mul_add(weight, *value, *acc);
            }
        }
    }
    for (q, acc) in acc.iter().enumerate() {
        let row = &mut sums[q * values.head_dim + start..][..columns];
        for (v, acc) in acc.iter().enumerate() {
            simd.store(*acc, &mut row[v * S::LANES..]);
        }
    }
    columns
}

/// Up to a vector of columns from `d` on, which cells hold behind their blocks.
#[inline(always)]
fn add_rest<S: Simd, T: Stored, const Q: usize>(
    simd: S,
    (weights, stride): (&[&[f32]; Q], usize),
    values: Tile<'_, T>,
    d: usize,
    sums: &mut [f32],
) {
    for (weights, row) in weights.iter().zip(sums.chunks_exact_mut(values.head_dim)) {
        let row = &mut row[d..];
        let mut acc = f32::load_rest(simd, row);
        for j in 0..values.len() {
            let (_, rest) = T::split(values.cell(j));
            let value = T::load_rest(simd, &rest[d % WIDTH..]);
            acc = simd.mul_add(simd.splat(weights[j * stride]), value, acc);
        }
        simd.store_partial(acc, row);
    }
}
