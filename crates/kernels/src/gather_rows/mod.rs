//! Chosen rows of a matrix: `y[i, c] = x[rows[i], c]`.
//!
//! Shapes: `x`: `[t, d]`, f32; `rows`: I32 `[o]`, numbers below `t`, repeats allowed; `y`: `[o, d]`. Not in place.
//! Used to compute logits only for the tokens that need them. The executor's caller checks row numbers; one out of
//! range panics here and never reads out of bounds.
//! Source: ONNX `Gather-13` with `axis = 0`, without negative indices.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_rows;

/// Chosen rows of a matrix. Inputs: `[x, rows]`.
#[derive(Clone, Debug, PartialEq)]
pub struct GatherRows;

impl Operation for GatherRows {
    fn name(&self) -> &'static str {
        "gather_rows"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [t, d]", is_f32_rows)?;
        expect_input(op, inputs, 1, "I32 [o]", |rows| {
            rows.elem == Elem::I32 && rows.dims.len() == 1
        })?;
        let dims = [inputs[1].dims[0], inputs[0].dims[1]];
        Ok(vec![ValueType::new(Elem::F32, dims)])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        _config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::GatherRowsKernel))
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
