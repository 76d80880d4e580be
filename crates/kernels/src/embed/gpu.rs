//! An invocation for four elements, from the rows of a file as they are.

use crate::contract::{ContractError, ValueType};
use crate::dequantize::gpu::decoder;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};
use crate::matmul::weight_dtype;

/// The kernel.
pub(super) fn kernel(inputs: &[ValueType]) -> Result<Box<dyn GpuKernel>, ContractError> {
    let dtype = weight_dtype(&inputs[1]);
    let cols = inputs[1].cols().unwrap_or(0);
    let decoder = decoder(dtype).filter(|decoder| decoder.takes(cols));
    let decoder = decoder.ok_or(ContractError::UnsupportedDType { op: "embed", dtype })?;
    let bindings =
        Bindings::default()
            .read("ids", "i32", Bind::Input(0))
            .read("w", "u32", Bind::Input(1));
    let bindings = decoder.bind(bindings).write("y", "f32", Bind::Output(0));
    let text = decoder
        .write(Source::default())
        .text(include_str!("embed.wgsl"));
    let stage = bindings.stage(format!("embed {}", dtype.name()), ELEMENTWISE, text);
    let kernel = Single::new(stage, move |call| {
        let [rows, cols] = [call.inputs[1][0], call.inputs[1][1]];
        let bound = call.rows.cloned().unwrap_or(0..rows);
        let row_bytes = dtype.bytes_for(cols).unwrap_or(0);
        let sizes = [cols / 4, row_bytes, bound.len(), bound.start].map(size);
        elementwise(call.elements(0) * cols / 4, &sizes)
    });
    Ok(kernel.split_by_rows_of(1).boxed())
}
