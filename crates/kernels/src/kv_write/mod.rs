//! Writes the keys or the values of a step's tokens into a cache, in place.
//!
//! `state[h, sequences[i], positions[i], c] = x[i, h * head_dim + c]` for every token `i` and head `h`.
//!
//! Shapes: `state`: F32, F16 or Q8_0 `[n_kv_heads, n_sequences, n_ctx, head_dim]` ([`CacheShape`]); `x`:
//! `[t, n_kv_heads * head_dim]`, f32; `positions`, `sequences`: I32 `[t]`; output: the state, of which a tile counts
//! rows of `head_dim` elements. Heads are outermost so that attention reads the positions of a head one after the
//! other, and a thread owns heads. F16 is rounded to nearest even; beyond ±65504 it becomes infinity.
//! Q8_0 is GGML's: blocks of 32 elements of a cell, as codes `round(x / s)` with `s = max|x| / 127`, which is stored in
//! half precision; below its range a block becomes 0, and with NaN or infinity, or elements beyond 127 * 65504, NaN or
//! infinity. `head_dim` is a multiple of 32; such a state's tiles are rows of bytes.
//! When two tokens name the same cell, the later one stays. The runtime checks positions and sequences; one out of
//! range panics here and never writes out of bounds.

pub mod cache;
mod cpu;
mod gpu;
pub mod reference;
pub(crate) mod store;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_i32_per_row};

pub use cache::CacheShape;

/// Write rows of a step into a cache. Inputs: `[state, x, positions, sequences]`, output: the state.
#[derive(Clone, Debug, PartialEq)]
pub struct KvWrite;

impl Operation for KvWrite {
    fn name(&self) -> &'static str {
        "kv_write"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 4)?;
        expect_input(op, inputs, 0, cache::EXPECTED, |state| {
            CacheShape::of(state).is_some()
        })?;
        let cols = CacheShape::of(&inputs[0]).and_then(|c| c.n_kv_heads.checked_mul(c.head_dim));
        expect_input(op, inputs, 1, "F32 [t, n_kv_heads * head_dim]", |x| {
            is_f32_rows(x) && x.cols() == cols
        })?;
        for input in [2, 3] {
            expect_input(op, inputs, input, "I32 [t]", |v| {
                is_i32_per_row(v, &inputs[1])
            })?;
        }
        Ok(vec![inputs[0].clone()])
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
        Ok(Box::new(cpu::KvWriteKernel { isa: config.isa }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        gpu::kernel(&inputs[0])
    }
}
