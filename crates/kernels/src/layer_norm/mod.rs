//! Layer normalisation: `y[c] = (x[c] - mean(x)) / sqrt(variance(x) + eps) * w[c] + b[c]` over each row.
//!
//! The variance is the mean of `(x - mean)^2`, summed after the mean is known: the difference of mean square and
//! squared mean would lose all digits where the mean is large.
//! Shapes: `x`, `y`: `[t, n]`, f32; `w`, `b`: `[n]`, F32 weights. Not in place. Sums are f32. A NaN or infinity makes
//! its row NaN.
//! Source: Ba et al. 2016, <https://arxiv.org/abs/1607.06450>, eq. 4; ONNX `LayerNormalization-17` over the last axis.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_f32_vector};

/// Layer norm of each row. Inputs: `[x, w, b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    /// Added to the variance.
    pub eps: f32,
}

impl Operation for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 3)?;
        expect_input(op, inputs, 0, "F32 [t, n]", is_f32_rows)?;
        let n = inputs[0].cols().unwrap_or(0);
        expect_input(op, inputs, 1, "F32 [n], a weight", |w| is_f32_vector(w, n))?;
        expect_input(op, inputs, 2, "F32 [n], a bias", |b| is_f32_vector(b, n))?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::LayerNormKernel {
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
