//! CPU softmax: three passes over a row that stays in cache: maximum, exponentials and their sum, scaling.
//!
//! The sum needs all columns, so a tile must be whole rows, as `partition` asks.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes;
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct SoftmaxKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for SoftmaxKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let (n, y) = (inputs[0].cols(), outputs[0].f32());
        assert_eq!(y.cols(), 0..n, "softmax: a tile is whole rows");
        self.isa.run(Call {
            x: inputs[0].f32(),
            n,
            y,
        });
    }
}

struct Call<'c, 'a> {
    x: &'c [f32],
    n: usize,
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for row in self.y.rows() {
            let x = &self.x[row * self.n..(row + 1) * self.n];
            softmax(simd, x, self.y.row(row));
        }
    }
}

#[inline(always)]
fn softmax<S: Simd>(simd: S, x: &[f32], y: &mut [f32]) {
    let max = lanes::max(simd, x);
    y.copy_from_slice(x);
    if max == f32::NEG_INFINITY {
        y.fill(0.0);
        return;
    }
    let scale = 1.0 / lanes::exp_in_place(simd, y, max);
    for y in y {
        *y *= scale;
    }
}
