//! An invocation for each element.

use super::MapFunction;
use crate::activation::Activation;
use crate::gpu::wgsl::{ACTIVATION, Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise};

/// The kernel.
pub(super) fn kernel(function: MapFunction) -> Box<dyn GpuKernel> {
    let (number, activation, factor) = match function {
        MapFunction::Activation(activation) => (0, activation, 1.0),
        MapFunction::Scale(factor) => (1, Activation::Identity, factor),
        MapFunction::SoftCap(bound) => (2, Activation::Identity, bound),
    };
    let bindings =
        Bindings::default()
            .read("x", "f32", Bind::Input(0))
            .write("y", "f32", Bind::Output(0));
    let text = Source::default()
        .size("FUNCTION", number)
        .size("ACTIVATION", activation.number())
        .number("FACTOR", factor)
        .text(ACTIVATION)
        .text(include_str!("map.wgsl"));
    let stage = bindings.stage("map", ELEMENTWISE, text);
    Single::new(stage, |call| elementwise(call.elements(0), &[])).boxed()
}
