//! One row of activations with tiles as they lie: what a decoded token takes, at the speed of the memory.

use std::hint::black_box;
use std::marker::PhantomData;

use hearth_simd::{Kernel, Simd};

use super::codes::{pairs, quad, scales, units};
use super::format::Format;
use super::packed::{Packed, PackedBlock, Record, first_pair, one_row_bytes};
use super::tiles::Call;
use crate::quantize_rows::{Q8Block, Q8Block256};
use crate::weight::{STRIP_RUNS, TILE_COLS, TILE_ROWS};

/// Halves of a run of columns, and quads of each.
const HALVES: usize = 2;
const QUADS_OF_HALF: usize = 4;
/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

/// Bytes of scratch memory for a row of `k` elements.
pub(super) fn scratch_bytes(k: usize) -> usize {
    one_row_bytes(k)
}

/// All columns of a call with one row.
pub(super) struct One<'c, 'a, F>(pub(super) Call<'c, 'a>, pub(super) PhantomData<F>);

impl<F: Format> Kernel for One<'_, '_, F> {
    type Output = ();

    /// All parts of a tile at once, so that it is read once and from its start to its end.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match TILE_ROWS / S::LANES {
            1 => run::<S, F, 1>(simd, self.0),
            2 => run::<S, F, 2>(simd, self.0),
            _ => run::<S, F, 4>(simd, self.0),
        }
    }
}

#[inline(always)]
fn run<S: Simd, F: Format, const P: usize>(simd: S, mut call: Call<'_, '_>) {
    const { assert!(S::LANES == 4 || S::LANES == 8 || S::LANES == 16) };
    let scratch = std::mem::take(&mut call.scratch);
    let x = call.row(0, F::FORMAT);
    let cols = call.product.y.cols();
    if F::FORMAT.is_nested() {
        let x = Packed::<Q8Block256, 1>::one::<S, F>(simd, x, scratch);
        for n in cols.step_by(TILE_ROWS) {
            let y = nested::<S, F, P>(simd, call.tiles(n, F::FORMAT), &x);
            for (part, y) in y.into_iter().enumerate() {
                call.product.store(simd, [0, n + part * S::LANES], y);
            }
        }
    } else {
        let x = Packed::<Q8Block, 1>::one::<S, F>(simd, x, scratch);
        for n in cols.step_by(TILE_ROWS) {
            let y = plain::<S, F, P>(simd, call.tiles(n, F::FORMAT), &x);
            for (part, y) in y.into_iter().enumerate() {
                call.product.store(simd, [0, n + part * S::LANES], y);
            }
        }
    }
}

/// Ask for all of a piece of memory in its order, which compilers do not keep to.
#[inline(always)]
fn touch<S: Simd>(simd: S, bytes: &[u8]) {
    for line in bytes.chunks(CACHE_LINE) {
        simd.touch(&line[0]);
    }
}

/// The products of a block of rows of plain tiles.
#[inline(always)]
fn plain<S: Simd, F: Format, const P: usize>(
    simd: S,
    tiles: &[u8],
    x: &Packed<'_, Q8Block, 1>,
) -> [S::F32; P] {
    let mut y = [simd.splat(0.0); P];
    let tiles = tiles.chunks_exact(F::FORMAT.tile_bytes());
    for (tile, x) in tiles.zip(x.blocks::<S>()) {
        touch(simd, tile);
        let [scale, sum, first, second] = simd.splat4(x.factors::<S>(0));
        let run = Run::new::<S, F, _>(tile, 0, x, 0);
        let none = [simd.zero_i32(); P];
        if F::FORMAT.group() == TILE_COLS {
            let mut sums = Sums::<S, P>(none);
            run.both::<S, F, P>(simd, &mut sums);
            add_group::<S, F, P>(simd, (tile, 0), sums.0, [scale, sum], &mut y);
        } else {
            let mut sums = Sums::<S, P>(none);
            run.half::<S, F, P>(simd, 0, &mut sums);
            add_group::<S, F, P>(simd, (tile, 0), sums.0, [scale, first], &mut y);
            let mut sums = Sums::<S, P>(none);
            run.half::<S, F, P>(simd, 1, &mut sums);
            add_group::<S, F, P>(simd, (tile, 1), sums.0, [scale, second], &mut y);
        }
    }
    y
}

/// Add the scaled sums of the group of a tile that starts with half `first`, and its offsets.
#[inline(always)]
fn add_group<S: Simd, F: Format, const P: usize>(
    simd: S,
    (tile, first): (&[u8], usize),
    sums: [S::I32; P],
    [dx, sum_of_x]: [S::F32; 2],
    y: &mut [S::F32; P],
) {
    for (part, (sum, y)) in sums.into_iter().zip(y).enumerate() {
        let [scale, offset] = scales::<S, F>(simd, tile, part, first);
        *y = simd.mul_add(simd.mul(scale, dx), simd.to_f32(sum), *y);
        if F::FORMAT.has_offset() {
            *y = simd.mul_add(offset, sum_of_x, *y);
        }
    }
}

/// Takes sums of products out of [`Simd::Dot`]s that have no room for more.
trait Sink<S: Simd, const P: usize> {
    fn take(&mut self, simd: S, bits: u32, dots: [S::Dot; P]);
}

/// Just adds them up.
struct Sums<S: Simd, const P: usize>([S::I32; P]);

impl<S: Simd, const P: usize> Sink<S, P> for Sums<S, P> {
    #[inline(always)]
    fn take(&mut self, simd: S, bits: u32, dots: [S::Dot; P]) {
        for (sum, dot) in self.0.iter_mut().zip(dots) {
            *sum = simd.add_i32(*sum, simd.dot_sum(bits, dot));
        }
    }
}

/// Adds them up times the scales of their rows.
struct ScaledSums<S: Simd, const P: usize> {
    sums: [S::Scaled; P],
    scales: [S::Pairs; P],
}

impl<S: Simd, const P: usize> Sink<S, P> for ScaledSums<S, P> {
    #[inline(always)]
    fn take(&mut self, simd: S, bits: u32, dots: [S::Dot; P]) {
        for (part, (sum, dot)) in self.sums.iter_mut().zip(dots).enumerate() {
            *sum = simd.add_scaled(bits, *sum, dot, self.scales[part]);
        }
    }
}

/// A run of columns, or a half of one: its codes, and quads of its activations. Compilers know how many.
struct Run<'k> {
    codes: &'k [u8],
    x: &'k [u8],
}

impl<'k> Run<'k> {
    #[inline(always)]
    fn new<S: Simd, F: Format, R: Record>(
        tile: &'k [u8],
        run: usize,
        x: PackedBlock<'k, R, 1>,
        first: usize,
    ) -> Self {
        Run {
            codes: &tile[F::FORMAT.codes_at(run)..][..F::FORMAT.run_bytes()],
            x: x.quads::<S>(first, HALVES * QUADS_OF_HALF),
        }
    }

    /// Give the products of a half, which is a group, to `sink`.
    #[inline(always)]
    fn half<S: Simd, F: Format, const P: usize>(
        &self,
        simd: S,
        half: usize,
        sink: &mut impl Sink<S, P>,
    ) {
        let mut dots = [simd.dot_zero(); P];
        self.add_half::<S, F, P>(simd, half, &mut dots, sink);
        if S::room(F::DOT_BITS) > QUADS_OF_HALF {
            sink.take(simd, F::DOT_BITS, dots);
        }
    }

    /// Give the products of both halves, which are a group, to `sink`.
    #[inline(always)]
    fn both<S: Simd, F: Format, const P: usize>(&self, simd: S, sink: &mut impl Sink<S, P>) {
        let bits = F::FORMAT.bits();
        let mut dots = [simd.dot_zero(); P];
        if bits.is_multiple_of(4) {
            for half in 0..halves_alike() {
                let (codes, x) = (
                    F::FORMAT.run_bytes() / HALVES,
                    QUADS_OF_HALF * S::QUAD_BYTES,
                );
                let here = Run {
                    codes: &self.codes[half * codes..][..codes],
                    x: &self.x[half * x..][..x],
                };
                here.add_half::<S, F, P>(simd, 0, &mut dots, sink);
            }
        } else {
            self.add_half::<S, F, P>(simd, 0, &mut dots, sink);
            self.add_half::<S, F, P>(simd, 1, &mut dots, sink);
        }
        if S::room(F::DOT_BITS) > QUADS_OF_HALF {
            sink.take(simd, F::DOT_BITS, dots);
        }
    }

    /// Add the products of a half; `dots` keep them if they have room for two halves.
    #[inline(always)]
    fn add_half<S: Simd, F: Format, const P: usize>(
        &self,
        simd: S,
        half: usize,
        dots: &mut [S::Dot; P],
        sink: &mut impl Sink<S, P>,
    ) {
        // No loop: compilers must know where codes lie.
        self.add_quad::<S, F, P>(simd, half, 0, dots, sink);
        self.add_quad::<S, F, P>(simd, half, 1, dots, sink);
        self.add_quad::<S, F, P>(simd, half, 2, dots, sink);
        self.add_quad::<S, F, P>(simd, half, 3, dots, sink);
    }

    #[inline(always)]
    fn add_quad<S: Simd, F: Format, const P: usize>(
        &self,
        simd: S,
        half: usize,
        n: usize,
        dots: &mut [S::Dot; P],
        sink: &mut impl Sink<S, P>,
    ) {
        let j = half * QUADS_OF_HALF + n;
        let x = simd.load_quad(&self.x[j * S::QUAD_BYTES..]);
        for (part, dot) in dots.iter_mut().enumerate() {
            let codes = quad::<S, F>(simd, self.codes, part, j);
            *dot = simd.dot_codes(F::DOT_BITS, *dot, codes, x);
        }
        let room = S::room(F::DOT_BITS);
        if room <= QUADS_OF_HALF && (n + 1).is_multiple_of(room) {
            sink.take(simd, F::DOT_BITS, *dots);
            *dots = [simd.dot_zero(); P];
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

/// The products of a block of rows of nested tiles.
#[inline(always)]
fn nested<S: Simd, F: Format, const P: usize>(
    simd: S,
    tiles: &[u8],
    x: &Packed<'_, Q8Block256, 1>,
) -> [S::F32; P] {
    let mut y = [simd.splat(0.0); P];
    let tiles = tiles.chunks_exact(F::FORMAT.tile_bytes());
    for (tile, x) in tiles.zip(x.blocks::<S>()) {
        let mut sums = [simd.scaled_zero(); P];
        let mut offsets = [simd.zero_i32(); P];
        for i in 0..F::FORMAT.pairs() {
            let run = i * F::FORMAT.runs() / F::FORMAT.pairs();
            if run.is_multiple_of(STRIP_RUNS) {
                touch(
                    simd,
                    &tile[F::FORMAT.scale_pairs_at(i)..][..F::FORMAT.strip_bytes()],
                );
            }
            let sum_of_x = x.pair(simd, 0, first_pair(F::FORMAT.group()) + i);
            let mut scales = [[sum_of_x; P]; 2];
            for (part, offsets) in offsets.iter_mut().enumerate() {
                let [both, offset] = pairs::<S, F>(simd, tile, part, i);
                scales[0][part] = simd.scales(both, 0);
                scales[1][part] = simd.scales(both, 1);
                *offsets = simd.add_pairs(*offsets, offset, sum_of_x);
            }
            let [scales, more_scales] = scales;
            let mut sink = ScaledSums::<S, P> { sums, scales };
            let columns = Run::new::<S, F, _>(tile, run, x, run * HALVES * QUADS_OF_HALF);
            if F::FORMAT.group() == TILE_COLS {
                columns.both::<S, F, P>(simd, &mut sink);
                let run = run + 1;
                let columns = Run::new::<S, F, _>(tile, run, x, run * HALVES * QUADS_OF_HALF);
                sink.scales = more_scales;
                columns.both::<S, F, P>(simd, &mut sink);
            } else {
                columns.half::<S, F, P>(simd, 0, &mut sink);
                sink.scales = more_scales;
                columns.half::<S, F, P>(simd, 1, &mut sink);
            }
            sums = sink.sums;
        }
        let [dx, ..] = simd.splat4(x.factors::<S>(0));
        for (part, y) in y.iter_mut().enumerate() {
            let units = units::<S, F>(simd, tile, part);
            *y = join(simd, units, (sums[part], offsets[part]), dx, *y);
        }
    }
    y
}

/// Add what a nested tile gives to a sum.
#[inline(always)]
pub(super) fn join<S: Simd>(
    simd: S,
    [scale, offset]: [S::F32; 2],
    (sum, offset_sum): (S::Scaled, S::I32),
    dx: S::F32,
    y: S::F32,
) -> S::F32 {
    let offsets = simd.mul(offset, simd.to_f32(offset_sum));
    let all = simd.mul_add(scale, simd.scaled_to_f32(sum), offsets);
    simd.mul_add(all, dx, y)
}
