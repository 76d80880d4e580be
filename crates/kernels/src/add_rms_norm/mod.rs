//! A residual addition and the norm that follows it: `s = a + b`, `y[c] = s[c] / sqrt(mean(s^2) + eps) * w[c]`.
//!
//! Shapes: `a`, `b`: `[t, d]`, f32; `w`: `[d]`, F32 weight; outputs `s`: `[t, d]` and `y`: `[t, d]`. Not in place.
//! `eps` is added to the mean of the squares. Sums are f32. A NaN or infinity makes its row of `y` NaN.
//! Source: [`crate::rms_norm`] of the sum; one operation because the sum is needed again after the next sublayer.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_f32_vector};

/// Sum of two values and its RMS norm. Inputs: `[a, b, w]`, outputs: `[a + b, norm]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AddRmsNorm {
    /// Added to the mean of the squares.
    pub eps: f32,
}

impl Operation for AddRmsNorm {
    fn name(&self) -> &'static str {
        "add_rms_norm"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 3)?;
        expect_input(op, inputs, 0, "F32 [t, d]", is_f32_rows)?;
        expect_input(op, inputs, 1, "F32 [t, d], like a", |b| *b == inputs[0])?;
        let d = inputs[0].cols().unwrap_or(0);
        expect_input(op, inputs, 2, "F32 [d]", |w| is_f32_vector(w, d))?;
        Ok(vec![inputs[0].clone(), inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::AddRmsNormKernel {
            isa: config.isa,
            eps: self.eps,
        }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel(self.eps, config.in_step))
    }
}
