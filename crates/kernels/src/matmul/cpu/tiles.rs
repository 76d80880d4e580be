//! The fast way: 8-bit activations, weights in tiles.
//!
//! One kernel for all formats. A vector holds one quad of sixteen, eight or four weight rows; the four activations
//! that belong to it are broadcast; a lane thus adds up one row, and no sum crosses lanes. Per group the integer sum
//! is exact; `y += scale * dx * sum(code * x) + offset * dx * sum(x)`; `dx` is the scale of the activations, `offset` the group's
//! minimum, or `-zero * scale`.

use std::hint::black_box;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::ops::Range;

use bytemuck::cast_slice_mut;
use hearth_simd::{Kernel, Simd};

use super::codebooks::{Fp4, Iq4, Looked};
use super::codes::{Place, quad, scales};
use super::packed::{Packed, PackedBlock};
use super::product::Product;
use crate::dequantize::Codebook;
use crate::quantize_rows::{BLOCK, Factors, row_bytes};
use crate::weight::{TILE_COLS, TILE_ROWS, TileFormat, VECTOR};

/// Halves of a tile's columns, and quads of each.
const HALVES: usize = 2;
const QUADS_OF_HALF: usize = 4;
/// Bytes of a cache line.
const CACHE_LINE: usize = 64;
/// Where in [`Factors`] its numbers are.
const FACTOR_SCALE: usize = 0;
const FACTOR_SUM: usize = 1;
const FACTOR_HALF_SUMS: usize = 2;
/// Bytes of weights that stay in the second-level cache while all rows of activations meet them.
const CACHED_BYTES: usize = 256 << 10;

const _: () = assert!(
    BLOCK == TILE_COLS,
    "a tile takes one scale of the activations"
);
const _: () = {
    assert!(offset_of!(Factors, scale) == FACTOR_SCALE * size_of::<f32>());
    assert!(offset_of!(Factors, sum) == FACTOR_SUM * size_of::<f32>());
    assert!(offset_of!(Factors, half_sums) == FACTOR_HALF_SUMS * size_of::<f32>());
};

/// Compute a product with a weight in tiles of `format`. `scratch` holds packed rows ([`super::packed`]).
pub(super) fn run(product: Product<'_, '_>, format: TileFormat, scratch: &mut [f32]) {
    let call = Call {
        x: product.x.bytes(),
        k: product.x.cols(),
        product,
        scratch: cast_slice_mut(scratch),
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
    scratch: &'c mut [u8],
}

/// Some columns of a call, from row `i` of its list on, for one format, with the bytes of its tiles.
struct Part<'k, 'c, 'a, F, const BYTES: usize> {
    call: &'k mut Call<'c, 'a>,
    cols: &'k Range<usize>,
    i: usize,
    format: PhantomData<F>,
}

/// As many rows of the list as can be taken so many at a time as [`Simd::block`] says; gives the next one.
struct Many<K>(K);
/// Two rows of the list.
struct Two<K>(K);
/// One row of the list.
struct One<K>(K);

impl<F: Format, const BYTES: usize> Kernel for Many<Part<'_, '_, '_, F, BYTES>> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> usize {
        match S::block(F::DOT_BITS) {
            [8, 1] => self.0.all::<S, 8, 1>(simd),
            [4, 2] => self.0.all::<S, 4, 2>(simd),
            _ => self.0.all::<S, 4, 1>(simd),
        }
    }
}

impl<F: Format, const BYTES: usize> Kernel for Two<Part<'_, '_, '_, F, BYTES>> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        match TILE_ROWS / S::LANES {
            1 => self.0.some::<S, 2, 1>(simd),
            _ => self.0.some::<S, 2, 2>(simd),
        }
    }
}

impl<F: Format, const BYTES: usize> Kernel for One<Part<'_, '_, '_, F, BYTES>> {
    type Output = ();

    /// All parts of a tile at once, so that it is read once and from its start to its end.
    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        match TILE_ROWS / S::LANES {
            1 => self.0.some::<S, 1, 1>(simd),
            2 => self.0.some::<S, 1, 2>(simd),
            _ => self.0.some::<S, 1, 4>(simd),
        }
    }
}

impl<'c, 'a> Call<'c, 'a> {
    fn at<'k, F, const BYTES: usize>(
        &'k mut self,
        cols: &'k Range<usize>,
        i: usize,
    ) -> Part<'k, 'c, 'a, F, BYTES> {
        Part {
            call: self,
            cols,
            i,
            format: PhantomData,
        }
    }

    /// All columns of the output tile, of as many weights at a time as stay in a cache if several rows meet them.
    fn run<F: Format, const BYTES: usize>(mut self) {
        let Product { isa, first, .. } = self.product;
        let (rows, cols) = (self.product.rows.len(), self.product.y.cols());
        assert!(
            first.is_multiple_of(TILE_ROWS) && cols.start.is_multiple_of(TILE_ROWS),
            "rows and columns are cut at tiles"
        );
        let block_bytes = self.k / F::FORMAT.cols() * BYTES;
        let cached = (CACHED_BYTES / block_bytes.max(1)).max(1) * TILE_ROWS;
        let step = if rows > 1 { cached } else { cols.len().max(1) };
        for n in cols.clone().step_by(step) {
            let cols = &(n..cols.end.min(n + step));
            let mut i = isa.run(Many(self.at::<F, BYTES>(cols, 0)));
            while i + 2 <= rows {
                isa.run(Two(self.at::<F, BYTES>(cols, i)));
                i += 2;
            }
            if i < rows {
                isa.run(One(self.at::<F, BYTES>(cols, i)));
            }
        }
    }
}

impl<F: Format, const BYTES: usize> Part<'_, '_, '_, F, BYTES> {
    /// All sums stay in registers; the tiles stay in the nearest cache.
    #[inline(always)]
    fn all<S: Simd, const T: usize, const P: usize>(mut self, simd: S) -> usize {
        let whole = self.call.product.rows.len() / T * T;
        while self.i < whole {
            self.some::<S, T, P>(simd);
            self.i += T;
        }
        whole
    }

    /// `T` rows of the list, with `P` vectors of weight rows at a time.
    #[inline(always)]
    fn some<S: Simd, const T: usize, const P: usize>(&mut self, simd: S) {
        let Call {
            product,
            x,
            k,
            scratch,
        } = &mut *self.call;
        let w = product.w;
        let (tiles, _) = w.bytes.as_chunks::<BYTES>();
        let (per_block, bytes) = (*k / F::FORMAT.cols(), row_bytes(*k));
        let rows: [&[u8]; T] = std::array::from_fn(|t| {
            let [_, row] = product.rows.at(self.i + t);
            &x[row * bytes..][..bytes]
        });
        let x = F::pack(simd, rows, scratch);
        for n in self.cols.clone().step_by(TILE_ROWS) {
            let tiles = &tiles[(product.first + n) / TILE_ROWS * per_block..][..per_block];
            for part in (0..TILE_ROWS / S::LANES).step_by(P) {
                let y = block::<S, F, BYTES, T, P>(simd, tiles, x, part);
                for (part, y) in (part..).zip(&y) {
                    product.store(simd, [self.i, n], part, y);
                }
            }
        }
    }
}

impl Product<'_, '_> {
    /// Write the sums of a part of a block's rows, at column `n` and following, for some rows of the list, from row `i` on.
    #[inline(always)]
    fn store<S: Simd, const T: usize>(
        &mut self,
        simd: S,
        [i, n]: [usize; 2],
        part: usize,
        sums: &[S::F32; T],
    ) {
        let cols = self.y.cols();
        let start = n + part * S::LANES;
        let end = cols.end.min(start + S::LANES);
        if start >= end {
            return;
        }
        for (i, sums) in (i..).zip(sums) {
            let [row, _] = self.rows.at(i);
            let y = &mut self.y.row(row)[start - cols.start..end - cols.start];
            simd.store_partial(*sums, y);
            self.epilogue.add_to(row, start..end, y);
        }
    }
}

/// A [`TileFormat`] that the compiler knows.
pub(super) trait Format {
    /// Bits of a code.
    const BITS: u32;
    const GROUP: usize;
    const FORMAT: TileFormat;
    /// The kind of [`Simd::dot_codes`] for what codes stand for.
    const DOT_BITS: u32;
    /// Whether the codes of both halves of a run lie in the same way, and the bytes from one to the other then.
    const HALVES_ALIKE: bool = Self::BITS.is_multiple_of(4);
    const HALF_BYTES: usize = Self::BITS as usize * VECTOR / HALVES;

    /// What codes stand for, plus the format's zero.
    #[inline(always)]
    fn look_up<S: Simd>(_: S, codes: S::I8) -> S::I8 {
        codes
    }
    /// [`Packed::new`].
    fn pack<'c, S: Simd, const T: usize>(
        simd: S,
        rows: [&'c [u8]; T],
        scratch: &'c mut [u8],
    ) -> Packed<'c, T>;
    /// [`Simd::dot_codes`].
    fn dot<S: Simd>(simd: S, sums: S::Dot, n: usize, codes: S::I8, quad: S::Quad) -> S::Dot;
    /// [`Simd::dot_sum`].
    fn sum<S: Simd>(simd: S, sums: S::Dot) -> S::I32;
}

/// The methods of [`Format`] for products of this many bits. A trait's own constant cannot be handed on.
macro_rules! dot_bits {
    ($bits:expr) => {
        const DOT_BITS: u32 = $bits;

        #[inline(always)]
        fn pack<'c, S: Simd, const T: usize>(
            simd: S,
            rows: [&'c [u8]; T],
            scratch: &'c mut [u8],
        ) -> Packed<'c, T> {
            Packed::new::<S, { $bits }>(simd, rows, scratch)
        }
        #[inline(always)]
        fn dot<S: Simd>(simd: S, sums: S::Dot, n: usize, codes: S::I8, quad: S::Quad) -> S::Dot {
            simd.dot_codes::<{ $bits }>(sums, n, codes, quad)
        }
        #[inline(always)]
        fn sum<S: Simd>(simd: S, sums: S::Dot) -> S::I32 {
            simd.dot_sum::<{ $bits }>(sums)
        }
    };
}
pub(super) use dot_bits;

struct Tiles<const BITS: u32, const GROUP: usize, const MINIMUM: bool>;

impl<const BITS: u32, const GROUP: usize, const MINIMUM: bool> Format
    for Tiles<BITS, GROUP, MINIMUM>
{
    const BITS: u32 = BITS;
    const GROUP: usize = GROUP;
    const FORMAT: TileFormat = TileFormat::new(BITS, GROUP, MINIMUM);
    dot_bits!(BITS);
}

/// Scales and minima that are products with codes.
struct Nested<const BITS: u32, const GROUP: usize>;

impl<const BITS: u32, const GROUP: usize> Format for Nested<BITS, GROUP> {
    const BITS: u32 = BITS;
    const GROUP: usize = GROUP;
    const FORMAT: TileFormat = TileFormat::new_nested(BITS, GROUP);
    dot_bits!(BITS);
}

/// The products of a block of weight rows, of those that its `P` vectors from part `first` on hold, with `T` rows of `x`.
#[inline(always)]
fn block<S: Simd, F: Format, const BYTES: usize, const T: usize, const P: usize>(
    simd: S,
    tiles: &[[u8; BYTES]],
    x: Packed<'_, T>,
    first: usize,
) -> [[S::F32; T]; P] {
    const { assert!(BYTES == F::FORMAT.tile_bytes()) };
    const { assert!(S::LANES == 4 || S::LANES == 8 || S::LANES == 16) };
    let runs = F::FORMAT.runs();
    let blocks = x.blocks::<S>();
    assert_eq!(
        blocks.len(),
        tiles.len() * runs,
        "rows of x are as long as those of w"
    );
    let mut y = [[simd.splat(0.0); T]; P];
    for (i, x) in blocks.enumerate() {
        let (tile, run) = (&tiles[i / runs], i % runs);
        if T == 1 && run == 0 {
            // From memory: for more rows than one tiles stay in a cache.
            for line in tile.chunks(CACHE_LINE) {
                simd.touch(&line[0]);
            }
        }
        if F::GROUP == TILE_COLS {
            group::<S, F, T, P>(simd, (tile, run), 0..HALVES, first, (x, &mut y));
        } else {
            group::<S, F, T, P>(simd, (tile, run), 0..1, first, (x, &mut y));
            group::<S, F, T, P>(simd, (tile, run), 1..2, first, (x, &mut y));
        }
    }
    y
}

/// Add the products of one group, which is some halves of a run of a tile, with a block of each row of `x`.
#[inline(always)]
fn group<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    (tile, run): (&[u8], usize),
    halves: Range<usize>,
    first_part: usize,
    (x, y): (PackedBlock<'_, T>, &mut [[S::F32; T]; P]),
) {
    let codes = &tile[F::FORMAT.codes_at(run)..];
    let mut sums = [[simd.dot_zero(); T]; P];
    let quads = Quads {
        codes,
        first_part,
        x,
    };
    if F::GROUP < TILE_COLS {
        quads.add::<S, F, P>(simd, halves.start, &mut sums);
    } else if F::HALVES_ALIKE {
        for half in 0..halves_alike() {
            let (codes, x) = (&codes[half * F::HALF_BYTES..], x.skip_halves::<S>(half));
            let quads = Quads { codes, x, ..quads };
            quads.add::<S, F, P>(simd, 0, &mut sums);
        }
    } else {
        quads.add::<S, F, P>(simd, 0, &mut sums);
        quads.add::<S, F, P>(simd, 1, &mut sums);
    }
    let mut factors = [[simd.splat(0.0); 4]; T];
    for (t, factors) in factors.iter_mut().enumerate() {
        *factors = simd.splat4(x.factors::<S>(t));
    }
    let sum_at = if halves.len() == HALVES {
        FACTOR_SUM
    } else {
        FACTOR_HALF_SUMS + halves.start
    };
    for (p, (sums, y)) in sums.iter().zip(y).enumerate() {
        let place = Place {
            run,
            part: first_part + p,
            first: halves.start,
        };
        let [scale, offset] = scales::<S, F>(simd, tile, place);
        for ((sum, factors), y) in sums.iter().zip(&factors).zip(y) {
            let sum = simd.to_f32(F::sum(simd, *sum));
            let scale = simd.mul(scale, factors[FACTOR_SCALE]);
            *y = simd.mul_add(scale, sum, *y);
            if F::FORMAT.has_offset() {
                *y = simd.mul_add(offset, factors[sum_at], *y);
            }
        }
    }
}

/// Both halves of a run. In wasm the compiler must not know that: of two halves in a row it would keep twice the codes,
/// more than browsers have registers for.
#[inline(always)]
fn halves_alike() -> usize {
    if cfg!(target_family = "wasm") {
        black_box(HALVES)
    } else {
        HALVES
    }
}

/// What sums are made of.
#[derive(Clone, Copy)]
struct Quads<'k, const T: usize> {
    codes: &'k [u8],
    first_part: usize,
    x: PackedBlock<'k, T>,
}

impl<const T: usize> Quads<'_, T> {
    /// Add the products of a half.
    #[inline(always)]
    fn add<S: Simd, F: Format, const P: usize>(
        self,
        simd: S,
        half: usize,
        sums: &mut [[S::Dot; T]; P],
    ) {
        // No loop: compilers must know where codes lie.
        let first = half * QUADS_OF_HALF;
        self.add_quad::<S, F, P>(simd, first, sums);
        self.add_quad::<S, F, P>(simd, first + 1, sums);
        self.add_quad::<S, F, P>(simd, first + 2, sums);
        self.add_quad::<S, F, P>(simd, first + 3, sums);
    }

    /// Add the products of quad `j`.
    #[inline(always)]
    fn add_quad<S: Simd, F: Format, const P: usize>(
        self,
        simd: S,
        j: usize,
        sums: &mut [[S::Dot; T]; P],
    ) {
        let mut codes = [simd.splat_code(0); P];
        for (part, codes) in (self.first_part..).zip(&mut codes) {
            *codes = quad::<S, F>(simd, self.codes, part, j);
        }
        for t in 0..T {
            let x = self.x.quad(simd, t, j);
            for (sums, &codes) in sums.iter_mut().zip(&codes) {
                sums[t] = F::dot(simd, sums[t], j % QUADS_OF_HALF, codes, x);
            }
        }
    }
}
