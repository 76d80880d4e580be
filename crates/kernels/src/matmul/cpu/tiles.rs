//! The fast way: 8-bit activations, weights in tiles.
//!
//! One kernel for all formats. A vector holds one quad of eight weight rows (or of four: then a tile is two halves);
//! the four activations that belong to it are broadcast; a lane thus adds up one row, and no sum crosses lanes. Per
//! group the integer sum is exact; `y += scale * dx * sum(code * x)`, where `-zero * sum(x)` is what the sum starts
//! from, and `y += minimum * dx * sum(x)` where the format has minima; `dx` is the scale of the activations.

use std::marker::PhantomData;

use hearth_simd::{Isa, Kernel, Simd};

use super::epilogue::{Epilogue, Inputs};
use super::partition;
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::quantize_rows::{BLOCK, Q8Row, row_bytes};
use crate::tile::{OutTile, TileMut};
use crate::weight::{CpuWeight, Layout, TILE_COLS, TILE_ROWS, TileFormat, VECTOR, quad_place};

/// Rows of `x` that share the decoding of a tile.
const TOKENS: usize = 4;
/// Halves of a tile's columns: four quads each.
const HALVES: usize = 2;

const _: () = assert!(
    BLOCK == TILE_COLS,
    "a tile takes one scale of the activations"
);

#[derive(Debug)]
pub(super) struct TilesKernel {
    pub(super) isa: Isa,
    pub(super) format: TileFormat,
    pub(super) epilogue: Inputs,
}

impl CpuKernel for TilesKernel {
    fn partition(&self, out_dims: &[usize], _threads: usize) -> Partition {
        partition(out_dims)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let w = inputs[1].weight();
        assert_eq!(
            w.layout,
            Layout::Tiles(self.format),
            "the layout that was asked for"
        );
        let call = Call {
            isa: self.isa,
            x: inputs[0].bytes(),
            k: inputs[0].cols(),
            w,
            epilogue: self.epilogue.of(inputs),
            y: outputs[0].f32(),
        };
        let format = self.format;
        match (format.bits(), format.group(), format.has_minimum()) {
            (3, 16, false) => call.run::<Tiles<3, 16, false>, 128>(),
            (4, 32, false) => call.run::<Tiles<4, 32, false>, 144>(),
            (4, 32, true) => call.run::<Tiles<4, 32, true>, 160>(),
            (5, 32, false) => call.run::<Tiles<5, 32, false>, 176>(),
            (5, 32, true) => call.run::<Tiles<5, 32, true>, 192>(),
            (6, 16, false) => call.run::<Tiles<6, 16, false>, 224>(),
            (8, 32, false) => call.run::<Tiles<8, 32, false>, 272>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        }
    }
}

struct Call<'c, 'a> {
    isa: Isa,
    x: &'c [u8],
    k: usize,
    w: &'c CpuWeight,
    epilogue: Epilogue<'c>,
    y: &'c mut TileMut<'a, f32>,
}

/// A call for one format, with the bytes of its tiles. Each is a kernel of its own.
struct WithFormat<'c, 'a, F, const BYTES: usize>(Call<'c, 'a>, PhantomData<F>);

impl<F: Format, const BYTES: usize> Kernel for WithFormat<'_, '_, F, BYTES> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.0.columns::<S, F, BYTES>(simd);
    }
}

impl Call<'_, '_> {
    fn run<F: Format, const BYTES: usize>(self) {
        self.isa.run(WithFormat::<F, BYTES>(self, PhantomData));
    }

    /// All columns of the output tile, eight at a time.
    #[inline(always)]
    fn columns<S: Simd, F: Format, const BYTES: usize>(mut self, simd: S) {
        let cols = self.y.cols();
        assert!(
            cols.start.is_multiple_of(TILE_ROWS),
            "columns are cut at tiles"
        );
        let (tiles, _) = self.w.bytes.as_chunks::<BYTES>();
        let per_block = self.k / TILE_COLS;
        let rows = self.y.rows();
        let last = rows.start + rows.len() / TOKENS * TOKENS;
        for n in cols.step_by(TILE_ROWS) {
            let tiles = &tiles[n / TILE_ROWS * per_block..][..per_block];
            for t in (rows.start..last).step_by(TOKENS) {
                let x = [self.x(t), self.x(t + 1), self.x(t + 2), self.x(t + 3)];
                self.store(simd, t, n, &block::<S, F, BYTES, TOKENS>(simd, tiles, x));
            }
            for t in last..rows.end {
                self.store(
                    simd,
                    t,
                    n,
                    &block::<S, F, BYTES, 1>(simd, tiles, [self.x(t)]),
                );
            }
        }
    }

    #[inline(always)]
    fn x(&self, row: usize) -> Q8Row<'_> {
        let bytes = row_bytes(self.k);
        Q8Row::new(&self.x[row * bytes..][..bytes], self.k)
    }

    /// Write the sums of some rows, at column `n`.
    #[inline(always)]
    fn store<S: Simd, const T: usize>(
        &mut self,
        simd: S,
        row: usize,
        n: usize,
        sums: &[[S::F32; 2]; T],
    ) {
        let cols = self.y.cols();
        let end = cols.end.min(n + TILE_ROWS);
        for (row, sums) in (row..).zip(sums) {
            let mut eight = [0.0; TILE_ROWS];
            for (v, out) in sums.iter().zip(eight.chunks_exact_mut(S::LANES)) {
                simd.store(*v, out);
            }
            let y = &mut self.y.row(row)[n - cols.start..end - cols.start];
            y.copy_from_slice(&eight[..y.len()]);
            self.epilogue.add_to(row, n..end, y);
        }
    }
}

/// A [`TileFormat`] that the compiler knows.
trait Format {
    const BITS: u32;
    const GROUP: usize;
    const FORMAT: TileFormat;

    /// As [`Simd::dot_codes`].
    fn dot<S: Simd>(simd: S, sums: S::Dot, codes: [S::I8; 4], x: [S::I8; 4]) -> S::Dot;
}

struct Tiles<const BITS: u32, const GROUP: usize, const MINIMUM: bool>;

impl<const BITS: u32, const GROUP: usize, const MINIMUM: bool> Format
    for Tiles<BITS, GROUP, MINIMUM>
{
    const BITS: u32 = BITS;
    const GROUP: usize = GROUP;
    const FORMAT: TileFormat = TileFormat::new(BITS, GROUP, MINIMUM);

    #[inline(always)]
    fn dot<S: Simd>(simd: S, sums: S::Dot, codes: [S::I8; 4], x: [S::I8; 4]) -> S::Dot {
        simd.dot_codes::<BITS>(sums, codes, x)
    }
}

/// The products of a block of eight weight rows with some rows of `x`: two vectors each, or one where it has eight
/// lanes.
#[inline(always)]
fn block<S: Simd, F: Format, const BYTES: usize, const T: usize>(
    simd: S,
    tiles: &[[u8; BYTES]],
    x: [Q8Row<'_>; T],
) -> [[S::F32; 2]; T] {
    const { assert!(BYTES == F::FORMAT.tile_bytes()) };
    const { assert!(S::LANES == 4 || S::LANES == 8) };
    for x in &x {
        let lengths = [x.codes.len(), x.scales.len(), x.sums.len()];
        assert_eq!(
            lengths,
            [tiles.len(); 3],
            "rows of x are as long as those of w"
        );
    }
    let mut y = [[simd.splat(0.0); T]; 2];
    for (i, tile) in tiles.iter().enumerate() {
        for (part, y) in y.iter_mut().enumerate().take(TILE_ROWS / S::LANES) {
            if F::GROUP == TILE_COLS {
                group::<S, F, T, 2>(simd, (tile, part, 0), (&x, i), y);
            } else {
                group::<S, F, T, 1>(simd, (tile, part, 0), (&x, i), y);
                group::<S, F, T, 1>(simd, (tile, part, 1), (&x, i), y);
            }
        }
    }
    let mut by_row = [[simd.splat(0.0); 2]; T];
    for (t, row) in by_row.iter_mut().enumerate() {
        *row = [y[0][t], y[1][t]];
    }
    by_row
}

/// Add the products of one group, of `H` halves of a tile from `first` on, with block `i` of each row of `x`.
#[inline(always)]
fn group<S: Simd, F: Format, const T: usize, const H: usize>(
    simd: S,
    (tile, part, first): (&[u8], usize, usize),
    (x, i): (&[Q8Row<'_>; T], usize),
    y: &mut [S::F32; T],
) {
    let mut code_sums = [0; T];
    let mut sums = [simd.dot_from(0); T];
    for t in 0..T {
        for half in first..first + H {
            code_sums[t] += i32::from(x[t].sums[i][half]);
        }
        sums[t] = simd.dot_from(-F::FORMAT.zero() * code_sums[t]);
    }
    for half in first..first + H {
        let codes = quads::<S, F>(simd, tile, part, half);
        for t in 0..T {
            sums[t] = F::dot(
                simd,
                sums[t],
                codes,
                activations(simd, &x[t].codes[i], half),
            );
        }
    }
    let at = 2 * (first * TILE_ROWS + part * S::LANES);
    let scale = simd.load_f16_bytes(&tile[F::FORMAT.scales_at() + at..]);
    for t in 0..T {
        let dx = x[t].scales[i];
        let sum = simd.to_f32(simd.dot_sum(sums[t]));
        y[t] = simd.mul_add(simd.mul(scale, simd.splat(dx)), sum, y[t]);
        if F::FORMAT.has_minimum() {
            let minimum = simd.load_f16_bytes(&tile[F::FORMAT.minima_at() + at..]);
            y[t] = simd.mul_add(minimum, simd.splat(dx * code_sums[t] as f32), y[t]);
        }
    }
}

/// Four quads of activations, each in every lane.
#[inline(always)]
fn activations<S: Simd>(simd: S, codes: &[i8; BLOCK], half: usize) -> [S::I8; 4] {
    let mut quads = [simd.splat_code(0); 4];
    for (j, quad) in quads.iter_mut().enumerate() {
        *quad = simd.splat_quad(&codes[half * TILE_COLS / HALVES + 4 * j..]);
    }
    quads
}

/// Four quads of codes of the rows of part `part`, one byte each.
#[inline(always)]
fn quads<S: Simd, F: Format>(simd: S, tile: &[u8], part: usize, half: usize) -> [S::I8; 4] {
    let [low, high] = TileFormat::planes(F::BITS);
    let mut quads = [simd.splat_code(0); 4];
    for (j, quad) in quads.iter_mut().enumerate() {
        let j = 4 * half + j;
        let plane = &tile[part * 4 * S::LANES..];
        *quad = field(simd, plane, j, low, 0);
        if high > 0 {
            let plane = &plane[low as usize * VECTOR..];
            *quad = simd.or(*quad, field(simd, plane, j, high, low));
        }
    }
    quads
}

/// Bits of quad `j` in a plane of `bits` bits, moved so that they start at bit `to` of their bytes.
#[inline(always)]
fn field<S: Simd>(simd: S, plane: &[u8], j: usize, bits: u32, to: u32) -> S::I8 {
    let (vector, from) = quad_place(j, bits);
    let v = simd.load_codes(&plane[vector * VECTOR..]);
    if bits == 8 {
        return v;
    }
    let v = match from.cmp(&to) {
        std::cmp::Ordering::Equal => v,
        std::cmp::Ordering::Less => simd.shift_left(v, to - from),
        std::cmp::Ordering::Greater => simd.shift_right(v, from - to),
    };
    simd.and(v, simd.splat_code(((1 << bits) - 1) << to))
}
