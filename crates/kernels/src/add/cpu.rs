//! CPU addition, row by row.

use hearth_simd::Isa;

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::lanes::{Map2Rows, Sum};
use crate::tile::OutTile;

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
        self.isa.run(Map2Rows {
            f: Sum,
            a: inputs[0].f32(),
            b: inputs[1].f32(),
            n,
            b_stride: if self.b_is_vector { 0 } else { n },
            y: outputs[0].f32(),
        });
    }
}
