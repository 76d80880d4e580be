//! CPU scaling by position: one factor a row, computed in `f64`.

use hearth_simd::{Isa, Kernel, Simd};

use super::PositionScale;
use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Scaled, map1};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct PositionScaleKernel {
    pub(super) isa: Isa,
    pub(super) op: PositionScale,
}

impl CpuKernel for PositionScaleKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            op: &self.op,
            x: inputs[0].f32(),
            n: inputs[0].cols(),
            positions: inputs[1].i32(),
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    op: &'c PositionScale,
    x: &'c [f32],
    n: usize,
    positions: &'c [i32],
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let cols = self.y.cols();
        for row in self.y.rows() {
            let factor = factor(self.op, self.positions[row], row);
            let x = &self.x[row * self.n..][cols.clone()];
            map1(simd, Scaled { factor }, x, self.y.row(row));
        }
    }
}

fn factor(op: &PositionScale, position: i32, row: usize) -> f32 {
    let Ok(position) = usize::try_from(position) else {
        panic!("position_scale: position {position} of token {row}");
    };
    let contexts = position / op.n_ctx_original.max(1);
    (1.0 + f64::from(op.beta) * (contexts as f64).ln_1p()) as f32
}
