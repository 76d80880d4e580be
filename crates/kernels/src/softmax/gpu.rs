//! A workgroup for each row.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, GpuKernel, Single, by_row, size};

const WORKGROUP: usize = 64;

/// The kernel where so many invocations work in step.
pub(super) fn kernel(in_step: usize) -> Box<dyn GpuKernel> {
    let bindings =
        Bindings::default()
            .read("x", "f32", Bind::Input(0))
            .write("y", "f32", Bind::Output(0));
    let text = Source::default()
        .reduce(in_step)
        .text(include_str!("softmax.wgsl"));
    let stage = bindings.stage("softmax", WORKGROUP, text);
    Single::new(stage, |call| {
        by_row(call.rows_of(0), &[size(call.inputs[0][1])])
    })
    .boxed()
}
