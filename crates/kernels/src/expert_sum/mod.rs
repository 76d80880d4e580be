//! Sum of the experts' outputs by their weights: `y[t, :] = sum_i weights[t, i] * x[t, i, :]`.
//!
//! Shapes: `x`: `[t, n_used, n]`, f32; `weights`: `[t, n_used]`, f32; `y`: `[t, n]`, f32. Not in place. Sums are f32,
//! in the order of the experts. NaN and infinity follow IEEE 754.
//! Source: Shazeer et al. 2017, <https://arxiv.org/abs/1701.06538>, eq. 1, over the experts that were chosen.

mod cpu;
mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

use crate::contract::{ContractError, Elem, Operation, ValueType, expect_arity, expect_input};
use crate::cpu::{CpuConfig, CpuKernel};
use crate::gpu::{GpuConfig, GpuKernel};
use crate::shapes::is_f32_stack;

/// Sum by weights. Inputs: `[x, weights]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertSum;

impl Operation for ExpertSum {
    fn name(&self) -> &'static str {
        "expert_sum"
    }

    fn infer(&self, inputs: &[ValueType]) -> Result<Vec<ValueType>, ContractError> {
        let op = self.name();
        expect_arity(op, inputs, 2)?;
        expect_input(op, inputs, 0, "F32 [t, n_used, n]", |x| {
            is_f32_stack(x) && x.dims.len() == 3
        })?;
        let [t, n_used, n] = [0, 1, 2].map(|i| inputs[0].dims[i]);
        expect_input(op, inputs, 1, "F32 [t, n_used], like x", |weights| {
            *weights == ValueType::new(Elem::F32, [t, n_used])
        })?;
        Ok(vec![ValueType::new(Elem::F32, [t, n])])
    }

    fn cpu(
        &self,
        inputs: &[ValueType],
        config: CpuConfig,
    ) -> Result<Box<dyn CpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(Box::new(cpu::ExpertSumKernel { isa: config.isa }))
    }

    fn gpu(
        &self,
        inputs: &[ValueType],
        _config: &GpuConfig,
    ) -> Result<Box<dyn GpuKernel>, ContractError> {
        self.infer(inputs)?;
        Ok(gpu::kernel())
    }
}
