//! An invocation for each element.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel() -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("sequences", "i32", Bind::Input(1))
        .read("output_rows", "i32", Bind::Input(2))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default().text(include_str!("mean_pool.wgsl"));
    let stage = bindings.stage("mean_pool", ELEMENTWISE, text);
    Single::new(stage, |call| {
        let [tokens, cols] = [call.inputs[0][0], call.inputs[0][1]];
        elementwise(call.elements(2) * cols, &[size(cols), size(tokens)])
    })
    .boxed()
}
