//! CPU cache write: copies, with a conversion for F16 and Q8_0 caches.

use std::ops::Range;

use half::f16;
use hearth_simd::{Isa, Kernel, Simd};

use super::CacheShape;
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::quantize_rows::{BLOCK, quantize_block};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct KvWriteKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for KvWriteKernel {
    fn partition(&self, out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(CacheShape::of_operand(out_dims).rows_per_head().max(1))
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let tokens = Tokens {
            shape: CacheShape::of_operand(inputs[0].dims),
            x: inputs[1].f32(),
            positions: inputs[2].i32(),
            sequences: inputs[3].i32(),
        };
        match &mut outputs[0] {
            OutTile::F32(tile) => {
                for (row, x) in tokens.cells(tile.rows(), tile.cols()) {
                    tile.row(row).copy_from_slice(x);
                }
            }
            OutTile::F16(tile) => self.isa.run(WriteF16 { tokens, tile }),
            OutTile::Bytes(tile) => self.isa.run(WriteQ8_0 { tokens, tile }),
            other => panic!("the contract promises a cache, got {other:?}"),
        }
    }
}

struct Tokens<'a> {
    shape: CacheShape,
    x: &'a [f32],
    positions: &'a [i32],
    sequences: &'a [i32],
}

impl<'a> Tokens<'a> {
    /// The rows among `rows` that a token writes, each with the `cols` of its new elements.
    fn cells(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
    ) -> impl Iterator<Item = (usize, &'a [f32])> {
        let (shape, x) = (self.shape, self.x);
        let tokens = self.sequences.iter().zip(self.positions).enumerate();
        tokens.flat_map(move |(i, (&sequence, &position))| {
            let (sequence, position) = shape.cell("kv_write", sequence, position);
            let (rows, cols) = (rows.clone(), cols.clone());
            (0..shape.n_kv_heads).filter_map(move |head| {
                let row = shape.row(head, sequence, position);
                let start = (i * shape.n_kv_heads + head) * shape.head_dim;
                rows.contains(&row)
                    .then(|| (row, &x[start + cols.start..start + cols.end]))
            })
        })
    }
}

struct WriteF16<'c, 'a> {
    tokens: Tokens<'c>,
    tile: &'c mut TileMut<'a, f16>,
}

impl Kernel for WriteF16<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (row, x) in self.tokens.cells(self.tile.rows(), self.tile.cols()) {
            let mut to = self.tile.row(row).chunks_exact_mut(S::LANES);
            let mut from = x.chunks_exact(S::LANES);
            for (to, from) in (&mut to).zip(&mut from) {
                simd.store_f16(simd.load(from), bytemuck::cast_slice_mut(to));
            }
            for (to, &from) in to.into_remainder().iter_mut().zip(from.remainder()) {
                *to = f16::from_f32(from);
            }
        }
    }
}

/// Blocks of a half-precision scale and its codes.
struct WriteQ8_0<'c, 'a> {
    tokens: Tokens<'c>,
    tile: &'c mut TileMut<'a, u8>,
}

impl Kernel for WriteQ8_0<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        // A tile has whole rows: blocks are not cut.
        let cols = 0..self.tokens.shape.head_dim;
        for (row, x) in self.tokens.cells(self.tile.rows(), cols) {
            let (to, _) = self.tile.row(row).as_chunks_mut::<{ 2 + BLOCK }>();
            let (from, _) = x.as_chunks::<BLOCK>();
            for (to, from) in to.iter_mut().zip(from) {
                let mut codes = [0; BLOCK];
                let scale = f16::from_f32(quantize_block(from, &mut codes));
                let (to_scale, to_codes) = to.split_at_mut(2);
                to_scale.copy_from_slice(&scale.to_le_bytes());
                to_codes.copy_from_slice(bytemuck::cast_slice(&codes));
            }
        }
    }
}
