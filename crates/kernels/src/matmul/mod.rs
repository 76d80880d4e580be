//! Matrix product with a weight: `y[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n]) (+ residual[t, n])`.
//!
//! Shapes: `x`: `[t, k]`, f32 or Q8; `w`: `[n, k]`, weight; `bias`: `[n]`, F32 weight; `residual` and `y`: `[t, n]`,
//! f32. Not in place: `y` is none of the inputs. NaN and infinity follow IEEE 754.
//!
//! | `x` | layout of `w` | file | what is rounded |
//! |---|---|---|---|
//! | F32 | [`Layout::Rows`], any type of [`crate::dequantize`] | `cpu/rows.rs` | nothing but f32 sums |
//! | Q8, in the blocks that the type wants ([`TileFormat::activations`]) | [`Layout::Tiles`] | `cpu/tiles.rs` | the activations ([`crate::quantize_rows`]); scales of IQ4_XS to half precision |
//!
//! Sums of one group are exact integers, all others f32. Neither the number of threads nor that of rows in `x` changes
//! a result's bits.
//!
//! Source: `ggml_mul_mat`; ONNX `MatMul-13` with `w` transposed.

pub(crate) mod cpu;
pub(crate) mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use hearth_tensor::DType;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::dequantize;
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_vector;
use crate::weight::Layout;

pub use crate::weight::TileFormat;

/// Matrix product. Inputs: `[x, w]`, then the bias, then the residual, if there are any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatMul {
    /// A vector is added to every row.
    pub bias: bool,
    /// A matrix is added.
    pub residual: bool,
}

impl MatMul {
    /// Where the residual stands among the inputs.
    fn residual_input(&self) -> Option<usize> {
        self.residual.then_some(2 + usize::from(self.bias))
    }

    fn check_weight(&self, inputs: &[ValueType]) -> Result<(), ContractError> {
        let op = self.name();
        let k = inputs[0].cols().unwrap_or(0);
        let expected = "a weight [n, k] whose rows are whole blocks, with the k of x";
        expect_input(op, inputs, 1, expected, |w| match w.elem {
            Elem::Weight(dtype) => {
                let n = w.dims.first().and_then(|n| n.fixed());
                w.dims.len() == 2
                    && n.is_some()
                    && w.cols() == Some(k)
                    && dtype.bytes_for(k).is_some()
            }
            _ => false,
        })?;
        let dtype = weight_dtype(&inputs[1]);
        match layout(inputs[0].elem, dtype, k) {
            Some(_) => Ok(()),
            None => Err(ContractError::UnsupportedDType { op, dtype }),
        }
    }
}

/// How a product of `x` wants rows of `k` elements of `dtype` to lie; `None` if there is no kernel for them.
pub(crate) fn layout(x: Elem, dtype: DType, k: usize) -> Option<Layout> {
    match x {
        Elem::Q8(blocks) => TileFormat::for_dtype(dtype, k)
            .filter(|format| format.activations() == blocks)
            .map(Layout::Tiles),
        _ => dequantize::is_supported(dtype).then_some(Layout::Rows),
    }
}

/// How a product with the weight at input 1 wants its inputs to lie, where they are weights.
pub(crate) fn layout_of_input(input: usize, inputs: &[ValueType]) -> Layout {
    let wanted = || layout(inputs[0].elem, weight_dtype(&inputs[1]), inputs[1].cols()?);
    let wanted = (input == 1).then(wanted).flatten();
    wanted.unwrap_or(Layout::Rows)
}

/// The type of a weight. Panics for other values: contracts are checked before.
pub(crate) fn weight_dtype(w: &ValueType) -> DType {
    match w.elem {
        Elem::Weight(dtype) => dtype,
        other => panic!("the contract promises a weight, got {other:?}"),
    }
}

impl Operation for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        let arity = 2 + usize::from(self.bias) + usize::from(self.residual);
        expect_arity(op, inputs, arity)?;
        expect_input(op, inputs, 0, "F32 or Q8 [t, k]", |x| {
            matches!(x.elem, Elem::F32 | Elem::Q8(_)) && x.dims.len() == 2 && x.cols().is_some()
        })?;
        self.check_weight(inputs)?;
        let n = inputs[1].dims[0].fixed().unwrap_or(0);
        let y = ValueType::f32_rows(inputs[0].dims[0], n);
        if self.bias {
            expect_input(op, inputs, 2, "F32 [n], a bias", |b| is_f32_vector(b, n))?;
        }
        if let Some(input) = self.residual_input() {
            let expected = "F32 [t, n], a residual";
            expect_input(op, inputs, input, expected, |r| *r == y)?;
        }
        Ok(vec![y])
    }

    fn weight_layout(&self, input: usize, inputs: &[ValueType]) -> Option<Layout> {
        Some(layout_of_input(input, inputs))
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::MatMulKernel {
            isa: config.isa,
            layout: layout_of_input(1, inputs),
            epilogue: cpu::EpilogueInputs {
                bias: self.bias.then_some(2),
                residual: self.residual_input(),
            },
        }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        gpu::kernel(self, inputs)
    }
}
