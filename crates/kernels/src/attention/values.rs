//! Adding a tile's values, weighted, to the outputs.

use std::ops::Range;

use hearth_simd::Simd;

use super::queries::Queries;
use crate::tile::TileMut;

/// What a block takes from a tile of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<'a> {
    /// The values, `[n, head_dim]`.
    pub(super) values: &'a [f32],
    /// Weight of query `i` and value `j` at `i * strides[0] + j * strides[1]`.
    pub(super) weights: &'a [f32],
    /// Distances of queries and of values in `weights`.
    pub(super) strides: [usize; 2],
    /// What is there already shrinks by this, for each query.
    pub(super) shrink: &'a [f32],
}

/// `out[i] = out[i] * shrink[i] + sum_j weights[i, j] * values[j]` for the queries `i` and `i + 1`, or only for `i`,
/// as `Q` says, over those of the values that they see.
#[inline(always)]
pub(super) fn add<S: Simd, const Q: usize>(
    simd: S,
    from: &Weights<'_>,
    seen: Range<usize>,
    out: &mut TileMut<'_, f32>,
    (queries, i): (&Queries<'_>, usize),
) {
    let head_dim = queries.head_dim;
    let values = &from.values[seen.start * head_dim..seen.end * head_dim];
    let from = &Weights {
        weights: &from.weights[seen.start * from.strides[1]..],
        ..*from
    };
    let mut d = 0;
    while d + 4 * S::LANES <= head_dim {
        add_columns::<S, Q, 4>(simd, from, values, out, (queries, i, d));
        d += 4 * S::LANES;
    }
    while d + S::LANES <= head_dim {
        add_columns::<S, Q, 1>(simd, from, values, out, (queries, i, d));
        d += S::LANES;
    }
    if d < head_dim {
        add_tail::<S, Q>(simd, from, values, out, (queries, i, d));
    }
}

/// The columns `d..d + V * LANES`.
#[inline(always)]
fn add_columns<S: Simd, const Q: usize, const V: usize>(
    simd: S,
    from: &Weights<'_>,
    values: &[f32],
    out: &mut TileMut<'_, f32>,
    (queries, i, d): (&Queries<'_>, usize, usize),
) {
    let mut sums = [[simd.splat(0.0); V]; Q];
    for (q, sums) in sums.iter_mut().enumerate() {
        let shrink = simd.splat(from.shrink[i + q]);
        let row = queries.out(out, i + q)[d..].chunks_exact(S::LANES);
        for (sum, row) in sums.iter_mut().zip(row) {
            *sum = simd.mul(simd.load(row), shrink);
        }
    }
    for (j, row) in values.chunks_exact(queries.head_dim).enumerate() {
        let row = &row[d..d + V * S::LANES];
        let mut value = [simd.splat(0.0); V];
        for (value, row) in value.iter_mut().zip(row.chunks_exact(S::LANES)) {
            *value = simd.load(row);
        }
        for (q, sums) in sums.iter_mut().enumerate() {
            let weight = simd.splat(from.weights[(i + q) * from.strides[0] + j * from.strides[1]]);
            for (sum, value) in sums.iter_mut().zip(value) {
                *sum = simd.mul_add(weight, value, *sum);
            }
        }
    }
    for (q, sums) in sums.into_iter().enumerate() {
        let row = queries.out(out, i + q)[d..].chunks_exact_mut(S::LANES);
        for (sum, row) in sums.into_iter().zip(row) {
            simd.store(sum, row);
        }
    }
}

/// The columns from `d` on, fewer than a vector.
#[inline(always)]
fn add_tail<S: Simd, const Q: usize>(
    simd: S,
    from: &Weights<'_>,
    values: &[f32],
    out: &mut TileMut<'_, f32>,
    (queries, i, d): (&Queries<'_>, usize, usize),
) {
    for i in i..i + Q {
        let shrink = simd.splat(from.shrink[i]);
        let out = &mut queries.out(out, i)[d..];
        let mut sum = simd.mul(simd.load_partial(out), shrink);
        for (j, row) in values.chunks_exact(queries.head_dim).enumerate() {
            let weight = simd.splat(from.weights[i * from.strides[0] + j * from.strides[1]]);
            sum = simd.mul_add(weight, simd.load_partial(&row[d..]), sum);
        }
        simd.store_partial(sum, out);
    }
}
