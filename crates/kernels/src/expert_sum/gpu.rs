//! An invocation for each element.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel() -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("weights", "f32", Bind::Input(1))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default().text(include_str!("expert_sum.wgsl"));
    let stage = bindings.stage("expert_sum", ELEMENTWISE, text);
    Single::new(stage, |call| {
        let [tokens, n_used, cols] = [0, 1, 2].map(|i| call.inputs[0][i]);
        elementwise(tokens * cols, &[size(cols), size(n_used)])
    })
    .boxed()
}
