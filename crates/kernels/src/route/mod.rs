//! Choice of experts: for each row the `n_used` largest logits, and the softmax over these alone.
//!
//! `ids[t, :]` are the columns of the largest `logits[t, :]`, largest first, the lower column first where two are
//! equal; `weights[t, i] = exp(logits[t, ids[t, i]]) / sum_j exp(logits[t, ids[t, j]])`. That equals the softmax over all
//! experts, cut to the largest and divided by their sum. With `scale`, each weight is then multiplied by `scale[ids[t, i]]`.
//!
//! Shapes: `logits`: `[t, n_experts]`, f32; `scale`: F32 weight `[n_experts]`; `ids`: `[t, n_used]`, I32; `weights`: `[t, n_used]`, f32. Not in place. A
//! NaN counts as `-inf` in the choice, so that ids are valid always, and makes all weights of its row NaN; so does an
//! infinite logit that is chosen.
//! Source: Shazeer et al. 2017, <https://arxiv.org/abs/1701.06538>, eq. 3 to 5, without noise; ONNX `TopK-11`.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use hearth_tensor::Dim;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::{is_f32_rows, is_f32_vector};

/// Choice of experts. Inputs: `[logits]`, and `scale` if there is one; outputs: `[ids, weights]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Experts that each row uses.
    pub n_used: usize,
    /// Whether each expert has a factor of its own.
    pub scaled: bool,
}

impl Operation for Route {
    fn name(&self) -> &'static str {
        "route"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 1 + usize::from(self.scaled))?;
        let expected = "F32 [t, n_experts] with at least the experts that are used";
        expect_input(op, inputs, 0, expected, |logits| {
            is_f32_rows(logits) && logits.cols() >= Some(self.n_used)
        })?;
        if self.scaled {
            let n_experts = inputs[0].cols().unwrap_or(0);
            expect_input(op, inputs, 1, "F32 [n_experts]", |s| {
                is_f32_vector(s, n_experts)
            })?;
        }
        let dims = [inputs[0].dims[0], Dim::Fixed(self.n_used)];
        Ok(vec![
            ValueType::new(Elem::I32, dims),
            ValueType::new(Elem::F32, dims),
        ])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::RouteKernel { isa: config.isa }))
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
