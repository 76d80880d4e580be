//! CPU slice: copies. There is nothing to compute, so one variant serves every instruction set.

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::OutTile;

#[derive(Debug)]
pub(super) struct SliceColsKernel {
    pub(super) start: usize,
}

impl CpuKernel for SliceColsKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let (x, d, y) = (inputs[0].f32(), inputs[0].cols(), outputs[0].f32());
        let cols = self.start + y.cols().start..self.start + y.cols().end;
        for row in y.rows() {
            y.row(row).copy_from_slice(&x[row * d..][cols.clone()]);
        }
    }
}
