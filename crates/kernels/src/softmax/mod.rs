//! Softmax of each row: `y[r, c] = exp(x[r, c] - m[r]) / sum_c exp(x[r, c] - m[r])` with `m[r] = max_c x[r, c]`.
//!
//! Shapes: `x`, `y`: `[t, n]`, f32. Not in place. A row of all `-inf` yields zeros, not NaN. A NaN or `+inf` makes
//! its row unspecified.
//! Source: ONNX `Softmax-13` for the formula; the zero row follows llama.cpp.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_rows;

/// Softmax of each row. Inputs: `[x]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Softmax;

impl Operation for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        expect_arity(self.name(), inputs, 1)?;
        expect_input(self.name(), inputs, 0, "F32 [t, n]", is_f32_rows)?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::SoftmaxKernel { isa: config.isa }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel(config.in_step))
    }
}
