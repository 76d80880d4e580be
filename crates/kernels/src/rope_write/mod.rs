//! Turns a step's queries and keys by their positions and writes keys and values into their caches, in place: all that
//! lies between the projections of a layer and its attention, as one call.
//!
//! `x`'s columns are the query heads, then the key heads, then, with [`RopeWrite::values`], the value heads. Queries are
//! `rope(norm(x))`; a cell of the key cache becomes `rope(norm(x))` of its head and token, one of the value cache `x` as
//! it is. `norm` is [`crate::rms_norm`] of each head, with [`RopeWrite::norm`]; without it, x itself.
//!
//! Shapes: `x`: `[t, (n_heads + n_kv_heads (+ n_kv_heads)) * head_dim]`, f32; `positions`, `sequences`: I32 `[t]`;
//! `inv_freq`: F32 weight `[rotary_dims / 2]`; `keys` and `values`: states of one element type
//! `[n_kv_heads, n_sequences, n_ctx, head_dim]`; `norms`: F32 weight `[2 * head_dim]`, of queries, then of keys. Outputs:
//! the caches, then the turned queries `[t, n_heads * head_dim]`, f32. What is rounded, and what NaN does, is said at
//! [`crate::rope`] and [`crate::kv_write`]. Computed on GPUs only, where each dispatch costs.

mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::kv_write::{CacheShape, cache};
use crate::rope::Rope;
use crate::shapes::{is_f32_rows, is_f32_vector, is_i32_per_row};

/// Turn queries and keys, write keys and values. Inputs: `[x, positions, sequences, inv_freq, keys]`, then `values` and
/// `norms`, if there are any. Outputs: the states, then the queries.
#[derive(Clone, Debug, PartialEq)]
pub struct RopeWrite {
    /// How queries and keys are turned.
    pub rope: Rope,
    /// Heads of queries.
    pub n_heads: usize,
    /// Heads of queries and keys are normalised, with this added to the mean of their squares.
    pub norm: Option<f32>,
    /// x has values as well, which are written.
    pub values: bool,
}

impl RopeWrite {
    const KEYS: usize = 4;
    const VALUES: usize = 5;

    /// Where the norms stand among the inputs.
    fn norms_input(&self) -> Option<usize> {
        self.norm.map(|_| Self::KEYS + 1 + usize::from(self.values))
    }

    /// Heads of x, of which those of the queries are the first.
    fn heads(&self, n_kv_heads: usize) -> usize {
        self.n_heads + n_kv_heads * (1 + usize::from(self.values))
    }

    fn check_states(&self, inputs: &[ValueType]) -> Result<CacheShape, ContractError> {
        let op = self.name();
        let head_dim = self.rope.head_dim;
        let is_cache =
            |state: &ValueType| CacheShape::of(state).is_some_and(|c| c.head_dim == head_dim);
        expect_input(op, inputs, Self::KEYS, cache::EXPECTED, is_cache)?;
        if self.values {
            let expected = "a cache like that of the keys";
            expect_input(op, inputs, Self::VALUES, expected, |values| {
                *values == inputs[Self::KEYS]
            })?;
        }
        Ok(CacheShape::of(&inputs[Self::KEYS]).expect("it was checked"))
    }
}

impl Operation for RopeWrite {
    fn name(&self) -> &'static str {
        "rope_write"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let (op, rope) = (self.name(), &self.rope);
        let more = [self.values, self.norm.is_some()];
        let arity = 1 + Self::KEYS + more.into_iter().filter(|&there| there).count();
        expect_arity(op, inputs, arity)?;
        let shape = self.check_states(inputs)?;
        let cols = self.heads(shape.n_kv_heads) * rope.head_dim;
        expect_input(op, inputs, 0, "F32 [t, all heads * head_dim]", |x| {
            is_f32_rows(x) && x.cols() == Some(cols)
        })?;
        for input in [1, 2] {
            expect_input(op, inputs, input, "I32 [t]", |v| {
                is_i32_per_row(v, &inputs[0])
            })?;
        }
        expect_input(op, inputs, 3, "F32 [rotary_dims / 2]", |v| {
            rope.rotary_dims <= rope.head_dim
                && rope.rotary_dims.is_multiple_of(2)
                && is_f32_vector(v, rope.rotary_dims / 2)
        })?;
        if let Some(input) = self.norms_input() {
            expect_input(op, inputs, input, "F32 [2 * head_dim]", |v| {
                is_f32_vector(v, 2 * rope.head_dim)
            })?;
        }
        let states = self.states_written().iter().map(|&i| inputs[i].clone());
        let queries = ValueType::f32_rows(inputs[0].dims[0], self.n_heads * rope.head_dim);
        Ok(states.chain([queries]).collect())
    }

    fn states_written(&self) -> &'static [usize] {
        if self.values {
            &[Self::KEYS, Self::VALUES]
        } else {
            &[Self::KEYS]
        }
    }

    fn cpu(&self, _: &[ValueType], _: CpuConfig) -> Result<Box<dyn CpuKernel>, ContractError> {
        Err(ContractError::NoCpuKernel { op: self.name() })
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        gpu::kernel(self, inputs, config.in_step)
    }
}
