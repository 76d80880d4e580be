//! Means over sequences: `y[r, c]` is the mean of `x[i, c]` over all rows `i` with
//! `sequences[i] = sequences[output_rows[r]]`.
//!
//! Shapes: `x`: `[t, n]`, f32; `sequences`: I32 `[t]`, which sequence a row belongs to; `output_rows`: I32 `[o]`,
//! numbers below `t`; `y`: `[o, n]`, f32. Not in place. Sums are f32, in the order of the rows. A row number out of
//! range panics.
//! An embedding model pools so: any row of a text asks for the text's mean.
//! Source: Reimers & Gurevych 2019, <https://arxiv.org/abs/1908.10084>, section 3; `LLAMA_POOLING_TYPE_MEAN`.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_i32_per_row};

/// Means over sequences. Inputs: `[x, sequences, output_rows]`.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanPool;

impl Operation for MeanPool {
    fn name(&self) -> &'static str {
        "mean_pool"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 3)?;
        expect_input(op, inputs, 0, "F32 [t, n]", is_f32_rows)?;
        expect_input(op, inputs, 1, "I32 [t], sequences", |sequences| {
            is_i32_per_row(sequences, &inputs[0])
        })?;
        expect_input(op, inputs, 2, "I32 [o], row numbers", |rows| {
            rows.elem == Elem::I32 && rows.dims.len() == 1
        })?;
        let dims = [inputs[2].dims[0], inputs[0].dims[1]];
        Ok(vec![ValueType::new(Elem::F32, dims)])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::MeanPoolKernel { isa: config.isa }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel())
    }
}
