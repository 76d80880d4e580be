//! Adding a tile's values, weighted, to the sums of each query.

use std::ops::Range;

use hearth_simd::Simd;

use super::cells::{Ahead, Stored, Tile, WIDTH};
use super::cpu::KEYS;
use super::queries::Queries;

/// What the queries of a block take from a tile of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a> {
    /// Weight of query `i` and value `j` at `i * strides[0] + j * strides[1]`.
    pub(super) weights: &'a [f32],
    /// Distances of queries and of values in `weights`.
    pub(super) strides: [usize; 2],
    /// What the values' numbers are to be multiplied by ([`Stored::unit`]).
    pub(super) unit: f32,
    /// What is there already shrinks by this, for each query.
    pub(super) shrink: &'a [f32],
    /// Position of the tile's first value; `None` if queries have weights of 0 for what they do not see.
    pub(super) start: Option<usize>,
}

impl Weights<'_> {
    /// The weights of the queries from `i` on, side by side, for each of the values `seen`.
    #[inline(always)]
    fn of<const Q: usize>(&self, i: usize, seen: &Range<usize>) -> [[f32; Q]; KEYS] {
        let mut gathered = [[0.0; Q]; KEYS];
        for q in 0..Q {
            let weights = &self.weights[(i + q) * self.strides[0]..];
            for (to, j) in gathered.iter_mut().zip(seen.clone()) {
                to[q] = weights[j * self.strides[1]] * self.unit;
            }
        }
        gathered
    }
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
    (sums, ahead): (&mut [f32], &mut Ahead<'_>),
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
        let sums = (&mut sums[i * queries.head_dim..], &mut *ahead);
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
    (sums, ahead): (&mut [f32], &mut Ahead<'_>),
) -> usize {
    let weights = from.of::<Q>(i, seen);
    let values = values.slice(seen.clone());
    for block in 0..values.head_dim / WIDTH {
        let mut at = 0;
        while at < WIDTH {
            let columns = (block, at);
            at += if Q == 1 && 8 * S::LANES <= WIDTH {
                add_columns::<S, T, Q, 4>(simd, &weights, values, columns, (sums, ahead))
            } else if Q <= 2 && 4 * S::LANES <= WIDTH {
                add_columns::<S, T, Q, 2>(simd, &weights, values, columns, (sums, ahead))
            } else {
                add_columns::<S, T, Q, 1>(simd, &weights, values, columns, (sums, ahead))
            };
        }
    }
    for d in (values.head_dim / WIDTH * WIDTH..values.head_dim).step_by(S::LANES) {
        add_rest::<S, T, Q>(simd, &weights, values, d, sums);
    }
    Q
}

/// `P` pairs of vectors of the columns of a block, from `at` on. Gives the number of columns.
#[inline(always)]
fn add_columns<S: Simd, T: Stored, const Q: usize, const P: usize>(
    simd: S,
    weights: &[[f32; Q]; KEYS],
    values: Tile<'_, T>,
    (block, at): (usize, usize),
    (sums, ahead): (&mut [f32], &mut Ahead<'_>),
) -> usize {
    let pair = 2 * S::LANES;
    let start = block * WIDTH + at;
    let mut acc = [[[simd.splat(0.0); 2]; P]; Q];
    for (q, acc) in acc.iter_mut().enumerate() {
        let row = &sums[q * values.head_dim + start..][..P * pair];
        for (acc, row) in acc.iter_mut().zip(row.chunks_exact(pair)) {
            *acc = [simd.load(row), simd.load(&row[S::LANES..])];
        }
    }
    for (cell, weights) in values.cells().zip(weights) {
        ahead.ask(simd, size_of::<T::Block>() * P * pair / WIDTH);
        let block = &T::split(cell).0[block];
        let scale = T::scale(simd, block);
        let mut splats = [simd.splat(0.0); Q];
        for (splat, &weight) in splats.iter_mut().zip(weights) {
            *splat = simd.splat(weight);
        }
        for p in 0..P {
            let [first, second] = T::load(simd, block, scale, at + p * pair);
            for (acc, &weight) in acc.iter_mut().zip(&splats) {
                let [a, b] = acc[p];
                acc[p] = [
                    simd.mul_add(weight, first, a),
                    simd.mul_add(weight, second, b),
                ];
            }
        }
    }
    for (q, acc) in acc.iter().enumerate() {
        let row = &mut sums[q * values.head_dim + start..][..P * pair];
        for (&[a, b], row) in acc.iter().zip(row.chunks_exact_mut(pair)) {
            simd.store(a, row);
            simd.store(b, &mut row[S::LANES..]);
        }
    }
    P * pair
}

/// Add up to a vector of columns from `d` on, which cells hold behind their blocks.
#[inline(always)]
fn add_rest<S: Simd, T: Stored, const Q: usize>(
    simd: S,
    weights: &[[f32; Q]; KEYS],
    values: Tile<'_, T>,
    d: usize,
    sums: &mut [f32],
) {
    for (q, row) in sums.chunks_exact_mut(values.head_dim).take(Q).enumerate() {
        let row = &mut row[d..];
        let mut acc = f32::load_rest(simd, row);
        for (cell, weights) in values.cells().zip(weights) {
            let (_, rest) = T::split(cell);
            let value = T::load_rest(simd, &rest[d % WIDTH..]);
            acc = simd.mul_add(simd.splat(weights[q]), value, acc);
        }
        simd.store_partial(acc, row);
    }
}
