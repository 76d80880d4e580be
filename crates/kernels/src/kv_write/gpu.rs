//! An invocation for each pair of elements.

use hearth_tensor::DType;

use super::CacheShape;
use crate::contract::{ContractError, Elem, ValueType};
use crate::gpu::wgsl::{Bindings, HALF, Source};
use crate::gpu::{Bind, ELEMENTWISE, GpuKernel, Single, elementwise, size};

/// The kernel for a cache.
pub(super) fn kernel(state: &ValueType) -> Result<Box<dyn GpuKernel>, ContractError> {
    let op = "kv_write";
    let (Some(shape), Elem::State(dtype)) = (CacheShape::of(state), state.elem) else {
        unreachable!("the contract was checked");
    };
    let (element, store) = match dtype {
        DType::F32 if shape.head_dim.is_multiple_of(2) => {
            ("vec2<f32>", "state[i] = vec2<f32>(a, b);")
        }
        DType::F16 if shape.head_dim.is_multiple_of(2) => {
            ("u32", "state[i] = half_bits(a) | (half_bits(b) << 16u);")
        }
        dtype => return Err(ContractError::UnsupportedDType { op, dtype }),
    };
    let bindings = Bindings::default()
        .write("state", element, Bind::Output(0))
        .read("x", "f32", Bind::Input(1))
        .read("positions", "i32", Bind::Input(2))
        .read("sequences", "i32", Bind::Input(3));
    let text = Source::default()
        .text(HALF)
        .text(&format!("fn store(i: u32, a: f32, b: f32) {{ {store} }}"))
        .text(include_str!("kv_write.wgsl"));
    let stage = bindings.stage(format!("{op} {}", dtype.name()), ELEMENTWISE, text);
    let kernel = Single::new(stage, move |call| {
        let pairs = shape.head_dim / 2;
        let sizes = [shape.n_kv_heads, shape.n_sequences, shape.n_ctx, pairs];
        elementwise(call.elements(1) / 2, &sizes.map(size))
    });
    Ok(kernel.boxed())
}
