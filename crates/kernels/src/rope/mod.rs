//! Rotary position embedding: turns pairs of a head's elements by angles that grow with the token's position.
//!
//! `angle[i] = position * inv_freq[i]`, `(a, b) -> m * (a * cos - b * sin, a * sin + b * cos)`, for `rotary_dims / 2`
//! pairs `i` of each head: `(x[2i], x[2i + 1])` or `(x[i], x[i + rotary_dims / 2])` ([`RopeLayout`]); `m` is
//! `magnitude`. Dimensions of a head from `rotary_dims` on pass through unchanged.
//!
//! Shapes: `x`, `y`: `[t, n_heads * head_dim]`, f32; `positions`: I32 `[t]`, not negative; `inv_freq`: F32 weight
//! `[rotary_dims / 2]`, radians per position. Not in place. The angle is an f32, as in ggml and PyTorch; its sine and
//! cosine are exact to f32. NaN and infinity of a pair stay in the pair.
//! A model's frequency factors and scaling are folded into `inv_freq` ([`frequencies`]).
//! Source: Su et al. 2021, <https://arxiv.org/abs/2104.09864>, eq. 34; ggml `GGML_ROPE_TYPE_NORM` and `_NEOX`.

mod angles;
mod cpu;
mod frequencies;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_f32_vector, is_i32_per_row};

pub use frequencies::frequencies;
pub(crate) use gpu::TURN;

/// Which elements of a head form a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RopeLayout {
    /// Neighbours, `(x[2i], x[2i + 1])`: ggml's "NORM", as Llama's GGUF files are stored.
    Interleaved,
    /// The halves of the rotated part, `(x[i], x[i + rotary_dims / 2])`: ggml's "NEOX", as in Qwen.
    Halves,
}

/// Rotate each head of each token by its position. Inputs: `[x, positions, inv_freq]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rope {
    /// Elements of a head.
    pub head_dim: usize,
    /// Elements of a head that are rotated, an even number: the first ones.
    pub rotary_dims: usize,
    /// Which elements form a pair.
    pub layout: RopeLayout,
    /// Factor of every rotated element; 1 unless the frequencies are stretched in a way that asks for it (YaRN).
    pub magnitude: f32,
}

impl Operation for Rope {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 3)?;
        expect_input(
            op,
            inputs,
            0,
            "F32 [t, n_heads * head_dim] with head_dim >= rotary_dims",
            |x| {
                is_f32_rows(x)
                    && (1..=self.head_dim).contains(&self.rotary_dims)
                    && x.cols().is_some_and(|n| n.is_multiple_of(self.head_dim))
            },
        )?;
        expect_input(op, inputs, 1, "I32 [t]", |v| is_i32_per_row(v, &inputs[0]))?;
        expect_input(op, inputs, 2, "F32 [rotary_dims / 2]", |v| {
            self.rotary_dims.is_multiple_of(2) && is_f32_vector(v, self.rotary_dims / 2)
        })?;
        Ok(vec![inputs[0].clone()])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::RopeKernel {
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
