//! An invocation for each pair, and for each element that passes through.

use super::{Rope, RopeLayout};
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// `cos_sin(angle)`.
pub(crate) const TURN: &str = include_str!("turn.wgsl");

/// The kernel.
pub(super) fn kernel(op: &Rope) -> Box<dyn GpuKernel> {
    let pairs = op.rotary_dims / 2;
    let bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("positions", "i32", Bind::Input(1))
        .read("inv_freq", "f32", Bind::Input(2))
        .write("y", "f32", Bind::Output(0));
    let text = Source::default()
        .size("HEAD_DIM", op.head_dim)
        .size("PAIRS", pairs)
        .flag("INTERLEAVED", op.layout == RopeLayout::Interleaved)
        .number("MAGNITUDE", op.magnitude)
        .text(TURN)
        .text(include_str!("rope.wgsl"));
    let stage = bindings.stage("rope", ELEMENTWISE, text);
    let (head_dim, per_head) = (op.head_dim, pairs + op.head_dim - op.rotary_dims);
    Single::new(stage, move |call| {
        let heads = call.elements(0) / head_dim;
        elementwise(heads * per_head, &[size(call.inputs[0][1]), size(per_head)])
    })
    .boxed()
}
