//! A workgroup for each row.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, GpuKernel, Single, by_row, size};

const WORKGROUP: usize = 64;

/// The kernel where so many invocations work in step.
pub(super) fn kernel(eps: f32, in_step: usize) -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("w", "f32", Bind::Input(1))
        .read("b", "f32", Bind::Input(2))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default()
        .reduce(in_step)
        .text(include_str!("layer_norm.wgsl"));
    let stage = bindings.stage("layer_norm", WORKGROUP, text);
    Single::new(stage, move |call| {
        by_row(call.rows_of(0), &[size(call.elements(1)), eps.to_bits()])
    })
    .boxed()
}
