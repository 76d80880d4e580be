//! Tiles: 8 rows by 32 columns of codes, side by side, with the scales of their groups.
//!
//! ```text
//! [planes of codes] [scales: f16, 8 rows, per group] [minima: f16, 8 rows, per group, where the format has them]
//! ```
//! Four consecutive columns are a *quad*; a tile has eight. A plane of `p` bits holds `p` vectors of 32 bytes; byte
//! `4 * r + e` of a vector belongs to row `r` and element `e` of a quad, and holds the bits of `8 / p` quads, from the
//! low end on: vector `v` those of quads `v * 8 / p` and following. So one 32-byte vector gives one quad of all eight
//! rows for a shift and a mask, and one 16-byte vector that of four rows. Codes of 5 and 6 bits have a plane of 4 bits
//! and one for the upper bits; codes of 3 bits one of 2 bits and one of 1.
//!
//! The tiles of a block of 8 rows follow each other from left to right, blocks from top to bottom; missing rows of
//! the last block are zeros with scale 0. An element is `scale * (code - zero) + minimum`, `zero` being
//! `2^(bits - 1)`, or 0 where there are minima or the codes are signed bytes.

use hearth_simd::{f16_to_f32, f32_to_f16};
use hearth_tensor::DType;

use crate::dequantize::{Affine, AffineVisitor, visit_affine};

/// Rows of a tile.
pub const TILE_ROWS: usize = 8;
/// Columns of a tile.
pub const TILE_COLS: usize = 32;
/// Consecutive columns that share a 32-bit lane.
const QUAD: usize = 4;
/// Quads of a row of a tile.
const QUADS: usize = TILE_COLS / QUAD;
/// Bytes of a vector: a quad of each row.
pub(crate) const VECTOR: usize = TILE_ROWS * QUAD;

/// The codes of a row of a tile.
pub(super) type Codes = [i8; TILE_COLS];

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileFormat {
    /// Bits of a code: 3, 4, 5 or 6, unsigned, or 8, signed.
    bits: u8,
    /// Columns that share a scale: 16 or 32.
    group: u8,
    /// True if groups have minima.
    minimum: bool,
}

/// Tiles may take this many times the bytes of the file, in percent: types that would take more stay in rows.
const MAX_PERCENT: usize = 120;

struct FormatOf;

impl AffineVisitor for FormatOf {
    type Output = TileFormat;
    fn visit<B: Affine>(self) -> TileFormat {
        TileFormat::new(B::BITS, B::GROUP, B::MINIMUM)
    }
}

impl TileFormat {
    /// The tiles for rows of `cols` elements of `dtype`, if the fast matrix product has a kernel for them.
    pub fn for_dtype(dtype: DType, cols: usize) -> Option<Self> {
        let format = visit_affine(dtype, FormatOf)?;
        let bits_in_file = dtype.block_bytes() * 8 * 100 / dtype.block_elems();
        let bits = format.tile_bytes() * 8 * 100 / (TILE_ROWS * TILE_COLS);
        let fits = cols.is_multiple_of(TILE_COLS) && bits * 100 <= bits_in_file * MAX_PERCENT;
        fits.then_some(format)
    }

    pub(crate) const fn new(bits: u32, group: usize, minimum: bool) -> Self {
        TileFormat {
            bits: bits as u8,
            group: group as u8,
            minimum,
        }
    }

    /// Bits of a code.
    pub const fn bits(self) -> u32 {
        self.bits as u32
    }

    /// Columns that share a scale.
    pub const fn group(self) -> usize {
        self.group as usize
    }

    /// True if groups have minima.
    pub const fn has_minimum(self) -> bool {
        self.minimum
    }

    /// What is subtracted from a code.
    pub const fn zero(self) -> i32 {
        if self.minimum || self.bits == 8 {
            0
        } else {
            1 << (self.bits - 1)
        }
    }

    /// Bits of the first and the second plane.
    pub(crate) const fn planes(bits: u32) -> [u32; 2] {
        match bits {
            3 => [2, 1],
            5 | 6 => [4, bits - 4],
            whole => [whole, 0],
        }
    }

    /// Bytes of one half-precision number for each row.
    const HALVES: usize = 2 * TILE_ROWS;

    const fn groups(self) -> usize {
        TILE_COLS / self.group as usize
    }

    /// Where the scales of a tile start.
    pub(crate) const fn scales_at(self) -> usize {
        self.bits as usize * VECTOR
    }

    /// Where the minima of a tile start.
    pub(crate) const fn minima_at(self) -> usize {
        self.scales_at() + self.groups() * Self::HALVES
    }

    /// Bytes of a tile.
    pub const fn tile_bytes(self) -> usize {
        let minima = if self.minimum { self.groups() } else { 0 };
        self.minima_at() + minima * Self::HALVES
    }

    /// Bytes of a block of eight rows.
    pub(crate) const fn block_bytes(self, cols: usize) -> usize {
        cols / TILE_COLS * self.tile_bytes()
    }

    /// Write the codes of one row of a tile that was zero.
    pub(super) fn put_codes(self, tile: &mut [u8], row: usize, codes: &Codes) {
        let words = bytemuck::cast_slice::<i8, [u8; QUAD]>(codes);
        let [low, high] = Self::planes(self.bits());
        let (low_plane, rest) = tile.split_at_mut(low as usize * VECTOR);
        for (quad, word) in words.iter().enumerate() {
            let word = u32::from_le_bytes(*word);
            put_field(low_plane, row, quad, low, word & every_byte(low));
            if high > 0 {
                put_field(rest, row, quad, high, word >> low & every_byte(high));
            }
        }
    }

    /// The codes of one row of a tile.
    fn codes(self, tile: &[u8], row: usize) -> Codes {
        let mut codes = [0; TILE_COLS];
        let words = bytemuck::cast_slice_mut::<i8, [u8; QUAD]>(&mut codes);
        let [low, high] = Self::planes(self.bits());
        let (low_plane, rest) = tile.split_at(low as usize * VECTOR);
        for (quad, word) in words.iter_mut().enumerate() {
            let mut bits = field(low_plane, row, quad, low);
            if high > 0 {
                bits |= field(rest, row, quad, high) << low;
            }
            *word = bits.to_le_bytes();
        }
        codes
    }

    /// Write the scale and the minimum of a group of one row, as half-precision bits.
    pub(super) fn put_scale(self, tile: &mut [u8], row: usize, group: usize, halves: [u16; 2]) {
        let at = group * Self::HALVES + 2 * row;
        tile[self.scales_at() + at..][..2].copy_from_slice(&halves[0].to_le_bytes());
        if self.minimum {
            tile[self.minima_at() + at..][..2].copy_from_slice(&halves[1].to_le_bytes());
        }
    }

    /// The scale and the minimum of a group of one row.
    fn scale(self, tile: &[u8], row: usize, group: usize) -> (f32, f32) {
        let half = |start: usize| {
            let at = start + group * Self::HALVES + 2 * row;
            f16_to_f32(u16::from_le_bytes([tile[at], tile[at + 1]]))
        };
        let minimum = if self.minimum {
            half(self.minima_at())
        } else {
            0.0
        };
        (half(self.scales_at()), minimum)
    }

    /// The elements of one row of a weight in tiles.
    pub(super) fn row_into(self, bytes: &[u8], row: usize, out: &mut [f32]) {
        let block_bytes = self.block_bytes(out.len());
        let block = &bytes[row / TILE_ROWS * block_bytes..][..block_bytes];
        let row = row % TILE_ROWS;
        let tiles = block.chunks_exact(self.tile_bytes());
        for (tile, out) in tiles.zip(out.chunks_exact_mut(TILE_COLS)) {
            let codes = self.codes(tile, row);
            let groups = out.chunks_exact_mut(self.group());
            for (g, (out, codes)) in groups.zip(codes.chunks_exact(self.group())).enumerate() {
                let (scale, minimum) = self.scale(tile, row, g);
                for (out, &code) in out.iter_mut().zip(codes) {
                    *out = scale * (i32::from(code) - self.zero()) as f32 + minimum;
                }
            }
        }
    }
}

/// The low `bits` of every byte of a word.
const fn every_byte(bits: u32) -> u32 {
    0x0101_0101 * ((1 << bits) - 1)
}

/// Where in a plane of `bits` bits a quad lies: its vector and its lowest bit.
pub(crate) const fn place(quad: usize, bits: u32) -> (usize, u32) {
    let at = quad as u32 * bits;
    (at as usize / 8, at % 8)
}

fn put_field(plane: &mut [u8], row: usize, quad: usize, bits: u32, word: u32) {
    let (vector, shift) = place(quad, bits);
    let to = &mut plane[vector * VECTOR + QUAD * row..][..QUAD];
    for (to, byte) in to.iter_mut().zip((word << shift).to_le_bytes()) {
        *to |= byte;
    }
}

fn field(plane: &[u8], row: usize, quad: usize, bits: u32) -> u32 {
    let (vector, shift) = place(quad, bits);
    let mut word = [0; QUAD];
    word.copy_from_slice(&plane[vector * VECTOR + QUAD * row..][..QUAD]);
    u32::from_le_bytes(word) >> shift & every_byte(bits)
}

const _: () = assert!(
    QUADS == 8,
    "a byte of a 1-bit plane holds all quads of a tile"
);

/// A number as half precision; `None` if it is not finite there.
pub(super) fn to_half(x: f32) -> Option<u16> {
    let half = f32_to_f16(x);
    f16_to_f32(half).is_finite().then_some(half)
}
