//! The cells of one head and sequence of a cache, and how vectors of f32 are loaded from them.
//!
//! A cell is read in blocks of [`WIDTH`] elements, whatever its type, so that inner loops have a length that the
//! compiler knows; plain types may have a rest. Whether a tile is read where it lies or widened before does not change
//! a bit: both ways load through [`Stored`].

use std::ops::Range;

use hearth_simd::Simd;

use crate::cpu::OperandData;

/// Elements of a block.
pub(super) const WIDTH: usize = 32;

/// Bytes of a Q8_0 block: a half-precision scale and [`WIDTH`] signed codes.
const Q8_0_BYTES: usize = 2 + WIDTH;

/// Cells of consecutive positions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cells<'a> {
    /// Plain numbers.
    F32(Tile<'a, f32>),
    /// Bits of half-precision numbers.
    F16(Tile<'a, u16>),
    /// Blocks of GGML's Q8_0, the scale beside its codes: a cell is one stream of bytes.
    Q8_0(Tile<'a, u8>),
}

impl<'a> Cells<'a> {
    /// A state as cells of `head_dim` elements. Panics for other operands: the graph's types rule them out.
    pub(super) fn of(data: OperandData<'a>, head_dim: usize) -> Self {
        match data {
            OperandData::F32(data) => Cells::F32(Tile::new(data, head_dim)),
            OperandData::F16(data) => Cells::F16(Tile::new(bytemuck::cast_slice(data), head_dim)),
            OperandData::Bytes(data) => Cells::Q8_0(Tile::new(data, head_dim)),
            other => panic!("the contract promises a cache, got {other:?}"),
        }
    }

    /// Some of the cells.
    pub(super) fn slice(self, cells: Range<usize>) -> Self {
        match self {
            Cells::F32(tile) => Cells::F32(tile.slice(cells)),
            Cells::F16(tile) => Cells::F16(tile.slice(cells)),
            Cells::Q8_0(tile) => Cells::Q8_0(tile.slice(cells)),
        }
    }

    /// All elements as f32; `buffer` is where they go if they must be converted.
    #[inline(always)]
    pub(super) fn widened<'b, S: Simd>(self, simd: S, buffer: &'b mut [f32]) -> Tile<'b, f32>
    where
        'a: 'b,
    {
        match self {
            Cells::F32(tile) => tile,
            Cells::F16(tile) => widen(simd, tile, buffer),
            Cells::Q8_0(tile) => widen(simd, tile, buffer),
        }
    }
}

#[inline(always)]
fn widen<'b, S: Simd, T: Stored>(
    simd: S,
    tile: Tile<'_, T>,
    buffer: &'b mut [f32],
) -> Tile<'b, f32> {
    let head_dim = tile.head_dim;
    let buffer = &mut buffer[..tile.len() * head_dim];
    for (cell, to) in buffer.chunks_exact_mut(head_dim).enumerate() {
        let (blocks, rest) = T::split(tile.cell(cell));
        let (wide_blocks, wide_rest) = to.as_chunks_mut::<WIDTH>();
        for (block, to) in blocks.iter().zip(wide_blocks) {
            let scale = T::scale(simd, block);
            let mut at = 0;
            while at < WIDTH {
                simd.store(T::load(simd, block, scale, at), &mut to[at..]);
                at += S::LANES;
            }
        }
        let mut at = 0;
        while at < wide_rest.len() {
            simd.store_partial(T::load_rest(simd, &rest[at..]), &mut wide_rest[at..]);
            at += S::LANES;
        }
    }
    Tile::new(buffer, head_dim)
}

/// Consecutive cells of one element type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile<'a, T> {
    data: &'a [T],
    stride: usize,
    /// Elements of a cell.
    pub(super) head_dim: usize,
}

impl<'a, T: Stored> Tile<'a, T> {
    /// `data` as cells of `head_dim` elements.
    pub(super) fn new(data: &'a [T], head_dim: usize) -> Self {
        Tile {
            data,
            stride: T::stored(head_dim),
            head_dim,
        }
    }

    /// Some of the cells.
    #[inline(always)]
    pub(super) fn slice(&self, cells: Range<usize>) -> Self {
        Tile {
            data: &self.data[cells.start * self.stride..cells.end * self.stride],
            ..*self
        }
    }

    /// All elements, one cell after the other.
    pub(super) fn data(&self) -> &'a [T] {
        self.data
    }

    /// Ask for all cells ahead of their use. Values are read column by column, an order that no processor foresees.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd>(&self, simd: S) {
        let line = LINE_BYTES / size_of::<T>();
        for at in (0..self.data.len()).step_by(line) {
            simd.prefetch(self.data.get(at));
        }
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.data.len() / self.stride
    }

    /// Cell `i`.
    #[inline(always)]
    pub(super) fn cell(&self, i: usize) -> &'a [T] {
        &self.data[i * self.stride..][..self.stride]
    }
}

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

/// A way to store elements.
pub(super) trait Stored: Copy {
    /// [`WIDTH`] elements.
    type Block;

    /// How many of `Self` hold a cell of `head_dim` elements.
    fn stored(head_dim: usize) -> usize;
    /// The blocks of a cell, and what is left.
    fn split(cell: &[Self]) -> (&[Self::Block], &[Self]);
    /// The factor that a block's elements share, for [`Stored::load`]. Plain types do not use it.
    fn scale<S: Simd>(simd: S, block: &Self::Block) -> S::F32;
    /// The elements of a block from `at` on.
    fn load<S: Simd>(simd: S, block: &Self::Block, scale: S::F32, at: usize) -> S::F32;
    /// Up to `LANES` elements of a rest; the other lanes are 0.
    fn load_rest<S: Simd>(simd: S, rest: &[Self]) -> S::F32;
}

impl Stored for f32 {
    type Block = [f32; WIDTH];

    #[inline(always)]
    fn stored(head_dim: usize) -> usize {
        head_dim
    }
    #[inline(always)]
    fn split(cell: &[f32]) -> (&[Self::Block], &[f32]) {
        cell.as_chunks()
    }
    #[inline(always)]
    fn scale<S: Simd>(simd: S, _: &Self::Block) -> S::F32 {
        simd.splat(1.0)
    }
    #[inline(always)]
    fn load<S: Simd>(simd: S, block: &Self::Block, _: S::F32, at: usize) -> S::F32 {
        simd.load(&block[at..])
    }
    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, rest: &[f32]) -> S::F32 {
        if rest.len() < S::LANES {
            simd.load_partial(rest)
        } else {
            simd.load(rest)
        }
    }
}

impl Stored for u16 {
    type Block = [u16; WIDTH];

    #[inline(always)]
    fn stored(head_dim: usize) -> usize {
        head_dim
    }
    #[inline(always)]
    fn split(cell: &[u16]) -> (&[Self::Block], &[u16]) {
        cell.as_chunks()
    }
    #[inline(always)]
    fn scale<S: Simd>(simd: S, _: &Self::Block) -> S::F32 {
        simd.splat(1.0)
    }
    #[inline(always)]
    fn load<S: Simd>(simd: S, block: &Self::Block, _: S::F32, at: usize) -> S::F32 {
        simd.load_finite_f16(&block[at..])
    }
    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, rest: &[u16]) -> S::F32 {
        const { assert!(S::LANES <= WIDTH) };
        if rest.len() >= S::LANES {
            return simd.load_finite_f16(rest);
        }
        let mut padded = [0; WIDTH];
        padded[..rest.len()].copy_from_slice(rest);
        simd.load_finite_f16(&padded)
    }
}

impl Stored for u8 {
    type Block = [u8; Q8_0_BYTES];

    #[inline(always)]
    fn stored(head_dim: usize) -> usize {
        head_dim / WIDTH * Q8_0_BYTES
    }
    #[inline(always)]
    fn split(cell: &[u8]) -> (&[Self::Block], &[u8]) {
        cell.as_chunks()
    }
    #[inline(always)]
    fn scale<S: Simd>(simd: S, block: &Self::Block) -> S::F32 {
        simd.splat_f16(u16::from_le_bytes([block[0], block[1]]))
    }
    #[inline(always)]
    fn load<S: Simd>(simd: S, block: &Self::Block, scale: S::F32, at: usize) -> S::F32 {
        simd.mul(simd.load_i8(&block[2 + at..]), scale)
    }
    /// The contract promises whole blocks, so there is no rest.
    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, _: &[u8]) -> S::F32 {
        simd.splat(0.0)
    }
}
