//! CPU addition and RMS norm: one pass for the sum of squares of `a + b`, one to add and scale what the tile owns.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{ScaledProduct, Sum, map2};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct AddRmsNormKernel {
    pub(super) isa: Isa,
    pub(super) eps: f32,
}

impl CpuKernel for AddRmsNormKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let [sum, norm] = outputs else {
            panic!("add_rms_norm has two outputs, got {}", outputs.len());
        };
        self.isa.run(Call {
            a: inputs[0].f32(),
            b: inputs[1].f32(),
            w: inputs[2].f32(),
            eps: self.eps,
            sum: sum.f32(),
            norm: norm.f32(),
        });
    }
}

struct Call<'c, 'a> {
    a: &'c [f32],
    b: &'c [f32],
    w: &'c [f32],
    eps: f32,
    sum: &'c mut TileMut<'a, f32>,
    norm: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (d, cols) = (self.w.len(), self.sum.cols());
        for row in self.sum.rows() {
            let (a, b) = (
                &self.a[row * d..(row + 1) * d],
                &self.b[row * d..(row + 1) * d],
            );
            let factor = factor(simd, a, b, self.eps);
            let sum = self.sum.row(row);
            map2(simd, Sum, &a[cols.clone()], &b[cols.clone()], sum);
            map2(
                simd,
                ScaledProduct { factor },
                sum,
                &self.w[cols.clone()],
                self.norm.row(row),
            );
        }
    }
}

/// `1 / sqrt(mean((a + b)^2) + eps)`.
#[inline(always)]
fn factor<S: Simd>(simd: S, a: &[f32], b: &[f32], eps: f32) -> f32 {
    // Two sums, so that an addition need not wait for the one before it.
    let (mut even, mut odd) = (simd.splat(0.0), simd.splat(0.0));
    let (mut a_pairs, mut b_pairs) = (a.chunks_exact(2 * S::LANES), b.chunks_exact(2 * S::LANES));
    for (a, b) in (&mut a_pairs).zip(&mut b_pairs) {
        let v = simd.add(simd.load(a), simd.load(b));
        even = simd.mul_add(v, v, even);
        let v = simd.add(simd.load(&a[S::LANES..]), simd.load(&b[S::LANES..]));
        odd = simd.mul_add(v, v, odd);
    }
    let rest = a_pairs.remainder().chunks(S::LANES);
    for (a, b) in rest.zip(b_pairs.remainder().chunks(S::LANES)) {
        let v = simd.add(simd.load_partial(a), simd.load_partial(b));
        even = simd.mul_add(v, v, even);
    }
    let mean = simd.sum(simd.add(even, odd)) / a.len() as f32;
    1.0 / (mean + eps).sqrt()
}
