//! Matrix product with the experts that a router chose:
//! `y[t, i, n] = sum_k x[t, i, k] * w[ids[t, i], n, k] (+ bias[ids[t, i], n])`.
//!
//! Shapes: `x`: `[t, n_used, k]`, or `[t, k]`, the same row for all experts of a token; f32 or Q8. `w`:
//! `[n_experts, n, k]`, weight: the experts' matrices one below the other. `ids`: `[t, n_used]`, I32, from
//! [`crate::route`]; a number that is no expert's panics. `bias`: `[n_experts, n]`, F32 weight. `y`: `[t, n_used, n]`,
//! f32. Not in place. NaN and infinity follow IEEE 754.
//!
//! Numbers are those of [`crate::matmul`], whose loops these are: exact with f32 activations, tiles with 8-bit ones,
//! for which `n` must be a multiple of 8, so that no tile belongs to two experts. Rows are computed expert by expert:
//! the weights of one are read once for all its tokens, and those of experts that nobody chose not at all.
//!
//! Source: `ggml_mul_mat_id`, `ggml_add_id`.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::matmul::{layout, layout_of_input};
use crate::weight::{Layout, TILE_ROWS};

/// Matrix product with chosen experts. Inputs: `[x, w, ids]`, then the bias, if there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpertMatMul {
    /// Each expert has a vector that is added.
    pub bias: bool,
}

impl ExpertMatMul {
    /// `[n_experts, n]` of the weight.
    fn check_weight(&self, inputs: &[ValueType]) -> Result<[usize; 2], ContractError> {
        let op = self.name();
        let (x, w) = (&inputs[0], &inputs[1]);
        let expected = "a weight [n_experts, n, k] whose rows are whole blocks, with the k of x; n a multiple of 8 \
                        for 8-bit activations";
        let dims: Vec<usize> = w.dims.iter().filter_map(|d| d.fixed()).collect();
        let bad = || ContractError::Input {
            op,
            input: 1,
            expected,
            found: w.clone(),
        };
        let (&[n_experts, n, k], Elem::Weight(dtype)) = (&dims[..], w.elem) else {
            return Err(bad());
        };
        let whole = dtype.bytes_for(k).is_some() && x.cols() == Some(k);
        let apart = !matches!(x.elem, Elem::Q8(_)) || n.is_multiple_of(TILE_ROWS);
        if w.dims.len() != 3 || !whole || !apart {
            return Err(bad());
        }
        match layout(x.elem, dtype, k) {
            Some(_) => Ok([n_experts, n]),
            None => Err(ContractError::UnsupportedDType { op, dtype }),
        }
    }
}

impl Operation for ExpertMatMul {
    fn name(&self) -> &'static str {
        "expert_matmul"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 3 + usize::from(self.bias))?;
        expect_input(op, inputs, 2, "I32 [t, n_used], experts", |ids| {
            ids.elem == Elem::I32 && ids.dims.len() == 2 && ids.cols().is_some()
        })?;
        let [t, n_used] = [0, 1].map(|i| inputs[2].dims[i]);
        let expected = "F32 or Q8 [t, k] or [t, n_used, k], like the ids";
        expect_input(op, inputs, 0, expected, |x| {
            let rows = &x.dims[..x.dims.len().saturating_sub(1)];
            let fits = rows == [t] || rows == [t, n_used];
            matches!(x.elem, Elem::F32 | Elem::Q8(_)) && x.cols().is_some() && fits
        })?;
        let [n_experts, n] = self.check_weight(inputs)?;
        if self.bias {
            expect_input(op, inputs, 3, "F32 [n_experts, n], a bias", |b| {
                let f32s = matches!(b.elem, Elem::F32 | Elem::Weight(hearth_tensor::DType::F32));
                f32s && b.dims == [n_experts.into(), n.into()]
            })?;
        }
        Ok(vec![ValueType::new(Elem::F32, [t, n_used, n.into()])])
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
        Ok(Box::new(cpu::ExpertMatMulKernel {
            isa: config.isa,
            layout: layout_of_input(1, inputs),
            bias: self.bias,
            shared_x: inputs[0].dims.len() == 2,
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
