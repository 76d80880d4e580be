//! The exact way: f32 activations, weights as they are in the file.
//!
//! Four weight rows are turned into f32 one after the other, since only whole rows read from memory at full speed, and
//! then multiplied piece by piece with all rows of `x`, so that a piece stays in the first-level cache. F32 weights
//! are multiplied where they lie.

use std::ops::Range;

use bytemuck::cast_slice;
use hearth_simd::{Isa, Kernel, Simd};
use hearth_tensor::DType;

use super::product::{Product, RowList};
use crate::dequantize::decode_into;
use crate::tile::TileMut;
use crate::weight::CpuWeight;

/// Weight rows that are multiplied together.
pub(super) const ROWS: usize = 4;
/// Columns of a piece.
const PIECE: usize = 1024;

/// Compute a product. `scratch` holds [`ROWS`] rows of the weight.
pub(super) fn run(product: Product<'_, '_>, scratch: &mut [f32]) {
    let scratch = &mut scratch[..ROWS * product.x.cols()];
    product.isa.run(Call { product, scratch });
}

struct Call<'c, 'a> {
    product: Product<'c, 'a>,
    scratch: &'c mut [f32],
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Product { w, rows, y, .. } = self.product;
        let (isa, first) = (self.product.isa, self.product.first);
        let (x, k) = (self.product.x.f32(), self.product.x.cols());
        let cols = y.cols();
        for i in 0..rows.len() {
            y.row(rows.at(i)[0]).fill(0.0);
        }
        for n in cols.clone().step_by(ROWS).filter(|_| k > 0) {
            let end = cols.end.min(n + ROWS);
            let at = n - cols.start..end - cols.start;
            let weights = weight_rows(isa, w, first + n..first + end, self.scratch);
            for start in (0..k).step_by(PIECE) {
                let piece = start..k.min(start + PIECE);
                multiply(simd, (x, k), (weights, piece), rows, (y, at.clone()));
            }
        }
        for i in 0..rows.len() {
            let [row, _] = rows.at(i);
            let epilogue = &self.product.epilogue;
            epilogue.add_to(row, cols.clone(), y.row(row));
        }
    }
}

/// Some rows as f32, from `scratch` where they are not so in memory.
fn weight_rows<'s>(
    isa: Isa,
    w: &'s CpuWeight,
    rows: Range<usize>,
    scratch: &'s mut [f32],
) -> &'s [f32] {
    if w.dtype == DType::F32 {
        return cast_slice(w.raw_rows(rows));
    }
    let scratch = &mut scratch[..rows.len() * w.cols];
    for (row, out) in rows.zip(scratch.chunks_exact_mut(w.cols)) {
        let known = decode_into(isa, w.dtype, w.raw_rows(row..row + 1), out);
        assert!(
            known,
            "the contract promises a type that can be dequantised"
        );
    }
    scratch
}

/// Add the products of a piece of weight rows of `k` columns with the listed rows of `x` to columns `at` of the tile.
#[inline(always)]
fn multiply<S: Simd>(
    simd: S,
    (x, k): (&[f32], usize),
    (weights, piece): (&[f32], Range<usize>),
    rows: RowList<'_>,
    (y, at): (&mut TileMut<'_, f32>, Range<usize>),
) {
    // Missing rows are those before; their products are dropped.
    let last = weights.len() / k - 1;
    let mut w = [&weights[..0]; ROWS];
    for (r, w) in w.iter_mut().enumerate() {
        *w = &weights[r.min(last) * k..][piece.clone()];
    }
    let pairs = rows.len() / 2 * 2;
    for i in (0..pairs).step_by(2) {
        let [to_a, a] = rows.at(i);
        let [to_b, b] = rows.at(i + 1);
        let x = [&x[a * k..][piece.clone()], &x[b * k..][piece.clone()]];
        let sums = dots(simd, w, x);
        add_first(&sums[0], &mut y.row(to_a)[at.clone()]);
        add_first(&sums[1], &mut y.row(to_b)[at.clone()]);
    }
    for i in pairs..rows.len() {
        let [to, row] = rows.at(i);
        let [sums] = dots(simd, w, [&x[row * k..][piece.clone()]]);
        add_first(&sums, &mut y.row(to)[at.clone()]);
    }
}

#[inline(always)]
fn add_first(sums: &[f32; ROWS], y: &mut [f32]) {
    for (y, sum) in y.iter_mut().zip(sums) {
        *y += sum;
    }
}

/// The products of each row of `x` with each of `w`, all of one length.
#[inline(always)]
fn dots<S: Simd, const T: usize>(simd: S, w: [&[f32]; ROWS], x: [&[f32]; T]) -> [[f32; ROWS]; T] {
    let len = w[0].len();
    let whole = len - len % S::LANES;
    let mut sums = [[simd.splat(0.0); ROWS]; T];
    for i in (0..whole).step_by(S::LANES) {
        for t in 0..T {
            let x = simd.load(&x[t][i..i + S::LANES]);
            for r in 0..ROWS {
                sums[t][r] = simd.mul_add(simd.load(&w[r][i..i + S::LANES]), x, sums[t][r]);
            }
        }
    }
    if whole < len {
        for t in 0..T {
            let x = simd.load_partial(&x[t][whole..]);
            for r in 0..ROWS {
                sums[t][r] = simd.mul_add(simd.load_partial(&w[r][whole..]), x, sums[t][r]);
            }
        }
    }
    let mut totals = [[0.0; ROWS]; T];
    for t in 0..T {
        for r in 0..ROWS {
            totals[t][r] = simd.sum(sums[t][r]);
        }
    }
    totals
}
