//! The fast way: 8-bit activations, weights in tiles.
//!
//! One kernel for all formats. A vector holds one quad of sixteen, eight or four weight rows; the four activations
//! that belong to it are broadcast; a lane thus adds up one row, and no sum crosses lanes. Per group the integer sum
//! is exact; `y += scale * dx * sum(code * x) + offset * dx * sum(x)`; `dx` is the scale of the activations, `offset` the group's
//! minimum, or `-zero * scale`.

use std::marker::PhantomData;
use std::ops::Range;

use hearth_simd::{Kernel, Simd};

use super::codebooks::{Fp4, Iq4, Looked};
use super::product::Product;
use crate::dequantize::Codebook;
use crate::quantize_rows::{BLOCK, Factors, Q8Row, row_bytes};
use crate::weight::{TILE_COLS, TILE_ROWS, TileFormat, VECTOR, quad_place};

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
            (Codebook::Iq4, 32) => call.run::<Looked<Iq4, 32>, 288>(),
            (Codebook::Fp4, 32) => call.run::<Looked<Fp4, 32>, 288>(),
            (Codebook::Fp4, 16) => call.run::<Looked<Fp4, 16>, 320>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        };
    }
    if format.is_nested() {
        return match (format.bits(), format.group()) {
            (2, 16) => call.run::<Nested<2, 16>, 1344>(),
            _ => unreachable!("no type has tiles of {format:?}"),
        };
    }
    match (format.bits(), format.group(), format.has_minimum()) {
        (3, 16, false) => call.run::<Tiles<3, 16, false>, 256>(),
        (4, 32, false) => call.run::<Tiles<4, 32, false>, 288>(),
        (4, 32, true) => call.run::<Tiles<4, 32, true>, 320>(),
        (5, 32, false) => call.run::<Tiles<5, 32, false>, 352>(),
        (5, 32, true) => call.run::<Tiles<5, 32, true>, 384>(),
        (6, 16, false) => call.run::<Tiles<6, 16, false>, 448>(),
        (8, 32, false) => call.run::<Tiles<8, 32, false>, 544>(),
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

impl<'c> Call<'c, '_> {
    fn run<F: Format, const BYTES: usize>(self) {
        let isa = self.product.isa;
        isa.run(WithFormat::<F, BYTES>(self, PhantomData));
    }

    /// All columns of the output tile, a block of weight rows at a time.
    #[inline(always)]
    fn columns<S: Simd, F: Format, const BYTES: usize>(mut self, simd: S) {
        let (w, first, cols) = (self.product.w, self.product.first, self.product.y.cols());
        assert!(
            first.is_multiple_of(TILE_ROWS) && cols.start.is_multiple_of(TILE_ROWS),
            "rows and columns are cut at tiles"
        );
        let (tiles, _) = w.bytes.as_chunks::<BYTES>();
        let per_block = self.k / F::FORMAT.cols();
        for n in cols.step_by(TILE_ROWS) {
            let tiles = &tiles[(first + n) / TILE_ROWS * per_block..][..per_block];
            let mut i = match S::TOKENS {
                8 => self.many::<S, F, BYTES, 8>(simd, tiles, n),
                6 => self.many::<S, F, BYTES, 6>(simd, tiles, n),
                _ => self.many::<S, F, BYTES, 4>(simd, tiles, n),
            };
            let len = self.product.rows.len();
            while i + 2 <= len {
                self.some::<S, F, BYTES, 2>(simd, tiles, [i, n]);
                i += 2;
            }
            if i < len {
                self.one::<S, F, BYTES>(simd, tiles, [i, n]);
            }
        }
    }

    /// As many rows of the list as can be taken `T` at a time; gives their number.
    #[inline(always)]
    fn many<S: Simd, F: Format, const BYTES: usize, const T: usize>(
        &mut self,
        simd: S,
        tiles: &[[u8; BYTES]],
        n: usize,
    ) -> usize {
        let whole = self.product.rows.len() / T * T;
        for i in (0..whole).step_by(T) {
            self.some::<S, F, BYTES, T>(simd, tiles, [i, n]);
        }
        whole
    }

    /// `T` rows of the list from row `i` on, with the weight rows of column `n` and following. One vector of these
    /// at a time, so that all sums stay in registers; the tiles stay in the nearest cache.
    #[inline(always)]
    fn some<S: Simd, F: Format, const BYTES: usize, const T: usize>(
        &mut self,
        simd: S,
        tiles: &[[u8; BYTES]],
        [i, n]: [usize; 2],
    ) {
        let x: [Q8Row<'_>; T] = std::array::from_fn(|t| self.x(i + t));
        for part in 0..TILE_ROWS / S::LANES {
            let [y] = block::<S, F, BYTES, T, 1>(simd, tiles, x, part);
            self.store(simd, [i, n], part, &y);
        }
    }

    /// One row of the list. All parts of a tile at once, so that it is read once and from its start to its end.
    #[inline(always)]
    fn one<S: Simd, F: Format, const BYTES: usize>(
        &mut self,
        simd: S,
        tiles: &[[u8; BYTES]],
        [i, n]: [usize; 2],
    ) {
        match TILE_ROWS / S::LANES {
            1 => self.one_by::<S, F, BYTES, 1>(simd, tiles, [i, n]),
            2 => self.one_by::<S, F, BYTES, 2>(simd, tiles, [i, n]),
            _ => self.one_by::<S, F, BYTES, 4>(simd, tiles, [i, n]),
        }
    }

    /// One row of the list, with tiles of `P` parts.
    #[inline(always)]
    fn one_by<S: Simd, F: Format, const BYTES: usize, const P: usize>(
        &mut self,
        simd: S,
        tiles: &[[u8; BYTES]],
        [i, n]: [usize; 2],
    ) {
        let y = block::<S, F, BYTES, 1, P>(simd, tiles, [self.x(i)], 0);
        for (part, y) in y.iter().enumerate() {
            self.store(simd, [i, n], part, y);
        }
    }

    /// The row of `x` for row `i` of the list.
    #[inline(always)]
    fn x(&self, i: usize) -> Q8Row<'c> {
        let [_, row] = self.product.rows.at(i);
        let bytes = row_bytes(self.k);
        Q8Row::new(&self.x[row * bytes..][..bytes], self.k)
    }

    /// Write the sums of a part of a block's rows, at column `n` and following, for some rows of the list, from row `i` on.
    #[inline(always)]
    fn store<S: Simd, const T: usize>(
        &mut self,
        simd: S,
        [i, n]: [usize; 2],
        part: usize,
        sums: &[S::F32; T],
    ) {
        let cols = self.product.y.cols();
        let start = n + part * S::LANES;
        let end = cols.end.min(start + S::LANES);
        if start >= end {
            return;
        }
        for (i, sums) in (i..).zip(sums) {
            let [row, _] = self.product.rows.at(i);
            let y = &mut self.product.y.row(row)[start - cols.start..end - cols.start];
            simd.store_partial(*sums, y);
            self.product.epilogue.add_to(row, start..end, y);
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

/// The products of a block of weight rows, of those that its `P` vectors from part `first` on hold, with some rows of `x`.
#[inline(always)]
fn block<S: Simd, F: Format, const BYTES: usize, const T: usize, const P: usize>(
    simd: S,
    tiles: &[[u8; BYTES]],
    x: [Q8Row<'_>; T],
    first: usize,
) -> [[S::F32; T]; P] {
    const { assert!(BYTES == F::FORMAT.tile_bytes()) };
    const { assert!(S::LANES == 4 || S::LANES == 8 || S::LANES == 16) };
    let runs = F::FORMAT.runs();
    for x in &x {
        let lengths = [x.codes.len(), x.factors.len()];
        assert_eq!(
            lengths,
            [tiles.len() * runs; 2],
            "rows of x are as long as those of w"
        );
    }
    let mut y = [[simd.splat(0.0); T]; P];
    for i in 0..tiles.len() * runs {
        let (tile, run) = (&tiles[i / runs], i % runs);
        let x: [Block<'_>; T] = std::array::from_fn(|t| Block {
            codes: &x[t].codes[i],
            factors: &x[t].factors[i],
        });
        if F::GROUP == TILE_COLS {
            group::<S, F, T, P>(simd, (tile, run), 0..HALVES, first, (&x, &mut y));
        } else {
            group::<S, F, T, P>(simd, (tile, run), 0..1, first, (&x, &mut y));
            group::<S, F, T, P>(simd, (tile, run), 1..2, first, (&x, &mut y));
        }
    }
    y
}

/// A block of a row of activations.
#[derive(Clone, Copy)]
struct Block<'c> {
    codes: &'c [i8; BLOCK],
    factors: &'c Factors,
}

impl Block<'_> {
    /// The scale times the sum of the codes of some halves.
    #[inline(always)]
    fn sum(&self, halves: &Range<usize>) -> f32 {
        if halves.len() == HALVES {
            self.factors.sum
        } else {
            self.factors.half_sums[halves.start]
        }
    }
}

/// Add the products of one group, which is some halves of a run of a tile, with a block of each row of `x`.
#[inline(always)]
fn group<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    (tile, run): (&[u8], usize),
    halves: Range<usize>,
    first_part: usize,
    (x, y): (&[Block<'_>; T], &mut [[S::F32; T]; P]),
) {
    let codes_of_run = &tile[F::FORMAT.codes_at(run)..];
    let mut sums = [[simd.dot_from(0); T]; P];
    for half in halves.clone() {
        for (p, sums) in sums.iter_mut().enumerate() {
            let part = first_part + p;
            let codes = F::look_up(simd, quads::<S, F>(simd, codes_of_run, part, half));
            for (sum, x) in sums.iter_mut().zip(x) {
                let x = activations(simd, x.codes, half);
                *sum = F::dot(simd, *sum, codes, x);
            }
        }
    }
    for (p, (sums, y)) in sums.iter().zip(y).enumerate() {
        let place = Place {
            run,
            part: first_part + p,
            first: halves.start,
        };
        let [scale, offset] = scales::<S, F>(simd, tile, place);
        for ((sum, x), y) in sums.iter().zip(x).zip(y) {
            let sum = simd.to_f32(simd.dot_sum(*sum));
            let scale = simd.mul(scale, simd.splat(x.factors.scale));
            *y = simd.mul_add(scale, sum, *y);
            if F::FORMAT.has_offset() {
                *y = simd.mul_add(offset, simd.splat(x.sum(&halves)), *y);
            }
        }
    }
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

/// The scales of a group and what its elements have in common: the minima, or `-zero * scale`; 0 where the format has neither.
#[inline(always)]
fn scales<S: Simd, F: Format>(simd: S, tile: &[u8], place: Place) -> [S::F32; 2] {
    let Place { run, part, first } = place;
    let format = F::FORMAT;
    let rows = part * S::LANES;
    if format.is_nested() {
        let codes = &tile[format.nested_at(run * format.groups() + first) + rows..];
        let [scale, minimum] = simd.load_nibbles(codes);
        let d = simd.load_finite_f16_bytes(&tile[format.scales_at() + 2 * rows..]);
        let dmin = simd.load_finite_f16_bytes(&tile[format.minima_at() + 2 * rows..]);
        return [simd.mul(d, scale), simd.mul(dmin, minimum)];
    }
    let at = 2 * (first * TILE_ROWS + rows);
    let bytes = &tile[format.scales_at() + at..];
    let scale = if format.has_wide_scales() {
        simd.load_bf16_bytes(bytes)
    } else {
        simd.load_finite_f16_bytes(bytes)
    };
    if format.has_minimum() {
        return [
            scale,
            simd.load_finite_f16_bytes(&tile[format.minima_at() + at..]),
        ];
    }
    let zero = simd.splat(-format.zero() as f32);
    [scale, simd.mul(zero, scale)]
}

/// Four quads of activations, each in every lane.
#[inline(always)]
fn activations<S: Simd>(simd: S, codes: &[i8; BLOCK], half: usize) -> [S::I8; 4] {
    let (halves, _) = codes.as_chunks();
    simd.splat_quads(&halves[half])
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
