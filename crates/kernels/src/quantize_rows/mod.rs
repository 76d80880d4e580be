//! Activations rounded to 8 bits per block: `x[r, c] ~ scale[r, block of c] * code[r, c]`.
//!
//! `s = max|x| / 127` over the block, `code = round(x / s)`, to nearest even, so codes lie in `-127..=127`. Blocks are what
//! the weights that they meet have, as in llama.cpp, so that results follow its:
//!
//! | [`Blocks`] | for weights of | `scale` | source in ggml-quants.c |
//! |---|---|---|---|
//! | `Of32` | types with blocks of 32 | `s` rounded to 11 significant bits, what half precision keeps (but without its small range) | `quantize_row_q8_0` |
//! | `Of256` | K-quants, whose scales are integers within a block | `s` | `quantize_row_q8_K` |
//!
//! Shapes: `x`: `[.., t, k]`, f32, `k` a multiple of the block; `y`: `[.., t, k]`, Q8. Not in place.
//!
//! A row of `y` is a record of blocks, each its codes and what they mean ([`Q8Block`], [`Q8Block256`]). All numbers are
//! of the machine's byte order; records start at multiples of 16 bytes. The sums let a kernel subtract zero points and
//! add minima once per group instead of once per element.
//!
//! A block of zeros has scale 0, and so has one whose scale would be below the smallest normal f32. A block that holds
//! NaN or infinity has scale NaN and codes 0: what is computed from it becomes NaN.

mod cpu;
pub mod reference;

#[cfg(test)]
mod tests;

use bytemuck::{Pod, Zeroable, cast_slice};

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::shapes::is_f32_stack;

pub(crate) use cpu::quantize_block;

/// Elements of a small block.
pub const BLOCK: usize = 32;
/// Elements of half a small block.
pub const HALF: usize = BLOCK / 2;
/// Elements of a large block.
pub const LARGE_BLOCK: usize = 256;

/// How many elements share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blocks {
    /// 32.
    Of32,
    /// 256.
    Of256,
}

impl Blocks {
    /// Elements of a block.
    pub const fn elems(self) -> usize {
        match self {
            Blocks::Of32 => BLOCK,
            Blocks::Of256 => LARGE_BLOCK,
        }
    }

    /// Bytes of one row of `cols` elements.
    pub const fn row_bytes(self, cols: usize) -> usize {
        cols / self.elems()
            * match self {
                Blocks::Of32 => size_of::<Q8Block>(),
                Blocks::Of256 => size_of::<Q8Block256>(),
            }
    }
}

/// What a small block's codes mean.
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

/// 32 elements that share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Q8Block {
    /// The codes.
    pub codes: [i8; BLOCK],
    /// What they mean.
    pub factors: Factors,
}

/// 256 elements that share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Q8Block256 {
    /// The codes.
    pub codes: [i8; LARGE_BLOCK],
    /// Sums of each 16 codes.
    pub half_sums: [i16; LARGE_BLOCK / HALF],
    /// Sums of each 32 codes.
    pub sums: [i16; LARGE_BLOCK / BLOCK],
    /// The scale.
    pub scale: f32,
    /// Zeros.
    pub padding: [u32; 3],
}

/// The blocks of a row. Panics unless it holds whole ones and starts at a multiple of 4.
pub fn blocks_of<B: Pod>(row: &[u8]) -> &[B] {
    cast_slice(row)
}

/// Rounding to 8 bits. Inputs: `[x]`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizeRows {
    /// What shares a scale.
    pub blocks: Blocks,
}

impl Operation for QuantizeRows {
    fn name(&self) -> &'static str {
        "quantize_rows"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 1)?;
        let expected = "F32 [.., t, k] with k a multiple of the block";
        let block = self.blocks.elems();
        expect_input(op, inputs, 0, expected, |x| {
            is_f32_stack(x) && x.cols().is_some_and(|k| k.is_multiple_of(block))
        })?;
        Ok(vec![ValueType::new(
            Elem::Q8(self.blocks),
            inputs[0].dims.iter().copied(),
        )])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::QuantizeRowsKernel {
            isa: config.isa,
            blocks: self.blocks,
        }))
    }
}
