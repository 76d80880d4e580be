//! Gated delta rule: linear attention whose memory is a matrix for each head, which decays and is corrected by each
//! token.
//!
//! For each token `i` of a sequence in turn and each value head `h`, with its queries and keys from head
//! `h % n_k_heads` and with `S: [k_dim, v_dim]`, the sequence's matrix of head `h`:
//!
//! - `q^ = q / sqrt(sum(q^2) + eps) / sqrt(k_dim)`, `k^ = k / sqrt(sum(k^2) + eps)`,
//! - `g = exp(a[h] * softplus(alpha[i, h] + dt_bias[h]))`, `b = sigmoid(beta[i, h])`,
//! - `S = g * S`, `S += k^ (b * (v - k^ S))`, `y[i, h] = q^ S`.
//!
//! `softplus(x) = ln(1 + e^x)`, and `x` itself above 20.
//!
//! Shapes: `state`: F32 `[n_sequences, k_dim, n_v_heads * v_dim]`; `qkv`: f32
//! `[t, 2 * n_k_heads * k_dim + n_v_heads * v_dim]`: all heads' queries, then keys, then values; `alpha`, `beta`:
//! `[t, n_v_heads]`, f32; `dt_bias`, `a`: F32 weights `[n_v_heads]`; `positions`, `sequences`: I32 `[t]`; outputs: the
//! state, in place, and `y`: `[t, n_v_heads * v_dim]`, not in place. Heads stand in columns of both outputs, so that
//! both are cut between the same heads. Sums are f32.
//!
//! The tokens of a sequence stand in the order of their positions, but other sequences' tokens may stand between them.
//! A token at position 0 starts from `S = 0`, whatever the state holds. Sequences that are not in the step keep their
//! state. A NaN stays in its head's matrix until position 0. The runtime checks sequences; one out of range panics here
//! and never writes out of bounds.
//!
//! `eps` is added to the sum of squares, as HF transformers do; ggml bounds the norm by `eps` instead, which differs
//! only where the sum of squares is near `eps`.
//!
//! Source: Yang et al. 2024, <https://arxiv.org/abs/2412.06464>, eq. 10; HF transformers
//! `torch_recurrent_gated_delta_rule`; llama.cpp `delta-net` for the order of heads.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use hearth_tensor::Dim;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::recurrent::state_dims;
use crate::shapes::{is_f32_rows, is_f32_vector, is_i32_per_row};

/// Gated delta rule. Inputs: `[state, qkv, alpha, beta, dt_bias, a, positions, sequences]`, outputs: `[state, y]`.
#[derive(Clone, Debug, PartialEq)]
pub struct GatedDeltaNet {
    /// Heads of queries and keys; divides `n_v_heads`.
    pub n_k_heads: usize,
    /// Heads of values; each has a matrix of its own.
    pub n_v_heads: usize,
    /// Elements of a query or key.
    pub k_dim: usize,
    /// Elements of a value.
    pub v_dim: usize,
    /// Added to the sums of squares of queries and keys.
    pub eps: f32,
}

impl GatedDeltaNet {
    /// Columns of the state and of the output; `None` if there are none or too many.
    fn out_cols(&self) -> Option<usize> {
        let cols = self.n_v_heads.checked_mul(self.v_dim)?;
        let has_heads = self.n_k_heads > 0 && self.n_v_heads.is_multiple_of(self.n_k_heads);
        (has_heads && cols > 0 && self.k_dim > 0).then_some(cols)
    }

    /// Elements of a row of `qkv`.
    fn in_cols(&self) -> Option<usize> {
        let keys = self.n_k_heads.checked_mul(self.k_dim)?;
        keys.checked_mul(2)?.checked_add(self.out_cols()?)
    }
}

impl Operation for GatedDeltaNet {
    fn name(&self) -> &'static str {
        "gated_delta_net"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 8)?;
        let expected = "state F32 [n_sequences, k_dim, n_v_heads * v_dim], all known";
        let out_cols = self.out_cols();
        expect_input(op, inputs, 0, expected, |state| {
            state_dims(state).is_some_and(|[_, k, cols]| k == self.k_dim && Some(cols) == out_cols)
        })?;
        let expected = "F32 [t, 2 * n_k_heads * k_dim + n_v_heads * v_dim]";
        let in_cols = self.in_cols();
        expect_input(op, inputs, 1, expected, |qkv| {
            is_f32_rows(qkv) && in_cols.is_some() && qkv.cols() == in_cols
        })?;
        let t = inputs[1].dims[0];
        for input in [2, 3] {
            expect_input(op, inputs, input, "F32 [t, n_v_heads]", |v| {
                v.elem == Elem::F32 && v.dims == [t, Dim::Fixed(self.n_v_heads)]
            })?;
        }
        for input in [4, 5] {
            expect_input(op, inputs, input, "F32 [n_v_heads]", |v| {
                is_f32_vector(v, self.n_v_heads)
            })?;
        }
        for input in [6, 7] {
            expect_input(op, inputs, input, "I32 [t]", |v| {
                is_i32_per_row(v, &inputs[1])
            })?;
        }
        let y = ValueType::f32_rows(t, self.n_v_heads * self.v_dim);
        Ok(vec![inputs[0].clone(), y])
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
        Ok(Box::new(cpu::GatedDeltaNetKernel {
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
        Ok(Box::new(gpu::GatedDeltaNetKernel::new(self)))
    }
}
