//! CPU gated linear unit, row by row.

use hearth_simd::{Isa, Simd};

use super::GluForm;
use crate::activation::{ActivationVisitor, swish};
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Map1, Map2, Map2Rows};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct GluKernel {
    pub(super) isa: Isa,
    pub(super) form: GluForm,
}

impl CpuKernel for GluKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let call = Call {
            isa: self.isa,
            gate: inputs[0].f32(),
            up: inputs[1].f32(),
            n: inputs[0].cols(),
            y: outputs[0].f32(),
        };
        match self.form {
            GluForm::Activation(f) => f.visit(call),
            GluForm::ClampedSwish { alpha, limit } => call.run(ClampedSwish { alpha, limit }),
        }
    }
}

struct Call<'c, 'a> {
    isa: Isa,
    gate: &'c [f32],
    up: &'c [f32],
    n: usize,
    y: &'c mut TileMut<'a, f32>,
}

impl Call<'_, '_> {
    fn run(self, f: impl Map2) {
        self.isa.run(Map2Rows {
            f,
            a: self.gate,
            b: self.up,
            n: self.n,
            b_stride: self.n,
            y: self.y,
        });
    }
}

impl ActivationVisitor for Call<'_, '_> {
    type Output = ();

    fn visit(self, function: impl Map1) {
        self.run(Gated(function));
    }
}

/// `f(a) * b`.
#[derive(Clone, Copy)]
struct Gated<F>(F);

impl<F: Map1> Map2 for Gated<F> {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, gate: S::F32, up: S::F32) -> S::F32 {
        simd.mul(self.0.apply(simd, gate), up)
    }
}

#[derive(Clone, Copy)]
struct ClampedSwish {
    alpha: f32,
    limit: f32,
}

impl Map2 for ClampedSwish {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, gate: S::F32, up: S::F32) -> S::F32 {
        let (limit, low) = (simd.splat(self.limit), simd.splat(-self.limit));
        let g = simd.keep_nan(gate, simd.min(limit, gate));
        let u = simd.keep_nan(up, simd.min(limit, simd.max(low, up)));
        let swish = swish(simd, g, simd.splat(self.alpha));
        simd.mul(swish, simd.add(u, simd.splat(1.0)))
    }
}
