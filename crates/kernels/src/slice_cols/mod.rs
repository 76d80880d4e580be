//! Neighbouring columns of a matrix: `y[i, c] = x[i, start + c]`.
//!
//! Shapes: `x`: `[t, d]`, f32; `y`: `[t, len]`, `start + len <= d`. Not in place.
//! Source: ONNX `Slice-13` along the last axis, with step 1.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_rows;

/// Neighbouring columns of a matrix. Input: `[x]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceCols {
    /// First column.
    pub start: usize,
    /// Columns.
    pub len: usize,
}

impl Operation for SliceCols {
    fn name(&self) -> &'static str {
        "slice_cols"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 1)?;
        let end = self.start.checked_add(self.len);
        expect_input(op, inputs, 0, "F32 [t, d] with start + len <= d", |x| {
            is_f32_rows(x) && x.cols().zip(end).is_some_and(|(d, end)| end <= d)
        })?;
        Ok(vec![ValueType::f32_rows(inputs[0].dims[0], self.len)])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        _config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        let start = self.start;
        Ok(Box::new(cpu::SliceColsKernel { start }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel(self))
    }
}
