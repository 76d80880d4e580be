//! A workgroup for each run.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, GpuKernel, Single, by_row, size};

const WORKGROUP: usize = 64;

/// The kernel where so many invocations work in step.
pub(super) fn kernel(eps: f32, in_step: usize) -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("w", "f32", Bind::Input(1))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default()
        .reduce(in_step)
        .text(include_str!("rms_norm.wgsl"));
    let stage = bindings.stage("rms_norm", WORKGROUP, text);
    Single::new(stage, move |call| {
        let len = call.elements(1);
        by_row(call.elements(0) / len.max(1), &[size(len), eps.to_bits()])
    })
    .boxed()
}
