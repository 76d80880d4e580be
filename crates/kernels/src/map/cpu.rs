//! CPU map, row by row.

use hearth_simd::{Isa, Simd};

use super::MapFunction;
use crate::activation::ActivationVisitor;
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Map1, Map1Rows, Scaled};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct MapKernel {
    pub(super) isa: Isa,
    pub(super) function: MapFunction,
}

impl CpuKernel for MapKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let call = Call {
            isa: self.isa,
            x: inputs[0].f32(),
            n: inputs[0].cols(),
            y: outputs[0].f32(),
        };
        match self.function {
            MapFunction::Activation(f) => f.visit(call),
            MapFunction::Scale(factor) => call.visit(Scaled { factor }),
            MapFunction::SoftCap(cap) => call.visit(SoftCap { cap }),
        }
    }
}

struct Call<'c, 'a> {
    isa: Isa,
    x: &'c [f32],
    n: usize,
    y: &'c mut TileMut<'a, f32>,
}

impl ActivationVisitor for Call<'_, '_> {
    type Output = ();

    fn visit(self, f: impl Map1) {
        self.isa.run(Map1Rows {
            f,
            x: self.x,
            n: self.n,
            y: self.y,
        });
    }
}

#[derive(Clone, Copy)]
struct SoftCap {
    cap: f32,
}

impl Map1 for SoftCap {
    /// As `tanh(z) = 1 - 2 / (e^2z + 1)`, which is good to a rounding of 1, not of the result: caps are tens, and what
    /// they bound are logits.
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32 {
        let (cap, one) = (simd.splat(self.cap), simd.splat(1.0));
        let e = simd.exp(simd.mul(x, simd.splat(2.0 / self.cap)));
        let rest = simd.div(simd.splat(2.0), simd.add(e, one));
        simd.mul(cap, simd.sub(one, rest))
    }
}
