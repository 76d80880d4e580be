//! Attention with grouped queries over a cache: each token looks at those positions of its own sequence that the
//! [`Mask`] lets it see.
//!
//! `y[i, h] = sum_p w[p] * v[g, s, p]`, `w = softmax_p(cap(scale * q[i, h] . k[g, s, p]))` over the positions `p` that
//! `positions[i]` sees, with `s = sequences[i]` and the key/value head `g = h / (n_heads / n_kv_heads)`.
//! `cap(x) = softcap * tanh(x / softcap)`, or `x` without a soft cap. With sinks the softmax has one more term
//! `sinks[h]`, whose weight goes to no value, so that the weights of the positions sum to less than 1.
//!
//! Shapes: `q`, `y`: `[t, n_heads * head_dim]`, f32; `k`, `v`: states F32, F16 or Q8_0 of one
//! [`CacheShape`] `[n_kv_heads, n_sequences, n_ctx, head_dim]`, into which this step's tokens are already written;
//! `positions`, `sequences`: I32 `[t]`; `sinks`, where the operation has them: F32 weight `[n_heads]`. Not in place.
//! Sums are f32. Cells that a token does not see carry no weight, but must not hold NaN or infinity up to the largest
//! position of the step. A NaN in `q` makes its head's output unspecified. In an F16 cache infinity and NaN may count as
//! large numbers. Positions before all windows are not read, but for up to a tile of keys.
//! A token's output has the same bits alone and in a step with other tokens of its sequence, up to [`DECODE_TOKENS`].
//! The runtime checks positions and sequences; one out of range panics here and never reads out of bounds.
//!
//! Room kept free: a position bias changes the scores between `scores` and `softmax` in `cpu`, as the soft cap does.
//!
//! Source: Ainslie et al. 2023, <https://arxiv.org/abs/2305.13245> (grouped queries); Milakov & Gimelshein 2018,
//! <https://arxiv.org/abs/1805.02867>, algorithm 3 (the softmax that needs no second pass over the keys); Gemma 2,
//! <https://arxiv.org/abs/2408.00118> (soft cap, windows); Xiao et al. 2023, <https://arxiv.org/abs/2309.17453>
//! (sinks).

mod block;
mod by_dot;
mod by_lane;
mod cells;
mod cpu;
mod gpu;
mod mask;
mod queries;
pub mod reference;
mod softcap;
mod values;

#[cfg(test)]
mod step;
#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::kv_write::cache::{self, CacheShape};
use crate::shapes::{is_f32_rows, is_f32_vector, is_i32_per_row};

pub use mask::Mask;

/// Up to so many neighbouring tokens of a sequence are computed as if each were alone: with the same bits, under a
/// causal mask.
pub const DECODE_TOKENS: usize = 16;

/// Attention over a cache. Inputs: `[q, k, v, positions, sequences]`, and `sinks` where it has them.
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
    /// What a query sees.
    pub mask: Mask,
    /// Bound of the scores' magnitudes, which they approach smoothly; above 0.
    pub softcap: Option<f32>,
    /// Whether every head has one more term in its softmax, given by the last input.
    pub sinks: bool,
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
        expect_arity(op, inputs, if self.sinks { 6 } else { 5 })?;
        let cols = self.n_heads.checked_mul(self.head_dim);
        expect_input(op, inputs, 0, "F32 [t, n_heads * head_dim]", |q| {
            is_f32_rows(q) && q.cols() == cols && cols != Some(0)
        })?;
        expect_input(op, inputs, 1, cache::EXPECTED, |k| self.fits(k))?;
        expect_input(op, inputs, 2, "a cache like k", |v| *v == inputs[1])?;
        for input in [3, 4] {
            expect_input(op, inputs, input, "I32 [t]", |v| {
                is_i32_per_row(v, &inputs[0])
            })?;
        }
        if self.sinks {
            expect_input(op, inputs, 5, "F32 [n_heads]", |sinks| {
                is_f32_vector(sinks, self.n_heads)
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

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        gpu::kernel(self, &inputs[1])
    }
}
