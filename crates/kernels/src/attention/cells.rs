//! The cells of one head and sequence of a cache, and how vectors of f32 are loaded from them.
//!
//! A cell is read in blocks of [`WIDTH`] elements, whatever its type, so that inner loops have a length that the
//! compiler knows; plain types may have a rest. Elements are loaded in a [unit](Stored::unit) of their type: queries
//! and weights, of which there are fewer, are multiplied by it instead.

use std::ops::Range;

use bytemuck::{NoUninit, cast_slice};
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

    /// See [`Stored::unit`].
    pub(super) fn unit<S: Simd>(self) -> f32 {
        match self {
            Cells::F32(_) => f32::unit::<S>(),
            Cells::F16(_) => u16::unit::<S>(),
            Cells::Q8_0(_) => u8::unit::<S>(),
        }
    }

    /// All elements as f32, in the same unit; `buffer` is where they go if they must be converted.
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
                let [first, second] = T::load(simd, block, scale, at);
                simd.store(first, &mut to[at..]);
                simd.store(second, &mut to[at + S::LANES..]);
                at += 2 * S::LANES;
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

    /// The elements of each cell.
    pub(super) fn cells(&self) -> std::slice::ChunksExact<'a, T> {
        self.data.chunks_exact(self.stride)
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

/// Lines of memory that are wanted soon, asked for in their order: several keys are read at once and values column by
/// column, orders that no processor foresees. Prefetches are given a few at a time while others are computed with; where
/// there is only reading, which waits, all at once.
#[derive(Clone, Debug)]
pub(super) struct Ahead<'a>(std::slice::Chunks<'a, u8>);

impl<'a> Ahead<'a> {
    /// The lines of some cells.
    #[inline(always)]
    pub(super) fn new<S: Simd, T: Stored>(simd: S, cells: Tile<'a, T>) -> Self {
        let lines = cast_slice(cells.data).chunks(LINE_BYTES);
        if S::PREFETCHES {
            return Ahead(lines);
        }
        lines.for_each(|line| simd.touch(&line[0]));
        Self::none()
    }

    /// No lines.
    pub(super) fn none() -> Self {
        Ahead([].chunks(LINE_BYTES))
    }

    /// Ask for the lines of the next `bytes` bytes, as far as there are some.
    #[inline(always)]
    pub(super) fn ask<S: Simd>(&mut self, simd: S, bytes: usize) {
        if S::PREFETCHES {
            for line in self.0.by_ref().take(bytes.div_ceil(LINE_BYTES)) {
                simd.prefetch(&line[0]);
            }
        }
    }
}

/// A way to store elements.
pub(super) trait Stored: NoUninit {
    /// [`WIDTH`] elements.
    type Block;

    /// How many of `Self` hold a cell of `head_dim` elements.
    fn stored(head_dim: usize) -> usize;
    /// The blocks of a cell, and what is left.
    fn split(cell: &[Self]) -> (&[Self::Block], &[Self]);
    /// What loaded numbers are to be multiplied by, a power of two.
    fn unit<S: Simd>() -> f32 {
        1.0
    }
    /// The factor that a block's elements share, for [`Stored::load`]. Plain types do not use it.
    fn scale<S: Simd>(simd: S, block: &Self::Block) -> S::F32;
    /// Two vectors of a block's elements from `at` on.
    fn load<S: Simd>(simd: S, block: &Self::Block, scale: S::F32, at: usize) -> [S::F32; 2];
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
    fn load<S: Simd>(simd: S, block: &Self::Block, _: S::F32, at: usize) -> [S::F32; 2] {
        [simd.load(&block[at..]), simd.load(&block[at + S::LANES..])]
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
    fn unit<S: Simd>() -> f32 {
        S::HALF_UNIT
    }
    #[inline(always)]
    fn scale<S: Simd>(simd: S, _: &Self::Block) -> S::F32 {
        simd.splat(1.0)
    }
    #[inline(always)]
    fn load<S: Simd>(simd: S, block: &Self::Block, _: S::F32, at: usize) -> [S::F32; 2] {
        simd.load_halves(&block[at..])
    }
    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, rest: &[u16]) -> S::F32 {
        const { assert!(2 * S::LANES <= WIDTH) };
        let n = rest.len().min(S::LANES);
        let mut padded = [0; WIDTH];
        padded[..n].copy_from_slice(&rest[..n]);
        let [first, _] = simd.load_halves(&padded);
        first
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
    fn load<S: Simd>(simd: S, block: &Self::Block, scale: S::F32, at: usize) -> [S::F32; 2] {
        let [first, second] = simd.load_i8(&block[2 + at..]);
        [simd.mul(first, scale), simd.mul(second, scale)]
    }
    /// The contract promises whole blocks, so there is no rest.
    #[inline(always)]
    fn load_rest<S: Simd>(simd: S, _: &[u8]) -> S::F32 {
        simd.splat(0.0)
    }
}
