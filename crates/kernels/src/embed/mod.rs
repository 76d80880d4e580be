//! Embedding lookup: `y[i, :] = w[ids[i], :]`.
//!
//! Shapes: `ids`: `[t]`, I32; `w`: `[vocabulary, d]`, a weight of any type of [`crate::dequantize`], in any layout (an
//! output matrix that is tied to the embeddings is stored once, as the matrix product wants it); `y`: `[t, d]`, f32.
//! Not in place. Ids must lie within the vocabulary: the kernel panics otherwise, so who takes ids from outside checks
//! them. From rows the elements are those of the file exactly; see [`crate::weight::CpuWeight::row_into`] for tiles.
//! Source: ONNX `Gather-13` on axis 0; `ggml_get_rows`.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::dequantize;
use crate::gpu::{GpuConfig, GpuKernel};
use crate::weight::Layout;

/// Rows of a weight by number. Inputs: `[ids, w]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Embed;

impl Operation for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "I32 [t], ids", |ids| {
            ids.elem == Elem::I32 && ids.dims.len() == 1
        })?;
        let expected = "a weight [vocabulary, d] whose rows are whole blocks";
        expect_input(op, inputs, 1, expected, |w| match (w.elem, w.cols()) {
            (Elem::Weight(dtype), Some(d)) => w.dims.len() == 2 && dtype.bytes_for(d).is_some(),
            _ => false,
        })?;
        if let Elem::Weight(dtype) = inputs[1].elem
            && !dequantize::is_supported(dtype)
        {
            return Err(ContractError::UnsupportedDType { op, dtype });
        }
        let d = inputs[1].cols().unwrap_or(0);
        Ok(vec![ValueType::f32_rows(inputs[0].dims[0], d)])
    }

    fn weight_layout(&self, _input: usize, _inputs: &[ValueType]) -> Option<Layout> {
        None
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        _config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::EmbedKernel))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        gpu::kernel(inputs)
    }
}
