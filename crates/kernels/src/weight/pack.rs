//! From rows of a file's blocks to tiles; `tiles.rs` has the picture.
//!
//! Column of blocks by column of blocks, for all rows of a tile: codes become bytes in the order of the elements, by
//! loops that the compiler makes vectors of, and eight of them at a time are folded into a word of each plane.

use std::marker::PhantomData;

use hearth_simd::{Isa, Kernel, Simd, f16_to_f32};
use hearth_tensor::DType;

use super::WeightError;
use super::format::{QUAD, SIX_BIT_VECTORS, TILE_COLS, TILE_ROWS, TileFormat, VECTOR};
use super::tiles::Codes;
use crate::dequantize::{Affine, AffineVisitor, MAX_BLOCK, visit_affine};

/// Groups of a block at most.
const MAX_GROUPS: usize = MAX_BLOCK / 16;

/// Pack rows of `cols` elements into `tiles`, which are zero and as many as the rows fill. Errors count rows from the
/// first one here.
pub(super) fn pack(
    isa: Isa,
    dtype: DType,
    cols: usize,
    raw: &[u8],
    tiles: &mut [u8],
) -> Result<(), WeightError> {
    let no_tiles = WeightError::NoTiles { dtype, cols };
    let Some(format) = TileFormat::for_dtype(dtype, cols) else {
        return Err(no_tiles);
    };
    let visitor = Visitor {
        isa,
        format,
        cols,
        raw,
        tiles,
    };
    visit_affine(dtype, visitor).unwrap_or(Err(no_tiles))
}

struct Visitor<'a> {
    isa: Isa,
    format: TileFormat,
    cols: usize,
    raw: &'a [u8],
    tiles: &'a mut [u8],
}

impl AffineVisitor for Visitor<'_> {
    type Output = Result<(), WeightError>;

    fn visit<B: Affine>(self) -> Self::Output {
        self.isa.run(Pack::<B> {
            format: self.format,
            cols: self.cols,
            raw: self.raw,
            tiles: self.tiles,
            blocks: PhantomData,
        })
    }
}

/// Packs the rows of one type of blocks.
struct Pack<'a, B> {
    format: TileFormat,
    cols: usize,
    raw: &'a [u8],
    tiles: &'a mut [u8],
    blocks: PhantomData<B>,
}

impl<B: Affine> Kernel for Pack<'_, B> {
    type Output = Result<(), WeightError>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let elems = B::DTYPE.block_elems();
        let blocks: &[B] = bytemuck::cast_slice(self.raw);
        let per_row = self.cols / elems;
        if per_row == 0 {
            return Ok(());
        }
        let mut column = Column {
            format: self.format,
            tile_bytes: self.format.tile_bytes(),
            codes: [[0; MAX_BLOCK]; TILE_ROWS],
            scales: Scales::default(),
            minima: Scales::default(),
        };
        let row_blocks = blocks.chunks(per_row * TILE_ROWS);
        let tiles = self
            .tiles
            .chunks_exact_mut(self.format.block_bytes(self.cols));
        for (i, (blocks, tiles)) in row_blocks.zip(tiles).enumerate() {
            let tiles = tiles.chunks_exact_mut(self.format.block_bytes(elems));
            for (b, tiles) in tiles.enumerate() {
                let rows = blocks.iter().skip(b).step_by(per_row);
                column.pack(simd, rows, tiles).map_err(|(row, group)| {
                    let row = i * TILE_ROWS + row;
                    let col = b * elems + group * B::GROUP;
                    WeightError::Scale { row, col }
                })?;
            }
        }
        Ok(())
    }
}

/// A block of each row of a tile.
struct Column {
    format: TileFormat,
    tile_bytes: usize,
    codes: [[i8; MAX_BLOCK]; TILE_ROWS],
    scales: Scales,
    minima: Scales,
}

impl Column {
    /// Pack a block of each row; the error is row and group of a scale that has no 16 bits.
    #[inline(always)]
    fn pack<'b, S: Simd, B: Affine>(
        &mut self,
        simd: S,
        blocks: impl Iterator<Item = &'b B> + Clone,
        tiles: &mut [u8],
    ) -> Result<(), (usize, usize)> {
        let elems = B::DTYPE.block_elems();
        let format = self.format;
        let mut rows = 0;
        for (block, codes) in blocks.clone().zip(&mut self.codes) {
            block.codes(&mut codes[..elems]);
            rows += 1;
        }
        let runs = if B::NESTED { elems / TILE_COLS } else { 1 };
        for i in 0..elems / TILE_COLS {
            let tile = &mut tiles[i / runs * self.tile_bytes..];
            let run = &mut tile[format.codes_at(i % runs)..];
            for (row, codes) in self.codes[..rows].iter().enumerate() {
                let (runs, _): (&[Codes], _) = codes.as_chunks();
                put_codes(B::BITS, run, row, &runs[i]);
            }
        }
        if B::NESTED {
            return put_nested(format, blocks, tiles);
        }
        let groups = elems / B::GROUP;
        for (row, block) in blocks.enumerate().take(TILE_ROWS) {
            for group in 0..groups {
                self.scales.floats[group][row] = block.scale(group);
                if B::MINIMUM {
                    self.minima.floats[group][row] = block.minimum(group);
                }
            }
        }
        self.scales.fill_up(rows);
        if format.has_wide_scales() {
            self.scales.cut_to_bf16(groups)?;
        } else {
            self.scales.round_to_f16(simd, groups)?;
        }
        self.scales.put(tiles, format, format.scales_at(), groups);
        if B::MINIMUM {
            self.minima.fill_up(rows);
            self.minima.round_to_f16(simd, groups)?;
            self.minima.put(tiles, format, format.minima_at(), groups);
        }
        Ok(())
    }
}

/// A number for each group and row.
#[derive(Default)]
struct Scales {
    floats: [[f32; TILE_ROWS]; MAX_GROUPS],
    halves: [[u16; TILE_ROWS]; MAX_GROUPS],
}

impl Scales {
    /// Zeros for the rows that are not there.
    #[inline(always)]
    fn fill_up(&mut self, rows: usize) {
        if rows < TILE_ROWS {
            for floats in &mut self.floats {
                floats[rows..].fill(0.0);
            }
        }
    }

    #[inline(always)]
    fn round_to_f16<S: Simd>(&mut self, simd: S, groups: usize) -> Result<(), (usize, usize)> {
        let from = self.floats.as_flattened().chunks_exact(S::LANES);
        let to = self.halves.as_flattened_mut().chunks_exact_mut(S::LANES);
        let vectors = (groups * TILE_ROWS).div_ceil(S::LANES);
        for (from, to) in from.zip(to).take(vectors) {
            simd.store_f16(simd.load(from), to);
        }
        self.check_finite(groups, 0x7c00)
    }

    /// The upper half of each number, which is all that there is of it where this is used.
    #[inline(always)]
    fn cut_to_bf16(&mut self, groups: usize) -> Result<(), (usize, usize)> {
        let from = self.floats[..groups].as_flattened();
        for (from, to) in from.iter().zip(self.halves.as_flattened_mut()) {
            *to = (from.to_bits() >> 16) as u16;
        }
        self.check_finite(groups, 0x7f80)
    }

    /// The error is row and group of the first number whose exponent has all bits set.
    #[inline(always)]
    fn check_finite(&self, groups: usize, exponent: u16) -> Result<(), (usize, usize)> {
        let halves = self.halves[..groups].as_flattened();
        let is_bad = |half: &u16| half & exponent == exponent;
        // No early end, so that it is a vector's work.
        if !halves.iter().fold(false, |any, half| any | is_bad(half)) {
            return Ok(());
        }
        let at = halves.iter().position(is_bad).unwrap_or(0);
        Err((at % TILE_ROWS, at / TILE_ROWS))
    }

    /// Write the groups of consecutive tiles, `start` bytes after the start of each.
    #[inline(always)]
    fn put(&self, tiles: &mut [u8], format: TileFormat, start: usize, groups: usize) {
        let per_tile = self.halves[..groups].chunks_exact(format.groups());
        for (halves, tile) in per_tile.zip(tiles.chunks_exact_mut(format.tile_bytes())) {
            let bytes = bytemuck::cast_slice(halves.as_flattened());
            tile[start..][..bytes.len()].copy_from_slice(bytes);
        }
    }
}

/// Write the scales of a nested tile; the error is row and group of one that is not finite.
#[inline(always)]
fn put_nested<'b, B: Affine>(
    format: TileFormat,
    blocks: impl Iterator<Item = &'b B>,
    tile: &mut [u8],
) -> Result<(), (usize, usize)> {
    for (row, block) in blocks.enumerate().take(TILE_ROWS) {
        for group in 0..B::DTYPE.block_elems() / B::GROUP {
            let [scale, minimum] = block.nested(group);
            let [scale_at, minimum_at] = [
                format.scale_pairs_at(group / 2),
                format.offset_pairs_at(group / 2),
            ];
            let at = 2 * row + group % 2;
            if format.has_nibbles() {
                tile[scale_at + at] = (scale | minimum << 4) as u8;
            } else {
                tile[minimum_at + at] = minimum as u8;
                tile[scale_at + at] = scale as u8;
            }
        }
        let starts = [format.scales_at(), format.minima_at()];
        let count = if B::MINIMUM { 2 } else { 1 };
        for (unit, start) in block.units().into_iter().zip(starts).take(count) {
            if !f16_to_f32(unit).is_finite() {
                return Err((row, 0));
            }
            tile[start + 2 * row..][..2].copy_from_slice(&unit.to_le_bytes());
        }
    }
    Ok(())
}

/// Write the codes of one row of a run.
#[inline(always)]
fn put_codes(bits: u32, run: &mut [u8], row: usize, codes: &Codes) {
    let (words, _) = codes.as_chunks::<{ 2 * QUAD }>();
    let mut pairs = [0; TILE_COLS / QUAD / 2];
    for (pair, word) in pairs.iter_mut().zip(words) {
        *pair = u64::from_le_bytes(word.map(|code| code as u8));
    }
    if bits == 6 {
        return put_six_bits(run, row, pairs);
    }
    let [low, high] = TileFormat::planes(bits);
    let (low_plane, high_plane) = run.split_at_mut(low as usize * VECTOR);
    put_plane(low, low_plane, row, pairs);
    if high > 0 {
        put_plane(high, high_plane, row, pairs.map(|pair| pair >> low));
    }
}

/// Write the codes of one row of 6 bits: of each four quads three as they are, with the fourth in their upper bits.
#[inline(always)]
fn put_six_bits(run: &mut [u8], row: usize, pairs: [u64; 4]) {
    const UPPER: u32 = 0xc0c0_c0c0;
    let run = &mut run[..2 * SIX_BIT_VECTORS * VECTOR];
    assert!(row < TILE_ROWS, "the row is one of the tile");
    for (half, pairs) in pairs.chunks_exact(2).enumerate() {
        let spread = (pairs[1] >> 32) as u32;
        let whole = [pairs[0] as u32, (pairs[0] >> 32) as u32, pairs[1] as u32];
        let upper = [spread << 6, spread << 4, spread << 2];
        for (i, (whole, upper)) in whole.into_iter().zip(upper).enumerate() {
            let at = (half * SIX_BIT_VECTORS + i) * VECTOR + QUAD * row;
            run[at..][..QUAD].copy_from_slice(&(whole | upper & UPPER).to_le_bytes());
        }
    }
}

/// Write a plane of `bits` bits of one row: the low bits of each byte of the pairs of quads.
#[inline(always)]
fn put_plane(bits: u32, plane: &mut [u8], row: usize, pairs: [u64; 4]) {
    let plane = &mut plane[..bits as usize * VECTOR];
    assert!(row < TILE_ROWS, "the row is one of the tile");
    let [a, b, c, d] = pairs.map(|pair| pair & (0x0101_0101_0101_0101 * ((1 << bits) - 1)));
    // The first quad of a pair is its low half; the second follows it in the same bytes, `bits` bits higher.
    let fold = |pair: u64| (pair | pair >> (32 - bits)) as u32;
    let halves = |pair: u64| [pair as u32, (pair >> 32) as u32];
    let mut put = |vector: usize, word: u32| {
        plane[vector * VECTOR + QUAD * row..][..QUAD].copy_from_slice(&word.to_le_bytes());
    };
    match bits {
        1 => put(0, fold(a | b << 2 | c << 4 | d << 6)),
        2 => {
            put(0, fold(a | b << 4));
            put(1, fold(c | d << 4));
        }
        4 => {
            for (vector, pair) in [a, b, c, d].into_iter().enumerate() {
                put(vector, fold(pair));
            }
        }
        _ => {
            for (pair, words) in [a, b, c, d].map(halves).into_iter().enumerate() {
                put(2 * pair, words[0]);
                put(2 * pair + 1, words[1]);
            }
        }
    }
}
