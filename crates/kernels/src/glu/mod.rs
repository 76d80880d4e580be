//! Gated linear unit: `y = f(gate) * up`, or gpt-oss's clamped form.
//!
//! | form | `y` |
//! |---|---|
//! | [`GluForm::Activation`] | `f(gate) * up`, `f` of [`crate::activation`]; SwiGLU: `Silu`, GeGLU: `GeluTanh` |
//! | [`GluForm::ClampedSwish`] | `g * sigmoid(alpha * g) * (u + 1)` |
//!
//! with `g = min(gate, limit)` and `u = clamp(up, -limit, limit)`.
//!
//! Shapes: `gate`, `up`, `y`: `[.., t, n]`, f32. Not in place. A NaN stays NaN; so does what `f` makes of a gate of
//! `-inf`.
//! Source: Shazeer 2020, <https://arxiv.org/abs/2002.05202>, eq. 5 and 6, without their matrices; ggml
//! `GGML_GLU_OP_SWIGLU`, `_GEGLU` and `_SWIGLU_OAI`.

mod cpu;
pub(crate) mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::activation::Activation;
use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_stack;

/// How a gate acts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GluForm {
    /// `f(gate) * up`.
    Activation(Activation),
    /// Clamped gate and factor, the factor shifted by one: gpt-oss.
    ClampedSwish {
        /// Slope of the sigmoid; 1.702 makes of it an approximation of GELU's.
        alpha: f32,
        /// Bound of the gate from above, and of the factor on both sides.
        limit: f32,
    },
}

/// A gated linear unit. Inputs: `[gate, up]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Glu {
    /// How the gate acts.
    pub form: GluForm,
}

impl Glu {
    /// `activation(gate) * up`.
    pub const fn new(activation: Activation) -> Self {
        Glu {
            form: GluForm::Activation(activation),
        }
    }
}

impl Operation for Glu {
    fn name(&self) -> &'static str {
        "glu"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [.., t, n]", is_f32_stack)?;
        expect_input(op, inputs, 1, "F32 [.., t, n], like gate", |up| {
            *up == inputs[0]
        })?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::GluKernel {
            isa: config.isa,
            form: self.form,
        }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel(self.form))
    }
}
