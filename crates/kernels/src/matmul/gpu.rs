//! Products on the GPU, from the rows of a file as they are: one kernel for few rows of x, one for many.

use super::{MatMul, weight_dtype};
use crate::contract::{ContractError, ValueType};
use crate::dequantize::gpu::{Decoder, decoder};
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
        stage(
            op,
            &decoder,
            format!("matvec {dtype} x{rows}"),
            WORKGROUP,
            text,
        )
    };
    let many = decoder
        .write(Source::default())
        .text(include_str!("tiles.wgsl"));
    let many = stage(
        op,
        &decoder,
        format!("matmul {dtype}"),
        TILES_WORKGROUP,
        many,
    );
    Ok(Box::new(Kernel {
        stages: [few(1), few(SOME), many],
        row_bytes: dtype.bytes_for(k).unwrap_or(0),
    }))
}

/// Decoder and dot products of so many rows of x at once.
pub(crate) fn few(decoder: &Decoder, rows: usize) -> Source {
    decoder
        .write(Source::default())
        .size("LANES", LANES)
        .size("T", rows)
        .text(include_str!("dot.wgsl"))
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
    let addend = format!("fn addend(column: u32, i: u32) -> f32 {{ return {addend}; }}");
    let text = Source::default()
        .text(include_str!("params.wgsl"))
        .text(&addend)
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
        let (tokens, [n, k]) = (call.rows_of(0), [call.inputs[1][0], call.inputs[1][1]]);
        let rows = call.rows.cloned().unwrap_or(0..n);
        let wanted = match tokens {
            0 | 1 => 0,
            2..=FEW => 1,
            _ => 2,
        };
        let [t, n_tile] = [[1, WORKGROUP / LANES], [SOME, WORKGROUP / LANES], TILE][stage];
        let groups = rows.len().div_ceil(n_tile) * tokens.div_ceil(t);
        let params = [k, self.row_bytes, rows.len(), rows.start, n, tokens];
        Launch {
            params: params.map(size).to_vec(),
            grid: grid(if wanted == stage { groups } else { 0 }),
        }
    }

    fn split_input(&self) -> Option<usize> {
        Some(1)
    }
}
