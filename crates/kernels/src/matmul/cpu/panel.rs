//! Panels: a tile, or as many plain ones as span 256 columns, with its codes taken apart to bytes and its scales to what the
//! instructions want.
//!
//! ```text
//! [a vector for each quad of codes, 8 for each run of columns] [numbers: vectors of 16 rows]
//! ```
//! | tiles | numbers |
//! |---|---|
//! | plain | scale and offset of each group, f32 |
//! | nested | the scale of each group, the offsets of each pair of groups, both units as f32 |

use std::marker::PhantomData;
use std::ops::Range;

use bytemuck::{cast_slice, cast_slice_mut};
use hearth_simd::{Kernel, Simd};

use super::codes::{pairs, quad, scales, units};
use super::format::Format;
use crate::quantize_rows::LARGE_BLOCK;
use crate::weight::{TILE_COLS, TILE_ROWS, VECTOR};

/// Columns of a panel, and its runs of 32.
pub(super) const PANEL_COLS: usize = LARGE_BLOCK;
const RUNS: usize = PANEL_COLS / TILE_COLS;
/// Quads of a run, and bytes of its codes, a byte each.
pub(super) const QUADS: usize = TILE_COLS / 4;
const RUN_BYTES: usize = QUADS * VECTOR;
/// Bytes of a panel's codes, and of the numbers that follow: at most two vectors for each half of a run.
const CODE_BYTES: usize = RUNS * RUN_BYTES;
const NUMBERS: usize = 2 * 2 * RUNS;
pub(super) const PANEL_BYTES: usize = CODE_BYTES + NUMBERS * VECTOR;

/// Takes tiles apart.
pub(super) struct Open<'k, F> {
    /// Those of a block of rows.
    pub(super) tiles: &'k [u8],
    pub(super) columns: &'k Range<usize>,
    /// [`PANEL_BYTES`].
    pub(super) panel: &'k mut [u8],
    pub(super) format: PhantomData<F>,
}

impl<F: Format> Kernel for Open<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (format, parts) = (F::FORMAT, TILE_ROWS / S::LANES);
        let tiles = self.tiles.chunks_exact(format.tile_bytes());
        let tiles = tiles.skip(self.columns.start / format.cols());
        let (codes, numbers) = self.panel.split_at_mut(CODE_BYTES);
        let mut codes = codes.chunks_exact_mut(RUN_BYTES);
        let (mut numbers, _) = cast_slice_mut::<u8, f32>(numbers).as_chunks_mut::<TILE_ROWS>();
        for tile in tiles.take(self.columns.len() / format.cols()) {
            for (run, codes) in (0..format.runs()).zip(&mut codes) {
                let tile = &tile[format.codes_at(run)..][..format.run_bytes()];
                for part in 0..parts {
                    open_half::<S, F>(simd, tile, part, 0, codes);
                    open_half::<S, F>(simd, tile, part, 1, codes);
                }
            }
            let used = if format.is_nested() {
                for part in 0..parts {
                    open_nested::<S, F>(simd, tile, part, numbers);
                }
                NestedNumbers::of::<F>().end
            } else {
                for part in 0..parts {
                    open_plain::<S, F>(simd, tile, part, numbers);
                }
                2 * format.groups()
            };
            numbers = &mut numbers[used..];
        }
    }
}

/// Write the codes of half a run, of the rows of a part. No loop: compilers must know where codes lie.
#[inline(always)]
fn open_half<S: Simd, F: Format>(simd: S, tile: &[u8], part: usize, half: usize, codes: &mut [u8]) {
    let j = half * QUADS / 2;
    let codes = &mut codes[j * VECTOR + part * 4 * S::LANES..];
    simd.store_codes(quad::<S, F>(simd, tile, part, j), codes);
    let codes = &mut codes[VECTOR..];
    simd.store_codes(quad::<S, F>(simd, tile, part, j + 1), codes);
    let codes = &mut codes[VECTOR..];
    simd.store_codes(quad::<S, F>(simd, tile, part, j + 2), codes);
    let codes = &mut codes[VECTOR..];
    simd.store_codes(quad::<S, F>(simd, tile, part, j + 3), codes);
}

/// Write the scale and the offset of each group of a plain tile, of the rows of a part.
#[inline(always)]
fn open_plain<S: Simd, F: Format>(
    simd: S,
    tile: &[u8],
    part: usize,
    numbers: &mut [[f32; TILE_ROWS]],
) {
    for group in 0..F::FORMAT.groups() {
        let both = scales::<S, F>(simd, tile, part, group);
        for (vector, to) in both.into_iter().zip(&mut numbers[2 * group..]) {
            simd.store(vector, &mut to[part * S::LANES..]);
        }
    }
}

/// Where a nested panel's numbers are: vectors of 16 rows.
pub(super) struct NestedNumbers {
    /// The scales of each group before.
    pub(super) offsets: usize,
    /// The offsets of each pair of groups before.
    pub(super) units: usize,
    /// The units before.
    end: usize,
}

impl NestedNumbers {
    pub(super) const fn of<F: Format>() -> Self {
        let pairs = F::FORMAT.pairs();
        NestedNumbers {
            offsets: 2 * pairs,
            units: 3 * pairs,
            end: 3 * pairs + 2,
        }
    }
}

/// Write the numbers of a nested tile, of the rows of a part.
#[inline(always)]
fn open_nested<S: Simd, F: Format>(
    simd: S,
    tile: &[u8],
    part: usize,
    numbers: &mut [[f32; TILE_ROWS]],
) {
    let at = NestedNumbers::of::<F>();
    let first = part * S::LANES;
    for i in 0..F::FORMAT.pairs() {
        let [scales, offsets] = pairs::<S, F>(simd, tile, part, i);
        for which in 0..2 {
            let to = cast_slice_mut(&mut numbers[2 * i + which][first..]);
            simd.store_pairs(simd.scales(scales, which), to);
        }
        let to = cast_slice_mut(&mut numbers[at.offsets + i][first..]);
        simd.store_pairs(offsets, to);
    }
    let units = units::<S, F>(simd, tile, part);
    for (unit, to) in units.into_iter().zip(&mut numbers[at.units..]) {
        simd.store(unit, &mut to[first..]);
    }
}

/// A panel, taken apart.
#[derive(Clone, Copy)]
pub(super) struct Panel<'k> {
    /// A vector for each quad.
    pub(super) codes: &'k [[u8; VECTOR]; RUNS * QUADS],
    numbers: &'k [[f32; TILE_ROWS]; NUMBERS],
    /// Runs of 32 columns.
    pub(super) runs: usize,
}

impl<'k> Panel<'k> {
    /// What [`Open`] wrote.
    pub(super) fn of(bytes: &'k [u8], runs: usize) -> Self {
        let (codes, numbers) = bytes.split_at(CODE_BYTES);
        let whole = "a panel has room for all codes and numbers";
        Panel {
            codes: codes.as_chunks().0.first_chunk().expect(whole),
            numbers: cast_slice(numbers)
                .as_chunks()
                .0
                .first_chunk()
                .expect(whole),
            runs,
        }
    }

    /// Vector `i` of the numbers, of the rows of part `part`.
    #[inline(always)]
    pub(super) fn floats<S: Simd>(&self, simd: S, i: usize, part: usize) -> S::F32 {
        simd.load(&self.numbers[i][part * S::LANES..])
    }

    /// The same as pairs.
    #[inline(always)]
    pub(super) fn pairs<S: Simd>(&self, simd: S, i: usize, part: usize) -> S::Pairs {
        simd.load_pairs(cast_slice(&self.numbers[i][part * S::LANES..]))
    }
}
