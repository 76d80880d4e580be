//! Elementwise sum: `y[r, c] = a[r, c] + b[r, c]`, or `a[r, c] + b[c]` when `b` is a vector.
//!
//! Shapes: `a`: `[t, n]`, f32; `b`: `[t, n]`, f32, or `[n]`, F32 weight (a bias); `y`: `[t, n]`. Not in place.
//! NaN and infinity follow IEEE 754.
//! Source: ONNX `Add-14`, restricted to these two shapes.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_f32_vector};

/// Sum of two values, or of a value's rows and a vector. Inputs: `[a, b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Add;

impl Operation for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [t, n]", is_f32_rows)?;
        let n = inputs[0].cols().unwrap_or(0);
        expect_input(op, inputs, 1, "F32 [t, n], like a, or F32 [n]", |b| {
            *b == inputs[0] || is_f32_vector(b, n)
        })?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::AddKernel {
            isa: config.isa,
            b_is_vector: inputs[1].dims.len() == 1,
        }))
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
