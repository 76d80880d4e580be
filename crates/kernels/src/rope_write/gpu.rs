//! A workgroup for each head of a token.

use super::RopeWrite;
use crate::contract::{ContractError, Elem, ValueType};
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, GpuKernel, Single, by_row, size};
use crate::kv_write::CacheShape;
use crate::kv_write::store::Store;
use crate::rope::{RopeLayout, TURN};

const WORKGROUP: usize = 64;

/// The kernel for a cache, where so many invocations work in step.
pub(super) fn kernel(
    op: &RopeWrite,
    inputs: &[ValueType],
    in_step: usize,
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let keys = &inputs[RopeWrite::KEYS];
    let (Some(shape), Elem::State(dtype)) = (CacheShape::of(keys), keys.elem) else {
        unreachable!("the contract was checked");
    };
    let op_name = "rope_write";
    let Some(store) = Store::of(dtype, &shape) else {
        return Err(ContractError::UnsupportedDType { op: op_name, dtype });
    };
    let name = format!("{op_name} {}", dtype.name());
    let text = text(op, shape, &store, in_step);
    let stage = bindings(op, &store).stage(name, WORKGROUP, text);
    let heads = op.heads(shape.n_kv_heads);
    let kernel = Single::new(stage, move |call| {
        let sizes = [shape.n_kv_heads, shape.n_sequences, shape.n_ctx].map(size);
        by_row(call.rows_of(0) * heads, &sizes)
    });
    Ok(kernel.boxed())
}

fn bindings(op: &RopeWrite, store: &Store) -> Bindings {
    let mut bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("positions", "i32", Bind::Input(1))
        .read("sequences", "i32", Bind::Input(2))
        .read("inv_freq", "f32", Bind::Input(3))
        .write("keys", store.element, Bind::Output(0));
    if op.values {
        bindings = bindings.write("values", store.element, Bind::Output(1));
    }
    if let Some(input) = op.norms_input() {
        bindings = bindings.read("norms", "f32", Bind::Input(input));
    }
    bindings.write("y", "f32", Bind::Output(1 + usize::from(op.values)))
}

fn text(op: &RopeWrite, shape: CacheShape, store: &Store, in_step: usize) -> Source {
    let weight = match op.norm {
        Some(_) => "fn norm_of(i: u32) -> f32 { return norms[i]; }",
        None => "fn norm_of(i: u32) -> f32 { return 1.0; }",
    };
    let source = Source::default()
        .size("HEAD_DIM", shape.head_dim)
        .size("N_HEADS", op.n_heads)
        .size("HEADS", op.heads(shape.n_kv_heads))
        .size("PAIRS", op.rope.rotary_dims / 2)
        .flag("INTERLEAVED", op.rope.layout == RopeLayout::Interleaved)
        .number("MAGNITUDE", op.rope.magnitude)
        .flag("NORM", op.norm.is_some())
        .number("EPS", op.norm.unwrap_or(0.0))
        .size("UNIT", store.unit)
        .reduce(in_step)
        .text(Store::SNIPPET)
        .text(TURN)
        .text(weight)
        .text("var<workgroup> head: array<f32, HEAD_DIM>;")
        .text("fn value_keys(i: u32) -> f32 { return head[i]; }")
        .text(&store.text("keys"));
    let source = match op.values {
        true => source
            .text("fn value_values(i: u32) -> f32 { return head[i]; }")
            .text(&store.text("values")),
        false => source.text("fn store_values(unit: u32, first: u32) {}"),
    };
    source.text(include_str!("rope_write.wgsl"))
}
