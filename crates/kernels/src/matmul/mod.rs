//! Matrix product with a weight: `y[t, n] = sum_k x[t, k] * w[n, k] (+ bias[n]) (+ residual[t, n])`.
//!
//! Shapes: `x`: `[t, k]`, f32 or Q8; `w`: `[n, k]`, weight; `bias`: `[n]`, F32 weight; `residual` and `y`: `[t, n]`,
//! f32. Not in place: `y` is none of the inputs. NaN and infinity follow IEEE 754.
//!
//! On a GPU, where a dispatch costs as much as a small product, x may be normalised on its way in and the result gated on
//! its way out:
//! - [`MatMul::norm`]: the product is that of [`crate::rms_norm`] of x's whole rows, with `norm`: `[k]`, F32 weight;
//! - [`MatMul::glu`]: `w` is `[2 n, k]`, the rows of a gate and then those of what it lets through, and `y` is
//!   [`crate::glu`] of the two products.
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
use crate::glu::GluForm;
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_vector;
use crate::weight::Layout;

pub use crate::weight::TileFormat;

/// Matrix product. Inputs: `[x, w]`, then the bias, then the residual, then the norm's weight, if there are any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatMul {
    /// A vector is added to every row.
    pub bias: bool,
    /// A matrix is added.
    pub residual: bool,
    /// The rows of x are normalised first, with this added to the mean of their squares. On GPUs only.
    pub norm: Option<f32>,
    /// The result is gated. On GPUs only, without bias and residual.
    pub glu: Option<GluForm>,
}

impl MatMul {
    /// A product of x as it is, which is not gated.
    pub const fn new(bias: bool, residual: bool) -> Self {
        MatMul {
            bias,
            residual,
            norm: None,
            glu: None,
        }
    }

    /// Where the residual stands among the inputs.
    fn residual_input(&self) -> Option<usize> {
        self.residual.then_some(2 + usize::from(self.bias))
    }

    /// Where the norm's weight stands among the inputs, and what is added to the mean of the squares.
    fn norm_input(&self) -> Option<(usize, f32)> {
        let input = 2 + usize::from(self.bias) + usize::from(self.residual);
        self.norm.map(|eps| (input, eps))
    }

    /// What a pass for GPUs adds.
    fn check_fused(&self, inputs: &[ValueType]) -> Result<(), ContractError> {
        let op = self.name();
        if self.norm.is_some() || self.glu.is_some() {
            expect_input(op, inputs, 0, "F32 [t, k]", |x| x.elem == Elem::F32)?;
        }
        if let Some((input, _)) = self.norm_input() {
            let k = inputs[0].cols().unwrap_or(0);
            expect_input(op, inputs, input, "F32 [k], a norm", |w| {
                is_f32_vector(w, k)
            })?;
        }
        if self.glu.is_some() {
            let expected = "a weight [2 n, k], without bias and residual";
            expect_input(op, inputs, 1, expected, |w| {
                let rows = w.dims[0].fixed().unwrap_or(0);
                rows.is_multiple_of(2) && !self.bias && !self.residual
            })?;
        }
        Ok(())
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
        let more = [self.bias, self.residual, self.norm.is_some()];
        let arity = 2 + more.into_iter().filter(|&there| there).count();
        expect_arity(op, inputs, arity)?;
        expect_input(op, inputs, 0, "F32 or Q8 [t, k]", |x| {
            matches!(x.elem, Elem::F32 | Elem::Q8(_)) && x.dims.len() == 2 && x.cols().is_some()
        })?;
        self.check_weight(inputs)?;
        self.check_fused(inputs)?;
        let rows = inputs[1].dims[0].fixed().unwrap_or(0);
        let n = if self.glu.is_some() { rows / 2 } else { rows };
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
        if self.norm.is_some() || self.glu.is_some() {
            return Err(ContractError::NoCpuKernel { op: self.name() });
        }
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
        config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        gpu::kernel(self, inputs, config)
    }
}
