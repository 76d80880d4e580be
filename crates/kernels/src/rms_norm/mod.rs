//! Root-mean-square normalisation: `y[c] = x[c] / sqrt(mean(x^2) + eps) * w[c]` over each run of `g` elements.
//!
//! Shapes: `x`: `[t, d]`, f32; `w`: `[g]`, F32 weight, `d` a multiple of `g`; `y`: `[t, d]`. With `g = d` a run is the
//! row; with `g = head_dim` every head is normalised on its own with the same weight (the q and k norms of Qwen 3).
//! Not in place. `eps` is added to the mean of the squares. Sums are f32. A NaN or infinity makes its run NaN.
//! Source: Zhang & Sennrich 2019, <https://arxiv.org/abs/1910.07467>, eq. 4.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_f32_vector};

/// RMS norm of each run of `w.len()` elements. Inputs: `[x, w]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RmsNorm {
    /// Added to the mean of the squares.
    pub eps: f32,
}

impl Operation for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [t, d]", is_f32_rows)?;
        let d = inputs[0].cols().unwrap_or(0);
        expect_input(op, inputs, 1, "F32 [g] with d a multiple of g", |w| {
            w.cols()
                .is_some_and(|g| g > 0 && d.is_multiple_of(g) && is_f32_vector(w, g))
        })?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::RmsNormKernel {
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
