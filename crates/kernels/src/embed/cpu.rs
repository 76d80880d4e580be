//! CPU lookup, row by row. The layout of the weight knows how to give a row.

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::OutTile;

#[derive(Debug)]
pub(super) struct EmbedKernel;

impl CpuKernel for EmbedKernel {
    fn partition(&self, _out_dims: &[usize], _threads: usize) -> Partition {
        Partition::Rows(1)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        let (ids, w) = (inputs[0].i32(), inputs[1].weight());
        let y = outputs[0].f32();
        for row in y.rows() {
            let id = usize::try_from(ids[row]).unwrap_or(usize::MAX);
            assert!(
                id < w.rows,
                "embed: id {} lies within the vocabulary of {}: check ids before a step",
                ids[row],
                w.rows
            );
            w.row_into(id, y.row(row));
        }
    }
}
