//! Two ways, by the number of tokens of a step. Few (up to [`DECODE_TOKENS`]): the keys of a token are cut into parts, each a
//! workgroup for heads that share them, and the parts are put together. Many: tiles of queries against tiles of keys.
//!
//! How many keys a token has is known on the device only. So there are as many parts as the longest context or window
//! wants, and those that a token does not need leave at once. Where one part is enough, nothing is put together.

use hearth_tensor::DType;

use super::{Attention, DECODE_TOKENS, Mask};
use crate::contract::{ContractError, Elem, ValueType};
use crate::gpu::wgsl::{Bindings, HALF, Source};
use crate::gpu::{Bind, Call, ELEMENTWISE, GpuKernel, Launch, Stage, grid, size};
use crate::kv_write::CacheShape;

const NAME: &str = "attention";
/// Invocations of a workgroup for parts and for tiles.
const WORKGROUP: usize = 128;
/// Keys of a part at least.
const PART_KEYS: usize = 128;
/// Parts of a token's keys at most.
const MAX_PARTS: usize = 64;
/// Bytes of all parts of a step at most.
const MAX_PART_BYTES: usize = 32 << 20;
/// Heads of a workgroup at most, and elements of their queries.
const MAX_HEADS: usize = 8;
const MAX_QUERY: usize = 2048;
/// Elements of a head at most: an invocation for each four of them.
const MAX_HEAD_DIM: usize = 4 * WORKGROUP;

/// What is known of a call when a program is built.
struct Shape<'a> {
    op: &'a Attention,
    dtype: DType,
    /// Parts of a token's keys.
    parts: usize,
    /// Heads of a workgroup, and workgroups that share the heads of a group.
    heads: usize,
    shares: usize,
}

/// The kernel for a cache.
pub(super) fn kernel(
    op: &Attention,
    cache: &ValueType,
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let (Elem::State(dtype), Some(cache)) = (cache.elem, CacheShape::of(cache)) else {
        unreachable!("the contract was checked");
    };
    if op.head_dim > MAX_HEAD_DIM {
        return Err(ContractError::NoGpuKernel { op: NAME });
    }
    if cells(dtype, op.head_dim).is_none() {
        return Err(ContractError::UnsupportedDType { op: NAME, dtype });
    }
    let group = op.group();
    let shares = group.div_ceil(MAX_HEADS.min(MAX_QUERY / op.head_dim).max(1));
    let shape = Shape {
        op,
        dtype,
        parts: parts(op, &cache),
        heads: group.div_ceil(shares),
        shares,
    };
    let mut stages = vec![shape.tiles(), shape.parts()];
    if shape.parts > 1 {
        stages.push(shape.combine());
    }
    Ok(Box::new(AttentionKernel {
        stages,
        parts: shape.parts,
        workgroups: op.n_kv_heads * shape.shares * shape.parts,
        n_heads: op.n_heads,
        head_dim: op.head_dim,
    }))
}

/// Parts of the keys that a token may see.
fn parts(op: &Attention, cache: &CacheShape) -> usize {
    let (Mask::Causal { window } | Mask::Bidirectional { window }) = op.mask;
    let most = window.map_or(cache.n_ctx, |w| cache.n_ctx.min(w.saturating_add(1)));
    let bytes = DECODE_TOKENS * op.n_heads * 4 * op.head_dim;
    let parts = most.div_ceil(PART_KEYS).min(MAX_PARTS);
    parts.min(MAX_PART_BYTES / bytes).max(1)
}

/// Queries of a tile for each invocation, and keys whose values pass through its memory at once: so that both fit into
/// the 16 KiB that every device has, and what an invocation sums up into registers.
fn tile(head_dim: usize) -> (usize, usize) {
    let (rows, fours) = match head_dim {
        0..=128 => (4, 288),
        129..=256 => (2, 512),
        _ => (1, 512),
    };
    let keys = fours / head_dim.div_ceil(4);
    (rows, (1 << keys.max(4).ilog2()).min(32))
}

/// How the elements of a cache are bound, and how four of them are read.
fn cells(dtype: DType, head_dim: usize) -> Option<(&'static str, &'static str)> {
    let whole = head_dim.is_multiple_of(4);
    Some(match dtype {
        DType::F32 if whole => ("vec4<f32>", include_str!("wgsl/cells_f32.wgsl")),
        DType::F32 => ("f32", include_str!("wgsl/cells_f32_any.wgsl")),
        DType::F16 if whole => ("vec2<u32>", include_str!("wgsl/cells_f16.wgsl")),
        DType::F16 if head_dim.is_multiple_of(2) => {
            ("u32", include_str!("wgsl/cells_f16_any.wgsl"))
        }
        DType::Q8_0 => ("u32", include_str!("wgsl/cells_q8_0.wgsl")),
        _ => return None,
    })
}

impl Shape<'_> {
    fn stage(&self, what: &str, workgroup: usize, bindings: Bindings, text: Source) -> Stage {
        let name = format!("{NAME} {what} {}", self.dtype.name());
        bindings.stage(name, workgroup, text)
    }

    /// The stage for many tokens.
    fn tiles(&self) -> Stage {
        let (rows, value_keys) = tile(self.op.head_dim);
        let fours = self.op.head_dim.div_ceil(4);
        // Keys have rows of nine fours.
        let cells_tile = (32 * 9).max(value_keys * fours + 8);
        let (bindings, text) = self.reading();
        let text = text
            .size("ROWS", rows)
            .size("VALUE_KEYS", value_keys)
            .size("CELLS_TILE", cells_tile)
            .text(include_str!("wgsl/output.wgsl"))
            .text(include_str!("wgsl/tiles.wgsl"));
        let bindings = bindings.write("y", "f32", Bind::Output(0));
        self.stage("tiles", WORKGROUP, bindings, text)
    }

    /// The stage for a part of few tokens' keys.
    fn parts(&self) -> Stage {
        let (bindings, text) = self.reading();
        let text = self
            .split(text)
            .size("HEADS", self.heads)
            .size("SHARES", self.shares)
            .size("PIECES", WORKGROUP * self.heads.max(4));
        let (bindings, text) = if self.parts > 1 {
            let bindings = bindings
                .write("part_values", "vec4<f32>", Bind::Scratch(0))
                .write("part_sums", "vec2<f32>", Bind::Scratch(1));
            (bindings, text.text(include_str!("wgsl/finish_part.wgsl")))
        } else {
            let text = text.text(include_str!("wgsl/output.wgsl"));
            let bindings = bindings.write("y", "f32", Bind::Output(0));
            (bindings, text.text(include_str!("wgsl/finish_whole.wgsl")))
        };
        let text = text.text(include_str!("wgsl/parts.wgsl"));
        self.stage("parts", WORKGROUP, bindings, text)
    }

    /// The stage that puts parts together.
    fn combine(&self) -> Stage {
        let bindings = Bindings::default()
            .read("part_values", "vec4<f32>", Bind::Scratch(0))
            .read("part_sums", "vec2<f32>", Bind::Scratch(1));
        let (bindings, text) = self.places(bindings, Source::default());
        let text = self
            .split(text)
            .text(include_str!("wgsl/output.wgsl"))
            .text(include_str!("wgsl/combine.wgsl"));
        let bindings = bindings.write("y", "f32", Bind::Output(0));
        self.stage("combine", ELEMENTWISE, bindings, text)
    }

    fn split(&self, text: Source) -> Source {
        text.size("PARTS", self.parts)
            .size("PART_KEYS", PART_KEYS)
            .text(include_str!("wgsl/split.wgsl"))
    }

    /// Bindings and text of what reads queries, keys and values.
    fn reading(&self) -> (Bindings, Source) {
        let head_dim = self.op.head_dim;
        let of = |dtype| cells(dtype, head_dim).expect("it was checked");
        let (queries, cache) = (of(DType::F32), of(self.dtype));
        let bindings = Bindings::default()
            .read("q", queries.0, Bind::Input(0))
            .read("k", cache.0, Bind::Input(1))
            .read("v", cache.0, Bind::Input(2));
        let text = Source::default()
            .number("SCALE", self.op.scale)
            .text(HALF)
            .text(&queries.1.replace("CELLS", "q"))
            .text(&cache.1.replace("CELLS", "k"))
            .text(&cache.1.replace("CELLS", "v"));
        self.places(bindings, text)
    }

    /// Bindings and text of what a token sees, and of how its output is weighed.
    fn places(&self, bindings: Bindings, text: Source) -> (Bindings, Source) {
        let op = self.op;
        let (causal, window) = match op.mask {
            // Its own position is seen even by a window of 0.
            Mask::Causal { window } => (true, window.map(|w| w.max(1))),
            Mask::Bidirectional { window } => (false, window),
        };
        let window = window.map_or(u32::MAX, |w| u32::try_from(w).unwrap_or(u32::MAX));
        let mut bindings = bindings.read("positions", "i32", Bind::Input(3)).read(
            "sequences",
            "i32",
            Bind::Input(4),
        );
        if op.sinks {
            bindings = bindings.read("sinks", "f32", Bind::Input(5));
        }
        let sink = if op.sinks { "sinks[head]" } else { "0.0" };
        let text = text
            .size("HEAD_DIM", op.head_dim)
            .size("N_HEADS", op.n_heads)
            .size("N_KV_HEADS", op.n_kv_heads)
            .size("WINDOW", window as usize)
            .flag("CAUSAL", causal)
            .flag("HAS_SINKS", op.sinks)
            .flag("HAS_SOFTCAP", op.softcap.is_some())
            .number("SOFTCAP", op.softcap.unwrap_or(1.0))
            .text(&format!("fn sink(head: u32) -> f32 {{ return {sink}; }}"))
            .text(include_str!("wgsl/seen.wgsl"));
        (bindings, text)
    }
}

#[derive(Debug)]
struct AttentionKernel {
    /// Tiles, parts, and what puts parts together where there are several.
    stages: Vec<Stage>,
    parts: usize,
    /// Workgroups of a token's parts.
    workgroups: usize,
    n_heads: usize,
    head_dim: usize,
}

impl GpuKernel for AttentionKernel {
    fn stages(&self) -> &[Stage] {
        &self.stages
    }

    fn launch(&self, stage: usize, call: &Call<'_>) -> Launch {
        let (tokens, cache) = (call.inputs[0][0], call.inputs[1]);
        let are_few = tokens <= DECODE_TOKENS;
        let fours = self.head_dim.div_ceil(4);
        let workgroups = match stage {
            0 => tokens.div_ceil(16 * tile(self.head_dim).0) * self.n_heads,
            1 => tokens * self.workgroups,
            _ => (tokens * self.n_heads * fours).div_ceil(ELEMENTWISE),
        };
        let is_taken = are_few == (stage > 0);
        Launch {
            params: [tokens, cache[1], cache[2]].map(size).to_vec(),
            grid: grid(if is_taken { workgroups } else { 0 }),
        }
    }

    fn scratch_bytes(&self, call: &Call<'_>) -> Vec<usize> {
        if self.parts == 1 {
            return Vec::new();
        }
        let tokens = call.inputs[0][0].min(DECODE_TOKENS);
        let parts = tokens * self.n_heads * self.parts;
        vec![16 * parts * self.head_dim.div_ceil(4), 8 * parts]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_the_longest_context_or_window() {
        let op = |n_heads, head_dim, mask| Attention {
            n_heads,
            n_kv_heads: n_heads,
            head_dim,
            scale: 1.0,
            mask,
            softcap: None,
            sinks: false,
        };
        let causal = |window| Mask::Causal { window };
        for (want, n_ctx, op) in [
            (1, 1, op(8, 128, causal(None))),
            (1, 128, op(8, 128, causal(None))),
            (2, 129, op(8, 128, causal(None))),
            (16, 2048, op(8, 128, causal(None))),
            (1, 2048, op(8, 128, causal(Some(0)))),
            (5, 4096, op(8, 128, causal(Some(512)))),
            (16, 2048, op(8, 128, causal(Some(usize::MAX)))),
            (64, 1 << 20, op(8, 128, causal(None))),
            // 16 tokens, 128 heads, 512 elements: 4 MiB a part.
            (8, 1 << 20, op(128, 512, causal(None))),
        ] {
            let cache = CacheShape::from_dims([op.n_kv_heads, 1, n_ctx, op.head_dim]);
            assert_eq!(parts(&op, &cache), want, "{n_ctx}, {op:?}");
        }
    }
}
