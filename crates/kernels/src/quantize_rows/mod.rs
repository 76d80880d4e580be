//! Activations rounded to 8 bits per block of 32: `x[r, c] ~ scale[r, c / 32] * code[r, c]`.
//!
//! `s = max|x| / 127` over the block, `code = round(x / s)`, to nearest even, so codes lie in `-127..=127`; `scale` is
//! `s` rounded to 11 significant bits. That is what half precision keeps, so results follow llama.cpp's, whose blocks
//! store an f16 (but without its small range).
//! Shapes: `x`: `[.., t, k]`, f32, `k` a multiple of 32; `y`: `[.., t, k]`, Q8. Not in place.
//!
//! A row of `y` is a record of `k + k / 4` bytes:
//! ```text
//! [k codes, i8] [k / 32 scales, f32] [k / 16 sums of 16 codes, i16]
//! ```
//! All numbers are of the machine's byte order; records start at multiples of 8 bytes. The sums let a kernel subtract
//! zero points and add minima once per group instead of once per element.
//!
//! A block of zeros has scale 0, and so has one whose scale would be below the smallest normal f32. A block that holds
//! NaN or infinity has scale NaN and codes 0: what is computed from it becomes NaN.
//!
//! Source: `quantize_row_q8_0` of ggml-quants.c.

mod cpu;
pub mod reference;

#[cfg(test)]
mod tests;

use bytemuck::{cast_slice, cast_slice_mut};

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::shapes::is_f32_stack;

/// Elements that share a scale.
pub const BLOCK: usize = 32;
/// Elements whose codes are summed.
pub const SUMMED: usize = 16;

/// Bytes of one row of `cols` elements.
pub fn row_bytes(cols: usize) -> usize {
    cols + cols / BLOCK * size_of::<f32>() + cols / SUMMED * size_of::<i16>()
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

/// A quantised row.
#[derive(Clone, Copy, Debug)]
pub struct Q8Row<'a> {
    /// The codes, by blocks.
    pub codes: &'a [[i8; BLOCK]],
    /// The scale of each block.
    pub scales: &'a [f32],
    /// The sums of the two halves of each block's codes.
    pub sums: &'a [[i16; 2]],
}

impl<'a> Q8Row<'a> {
    /// The parts of a row of `cols` elements. Panics unless `row` holds [`row_bytes`] and starts at a multiple of 4.
    #[inline]
    pub fn new(row: &'a [u8], cols: usize) -> Self {
        assert_eq!(row.len(), row_bytes(cols), "a quantised row has its size");
        let (codes, rest) = row.split_at(cols);
        let (scales, sums) = rest.split_at(cols / BLOCK * size_of::<f32>());
        Q8Row {
            codes: cast_slice(codes),
            scales: cast_slice(scales),
            sums: cast_slice(sums),
        }
    }
}

/// A quantised row to be written; the parts are those of [`Q8Row`].
struct Q8RowMut<'a> {
    codes: &'a mut [[i8; BLOCK]],
    scales: &'a mut [f32],
    sums: &'a mut [[i16; 2]],
}

impl<'a> Q8RowMut<'a> {
    fn new(row: &'a mut [u8], cols: usize) -> Self {
        assert_eq!(row.len(), row_bytes(cols), "a quantised row has its size");
        let (codes, rest) = row.split_at_mut(cols);
        let (scales, sums) = rest.split_at_mut(cols / BLOCK * size_of::<f32>());
        Q8RowMut {
            codes: cast_slice_mut(codes),
            scales: cast_slice_mut(scales),
            sums: cast_slice_mut(sums),
        }
    }
}
