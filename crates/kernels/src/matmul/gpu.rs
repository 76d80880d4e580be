//! Products on the GPU, from the rows of a file as they are: one kernel for few rows of x, one for many.

use super::{MatMul, weight_dtype};
use crate::contract::{ContractError, ValueType};
use crate::dequantize::gpu::{Decoder, decoder};
use crate::glu;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, Call, GpuKernel, Launch, Stage, grid, size};

/// Invocations of a workgroup, and those of them that share a row of the weight, where there are few rows of x.
pub(crate) const WORKGROUP: usize = 64;
pub(crate) const LANES: usize = 16;
/// Rows of x that one workgroup takes, where there are some.
const SOME: usize = 4;
/// Up to so many rows of x, each has the same bits as alone.
const FEW: usize = 16;
/// Of the kernel for many.
const TILES_WORKGROUP: usize = 128;
const TILE: [usize; 2] = [32, 64];

/// One dispatch for one row of x, for some, or for many: the others have no workgroups.
#[derive(Debug)]
struct Kernel {
    stages: [Stage; 3],
    row_bytes: usize,
    /// A column of y takes two rows of the weight.
    is_gated: bool,
}

/// The kernel of a product for these inputs.
pub(super) fn kernel(
    op: &MatMul,
    inputs: &[ValueType],
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let dtype = weight_dtype(&inputs[1]);
    let k = inputs[1].cols().unwrap_or(0);
    let decoder = decoder(dtype).filter(|decoder| decoder.takes(k));
    let decoder = decoder.ok_or(ContractError::UnsupportedDType {
        op: "matmul",
        dtype,
    })?;
    let few = |rows: usize| {
        let text = few(&decoder, rows).text(include_str!("matvec.wgsl"));
        let name = format!("matvec {dtype} x{rows}");
        stage(op, &decoder, name, WORKGROUP, text)
    };
    let many = decoder
        .write(Source::default())
        .text(include_str!("tiles.wgsl"));
    let name = format!("matmul {dtype}");
    let many = stage(op, &decoder, name, TILES_WORKGROUP, many);
    Ok(Box::new(Kernel {
        stages: [few(1), few(SOME), many],
        row_bytes: dtype.bytes_for(k).unwrap_or(0),
        is_gated: op.glu.is_some(),
    }))
}

/// Decoder and dot products of so many rows of x at once. Before it stands `weighed`, see [`AS_IT_IS`].
pub(crate) fn few(decoder: &Decoder, rows: usize) -> Source {
    decoder
        .write(Source::default())
        .size("LANES", LANES)
        .size("T", rows)
        .text(include_str!("dot.wgsl"))
}

/// What a product takes of four elements of x, at column `4 * four`.
pub(crate) const AS_IT_IS: &str =
    "fn weighed(values: vec4<f32>, four: u32) -> vec4<f32> { return values; }";
const NORMALISED: &str =
    "fn weighed(values: vec4<f32>, four: u32) -> vec4<f32> { return values * norm[four]; }";
const NOT_GATED: &str = "fn gated(gate: f32, up: f32) -> f32 { return gate; }";

/// Norm and gate, if there are any.
fn fused(op: &MatMul) -> Source {
    let text = Source::default()
        .flag("NORM", op.norm.is_some())
        .number("EPS", op.norm.unwrap_or(0.0))
        .flag("GLU", op.glu.is_some())
        .text(match op.norm {
            Some(_) => NORMALISED,
            None => AS_IT_IS,
        });
    match op.glu {
        Some(form) => glu::gpu::gated(form, text),
        None => text.text(NOT_GATED),
    }
}

fn stage(op: &MatMul, decoder: &Decoder, name: String, workgroup: usize, text: Source) -> Stage {
    let bindings = Bindings::default()
        .read("x", "vec4<f32>", Bind::Input(0))
        .read("w", "u32", Bind::Input(1));
    let mut bindings = decoder.bind(bindings);
    let mut addend = String::from("0.0");
    if op.bias {
        bindings = bindings.read("bias", "f32", Bind::Input(2));
        addend.push_str(" + bias[column]");
    }
    if let Some(input) = op.residual_input() {
        bindings = bindings.read("residual", "f32", Bind::Input(input));
        addend.push_str(" + residual[i]");
    }
    if let Some((input, _)) = op.norm_input() {
        bindings = bindings.read("norm", "vec4<f32>", Bind::Input(input));
    }
    let addend = format!("fn addend(column: u32, i: u32) -> f32 {{ return {addend}; }}");
    let text = Source::default()
        .text(include_str!("params.wgsl"))
        .text(&addend)
        .text(&fused(op).finish())
        .text(&text.finish());
    bindings
        .write("y", "f32", Bind::Output(0))
        .stage(name, workgroup, text)
}

impl GpuKernel for Kernel {
    fn stages(&self) -> &[Stage] {
        &self.stages
    }

    fn launch(&self, stage: usize, call: &Call<'_>) -> Launch {
        let (tokens, [n, k]) = (call.rows_of(0), [call.output[1], call.inputs[1][1]]);
        let rows = call.rows.cloned().unwrap_or(0..n);
        let wanted = match tokens {
            0 | 1 => 0,
            2..=FEW => 1,
            _ => 2,
        };
        let [t, n_tile] = [[1, WORKGROUP / LANES], [SOME, WORKGROUP / LANES], TILE][stage];
        let n_tile = if self.is_gated && stage == 2 {
            n_tile / 2
        } else {
            n_tile
        };
        let groups = rows.len().div_ceil(n_tile) * tokens.div_ceil(t);
        let params = [k, self.row_bytes, rows.len(), rows.start, n, tokens];
        Launch {
            params: params.map(size).to_vec(),
            grid: grid(if wanted == stage { groups } else { 0 }),
        }
    }

    fn split_input(&self) -> Option<usize> {
        (!self.is_gated).then_some(1)
    }
}
