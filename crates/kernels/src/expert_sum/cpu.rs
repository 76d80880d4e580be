//! CPU sum by weights: a vector of columns at a time, over all experts.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct ExpertSumKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for ExpertSumKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            x: inputs[0].f32(),
            n: inputs[0].cols(),
            weights: inputs[1].f32(),
            n_used: inputs[1].cols(),
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    x: &'c [f32],
    n: usize,
    weights: &'c [f32],
    n_used: usize,
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let start = self.y.cols().start;
        for row in self.y.rows() {
            let weights = &self.weights[row * self.n_used..][..self.n_used];
            let x = &self.x[row * self.n_used * self.n..];
            let mut chunks = self.y.row(row).chunks_exact_mut(S::LANES);
            let mut at = start;
            for y in &mut chunks {
                let mut sum = simd.splat(0.0);
                for (i, &w) in weights.iter().enumerate() {
                    let x = simd.load(&x[i * self.n + at..]);
                    sum = simd.mul_add(simd.splat(w), x, sum);
                }
                simd.store(sum, y);
                at += S::LANES;
            }
            let tail = chunks.into_remainder();
            let mut sum = simd.splat(0.0);
            for (i, &w) in weights.iter().enumerate() {
                let x = simd.load_partial(&x[i * self.n + at..][..tail.len()]);
                sum = simd.mul_add(simd.splat(w), x, sum);
            }
            simd.store_partial(sum, tail);
        }
    }
}
