//! A function of every element: `y = f(x)`.
//!
//! | function | `f(x)` |
//! |---|---|
//! | [`MapFunction::Activation`] | one of [`crate::activation`] |
//! | [`MapFunction::Scale`] | `c * x` |
//! | [`MapFunction::SoftCap`] | `c * tanh(x / c)`, for `c > 0`: keeps within `-c..=c`, and near 0 the element |
//!
//! Shapes: `x`, `y`: `[.., t, n]`, f32. Not in place. A NaN stays NaN; the soft cap of an infinity is `c` of its sign.
//! Source: ONNX `Tanh-13`; the soft cap of Gemma 2, <https://arxiv.org/abs/2408.00118>, section 2.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::activation::Activation;
use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_stack;

/// What is done to an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MapFunction {
    /// An activation.
    Activation(Activation),
    /// Multiply by this factor.
    Scale(f32),
    /// Keep within this bound, smoothly.
    SoftCap(f32),
}

/// A function of every element. Inputs: `[x]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The function.
    pub function: MapFunction,
}

impl Operation for Map {
    fn name(&self) -> &'static str {
        "map"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 1)?;
        expect_input(op, inputs, 0, "F32 [.., t, n]", is_f32_stack)?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::MapKernel {
            isa: config.isa,
            function: self.function,
        }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel(self.function))
    }
}
