//! An invocation for each element.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel, for both shapes of `b`.
pub(super) fn kernel() -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("a", "f32", Bind::Input(0))
        .read("b", "f32", Bind::Input(1))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default().text(include_str!("add.wgsl"));
    let stage = bindings.stage("add", ELEMENTWISE, text);
    Single::new(stage, |call| {
        elementwise(call.elements(0), &[size(call.elements(1))])
    })
    .boxed()
}
