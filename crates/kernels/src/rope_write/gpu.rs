//! A workgroup for each head of a token.

use hearth_tensor::DType;

use super::RopeWrite;
use crate::contract::{ContractError, Elem, ValueType};
use crate::gpu::wgsl::{Bindings, HALF, REDUCE, Source};
use crate::gpu::{Bind, GpuKernel, Single, by_row, size};
use crate::kv_write::CacheShape;
use crate::rope::{RopeLayout, TURN};

const WORKGROUP: usize = 64;

/// The kernel for a cache.
pub(super) fn kernel(
    op: &RopeWrite,
    inputs: &[ValueType],
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let keys = &inputs[RopeWrite::KEYS];
    let (Some(shape), Elem::State(dtype)) = (CacheShape::of(keys), keys.elem) else {
        unreachable!("the contract was checked");
    };
    let words = words(dtype, shape.head_dim).ok_or(ContractError::UnsupportedDType {
        op: "rope_write",
        dtype,
    })?;
    let stage = bindings(op).stage(
        format!("rope_write {}", dtype.name()),
        WORKGROUP,
        text(op, shape, words),
    );
    let heads = op.heads(shape.n_kv_heads);
    let kernel = Single::new(stage, move |call| {
        let sizes = [shape.n_kv_heads, shape.n_sequences, shape.n_ctx].map(size);
        by_row(call.rows_of(0) * heads, &sizes)
    });
    Ok(kernel.boxed())
}

fn bindings(op: &RopeWrite) -> Bindings {
    let mut bindings = Bindings::default()
        .read("x", "f32", Bind::Input(0))
        .read("positions", "i32", Bind::Input(1))
        .read("sequences", "i32", Bind::Input(2))
        .read("inv_freq", "f32", Bind::Input(3))
        .write("keys", "u32", Bind::Output(0));
    if op.values {
        bindings = bindings.write("values", "u32", Bind::Output(1));
    }
    if let Some(input) = op.norms_input() {
        bindings = bindings.read("norms", "f32", Bind::Input(input));
    }
    bindings.write("y", "f32", Bind::Output(1 + usize::from(op.values)))
}

fn text(op: &RopeWrite, shape: CacheShape, words: Words) -> Source {
    let weight = match op.norm {
        Some(_) => "fn norm_of(i: u32) -> f32 { return norms[i]; }",
        None => "fn norm_of(i: u32) -> f32 { return 1.0; }",
    };
    let value = match op.values {
        true => "fn write_value(i: u32, word: u32) { values[i] = word; }",
        false => "fn write_value(i: u32, word: u32) {}",
    };
    Source::default()
        .size("HEAD_DIM", shape.head_dim)
        .size("N_HEADS", op.n_heads)
        .size("HEADS", op.heads(shape.n_kv_heads))
        .size("PAIRS", op.rope.rotary_dims / 2)
        .flag("INTERLEAVED", op.rope.layout == RopeLayout::Interleaved)
        .number("MAGNITUDE", op.rope.magnitude)
        .flag("NORM", op.norm.is_some())
        .number("EPS", op.norm.unwrap_or(0.0))
        .size("WORDS", words.per_cell)
        .text(REDUCE)
        .text(HALF)
        .text(TURN)
        .text(weight)
        .text(value)
        .text("var<workgroup> head: array<f32, HEAD_DIM>;")
        .text(words.text)
        .text(include_str!("rope_write.wgsl"))
}

/// How a cell of a cache is words.
struct Words {
    per_cell: usize,
    /// `word_of_head(i)`: word `i` of the cell that holds `head`.
    text: &'static str,
}

fn words(dtype: DType, head_dim: usize) -> Option<Words> {
    let text = match dtype {
        DType::F32 => "fn word_of_head(i: u32) -> u32 { return bitcast<u32>(head[i]); }",
        DType::F16 => {
            "fn word_of_head(i: u32) -> u32 { return half_bits(head[2u * i]) | (half_bits(head[2u * i + 1u]) << 16u); }"
        }
        _ => return None,
    };
    let bytes = dtype.bytes_for(head_dim)?;
    bytes.is_multiple_of(4).then_some(Words {
        per_cell: bytes / 4,
        text,
    })
}
