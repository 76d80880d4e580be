//! CPU mean: rows are added one after the other, then divided. Plain loops, which the compiler turns into vectors of
//! the instruction set that they are compiled for.

use hearth_simd::{Isa, Kernel, Simd};

use crate::cpu::{CpuKernel, Operand, Partition};
use crate::tile::{OutTile, TileMut};

#[derive(Debug)]
pub(super) struct MeanPoolKernel {
    pub(super) isa: Isa,
}

impl CpuKernel for MeanPoolKernel {
    fn partition(&self, out_dims: &[usize], threads: usize) -> Partition {
        Partition::elementwise(out_dims, threads)
    }

    fn run(&self, inputs: &[Operand<'_>], outputs: &mut [OutTile<'_>], _scratch: &mut [f32]) {
        self.isa.run(Call {
            x: inputs[0].f32(),
            n: inputs[0].cols(),
            sequences: inputs[1].i32(),
            output_rows: inputs[2].i32(),
            y: outputs[0].f32(),
        });
    }
}

struct Call<'c, 'a> {
    x: &'c [f32],
    n: usize,
    sequences: &'c [i32],
    output_rows: &'c [i32],
    y: &'c mut TileMut<'a, f32>,
}

impl Kernel for Call<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let cols = self.y.cols();
        for r in self.y.rows() {
            let sequence = self.sequence_of(self.output_rows[r]);
            let y = self.y.row(r);
            y.fill(0.0);
            let mut count = 0;
            for (i, _) in (0..).zip(self.sequences).filter(|(_, s)| **s == sequence) {
                let x: &[f32] = &self.x[i * self.n..][cols.clone()];
                for (y, x) in y.iter_mut().zip(x) {
                    *y += x;
                }
                count += 1;
            }
            for y in y {
                *y /= count as f32;
            }
        }
    }
}

impl Call<'_, '_> {
    fn sequence_of(&self, row: i32) -> i32 {
        let found = usize::try_from(row)
            .ok()
            .and_then(|row| self.sequences.get(row));
        *found.unwrap_or_else(|| panic!("mean_pool: row {row} of {} rows", self.sequences.len()))
    }
}
