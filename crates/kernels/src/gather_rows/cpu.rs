//! CPU gather: copies. There is nothing to compute, so one variant serves every instruction set.

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::OutTile;

#[derive(Debug)]
pub(super) struct GatherRowsKernel;

impl CpuKernel for GatherRowsKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let (x, d, t) = (inputs[0].f32(), inputs[0].cols(), inputs[0].rows());
        let (rows, y) = (inputs[1].i32(), outputs[0].f32());
        let cols = y.cols();
        for i in y.rows() {
            let row = usize::try_from(rows[i])
                .ok()
                .filter(|&row| row < t)
                .unwrap_or_else(|| panic!("gather_rows: row {} of {t} rows", rows[i]));
            y.row(i).copy_from_slice(&x[row * d..][cols.clone()]);
        }
    }
}
