//! An invocation for each channel.

use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel.
pub(super) fn kernel() -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .write("state", "f32", Bind::Output(0))
        .read("x", "f32", Bind::Input(1))
        .read("weight", "f32", Bind::Input(2))
        .read("positions", "i32", Bind::Input(3))
        .read("sequences", "i32", Bind::Input(4))
        .write("y", "f32", Bind::Output(1));
    let text = Source::default().text(include_str!("short_conv.wgsl"));
    let stage = bindings.stage("short_conv", ELEMENTWISE, text);
    Single::new(stage, |call| {
        let [tokens, channels] = [call.inputs[1][0], call.inputs[1][1]];
        elementwise(channels, &[size(tokens), size(call.inputs[0][1])])
    })
    .boxed()
}
