//! An invocation for each element.

use super::SliceCols;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel(op: &SliceCols) -> Box<dyn GpuKernel> {
    let bindings =
        Bindings::default()
            .read("x", "f32", Bind::Input(0))
            .write("y", "f32", Bind::Output(0));
    let text = Source::default().text(include_str!("slice_cols.wgsl"));
    let stage = bindings.stage("slice_cols", ELEMENTWISE, text);
    let (start, len) = (op.start, op.len);
    Single::new(stage, move |call| {
        let sizes = [call.inputs[0][1], start, len].map(size);
        elementwise(call.inputs[0][0] * len, &sizes)
    })
    .boxed()
}
