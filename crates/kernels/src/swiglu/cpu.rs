//! CPU SwiGLU, row by row.

use hearth_simd::{Isa, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Map2, Map2Rows};
use crate::tile::OutTile;

#[derive(Debug)]
pub(super) struct SwiGluKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for SwiGluKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let n = inputs[0].cols();
        self.isa.run(Map2Rows {
            f: Gate,
            a: inputs[0].f32(),
            b: inputs[1].f32(),
            n,
            b_stride: n,
            y: outputs[0].f32(),
        });
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
