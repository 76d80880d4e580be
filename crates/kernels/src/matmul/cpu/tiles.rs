//! The fast way: 8-bit activations, weights in tiles.
//!
//! A vector holds one quad of sixteen, eight or four weight rows; the four activations that belong to it are broadcast; a
//! lane thus adds up one row, and no sum crosses lanes. The sum of a group is an exact integer. Then
//!
//! | tiles | what is added to `y` |
//! |---|---|
//! | plain: per group | `scale * dx * sum(code * x) + offset * dx * sum(x)` |
//! | nested: per 256 columns | `dx * (unit * sum over groups(scale * sum(code * x)) + offset unit * sum over groups(offset * sum(x)))`, both sums over groups of integers |
//!
//! where `dx` is the scale of the activations and the offset of a group is its minimum, or `-zero * scale`.
//!
//! One row of activations meets tiles as they lie in memory, whose speed is all that counts ([`super::one`]). More rows
//! meet panels: tiles with their codes taken apart ([`super::many`]). Both compute the same bits.

use std::marker::PhantomData;

use bytemuck::cast_slice_mut;
use hearth_simd::Simd;

use super::codebooks::{Fp4, Iq4, Looked};
use super::format::{Format, Nested, Plain};
use super::product::Product;
use super::{many, one};
use crate::dequantize::Codebook;
use crate::quantize_rows::BLOCK;
use crate::weight::{TILE_COLS, TILE_ROWS, TileFormat};

const _: () = assert!(
    BLOCK == TILE_COLS,
    "a plain tile takes one scale of the activations"
);

/// f32 elements of scratch memory for rows of `k` elements.
pub(super) fn scratch_floats(k: usize) -> usize {
    one::scratch_bytes(k).max(many::SCRATCH_BYTES) / size_of::<f32>()
}

/// Compute a product with a weight in tiles of `format`. `scratch` holds [`scratch_floats`].
pub(super) fn run(product: Product<'_, '_>, format: TileFormat, scratch: &mut [f32]) {
    assert!(
        product.first.is_multiple_of(TILE_ROWS) && product.y.cols().start.is_multiple_of(TILE_ROWS),
        "rows and columns are cut at tiles"
    );
    let call = Call {
        x: product.x.bytes(),
        k: product.x.cols(),
        product,
        scratch: cast_slice_mut(scratch),
    };
    if let Some(codebook) = format.codebook() {
        return match (codebook, format.group()) {
            (Codebook::Iq4, 32) => call.run::<Looked<Iq4, 32>>(),
            (Codebook::Fp4, 32) => call.run::<Looked<Fp4, 32>>(),
            (Codebook::Fp4, 16) => call.run::<Looked<Fp4, 16>>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        };
    }
    if format.is_nested() {
        return match (format.bits(), format.group(), format.has_minimum()) {
            (2, 16, true) => call.run::<Nested<2, 16, true>>(),
            (3, 16, false) => call.run::<Nested<3, 16, false>>(),
            (4, 32, true) => call.run::<Nested<4, 32, true>>(),
            (5, 32, true) => call.run::<Nested<5, 32, true>>(),
            (6, 16, false) => call.run::<Nested<6, 16, false>>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        };
    }
    match (format.bits(), format.group(), format.has_minimum()) {
        (4, 32, false) => call.run::<Plain<4, 32, false>>(),
        (4, 32, true) => call.run::<Plain<4, 32, true>>(),
        (5, 32, false) => call.run::<Plain<5, 32, false>>(),
        (5, 32, true) => call.run::<Plain<5, 32, true>>(),
        (8, 32, false) => call.run::<Plain<8, 32, false>>(),
        _ => unreachable!("no type has tiles of {format:?}"),
    }
}

/// A product with activations of 8 bits and `k` columns.
pub(super) struct Call<'c, 'a> {
    pub(super) product: Product<'c, 'a>,
    pub(super) x: &'c [u8],
    pub(super) k: usize,
    pub(super) scratch: &'c mut [u8],
}

impl<'c> Call<'c, '_> {
    fn run<F: Format>(self) {
        match self.product.rows.len() {
            0 => {}
            1 => self.product.isa.run(one::One::<F>(self, PhantomData)),
            _ => many::run::<F>(self),
        }
    }

    /// The tiles of the weight rows that belong to column `n` and following.
    #[inline(always)]
    pub(super) fn tiles(&self, n: usize, format: TileFormat) -> &[u8] {
        let bytes = format.block_bytes(self.k);
        &self.product.w.bytes[(self.product.first + n) / TILE_ROWS * bytes..][..bytes]
    }

    /// The activations of row `i` of the list.
    #[inline(always)]
    pub(super) fn row(&self, i: usize, format: TileFormat) -> &'c [u8] {
        let [_, row] = self.product.rows.at(i);
        let bytes = format.activations().row_bytes(self.k);
        &self.x[row * bytes..][..bytes]
    }
}

impl Product<'_, '_> {
    /// Write the sums of row `i` of the list at column `n` and following, as far as the output has them.
    #[inline(always)]
    pub(super) fn store<S: Simd>(&mut self, simd: S, [i, n]: [usize; 2], sums: S::F32) {
        let cols = self.y.cols();
        let end = cols.end.min(n + S::LANES);
        if n >= end {
            return;
        }
        let [row, _] = self.rows.at(i);
        let y = &mut self.y.row(row)[n - cols.start..end - cols.start];
        simd.store_partial(sums, y);
        self.epilogue.add_to(row, n..end, y);
    }
}
