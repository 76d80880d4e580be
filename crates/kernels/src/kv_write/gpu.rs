//! An invocation for each unit of elements.

use super::CacheShape;
use super::store::Store;
use crate::contract::{ContractError, Elem, ValueType};
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel for a cache.
pub(super) fn kernel(state: &ValueType) -> Result<Box<dyn GpuKernel>, ContractError> {
    let op = "kv_write";
    let (Some(shape), Elem::State(dtype)) = (CacheShape::of(state), state.elem) else {
        unreachable!("the contract was checked");
    };
    let Some(store) = Store::of(dtype, &shape) else {
        return Err(ContractError::UnsupportedDType { op, dtype });
    };
    let bindings = Bindings::default()
        .write("state", store.element, Bind::Output(0))
        .read("x", "f32", Bind::Input(1))
        .read("positions", "i32", Bind::Input(2))
        .read("sequences", "i32", Bind::Input(3));
    let text = Source::default()
        .size("UNIT", store.unit)
        .text(Store::SNIPPET)
        .text("fn value_state(i: u32) -> f32 { return x[i]; }")
        .text(&store.text("state"))
        .text(include_str!("kv_write.wgsl"));
    let stage = bindings.stage(format!("{op} {}", dtype.name()), ELEMENTWISE, text);
    let kernel = Single::new(stage, move |call| {
        let units = shape.head_dim / store.unit;
        let sizes = [shape.n_kv_heads, shape.n_sequences, shape.n_ctx, units];
        elementwise(call.elements(1) / store.unit, &sizes.map(size))
    });
    Ok(kernel.boxed())
}
