//! Causal attention with grouped queries over a cache: each token looks at its own sequence up to its own position.
//!
//! `y[i, h] = sum_p w[p] * v[g, s, p]`, `w = softmax_p(scale * q[i, h] . k[g, s, p])` over `0 <= p <= positions[i]`,
//! with `s = sequences[i]` and the key/value head `g = h / (n_heads / n_kv_heads)`.
//!
//! Shapes: `q`, `y`: `[t, n_heads * head_dim]`, f32; `k`, `v`: states F32 or F16 of one
//! [`CacheShape`] `[n_kv_heads, n_sequences, n_ctx, head_dim]`, into which this step's tokens are already written;
//! `positions`, `sequences`: I32 `[t]`. Not in place. Sums are f32. Cells beyond a token's position carry no weight,
//! but must not hold NaN or infinity up to the largest position of the step. A NaN in `q` makes its head's output
//! unspecified.
//! The runtime checks positions and sequences; one out of range panics here and never reads out of bounds.
//!
//! Rooms kept free: a sliding window is a first position beside the last one of `cpu::Queries::last` (and the loop
//! over key tiles starts there); a soft cap and a position bias change the scores between `scores` and `softmax` in
//! `cpu`; a sink is one more term of the sum when a row is divided by it.
//!
//! Source: Ainslie et al. 2023, <https://arxiv.org/abs/2305.13245> (grouped queries); Milakov & Gimelshein 2018,
//! <https://arxiv.org/abs/1805.02867>, algorithm 3 (the softmax that needs no second pass over the keys).

mod by_dot;
mod by_lane;
mod cells;
mod cpu;
mod queries;
pub mod reference;
mod values;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::kv_write::cache::{self, CacheShape};
use crate::shapes::{is_f32_rows, is_i32_per_row};

/// Causal attention over a cache. Inputs: `[q, k, v, positions, sequences]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// Heads that ask.
    pub n_heads: usize,
    /// Heads that have keys and values; divides `n_heads`.
    pub n_kv_heads: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Factor of the scores, usually `1 / sqrt(head_dim)`.
    pub scale: f32,
}

impl Attention {
    /// Query heads that share a key/value head.
    fn group(&self) -> usize {
        self.n_heads / self.n_kv_heads
    }

    fn fits(&self, cache: &ValueType) -> bool {
        CacheShape::of(cache).is_some_and(|shape| {
            self.n_kv_heads > 0
                && self.n_heads.is_multiple_of(self.n_kv_heads)
                && shape.n_kv_heads == self.n_kv_heads
                && shape.head_dim == self.head_dim
        })
    }
}

impl Operation for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 5)?;
        let cols = self.n_heads.checked_mul(self.head_dim);
        expect_input(op, inputs, 0, "F32 [t, n_heads * head_dim]", |q| {
            is_f32_rows(q) && q.cols() == cols && cols != Some(0)
        })?;
        expect_input(op, inputs, 1, cache::EXPECTED, |k| self.fits(k))?;
        expect_input(op, inputs, 2, "a cache like k", |v| {
            self.fits(v) && v.dims == inputs[1].dims
        })?;
        for input in [3, 4] {
            expect_input(op, inputs, input, "I32 [t]", |v| {
                is_i32_per_row(v, &inputs[0])
            })?;
        }
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::AttentionKernel {
            isa: config.isa,
            op: self.clone(),
        }))
    }
}
