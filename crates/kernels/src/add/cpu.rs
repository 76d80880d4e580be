//! CPU addition, row by row.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Sum, map2};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct AddKernel {
    pub(super) isa: Isa,
    pub(super) b_is_vector: bool,
}

impl CpuKernel for AddKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let n = inputs[0].cols();
        self.isa.run(Call {
            a: inputs[0].f32(),
            b: inputs[1].f32(),
            n,
            b_stride: if self.b_is_vector { 0 } else { n },
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    a: &'c [f32],
    b: &'c [f32],
    n: usize,
    b_stride: usize,
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let cols = self.y.cols();
        for row in self.y.rows() {
            let a = &self.a[row * self.n..][cols.clone()];
            let b = &self.b[row * self.b_stride..][cols.clone()];
            map2(simd, Sum, a, b, self.y.row(row));
        }
    }
}
