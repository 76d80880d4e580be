//! Tiles: 16 rows by 32 columns of codes, side by side, with the scales of their groups.
//!
//! ```text
//! [planes of codes] [scales: 16 bits, 16 rows, per group] [minima: f16, 16 rows, per group, where the format has them]
//! ```
//! Four consecutive columns are a *quad*; a tile has eight. A plane of `p` bits holds `p` vectors of 64 bytes; byte
//! `4 * r + e` of a vector belongs to row `r` and element `e` of a quad, and holds the bits of `8 / p` quads, from the
//! low end on: vector `v` those of quads `v * 8 / p` and following. So 64 bytes give one quad of all sixteen rows for
//! a shift and a mask, 32 bytes that of eight rows, and 16 bytes that of four: each instruction set takes as many parts as it needs. Codes of 5 bits have a plane of 4 bits
//! and one for the upper bits; codes of 3 bits one of 2 bits and one of 1.
//!
//! Codes of 6 bits have three vectors for each four quads: the low six bits of every byte are the first three quads, the
//! upper two the fourth, from its low end on. A third fewer instructions take them apart than planes of 4 and 2 bits.
//!
//! *Nested* tiles, those of K-quants, span 256 columns, a super-block: scales and minima are integers there, and stay so.
//! They take less memory, lose nothing, and a kernel scales sums before they leave the integers.
//! ```text
//! 4 strips of 64 columns: [64 bytes of integers] [2 runs of 32 columns: planes of codes]
//! [unit of the scales: f16, 16 rows] [unit of the minima, or nothing: f16, 16 rows]
//! ```
//! The integers come in pairs of groups: byte `2 * r + i` of 32 bytes is that of row `r` and the `i`-th of two groups. A
//! strip of two groups (of 32 columns) has their scales, then their minima; one of four groups has the scales of the first two,
//! then those of the others. Scale and minimum of Q2_K, 4 bits each, share a byte: the scale is its low half.
//! So a tile is read from its start to its end, and its codes start at cache lines.
//!
//! The tiles of a block of 16 rows follow each other from left to right, blocks from top to bottom; missing rows of
//! the last block are zeros with scale 0. An element is `scale * (code - zero) + minimum`, `zero` being
//! `2^(bits - 1)`, or 0 where there are minima or the codes are signed bytes. Codes of a codebook are numbers of its
//! values; then an element is `scale * value`.
//!
//! Scales are f16, but bf16 in formats with the FP4 codebook: those of MXFP4 have the range of f32, and both hold the
//! file's scales exactly.

use hearth_simd::f16_to_f32;

use super::format::{QUAD, SIX_BIT_VECTORS, TILE_COLS, TILE_ROWS, TileFormat, VECTOR};

/// Quads of a row of a tile.
const QUADS: usize = TILE_COLS / QUAD;

/// The codes of a row of a run.
pub(super) type Codes = [i8; TILE_COLS];

impl TileFormat {
    /// The codes of one row of a run of a tile.
    fn codes(self, tile: &[u8], run: usize, row: usize) -> Codes {
        let tile = &tile[self.codes_at(run)..];
        let mut codes = [0; TILE_COLS];
        let words = bytemuck::cast_slice_mut::<i8, [u8; QUAD]>(&mut codes);
        if self.bits() == 6 {
            for (quad, bytes) in words.iter_mut().enumerate() {
                *bytes = six_bits(tile, row, quad).to_le_bytes();
            }
            return codes;
        }
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

    /// The scale and the minimum of a group of one row.
    fn scale(self, tile: &[u8], row: usize, group: usize) -> (f32, f32) {
        if self.is_nested() {
            return self.nested_scale(tile, row, group);
        }
        let bits = |start: usize| {
            let at = start + group * Self::HALVES + 2 * row;
            u16::from_le_bytes([tile[at], tile[at + 1]])
        };
        let scale = bits(self.scales_at());
        let scale = if self.has_wide_scales() {
            f32::from_bits(u32::from(scale) << 16)
        } else {
            f16_to_f32(scale)
        };
        let minimum = self
            .has_minimum()
            .then(|| f16_to_f32(bits(self.minima_at())));
        (scale, minimum.unwrap_or(0.0))
    }

    /// The scale and the minimum of a group of one row of a nested tile.
    fn nested_scale(self, tile: &[u8], row: usize, group: usize) -> (f32, f32) {
        let unit = |start| {
            let at = start + 2 * row;
            f16_to_f32(u16::from_le_bytes([tile[at], tile[at + 1]]))
        };
        let code = |start| tile[start + 2 * row + group % 2];
        let scale = code(self.scale_pairs_at(group / 2));
        let units = if self.has_nibbles() {
            [scale & 15, scale >> 4]
        } else {
            [scale, code(self.offset_pairs_at(group / 2))]
        };
        let [scale, minimum] = units.map(|units| f32::from(units as i8));
        let scale = unit(self.scales_at()) * scale;
        if self.has_minimum() {
            (scale, unit(self.minima_at()) * minimum)
        } else {
            (scale, 0.0)
        }
    }

    /// The elements of one row of a weight in tiles.
    pub(super) fn row_into(self, bytes: &[u8], row: usize, out: &mut [f32]) {
        let block_bytes = self.block_bytes(out.len());
        let block = &bytes[row / TILE_ROWS * block_bytes..][..block_bytes];
        let row = row % TILE_ROWS;
        let tiles = block.chunks_exact(self.tile_bytes());
        let tiles = tiles.flat_map(|tile| (0..self.runs()).map(move |run| (tile, run)));
        for ((tile, run), out) in tiles.zip(out.chunks_exact_mut(TILE_COLS)) {
            let codes = self.codes(tile, run, row);
            let groups = out.chunks_exact_mut(self.group());
            for (g, (out, codes)) in groups.zip(codes.chunks_exact(self.group())).enumerate() {
                let (scale, minimum) = self.scale(tile, row, run * self.groups() + g);
                for (out, &code) in out.iter_mut().zip(codes) {
                    *out = scale * self.value(code) as f32 + minimum;
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

fn field(plane: &[u8], row: usize, quad: usize, bits: u32) -> u32 {
    let (vector, shift) = place(quad, bits);
    word(plane, row, vector) >> shift & every_byte(bits)
}

/// A quad of 6-bit codes.
fn six_bits(codes: &[u8], row: usize, quad: usize) -> u32 {
    let first = quad / 4 * SIX_BIT_VECTORS;
    let vectors = [0, 1, 2].map(|i| word(codes, row, first + i));
    match vectors.get(quad % 4) {
        Some(vector) => vector & every_byte(6),
        None => {
            let upper = |i: usize| vectors[i] >> 6 & every_byte(2);
            upper(0) | upper(1) << 2 | upper(2) << 4
        }
    }
}

/// What a row has in a vector.
fn word(plane: &[u8], row: usize, vector: usize) -> u32 {
    let mut word = [0; QUAD];
    word.copy_from_slice(&plane[vector * VECTOR + QUAD * row..][..QUAD]);
    u32::from_le_bytes(word)
}

const _: () = assert!(
    QUADS == 8,
    "a byte of a 1-bit plane holds all quads of a tile"
);
