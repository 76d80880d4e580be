//! A workgroup for each token and head.

use hearth_tensor::DType;

use super::{Attention, Mask};
use crate::contract::{ContractError, Elem, ValueType};
use crate::gpu::wgsl::{Bindings, REDUCE, Source};
use crate::gpu::{Bind, GpuKernel, Launch, Single, grid, size};

const WORKGROUP: usize = 64;

/// The kernel for a cache.
pub(super) fn kernel(
    op: &Attention,
    cache: &ValueType,
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let name = "attention";
    let Elem::State(dtype) = cache.elem else {
        unreachable!("the contract was checked");
    };
    let (element, load) = match dtype {
        DType::F32 if op.head_dim.is_multiple_of(2) => ("vec2<f32>", ""),
        DType::F16 if op.head_dim.is_multiple_of(2) => ("u32", "unpack2x16float"),
        dtype => return Err(ContractError::UnsupportedDType { op: name, dtype }),
    };
    let mut bindings = Bindings::default()
        .read("q", "f32", Bind::Input(0))
        .read("k", element, Bind::Input(1))
        .read("v", element, Bind::Input(2))
        .read("positions", "i32", Bind::Input(3))
        .read("sequences", "i32", Bind::Input(4));
    let mut sink = "0.0";
    if op.sinks {
        bindings = bindings.read("sinks", "f32", Bind::Input(5));
        sink = "exp(sinks[head] - largest)";
    }
    let (causal, window) = match op.mask {
        // Its own position is seen even by a window of 0.
        Mask::Causal { window } => (true, window.map(|w| w.max(1))),
        Mask::Bidirectional { window } => (false, window),
    };
    let text = Source::default()
        .size("HEAD_DIM", op.head_dim)
        .size("N_HEADS", op.n_heads)
        .size("N_KV_HEADS", op.n_kv_heads)
        .size("WINDOW", window.unwrap_or(u32::MAX as usize))
        .flag("CAUSAL", causal)
        .flag("HAS_SOFTCAP", op.softcap.is_some())
        .number("SOFTCAP", op.softcap.unwrap_or(1.0))
        .number("SCALE", op.scale)
        .text(REDUCE)
        .text(&format!(
            "fn k_pair(i: u32) -> vec2<f32> {{ return {load}(k[i]); }}"
        ))
        .text(&format!(
            "fn v_pair(i: u32) -> vec2<f32> {{ return {load}(v[i]); }}"
        ))
        .text(&format!(
            "fn sink(head: u32, largest: f32) -> f32 {{ return {sink}; }}"
        ))
        .text(include_str!("attention.wgsl"));
    let bindings = bindings.write("y", "f32", Bind::Output(0));
    let stage = bindings.stage(format!("{name} {}", dtype.name()), WORKGROUP, text);
    let n_heads = op.n_heads;
    let kernel = Single::new(stage, move |call| {
        let (tokens, cache) = (call.inputs[0][0], call.inputs[1]);
        Launch {
            params: [tokens, cache[1], cache[2]].map(size).to_vec(),
            grid: grid(tokens * n_heads),
        }
    });
    Ok(kernel.boxed())
}
