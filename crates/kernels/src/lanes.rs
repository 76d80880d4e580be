//! Walking slices a vector at a time.
//!
//! Functions of a lane are types with an `#[inline(always)]` method, not closures: a closure cannot be forced into
//! the function that has the instruction set switched on, and outside of it every vector operation is a call.

use std::hint::black_box;

use hearth_simd::{Kernel, Simd};

use crate::tile::TileMut;

/// So many, which in wasm the compiler must not know: of several vectors in a row it would keep more than browsers have
/// registers for.
#[inline(always)]
pub(crate) fn one_at_a_time(count: usize) -> usize {
    if cfg!(target_family = "wasm") && count > 2 {
        black_box(count)
    } else {
        count
    }
}

/// A function of one lane.
pub(crate) trait Map1: Copy {
    /// The function. Mark the implementation `#[inline(always)]`.
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32;
}

/// `out[i] = f(x[i])`. Both have the same length.
#[inline(always)]
pub(crate) fn map1<S: Simd>(simd: S, f: impl Map1, x: &[f32], out: &mut [f32]) {
    assert_eq!(x.len(), out.len());
    let whole = out.len() - out.len() % S::LANES;
    let (x, x_tail) = x.split_at(whole);
    let (out, out_tail) = out.split_at_mut(whole);
    for (y, x) in out.chunks_exact_mut(S::LANES).zip(x.chunks_exact(S::LANES)) {
        simd.store(f.apply(simd, simd.load(x)), y);
    }
    if !out_tail.is_empty() {
        simd.store_partial(f.apply(simd, simd.load_partial(x_tail)), out_tail);
    }
}

/// `y[r, c] = f(x[r, c])` over a tile of `y`.
pub(crate) struct Map1Rows<'c, 'a, F> {
    /// The function.
    pub(crate) f: F,
    /// `[t, n]`.
    pub(crate) x: &'c [f32],
    /// Elements of a row.
    pub(crate) n: usize,
    /// Where results go.
    pub(crate) y: &'c mut TileMut<'a, f32>,
}

impl<F: Map1> Kernel for Map1Rows<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let cols = self.y.cols();
        for row in self.y.rows() {
            let x = &self.x[row * self.n..][cols.clone()];
            map1(simd, self.f, x, self.y.row(row));
        }
    }
}

/// A function of two lanes.
pub(crate) trait Map2: Copy {
    /// The function. Mark the implementation `#[inline(always)]`.
    fn apply<S: Simd>(self, simd: S, a: S::F32, b: S::F32) -> S::F32;
}

/// `out[i] = f(a[i], b[i])`. All three have the same length.
#[inline(always)]
pub(crate) fn map2<S: Simd>(simd: S, f: impl Map2, a: &[f32], b: &[f32], out: &mut [f32]) {
    assert!(a.len() == out.len() && b.len() == out.len());
    let whole = out.len() - out.len() % S::LANES;
    let (a, a_tail) = a.split_at(whole);
    let (b, b_tail) = b.split_at(whole);
    let (out, out_tail) = out.split_at_mut(whole);
    let inputs = a.chunks_exact(S::LANES).zip(b.chunks_exact(S::LANES));
    for (y, (a, b)) in out.chunks_exact_mut(S::LANES).zip(inputs) {
        simd.store(f.apply(simd, simd.load(a), simd.load(b)), y);
    }
    if !out_tail.is_empty() {
        let (a, b) = (simd.load_partial(a_tail), simd.load_partial(b_tail));
        simd.store_partial(f.apply(simd, a, b), out_tail);
    }
}

/// `y[r, c] = f(a[r, c], b[r, c])` over a tile of `y`.
pub(crate) struct Map2Rows<'c, 'a, F> {
    /// The function.
    pub(crate) f: F,
    /// `[t, n]`.
    pub(crate) a: &'c [f32],
    /// `[t, n]`, or `[n]` for every row.
    pub(crate) b: &'c [f32],
    /// Elements of a row.
    pub(crate) n: usize,
    /// Elements from a row of `b` to the next: `n`, or 0 for a vector.
    pub(crate) b_stride: usize,
    /// Where results go.
    pub(crate) y: &'c mut TileMut<'a, f32>,
}

impl<F: Map2> Kernel for Map2Rows<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let cols = self.y.cols();
        for row in self.y.rows() {
            let a = &self.a[row * self.n..][cols.clone()];
            let b = &self.b[row * self.b_stride..][cols.clone()];
            map2(simd, self.f, a, b, self.y.row(row));
        }
    }
}

/// The largest element; `-inf` if there is none.
#[inline(always)]
pub(crate) fn max<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let mut chunks = x.chunks_exact(S::LANES);
    let mut max = simd.splat(f32::NEG_INFINITY);
    for chunk in &mut chunks {
        max = simd.max(max, simd.load(chunk));
    }
    let tail = chunks.remainder().iter().copied();
    tail.fold(simd.max_lane(max), f32::max)
}

/// Replace `x` by `exp(x - shift)` and give back the sum.
#[inline(always)]
pub(crate) fn exp_in_place<S: Simd>(simd: S, x: &mut [f32], shift: f32) -> f32 {
    let mut chunks = x.chunks_exact_mut(S::LANES);
    let shift = simd.splat(shift);
    let mut sum = simd.splat(0.0);
    for chunk in &mut chunks {
        let e = simd.exp(simd.sub(simd.load(chunk), shift));
        simd.store(e, chunk);
        sum = simd.add(sum, e);
    }
    let tail = chunks.into_remainder();
    simd.store_partial(simd.exp(simd.sub(simd.load_partial(tail), shift)), tail);
    simd.sum(sum) + tail.iter().sum::<f32>()
}

/// `a + b`.
#[derive(Clone, Copy)]
pub(crate) struct Sum;

impl Map2 for Sum {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, a: S::F32, b: S::F32) -> S::F32 {
        simd.add(a, b)
    }
}

/// `a * factor * b`.
#[derive(Clone, Copy)]
pub(crate) struct ScaledProduct {
    /// The factor that all lanes share.
    pub(crate) factor: f32,
}

impl Map2 for ScaledProduct {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, a: S::F32, b: S::F32) -> S::F32 {
        simd.mul(simd.mul(a, simd.splat(self.factor)), b)
    }
}

/// `factor * x`.
#[derive(Clone, Copy)]
pub(crate) struct Scaled {
    /// The factor that all lanes share.
    pub(crate) factor: f32,
}

impl Map1 for Scaled {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32 {
        simd.mul(x, simd.splat(self.factor))
    }
}
