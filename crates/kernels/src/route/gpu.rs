//! An invocation for each row.

use super::Route;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel(op: &Route) -> Box<dyn GpuKernel> {
    let mut bindings = Bindings::default().read("logits", "f32", Bind::Input(0));
    let mut factor = "1.0";
    if op.scaled {
        bindings = bindings.read("scale", "f32", Bind::Input(1));
        factor = "scale[expert]";
    }
    let bindings =
        bindings
            .write("ids", "i32", Bind::Output(0))
            .write("weights", "f32", Bind::Output(1));
    let text = Source::default()
        .size("N_USED", op.n_used)
        .text(&format!(
            "fn factor(expert: u32) -> f32 {{ return {factor}; }}"
        ))
        .text(include_str!("route.wgsl"));
    let stage = bindings.stage("route", ELEMENTWISE, text);
    Single::new(stage, |call| {
        elementwise(call.inputs[0][0], &[size(call.inputs[0][1])])
    })
    .boxed()
}
