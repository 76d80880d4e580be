//! Products with chosen experts, from the rows of a file as they are.

use super::ExpertMatMul;
use crate::contract::{ContractError, ValueType};
use crate::dequantize::gpu::decoder;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, GpuConfig, GpuKernel, Launch, Single, grid, size};
use crate::matmul::gpu::{AS_IT_IS, LANES, Sums, WORKGROUP, few};
use crate::matmul::weight_dtype;

/// The kernel for these inputs.
pub(super) fn kernel(
    op: &ExpertMatMul,
    inputs: &[ValueType],
    config: &GpuConfig,
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let dtype = weight_dtype(&inputs[1]);
    let k = inputs[1].cols().unwrap_or(0);
    let decoder = decoder(dtype).filter(|decoder| decoder.takes(k));
    let decoder = decoder.ok_or(ContractError::UnsupportedDType {
        op: "expert_matmul",
        dtype,
    })?;
    let bindings = Bindings::default()
        .read("x", "vec4<f32>", Bind::Input(0))
        .read("w", "u32", Bind::Input(1))
        .read("ids", "i32", Bind::Input(2));
    let mut bindings = decoder.bind(bindings);
    let mut addend = "0.0";
    if op.bias {
        bindings = bindings.read("bias", "f32", Bind::Input(3));
        addend = "bias[row]";
    }
    let addend = format!("fn addend(row: u32) -> f32 {{ return {addend}; }}");
    let text = Source::default()
        .text(AS_IT_IS)
        .text(&few(&decoder, Sums::PRODUCTS, 1, config.product(dtype).in_step).finish())
        .text(&addend)
        .text(include_str!("expert_matvec.wgsl"));
    let name = format!("expert_matvec {}", dtype.name());
    let stage = bindings
        .write("y", "f32", Bind::Output(0))
        .stage(name, WORKGROUP, text);
    let row_bytes = dtype.bytes_for(k).unwrap_or(0);
    let kernel = Single::new(stage, move |call| {
        let [n_experts, n, k] = [0, 1, 2].map(|i| call.inputs[1][i]);
        let rows = call.rows.cloned().unwrap_or(0..n_experts * n);
        let choices = call.elements(2);
        let per_x = choices / call.rows_of(0).max(1);
        let params = [
            k,
            row_bytes,
            rows.len(),
            rows.start,
            n,
            choices,
            per_x.max(1),
        ];
        Launch {
            params: params.map(size).to_vec(),
            grid: grid(choices * n.div_ceil(WORKGROUP / LANES)),
        }
    });
    Ok(kernel.split_by_rows_of(1).boxed())
}
