//! CPU layer norm: a pass over the row for the mean, one for the variance, one to scale.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct LayerNormKernel {
    pub(super) isa: Isa,
    pub(super) eps: f32,
}

impl CpuKernel for LayerNormKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            x: inputs[0].f32(),
            n: inputs[0].cols(),
            w: inputs[1].f32(),
            b: inputs[2].f32(),
            eps: self.eps,
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    x: &'c [f32],
    n: usize,
    w: &'c [f32],
    b: &'c [f32],
    eps: f32,
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let cols = self.y.cols();
        for row in self.y.rows() {
            let x = &self.x[row * self.n..(row + 1) * self.n];
            let mean = sum(simd, x) / self.n as f32;
            let variance = sum_of_squares(simd, x, mean) / self.n as f32;
            let moments = (mean, 1.0 / (variance + self.eps).sqrt());
            let weights = (&self.w[cols.clone()], &self.b[cols.clone()]);
            normalise(simd, &x[cols.clone()], moments, weights, self.y.row(row));
        }
    }
}

#[inline(always)]
fn sum<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let mut sum = simd.splat(0.0);
    for x in x.chunks(S::LANES) {
        sum = simd.add(sum, load(simd, x));
    }
    simd.sum(sum)
}

/// `sum (x - mean)^2`.
#[inline(always)]
fn sum_of_squares<S: Simd>(simd: S, x: &[f32], mean: f32) -> f32 {
    let mut sum = simd.splat(0.0);
    let chunks = x.chunks_exact(S::LANES);
    // Missing lanes would count as 0 - mean.
    let tail = chunks.remainder().iter().map(|x| (x - mean) * (x - mean));
    for x in chunks {
        let difference = simd.sub(simd.load(x), simd.splat(mean));
        sum = simd.mul_add(difference, difference, sum);
    }
    simd.sum(sum) + tail.sum::<f32>()
}

/// `(x - mean) * factor * w + b`.
#[inline(always)]
fn normalise<S: Simd>(
    simd: S,
    x: &[f32],
    (mean, factor): (f32, f32),
    (w, b): (&[f32], &[f32]),
    y: &mut [f32],
) {
    let inputs = x.chunks(S::LANES).zip(w.chunks(S::LANES));
    let inputs = inputs.zip(b.chunks(S::LANES));
    for (y, ((x, w), b)) in y.chunks_mut(S::LANES).zip(inputs) {
        let difference = simd.sub(load(simd, x), simd.splat(mean));
        let unit = simd.mul(difference, simd.splat(factor));
        let v = simd.mul_add(unit, load(simd, w), load(simd, b));
        if y.len() == S::LANES {
            simd.store(v, y);
        } else {
            simd.store_partial(v, y);
        }
    }
}

/// Up to a vector; missing lanes are 0.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[f32]) -> S::F32 {
    if from.len() == S::LANES {
        simd.load(from)
    } else {
        simd.load_partial(from)
    }
}
