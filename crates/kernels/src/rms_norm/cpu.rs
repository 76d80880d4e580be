//! CPU RMS norm: one pass for the sum of squares, one to scale.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{ScaledProduct, map2};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct RmsNormKernel {
    pub(super) isa: Isa,
    pub(super) eps: f32,
}

impl CpuKernel for RmsNormKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            x: inputs[0].f32(),
            cols: inputs[0].cols(),
            w: inputs[1].f32(),
            eps: self.eps,
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    x: &'c [f32],
    cols: usize,
    w: &'c [f32],
    eps: f32,
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (g, cols) = (self.w.len(), self.y.cols());
        if cols.is_empty() {
            return;
        }
        for row in self.y.rows() {
            let x = &self.x[row * self.cols..(row + 1) * self.cols];
            let y = self.y.row(row);
            for run in cols.start / g..cols.end.div_ceil(g) {
                let factor = factor(simd, &x[run * g..(run + 1) * g], self.eps);
                // The part of this run that lies in the tile.
                let part = (run * g).max(cols.start)..((run + 1) * g).min(cols.end);
                map2(
                    simd,
                    ScaledProduct { factor },
                    &x[part.clone()],
                    &self.w[part.start - run * g..part.end - run * g],
                    &mut y[part.start - cols.start..part.end - cols.start],
                );
            }
        }
    }
}

/// `1 / sqrt(mean(x^2) + eps)`.
#[inline(always)]
fn factor<S: Simd>(simd: S, x: &[f32], eps: f32) -> f32 {
    // Two sums, so that an addition need not wait for the one before it.
    let (mut even, mut odd) = (simd.splat(0.0), simd.splat(0.0));
    let mut pairs = x.chunks_exact(2 * S::LANES);
    for pair in &mut pairs {
        let (a, b) = (simd.load(pair), simd.load(&pair[S::LANES..]));
        even = simd.mul_add(a, a, even);
        odd = simd.mul_add(b, b, odd);
    }
    for rest in pairs.remainder().chunks(S::LANES) {
        let v = simd.load_partial(rest);
        even = simd.mul_add(v, v, even);
    }
    let mean = simd.sum(simd.add(even, odd)) / x.len() as f32;
    1.0 / (mean + eps).sqrt()
}
