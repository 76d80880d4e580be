//! Causal depthwise convolution over the last few tokens of each sequence, with the inputs that the next tokens will
//! need kept in a state.
//!
//! `y[i, c] = sum_j weight[c, j] * in[i - (taps - 1) + j, c]`, where `in` is the sequence of token `i`: its inputs of
//! earlier steps, then those of this one.
//!
//! Shapes: `state`: F32 `[n_sequences, taps - 1, channels]`, the last inputs of each sequence, oldest first; `x`:
//! `[t, channels]`, f32; `weight`: F32 weight `[channels, taps]`, of which the last tap belongs to the token itself;
//! `positions`, `sequences`: I32 `[t]`; outputs: the state, in place, and `y`: `[t, channels]`, not in place.
//! At least two taps: with one there is no state. Both outputs are cut by columns only.
//!
//! The tokens of a sequence stand in the order of their positions, but other sequences' tokens may stand between them.
//! A token at position 0 has nothing before it, whatever the state holds. Other positions are not compared with what
//! the state has seen: the runtime gives each token once. Sequences that are not in the step keep their state.
//! NaN and infinity reach the outputs of as many tokens as there are taps. The runtime checks sequences; one out of
//! range panics here and never writes out of bounds.
//!
//! Source: LFM2, <https://arxiv.org/abs/2511.23404>; Mamba, <https://arxiv.org/abs/2312.00752>; ggml `GGML_OP_SSM_CONV`.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use hearth_tensor::{DType, Dim};

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::recurrent::state_dims;
use crate::shapes::{is_f32_rows, is_i32_per_row};

/// Causal depthwise convolution. Inputs: `[state, x, weight, positions, sequences]`, outputs: `[state, y]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ShortConv;

impl Operation for ShortConv {
    fn name(&self) -> &'static str {
        "short_conv"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 5)?;
        let expected = "state F32 [n_sequences, taps - 1, channels], all known, two taps or more";
        expect_input(op, inputs, 0, expected, |state| {
            state_dims(state).is_some_and(|[_, before, _]| before > 0)
        })?;
        let [_, before, channels] = state_dims(&inputs[0]).unwrap_or_default();
        expect_input(op, inputs, 1, "F32 [t, channels]", |x| {
            is_f32_rows(x) && x.cols() == Some(channels)
        })?;
        expect_input(op, inputs, 2, "F32 [channels, taps]", |weight| {
            matches!(weight.elem, Elem::F32 | Elem::Weight(DType::F32))
                && weight.dims == [Dim::Fixed(channels), Dim::Fixed(before.saturating_add(1))]
        })?;
        for input in [3, 4] {
            expect_input(op, inputs, input, "I32 [t]", |v| {
                is_i32_per_row(v, &inputs[1])
            })?;
        }
        Ok(vec![inputs[0].clone(), inputs[1].clone()])
    }

    fn states_written(&self) -> &'static [usize] {
        &[0]
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::ShortConvKernel { isa: config.isa }))
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
