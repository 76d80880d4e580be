//! CPU SwiGLU, row by row.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Map2, map2};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct SwiGluKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for SwiGluKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            gate: inputs[0].f32(),
            up: inputs[1].f32(),
            n: inputs[0].cols(),
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    gate: &'c [f32],
    up: &'c [f32],
    n: usize,
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let cols = self.y.cols();
        for row in self.y.rows() {
            let gate = &self.gate[row * self.n..][cols.clone()];
            let up = &self.up[row * self.n..][cols.clone()];
            map2(simd, Gate, gate, up, self.y.row(row));
        }
    }
}

/// `silu(a) * b`.
#[derive(Clone, Copy)]
struct Gate;

impl Map2 for Gate {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, gate: S::F32, up: S::F32) -> S::F32 {
        let e = simd.exp(simd.sub(simd.splat(0.0), gate));
        let silu = simd.div(gate, simd.add(simd.splat(1.0), e));
        simd.mul(silu, up)
    }
}
