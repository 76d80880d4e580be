//! Several rows of activations: prompts, batches, what speculation tries.
//!
//! A panel ([`super::panel`]) stays in the nearest cache while all rows meet it, some at a time, so that taking its codes apart costs each of them
//! little, and the same loops serve all formats. Activations of these columns are packed before, for all panels of
//! [`COLS`] columns of the output; sums stay in scratch memory from panel to panel.

use std::hint::black_box;
use std::marker::PhantomData;
use std::ops::Range;

use bytemuck::cast_slice_mut;
use hearth_simd::{Kernel, Simd};

use super::format::Format;
use super::one::join;
use super::packed::{MAX_QUAD_BYTES, Packed, Record, first_pair, pack};
use super::panel::{NestedNumbers, Open, PANEL_BYTES, PANEL_COLS, Panel, QUADS};
use super::tiles::Call;
use crate::lanes::one_at_a_time;
use crate::quantize_rows::{Q8Block, Q8Block256};
use crate::weight::{TILE_COLS, TILE_ROWS, VECTOR};

/// Rows of activations and columns of the output at a time.
const ROWS: usize = 64;
const COLS: usize = 128;
/// Bytes of the packed activations of a panel.
const X_BYTES: usize = ROWS * (PANEL_COLS / 4 + 32) * MAX_QUAD_BYTES;
const SUM_BYTES: usize = ROWS * COLS * size_of::<f32>();
/// Bytes of scratch memory.
pub(super) const SCRATCH_BYTES: usize = SUM_BYTES + PANEL_BYTES + X_BYTES;

/// Compute a call with several rows.
pub(super) fn run<F: Format>(mut call: Call<'_, '_>) {
    let isa = call.product.isa;
    let (all_rows, all_cols) = (call.product.rows.len(), call.product.y.cols());
    let scratch = std::mem::take(&mut call.scratch);
    let (sums, scratch) = scratch.split_at_mut(SUM_BYTES);
    let (panel, packed) = scratch.split_at_mut(PANEL_BYTES);
    let sums = cast_slice_mut::<u8, f32>(sums);
    for first in (0..all_rows).step_by(ROWS) {
        let rows = first..all_rows.min(first + ROWS);
        for start in all_cols.clone().step_by(COLS) {
            let cols = start..all_cols.end.min(start + COLS);
            sums.fill(0.0);
            for k in (0..call.k).step_by(PANEL_COLS) {
                let columns = k..call.k.min(k + PANEL_COLS);
                isa.run(Pack::<F> {
                    call: &call,
                    rows: &rows,
                    columns: &columns,
                    packed: &mut *packed,
                    format: PhantomData,
                });
                for n in cols.clone().step_by(TILE_ROWS) {
                    isa.run(Open::<F> {
                        tiles: call.tiles(n, F::FORMAT),
                        columns: &columns,
                        panel: &mut *panel,
                        format: PhantomData,
                    });
                    let mut rest = Rest {
                        packed: &*packed,
                        sums: &mut sums[n - start..],
                        rows: rows.len(),
                    };
                    let panel = Panel::of(panel, columns.len() / TILE_COLS);
                    isa.run(Many::<F>(panel, &mut rest, PhantomData));
                    isa.run(Two::<F>(panel, &mut rest, PhantomData));
                }
            }
            for (i, sums) in rows.clone().zip(sums.chunks_exact(COLS)) {
                call.product.write(i, cols.clone(), &sums[..cols.len()]);
            }
        }
    }
}

/// How many rows are packed together next, where so many are left and [`Simd::block`] says `block`.
#[inline(always)]
fn together(left: usize, [most, _]: [usize; 2]) -> usize {
    match left {
        _ if left >= most => most,
        4.. => 4,
        2.. => 2,
        _ => left,
    }
}

/// Packs the activations of some columns.
struct Pack<'k, 'c, 'a, F> {
    call: &'k Call<'c, 'a>,
    rows: &'k Range<usize>,
    columns: &'k Range<usize>,
    packed: &'k mut [u8],
    format: PhantomData<F>,
}

impl<F: Format> Kernel for Pack<'_, '_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if F::FORMAT.is_nested() {
            self.pack::<S, Q8Block256>(simd);
        } else {
            self.pack::<S, Q8Block>(simd);
        }
    }
}

impl<F: Format> Pack<'_, '_, '_, F> {
    #[inline(always)]
    fn pack<S: Simd, R: Record>(self, simd: S) {
        let Pack {
            call,
            rows,
            columns,
            ..
        } = self;
        let mut packed = self.packed;
        let mut i = rows.start;
        while i < rows.end {
            let count = together(rows.end - i, S::block(F::DOT_BITS));
            let bytes = columns.len() / R::ELEMS * R::packed_bytes(count, S::QUAD_BYTES);
            let (to, rest) = packed.split_at_mut(bytes);
            match count {
                8 => pack::<S, F, R, 8>(simd, blocks::<F, R, 8>(call, i, columns), to),
                4 => pack::<S, F, R, 4>(simd, blocks::<F, R, 4>(call, i, columns), to),
                2 => pack::<S, F, R, 2>(simd, blocks::<F, R, 2>(call, i, columns), to),
                _ => pack::<S, F, R, 1>(simd, blocks::<F, R, 1>(call, i, columns), to),
            }
            packed = rest;
            i += count;
        }
    }
}

/// The blocks of some columns of the rows from `i` on.
#[inline(always)]
fn blocks<'k, F: Format, R: Record, const T: usize>(
    call: &'k Call<'_, '_>,
    i: usize,
    columns: &Range<usize>,
) -> [&'k [R]; T] {
    let mut rows = [&[][..]; T];
    let [start, end] = [columns.start / R::ELEMS, columns.end / R::ELEMS];
    for (t, row) in rows.iter_mut().enumerate() {
        let blocks: &[R] = bytemuck::cast_slice(call.row(i + t, F::FORMAT));
        *row = &blocks[start..end];
    }
    rows
}

/// Rows that have not met a panel yet.
struct Rest<'k> {
    packed: &'k [u8],
    /// Of each row, at a distance of [`COLS`].
    sums: &'k mut [f32],
    rows: usize,
}

/// As many rows as can be taken so many at a time as [`Simd::block`] says.
struct Many<'k, 'r, F>(Panel<'k>, &'k mut Rest<'r>, PhantomData<F>);
/// The other rows.
struct Two<'k, 'r, F>(Panel<'k>, &'k mut Rest<'r>, PhantomData<F>);

impl<F: Format> Kernel for Many<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match S::block(F::DOT_BITS) {
            [8, 1] => all::<S, F, 8, 1>(simd, self.0, self.1),
            [4, 2] => all::<S, F, 4, 2>(simd, self.0, self.1),
            _ => all::<S, F, 4, 1>(simd, self.0, self.1),
        }
    }
}

impl<F: Format> Kernel for Two<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if S::block(F::DOT_BITS)[0] == 8 {
            all::<S, F, 4, 1>(simd, self.0, self.1);
        }
        if TILE_ROWS == S::LANES {
            all::<S, F, 2, 1>(simd, self.0, self.1);
            all::<S, F, 1, 1>(simd, self.0, self.1);
        } else {
            all::<S, F, 2, 2>(simd, self.0, self.1);
            all::<S, F, 1, 2>(simd, self.0, self.1);
        }
    }
}

/// As many rows as can be taken `T` at a time, with `P` vectors of weight rows at a time.
#[inline(always)]
fn all<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    panel: Panel<'_>,
    rest: &mut Rest<'_>,
) {
    while rest.rows >= T {
        let bytes = if F::FORMAT.is_nested() {
            Q8Block256::packed_bytes(T, S::QUAD_BYTES)
        } else {
            panel.runs * Q8Block::packed_bytes(T, S::QUAD_BYTES)
        };
        let (x, packed) = rest.packed.split_at(bytes);
        for part in (0..TILE_ROWS / S::LANES).step_by(P) {
            let mut y = [[simd.splat(0.0); T]; P];
            for (p, y) in y.iter_mut().enumerate() {
                for (t, y) in y.iter_mut().enumerate() {
                    *y = simd.load(&rest.sums[t * COLS + (part + p) * S::LANES..]);
                }
            }
            if F::FORMAT.is_nested() {
                nested::<S, F, T, P>(simd, panel, part, x, &mut y);
            } else {
                plain::<S, F, T, P>(simd, panel, part, x, &mut y);
            }
            for (p, y) in y.into_iter().enumerate() {
                for (t, y) in y.into_iter().enumerate() {
                    let at = t * COLS + (part + p) * S::LANES;
                    simd.store(y, &mut rest.sums[at..]);
                }
            }
        }
        rest.packed = packed;
        rest.rows -= T;
        if rest.rows > 0 {
            let sums = std::mem::take(&mut rest.sums);
            rest.sums = &mut sums[T * COLS..];
        }
    }
}

/// Add the products with a panel of plain tiles.
#[inline(always)]
fn plain<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    panel: Panel<'_>,
    part: usize,
    x: &[u8],
    y: &mut [[S::F32; T]; P],
) {
    let groups = F::FORMAT.groups();
    let quads = QUADS / groups;
    let room = S::room(F::DOT_BITS).min(quads);
    let blocks = Packed::<Q8Block, T>::new(x).blocks::<S>();
    for (run, x) in blocks.take(black_box(panel.runs)).enumerate() {
        for group in 0..groups {
            let mut sums = [[simd.zero_i32(); P]; T];
            for n in (0..quads).step_by(room) {
                let first = group * quads + n;
                let mut dots = [[simd.dot_zero(); P]; T];
                let quads = &panel.codes[run * QUADS + first..][..room];
                let x = x.quads::<S>(first, room);
                add_quads::<S, F, T, P>(simd, (quads, part), x, &mut dots);
                for (sums, dots) in sums.iter_mut().zip(dots) {
                    for (sum, dot) in sums.iter_mut().zip(dots) {
                        *sum = simd.add_i32(*sum, simd.dot_sum(F::DOT_BITS, dot));
                    }
                }
            }
            let sum_at = if groups == 1 { 1 } else { 2 + group };
            let number = 2 * (run * groups + group);
            for t in 0..T {
                let factors = simd.splat4(x.factors::<S>(t));
                for (p, y) in y.iter_mut().enumerate() {
                    let scale = panel.floats(simd, number, part + p);
                    let sum = simd.to_f32(sums[t][p]);
                    y[t] = simd.mul_add(simd.mul(scale, factors[0]), sum, y[t]);
                    if F::FORMAT.has_offset() {
                        let offset = panel.floats(simd, number + 1, part + p);
                        y[t] = simd.mul_add(offset, factors[sum_at], y[t]);
                    }
                }
            }
        }
    }
}

/// Add the products with a panel of a nested tile.
#[inline(always)]
fn nested<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    panel: Panel<'_>,
    part: usize,
    x: &[u8],
    y: &mut [[S::F32; T]; P],
) {
    let Some(x) = Packed::<Q8Block256, T>::new(x).blocks::<S>().next() else {
        return;
    };
    let at = NestedNumbers::of::<F>();
    let quads = QUADS / F::FORMAT.groups();
    let room = S::room(F::DOT_BITS).min(quads);
    let mut sums = [[simd.scaled_zero(); P]; T];
    for group in 0..black_box(at.offsets) {
        for n in (0..quads).step_by(room) {
            let first = group * quads + n;
            let mut dots = [[simd.dot_zero(); P]; T];
            let quads = &panel.codes[first..][..room];
            let x = x.quads::<S>(first, room);
            add_quads::<S, F, T, P>(simd, (quads, part), x, &mut dots);
            for (sums, dots) in sums.iter_mut().zip(dots) {
                for (p, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
                    let scales = panel.pairs(simd, group, part + p);
                    *sum = simd.add_scaled(F::DOT_BITS, *sum, dot, scales);
                }
            }
        }
    }
    let mut offsets = [[simd.zero_i32(); P]; T];
    for i in 0..F::FORMAT.pairs() {
        for (t, offsets) in offsets.iter_mut().enumerate() {
            let sum_of_x = x.pair(simd, t, first_pair(F::FORMAT.group()) + i);
            for (p, sum) in offsets.iter_mut().enumerate() {
                let offset = panel.pairs(simd, at.offsets + i, part + p);
                *sum = simd.add_pairs(*sum, offset, sum_of_x);
            }
        }
    }
    for t in 0..T {
        let [dx, ..] = simd.splat4(x.factors::<S>(t));
        for (p, y) in y.iter_mut().enumerate() {
            let units = [
                panel.floats(simd, at.units, part + p),
                panel.floats(simd, at.units + 1, part + p),
            ];
            y[t] = join(simd, units, (sums[t][p], offsets[t][p]), dx, y[t]);
        }
    }
}

/// Add the products of some quads.
#[inline(always)]
fn add_quads<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    (quads, part): (&[[u8; VECTOR]], usize),
    x: &[u8],
    dots: &mut [[S::Dot; P]; T],
) {
    let count = one_at_a_time(quads.len());
    let x = x.chunks_exact(T * S::QUAD_BYTES);
    for (codes, x) in quads.iter().zip(x).take(count) {
        add_quad::<S, F, T, P>(simd, &codes[part * 4 * S::LANES..], x, dots);
    }
}

#[inline(always)]
fn add_quad<S: Simd, F: Format, const T: usize, const P: usize>(
    simd: S,
    codes: &[u8],
    x: &[u8],
    dots: &mut [[S::Dot; P]; T],
) {
    let mut quads = [simd.splat_code(0); P];
    for (p, quad) in quads.iter_mut().enumerate() {
        *quad = simd.load_codes(&codes[p * 4 * S::LANES..]);
    }
    for (t, dots) in dots.iter_mut().enumerate() {
        let x = simd.load_quad(&x[t * S::QUAD_BYTES..]);
        for (dot, &codes) in dots.iter_mut().zip(&quads) {
            *dot = simd.dot_codes(F::DOT_BITS, *dot, codes, x);
        }
    }
}
