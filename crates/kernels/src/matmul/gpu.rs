//! Products on the GPU, from the rows of a file as they are: one kernel for few rows of x, one for many.

use std::ops::RangeInclusive;

use hearth_tensor::DType;

use super::{MatMul, weight_dtype};
use crate::contract::{ContractError, ValueType};
use crate::dequantize::gpu::{Decoder, decoder};
use crate::glu;
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Arithmetic, Bind, Call, GpuConfig, GpuKernel, Launch, Stage, grid, size};

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
/// Elements of x that share a scale in narrow arithmetic.
const RUN: usize = 32;
/// Bytes of that scale and what stands beside it.
const SCALE_BYTES: usize = 16;

/// One dispatch for one row of x, for some, or for many: the others have no workgroups. In narrow arithmetic rows of x are
/// narrowed before.
#[derive(Debug)]
struct Kernel {
    stages: Vec<Stage>,
    row_bytes: usize,
    /// A column of y takes two rows of the weight.
    is_gated: bool,
    arithmetic: Arithmetic,
}

/// The stages by number. The last ones are for many rows of x: one, or one that narrows them and one that multiplies.
const ONE: usize = 0;
const SOME_FEW: usize = 1;
const MANY: usize = 2;

const PARAMS: &str = include_str!("params.wgsl");

/// What the kernels of one product have in common.
struct Parts<'a> {
    op: &'a MatMul,
    dtype: DType,
    decoder: Decoder,
    in_step: usize,
    arithmetic: Arithmetic,
}

/// The kernel of a product for these inputs.
pub(super) fn kernel(
    op: &MatMul,
    inputs: &[ValueType],
    config: &GpuConfig,
) -> Result<Box<dyn GpuKernel>, ContractError> {
    let dtype = weight_dtype(&inputs[1]);
    let k = inputs[1].cols().unwrap_or(0);
    let decoder = decoder(dtype).filter(|decoder| decoder.takes(k));
    let decoder = decoder.ok_or(ContractError::UnsupportedDType {
        op: "matmul",
        dtype,
    })?;
    let variant = config.product(dtype);
    let takes = |arithmetic: &Arithmetic| arithmetic.takes(dtype) && k.is_multiple_of(RUN);
    let arithmetic = Some(variant.arithmetic).filter(takes).unwrap_or_default();
    let parts = Parts {
        op,
        dtype,
        decoder,
        in_step: variant.in_step,
        arithmetic,
    };
    let mut stages = vec![parts.few(1), parts.few(SOME)];
    match arithmetic {
        Arithmetic::F32 => stages.push(parts.many()),
        _ => stages.extend([parts.narrow(), parts.narrow_many()]),
    }
    Ok(Box::new(Kernel {
        stages,
        row_bytes: dtype.bytes_for(k).unwrap_or(0),
        is_gated: op.glu.is_some(),
        arithmetic,
    }))
}

/// What is summed for a row of x and a column of y.
#[derive(Clone, Copy)]
pub(crate) struct Sums {
    /// Rows of the weight for a column.
    sets: usize,
    /// The squares of x as well.
    squares: bool,
}

impl Sums {
    /// The product alone.
    pub(crate) const PRODUCTS: Sums = Sums {
        sets: 1,
        squares: false,
    };
}

/// Decoder and dot products of so many rows of x at once, where so many invocations work in step. Before it stands
/// `weighed`, see [`AS_IT_IS`].
pub(crate) fn few(decoder: &Decoder, sums: Sums, rows: usize, in_step: usize) -> Source {
    decoder
        .write(Source::default())
        .size("LANES", LANES)
        .size("T", rows)
        .size("SETS", sums.sets)
        .flag("SQUARES", sums.squares)
        .in_step(in_step)
        .text(include_str!("dot.wgsl"))
}

/// What a product takes of four elements of x, at column `4 * four`.
pub(crate) const AS_IT_IS: &str =
    "fn weighed(values: vec4<f32>, four: u32) -> vec4<f32> { return values; }";
const NORMALISED: &str =
    "fn weighed(values: vec4<f32>, four: u32) -> vec4<f32> { return values * norm[four]; }";
const NOT_GATED: &str = "fn gated(gate: f32, up: f32) -> f32 { return gate; }";

impl Parts<'_> {
    fn few(&self, rows: usize) -> Stage {
        let sums = Sums {
            sets: 1 + usize::from(self.op.glu.is_some()),
            squares: self.op.norm.is_some(),
        };
        let text = few(&self.decoder, sums, rows, self.in_step).text(include_str!("matvec.wgsl"));
        let name = format!("matvec {} x{rows}", self.dtype);
        self.product(self.x(), self.x_text(), text)
            .stage(name, WORKGROUP)
    }

    fn many(&self) -> Stage {
        let text = self
            .decoder
            .write(Source::default())
            .text(include_str!("tile.wgsl"))
            .text(include_str!("tiles.wgsl"));
        let name = format!("matmul {}", self.dtype);
        self.product(self.x(), self.x_text(), text)
            .stage(name, TILES_WORKGROUP)
    }

    fn narrow(&self) -> Stage {
        let (code, arithmetic) = self.codes();
        let bindings = self.x().write("codes", code, Bind::Scratch(0)).write(
            "scales",
            "vec4<f32>",
            Bind::Scratch(1),
        );
        let text = self
            .x_text()
            .reduce(self.in_step)
            .text(arithmetic)
            .text(include_str!("narrow.wgsl"));
        let name = format!("narrow {}", self.arithmetic);
        bindings.stage(name, WORKGROUP, text)
    }

    fn narrow_many(&self) -> Stage {
        let (code, arithmetic) = self.codes();
        let bindings = Bindings::default()
            .read("codes", code, Bind::Scratch(0))
            .read("scales", "vec4<f32>", Bind::Scratch(1));
        let text = self
            .decoder
            .write(Source::default())
            .text(arithmetic)
            .text(include_str!("tile.wgsl"))
            .text(include_str!("narrow_tiles.wgsl"));
        let name = format!("matmul {} {}", self.dtype, self.arithmetic);
        let params = Source::default().text(PARAMS);
        self.product(bindings, params, text)
            .stage(name, TILES_WORKGROUP)
    }

    /// Four codes of narrow arithmetic, and the arithmetic.
    fn codes(&self) -> (&'static str, &'static str) {
        match self.arithmetic {
            Arithmetic::F32 => unreachable!("it is not narrow"),
            Arithmetic::F16 => ("vec4<f16>", include_str!("f16.wgsl")),
            Arithmetic::PackedDot => ("u32", include_str!("packed_dot.wgsl")),
        }
    }

    /// The rows of x, and the weight of their norm.
    fn x(&self) -> Bindings {
        let bindings = Bindings::default().read("x", "vec4<f32>", Bind::Input(0));
        match self.op.norm_input() {
            Some((input, _)) => bindings.read("norm", "vec4<f32>", Bind::Input(input)),
            None => bindings,
        }
    }

    /// Parameters, and what is taken of rows of x.
    fn x_text(&self) -> Source {
        let norm = self.op.norm;
        Source::default()
            .text(PARAMS)
            .flag("NORM", norm.is_some())
            .number("EPS", norm.unwrap_or(0.0))
            .text(include_str!("row_scale.wgsl"))
            .text(norm.map_or(AS_IT_IS, |_| NORMALISED))
    }

    /// A kernel that reads `x` and writes y.
    fn product(&self, x: Bindings, x_text: Source, text: Source) -> Product {
        let mut bindings = self.decoder.bind(x.read("w", "u32", Bind::Input(1)));
        let mut addend = String::from("0.0");
        if self.op.bias {
            bindings = bindings.read("bias", "f32", Bind::Input(2));
            addend.push_str(" + bias[column]");
        }
        if let Some(input) = self.op.residual_input() {
            bindings = bindings.read("residual", "f32", Bind::Input(input));
            addend.push_str(" + residual[i]");
        }
        let addend = format!("fn addend(column: u32, i: u32) -> f32 {{ return {addend}; }}");
        let text_before = x_text.text(&addend).flag("GLU", self.op.glu.is_some());
        let text_before = match self.op.glu {
            Some(form) => glu::gpu::gated(form, text_before),
            None => text_before.text(NOT_GATED),
        };
        Product {
            bindings: bindings.write("y", "f32", Bind::Output(0)),
            text: text_before.text(&text.finish()),
        }
    }
}

/// Bindings and text of a kernel.
struct Product {
    bindings: Bindings,
    text: Source,
}

impl Product {
    fn stage(self, name: String, workgroup: usize) -> Stage {
        self.bindings.stage(name, workgroup, self.text)
    }
}

impl Kernel {
    /// The first of the stages for so many tokens, and the last.
    fn wanted(&self, tokens: usize) -> RangeInclusive<usize> {
        match tokens {
            0 | 1 => ONE..=ONE,
            2..=FEW => SOME_FEW..=SOME_FEW,
            _ => MANY..=self.stages.len() - 1,
        }
    }

    fn is_narrow(&self) -> bool {
        self.arithmetic != Arithmetic::F32
    }
}

impl GpuKernel for Kernel {
    fn stages(&self) -> &[Stage] {
        &self.stages
    }

    fn launch(&self, stage: usize, call: &Call<'_>) -> Launch {
        let (tokens, [n, k]) = (call.rows_of(0), [call.output[1], call.inputs[1][1]]);
        let rows = call.rows.cloned().unwrap_or(0..n);
        let columns = TILE[1] / (1 + usize::from(self.is_gated));
        let groups = match stage {
            ONE => rows.len().div_ceil(WORKGROUP / LANES) * tokens,
            SOME_FEW => rows.len().div_ceil(WORKGROUP / LANES) * tokens.div_ceil(SOME),
            // Once for all buffers of the weight.
            MANY if self.is_narrow() && rows.start == 0 => tokens,
            MANY if self.is_narrow() => 0,
            _ => rows.len().div_ceil(columns) * tokens.div_ceil(TILE[0]),
        };
        let is_wanted = self.wanted(tokens).contains(&stage);
        let params = [k, self.row_bytes, rows.len(), rows.start, n, tokens];
        Launch {
            params: params.map(size).to_vec(),
            grid: grid(if is_wanted { groups } else { 0 }),
        }
    }

    fn scratch_bytes(&self, call: &Call<'_>) -> Vec<usize> {
        let (tokens, elements) = (call.rows_of(0), call.elements(0));
        let code_bytes = match self.arithmetic {
            Arithmetic::F16 => 2,
            Arithmetic::PackedDot => 1,
            Arithmetic::F32 => return Vec::new(),
        };
        if tokens <= FEW {
            return vec![0, 0];
        }
        vec![code_bytes * elements, elements / RUN * SCALE_BYTES]
    }

    fn split_input(&self) -> Option<usize> {
        (!self.is_gated).then_some(1)
    }
}
