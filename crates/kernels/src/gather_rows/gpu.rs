//! An invocation for each element.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel() -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("rows", "i32", Bind::Input(1))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default().text(include_str!("gather_rows.wgsl"));
    let stage = bindings.stage("gather_rows", ELEMENTWISE, text);
    Single::new(stage, |call| {
        let cols = call.inputs[0][1];
        elementwise(call.elements(1) * cols, &[size(cols)])
    })
    .boxed()
}
