//! CPU product with experts: rows of the output are sorted by expert, then each expert's are one [`Product`].

use std::ops::Range;

use bytemuck::cast_slice_mut;
use hearth_simd::Isa;

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::matmul::cpu::{Epilogue, Product, RowList, nanos, partition, scratch_floats};
use crate::tile::OutTile;
use crate::weight::Layout;

#[derive(Debug)]
pub(super) struct ExpertMatMulKernel {
    pub(super) isa: Isa,
    /// How the weight lies.
    pub(super) layout: Layout,
    pub(super) bias: bool,
    /// All experts of a token take the same row of `x`.
    pub(super) shared_x: bool,
}

impl CpuKernel for ExpertMatMulKernel {
    fn partition(&self, out_dims: &[usize], _chunks: usize) -> Partition {
        partition(out_dims)
    }

    fn nanos(&self, inputs: &[&[usize]], out_dims: &[usize]) -> usize {
        nanos(inputs[0].last().copied().unwrap_or(0), out_dims)
    }

    fn scratch_floats(&self, inputs: &[&[usize]]) -> usize {
        let [x, w, ids] = [0, 1, 2].map(|i| inputs[i]);
        let rows: usize = ids.iter().product();
        rows + w[0] + scratch_floats(self.layout, x.last().copied().unwrap_or(0))
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], scratch: &mut [f32]) {
        let (w, ids, y) = (inputs[1].weight(), inputs[2].i32(), outputs[0].f32());
        assert_eq!(w.layout, self.layout, "the layout that was asked for");
        let (n_experts, n) = (inputs[1].dims[0], inputs[1].dims[1]);
        let per_x = if self.shared_x { inputs[2].cols() } else { 1 };
        let bias = self.bias.then(|| inputs[3].f32());

        let (sorted, scratch) = scratch.split_at_mut(y.rows().len());
        let (ends, scratch) = scratch.split_at_mut(n_experts);
        let (sorted, ends) = (cast_slice_mut(sorted), cast_slice_mut(ends));
        sort_by_expert(ids, y.rows(), sorted, ends);
        let mut start = 0;
        for (expert, &end) in ends.iter().enumerate() {
            let rows = &sorted[start..end as usize];
            start = end as usize;
            if rows.is_empty() {
                continue;
            }
            let first = expert * n;
            let product = Product {
                isa: self.isa,
                x: inputs[0],
                w,
                first,
                rows: RowList::Picked { rows, per_x },
                epilogue: Epilogue::bias(bias.map(|bias| &bias[first..first + n])),
                y,
            };
            product.run(scratch);
        }
    }
}

/// Sort `rows` by their experts, keeping their order otherwise; `ends` says where in `sorted` those of each expert end.
fn sort_by_expert(ids: &[i32], rows: Range<usize>, sorted: &mut [u32], ends: &mut [u32]) {
    let n_experts = ends.len();
    let expert_of = |row: usize| {
        usize::try_from(ids[row])
            .ok()
            .filter(|&expert| expert < n_experts)
            .unwrap_or_else(|| panic!("expert_matmul: expert {} of {n_experts}", ids[row]))
    };
    ends.fill(0);
    for row in rows.clone() {
        ends[expert_of(row)] += 1;
    }
    let mut next = 0;
    for end in ends.iter_mut() {
        (*end, next) = (next, next + *end);
    }
    // Each is where its expert's rows start, and moves to where they end.
    for row in rows {
        let at = &mut ends[expert_of(row)];
        sorted[*at as usize] = row as u32;
        *at += 1;
    }
}
