//! Activations rounded to 8 bits per block of 32: `x[r, c] ~ scale[r, c / 32] * code[r, c]`.
//!
//! `s = max|x| / 127` over the block, `code = round(x / s)`, to nearest even, so codes lie in `-127..=127`; `scale` is
//! `s` rounded to 11 significant bits. That is what half precision keeps, so results follow llama.cpp's, whose blocks
//! store an f16 (but without its small range).
//! Shapes: `x`: `[.., t, k]`, f32, `k` a multiple of 32; `y`: `[.., t, k]`, Q8. Not in place.
//!
//! A row of `y` is a record of `k / 32` blocks of 48 bytes, each its codes and what they mean ([`Q8Block`]). All numbers are
//! of the machine's byte order; records start at multiples of 16 bytes. The sums let a kernel subtract zero points and
//! add minima once per group instead of once per element.
//!
//! A block of zeros has scale 0, and so has one whose scale would be below the smallest normal f32. A block that holds
//! NaN or infinity has scale NaN and codes 0: what is computed from it becomes NaN.
//!
//! Source: `quantize_row_q8_0` of ggml-quants.c.

mod cpu;
pub mod reference;

#[cfg(test)]
mod tests;

use bytemuck::{Pod, Zeroable, cast_slice};

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::shapes::is_f32_stack;

pub(crate) use cpu::quantize as quantize_block;

/// Elements that share a scale.
pub const BLOCK: usize = 32;
/// Elements of half a block.
pub const HALF: usize = BLOCK / 2;

/// What a block's codes mean.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Factors {
    /// The scale.
    pub scale: f32,
    /// The scale times the sum of the codes.
    pub sum: f32,
    /// The same of each half of the block.
    pub half_sums: [f32; 2],
}

/// Elements that share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Q8Block {
    /// The codes.
    pub codes: [i8; BLOCK],
    /// What they mean.
    pub factors: Factors,
}

/// Bytes of one row of `cols` elements.
pub fn row_bytes(cols: usize) -> usize {
    cols / BLOCK * size_of::<Q8Block>()
}

/// The blocks of a row. Panics unless it holds whole ones and starts at a multiple of 4.
pub fn blocks_of(row: &[u8]) -> &[Q8Block] {
    cast_slice(row)
}

/// Rounding to 8 bits. Inputs: `[x]`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizeRows;

impl Operation for QuantizeRows {
    fn name(&self) -> &'static str {
        "quantize_rows"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 1)?;
        let expected = "F32 [.., t, k] with k a multiple of 32";
        expect_input(op, inputs, 0, expected, |x| {
            is_f32_stack(x) && x.cols().is_some_and(|k| k.is_multiple_of(BLOCK))
        })?;
        Ok(vec![ValueType::new(
            Elem::Q8,
            inputs[0].dims.iter().copied(),
        )])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::QuantizeRowsKernel { isa: config.isa }))
    }
}
