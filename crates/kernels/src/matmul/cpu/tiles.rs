//! The fast way: 8-bit activations, weights in tiles.
//!
//! One kernel for all formats. A vector holds one quad of eight weight rows (or of four: then a tile is two halves);
//! the four activations that belong to it are broadcast; a lane thus adds up one row, and no sum crosses lanes. Per
//! group the integer sum is exact; `y += scale * dx * sum(code * x)`, where `-zero * sum(x)` is what the sum starts
//! from, and `y += minimum * dx * sum(x)` where the format has minima; `dx` is the scale of the activations.

use std::marker::PhantomData;

use hearth_simd::{Kernel, Simd};

use super::codebooks::{Fp4, Iq4, Looked};
use super::product::Product;
use crate::dequantize::Codebook;
use crate::quantize_rows::{BLOCK, Q8Row, row_bytes};
use crate::weight::{TILE_COLS, TILE_ROWS, TileFormat, VECTOR, quad_place};

/// Rows of `x` that share the decoding of a tile.
const TOKENS: usize = 4;
/// Halves of a tile's columns: four quads each.
const HALVES: usize = 2;

const _: () = assert!(
    BLOCK == TILE_COLS,
    "a tile takes one scale of the activations"
);

/// Compute a product with a weight in tiles of `format`.
pub(super) fn run(product: Product<'_, '_>, format: TileFormat) {
    let call = Call {
        x: product.x.bytes(),
        k: product.x.cols(),
        product,
    };
    if let Some(codebook) = format.codebook() {
        return match (codebook, format.group()) {
            (Codebook::Iq4, 32) => call.run::<Looked<Iq4, 32>, 144>(),
            (Codebook::Fp4, 32) => call.run::<Looked<Fp4, 32>, 144>(),
            (Codebook::Fp4, 16) => call.run::<Looked<Fp4, 16>, 160>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        };
    }
    if format.is_nested() {
        return match (format.bits(), format.group()) {
            (2, 16) => call.run::<Nested<2, 16>, 672>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        };
    }
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

struct Call<'c, 'a> {
    product: Product<'c, 'a>,
    x: &'c [u8],
    k: usize,
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
        let isa = self.product.isa;
        isa.run(WithFormat::<F, BYTES>(self, PhantomData));
    }

    /// All columns of the output tile, eight at a time.
    #[inline(always)]
    fn columns<S: Simd, F: Format, const BYTES: usize>(mut self, simd: S) {
        let (w, first, cols) = (self.product.w, self.product.first, self.product.y.cols());
        assert!(
            first.is_multiple_of(TILE_ROWS) && cols.start.is_multiple_of(TILE_ROWS),
            "rows and columns are cut at tiles"
        );
        let (tiles, _) = w.bytes.as_chunks::<BYTES>();
        let per_block = self.k / F::FORMAT.cols();
        let len = self.product.rows.len();
        let whole = len / TOKENS * TOKENS;
        for n in cols.step_by(TILE_ROWS) {
            let tiles = &tiles[(first + n) / TILE_ROWS * per_block..][..per_block];
            for i in (0..whole).step_by(TOKENS) {
                let x = [self.x(i), self.x(i + 1), self.x(i + 2), self.x(i + 3)];
                self.store(simd, i, n, &block::<S, F, BYTES, TOKENS>(simd, tiles, x));
            }
            for i in whole..len {
                self.store(
                    simd,
                    i,
                    n,
                    &block::<S, F, BYTES, 1>(simd, tiles, [self.x(i)]),
                );
            }
        }
    }

    /// The row of `x` for row `i` of the list.
    #[inline(always)]
    fn x(&self, i: usize) -> Q8Row<'_> {
        let [_, row] = self.product.rows.at(i);
        let bytes = row_bytes(self.k);
        Q8Row::new(&self.x[row * bytes..][..bytes], self.k)
    }

    /// Write the sums of some rows of the list, from row `i` on, at column `n`.
    #[inline(always)]
    fn store<S: Simd, const T: usize>(
        &mut self,
        simd: S,
        i: usize,
        n: usize,
        sums: &[[S::F32; 2]; T],
    ) {
        let cols = self.product.y.cols();
        let end = cols.end.min(n + TILE_ROWS);
        for (i, sums) in (i..).zip(sums) {
            let [row, _] = self.product.rows.at(i);
            let mut eight = [0.0; TILE_ROWS];
            for (v, out) in sums.iter().zip(eight.chunks_exact_mut(S::LANES)) {
                simd.store(*v, out);
            }
            let y = &mut self.product.y.row(row)[n - cols.start..end - cols.start];
            y.copy_from_slice(&eight[..y.len()]);
            self.product.epilogue.add_to(row, n..end, y);
        }
    }
}

/// A [`TileFormat`] that the compiler knows.
pub(super) trait Format {
    const BITS: u32;
    const GROUP: usize;
    const FORMAT: TileFormat;

    /// What codes stand for, plus the format's zero.
    #[inline(always)]
    fn look_up<S: Simd>(_: S, codes: [S::I8; 4]) -> [S::I8; 4] {
        codes
    }
    /// As [`Simd::dot_codes`], for codes that were looked up.
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

/// Scales and minima that are products with codes.
struct Nested<const BITS: u32, const GROUP: usize>;

impl<const BITS: u32, const GROUP: usize> Format for Nested<BITS, GROUP> {
    const BITS: u32 = BITS;
    const GROUP: usize = GROUP;
    const FORMAT: TileFormat = TileFormat::new_nested(BITS, GROUP);

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
            [tiles.len() * F::FORMAT.runs(); 3],
            "rows of x are as long as those of w"
        );
    }
    let mut y = [[simd.splat(0.0); T]; 2];
    let runs = F::FORMAT.runs();
    for i in 0..tiles.len() * runs {
        let at = |part, first| Place {
            run: i % runs,
            part,
            first,
        };
        let tile = &tiles[i / runs];
        for (part, y) in y.iter_mut().enumerate().take(TILE_ROWS / S::LANES) {
            if F::GROUP == TILE_COLS {
                group::<S, F, T, 2>(simd, (tile, at(part, 0)), (&x, i), y);
            } else {
                group::<S, F, T, 1>(simd, (tile, at(part, 0)), (&x, i), y);
                group::<S, F, T, 1>(simd, (tile, at(part, 1)), (&x, i), y);
            }
        }
    }
    let mut by_row = [[simd.splat(0.0); 2]; T];
    for (t, row) in by_row.iter_mut().enumerate() {
        *row = [y[0][t], y[1][t]];
    }
    by_row
}

/// A group within a tile.
#[derive(Clone, Copy)]
struct Place {
    /// The run of 32 columns.
    run: usize,
    /// The part of the rows that a vector holds.
    part: usize,
    /// The first half of the run.
    first: usize,
}

/// Add the products of one group, of `H` halves of a run, with block `i` of each row of `x`.
#[inline(always)]
fn group<S: Simd, F: Format, const T: usize, const H: usize>(
    simd: S,
    (tile, place): (&[u8], Place),
    (x, i): (&[Q8Row<'_>; T], usize),
    y: &mut [S::F32; T],
) {
    let Place { run, part, first } = place;
    let codes_of_run = &tile[F::FORMAT.codes_at(run)..];
    let mut code_sums = [0; T];
    let mut sums = [simd.dot_from(0); T];
    for t in 0..T {
        for half in first..first + H {
            code_sums[t] += i32::from(x[t].sums[i][half]);
        }
        sums[t] = simd.dot_from(-F::FORMAT.zero() * code_sums[t]);
    }
    for half in first..first + H {
        let codes = F::look_up(simd, quads::<S, F>(simd, codes_of_run, part, half));
        for t in 0..T {
            sums[t] = F::dot(
                simd,
                sums[t],
                codes,
                activations(simd, &x[t].codes[i], half),
            );
        }
    }
    let [scale, minimum] = scales::<S, F>(simd, tile, place);
    for t in 0..T {
        let dx = x[t].scales[i];
        let sum = simd.to_f32(simd.dot_sum(sums[t]));
        y[t] = simd.mul_add(simd.mul(scale, simd.splat(dx)), sum, y[t]);
        if F::FORMAT.has_minimum() {
            y[t] = simd.mul_add(minimum, simd.splat(dx * code_sums[t] as f32), y[t]);
        }
    }
}

/// The scales and the minima of a group; minima are 0 where the format has none.
#[inline(always)]
fn scales<S: Simd, F: Format>(simd: S, tile: &[u8], place: Place) -> [S::F32; 2] {
    let Place { run, part, first } = place;
    let format = F::FORMAT;
    let rows = part * S::LANES;
    if format.is_nested() {
        let codes = &tile[format.nested_at(run * format.groups() + first) + rows..];
        let [scale, minimum] = simd.load_nibbles(codes);
        let d = simd.load_f16_bytes(&tile[format.scales_at() + 2 * rows..]);
        let dmin = simd.load_f16_bytes(&tile[format.minima_at() + 2 * rows..]);
        return [simd.mul(d, scale), simd.mul(dmin, minimum)];
    }
    let at = 2 * (first * TILE_ROWS + rows);
    let bytes = &tile[format.scales_at() + at..];
    let scale = if format.has_wide_scales() {
        simd.load_bf16_bytes(bytes)
    } else {
        simd.load_f16_bytes(bytes)
    };
    if format.has_minimum() {
        return [scale, simd.load_f16_bytes(&tile[format.minima_at() + at..])];
    }
    [scale, simd.splat(0.0)]
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
