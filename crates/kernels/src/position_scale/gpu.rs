//! An invocation for each element.

use super::PositionScale;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel(op: &PositionScale) -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("positions", "i32", Bind::Input(1))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default().text(include_str!("position_scale.wgsl"));
    let stage = bindings.stage("position_scale", ELEMENTWISE, text);
    let (context, beta) = (op.n_ctx_original.max(1), op.beta);
    Single::new(stage, move |call| {
        let cols = size(call.inputs[0][1]);
        elementwise(call.elements(0), &[cols, size(context), beta.to_bits()])
    })
    .boxed()
}
