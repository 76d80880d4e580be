//! Attention temperature by position: `y[t, :] = x[t, :] * (1 + beta * ln(1 + floor(position[t] / n_ctx_original)))`.
//!
//! Within the context that a model was trained on the factor is 1; beyond it, queries grow slowly, so that attention
//! over more keys does not flatten.
//! Shapes: `x`, `y`: `[t, n]`, f32; `positions`: I32 `[t]`, not negative: the kernel panics otherwise. Not in place.
//! NaN and infinity follow IEEE 754.
//! Source: Llama 4 and Ministral 3, `attn_temp_scale` of llama.cpp; after Nakanishi 2025,
//! <https://arxiv.org/abs/2501.19399>.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_i32_per_row};

/// Scale each row by its position. Inputs: `[x, positions]`.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionScale {
    /// How fast the factor grows.
    pub beta: f32,
    /// Positions that share a factor: the context of training. 0 counts as 1.
    pub n_ctx_original: usize,
}

impl Operation for PositionScale {
    fn name(&self) -> &'static str {
        "position_scale"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [t, n]", is_f32_rows)?;
        expect_input(op, inputs, 1, "I32 [t], positions", |positions| {
            is_i32_per_row(positions, &inputs[0])
        })?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::PositionScaleKernel {
            isa: config.isa,
            op: self.clone(),
        }))
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
