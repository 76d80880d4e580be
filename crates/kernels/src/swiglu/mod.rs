//! Gated activation: `y = silu(gate) * up` with `silu(g) = g / (1 + e^-g)`.
//!
//! Shapes: `gate`, `up`, `y`: `[t, n]`, f32. Not in place. A NaN stays NaN; a gate of `-inf` gives NaN, as in ggml.
//! Source: Shazeer 2020, <https://arxiv.org/abs/2002.05202>, eq. 6, without its matrices; ggml `GGML_GLU_OP_SWIGLU`.

mod cpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::shapes::is_f32_rows;

/// `silu(gate) * up`. Inputs: `[gate, up]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SwiGlu;

impl Operation for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [t, n]", is_f32_rows)?;
        expect_input(op, inputs, 1, "F32 [t, n], like gate", |up| {
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
        Ok(Box::new(cpu::SwiGluKernel { isa: config.isa }))
    }
}
