//! An invocation for each element.

use super::GluForm;
use crate::activation::Activation;
use crate::gpu::wgsl::{ACTIVATION, Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise};

/// The kernel.
pub(super) fn kernel(form: GluForm) -> Box<dyn GpuKernel> {
    let bindings = Bindings::default()
        .read("gate", "f32", Bind::Input(0))
        .read("up", "f32", Bind::Input(1))
        .write("y", "f32", Bind::Output(0));
    let text = gated(form, Source::default()).text(include_str!("glu.wgsl"));
    let stage = bindings.stage("glu", ELEMENTWISE, text);
    Single::new(stage, |call| elementwise(call.elements(0), &[])).boxed()
}

/// Append `gated(gate, up)`.
pub(crate) fn gated(form: GluForm, source: Source) -> Source {
    let (function, clamped, alpha, limit) = match form {
        GluForm::Activation(function) => (function, false, 1.0, 1.0),
        GluForm::ClampedSwish { alpha, limit } => (Activation::Identity, true, alpha, limit),
    };
    source
        .size("ACTIVATION", function.number())
        .flag("CLAMPED", clamped)
        .number("ALPHA", alpha)
        .number("LIMIT", limit)
        .text(ACTIVATION)
        .text(include_str!("gated.wgsl"))
}
