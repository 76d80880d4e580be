//! Small graphs, and what they must give.

use std::ops::Range;

use hearth_graph::{Bindings, Dim, Graph, TOKENS, ValueId};
use hearth_kernels::attention::reference::{Cache, attention};
use hearth_kernels::attention::{Attention, Mask};
use hearth_kernels::embed::Embed;
use hearth_kernels::glu::{GluForm, reference::glu};
use hearth_kernels::gpu::{Arithmetic, GpuConfig, ProductVariant};
use hearth_kernels::kv_write::{CacheShape, KvWrite};
use hearth_kernels::matmul::{MatMul, reference::matmul};
use hearth_kernels::rms_norm::{RmsNorm, reference::rms_norm};
use hearth_kernels::slice_cols::SliceCols;
use hearth_kernels::{Activation, Elem, ValueType, dequantize, samples};
use hearth_tensor::DType;

use crate::device::Gpu;
use crate::error::GpuError;
use crate::executor::GpuExecutor;
use crate::program::{GpuProgram, WeightPlan};

/// The name of the output.
pub(super) const ANSWER: &str = "answer";
/// Tokens that the kernels for many take: more than two tiles.
pub(super) const MANY: Range<usize> = 0..72;
/// Tokens of the text that is asked about: attention has more than one part of it.
const TEXT: usize = 2 * MANY.end;
/// Columns of activations.
const COLUMNS: usize = 512;
/// Columns of a product: not a whole number of tiles.
const OUTPUTS: usize = 500;
const EPS: f32 = 1e-6;
/// Of a product's columns every so-many-th is compared: all places in a tile occur.
const STRIDE: usize = 37;
/// Heads of attention, of four that share keys and values; all of them make [`COLUMNS`].
const HEADS: [usize; 2] = [8, 2];
const HEAD_DIM: usize = 64;

const SUMS: &str = "sums over a workgroup";

fn attention_name(dtype: DType) -> String {
    format!("attention with a cache of {dtype}")
}

fn product_name(dtype: DType) -> String {
    format!("products with {dtype}")
}

/// What is asked about for a program.
pub(super) fn kernels_of(program: &GpuProgram) -> Vec<String> {
    let attention = program.cache_dtypes().into_iter().map(attention_name);
    let products = program.matrix_dtypes().into_iter().map(product_name);
    let sums = std::iter::once(SUMS.to_owned());
    sums.chain(attention).chain(products).collect()
}

/// Bytes of a buffer that shaders see on every device: the questions need fewer, also where a model is to have less.
const BINDING_BYTES: usize = 128 << 20;

/// Something to compute, and what must come of it.
pub(super) struct Question {
    /// What is asked about.
    pub(super) kernel: String,
    /// Whether there are several ways to compute it.
    pub(super) has_ways: bool,
    /// The tokens of the text that are asked about, step after step.
    pub(super) steps: Vec<Range<usize>>,
    graph: Graph,
    /// The bytes of each weight, by name.
    weights: Vec<(&'static str, Vec<u8>)>,
    /// Columns of the answer, and its known columns.
    columns: usize,
    known: Vec<usize>,
    /// For each token and known column.
    answer: Vec<f64>,
    /// What rounding may do beside that of the arithmetic, as a share of the largest answer.
    rounding: f64,
}

/// The inputs of a step, by name; a graph need not have all of them.
pub(super) struct Inputs {
    positions: Vec<i32>,
    sequences: Vec<i32>,
}

impl Inputs {
    pub(super) fn of(tokens: &Range<usize>) -> Self {
        Inputs {
            positions: tokens.clone().map(|i| i as i32).collect(),
            sequences: vec![0; tokens.len()],
        }
    }

    pub(super) fn named(&self) -> [(&'static str, &[i32]); 3] {
        let (positions, sequences) = (&self.positions[..], &self.sequences[..]);
        // A token is known by its place.
        [
            ("ids", positions),
            ("positions", positions),
            ("sequences", sequences),
        ]
    }
}

pub(super) fn bindings(tokens: usize) -> Bindings {
    Bindings::default().with(TOKENS, tokens)
}

fn integers(graph: &mut Graph, name: &str) -> ValueId {
    graph.input(name, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]))
}

/// Rows of activations in a graph, and as numbers.
fn activations(graph: &mut Graph) -> (ValueId, Vec<f32>) {
    let ids = integers(graph, "ids");
    let table = graph.weight("x", DType::F32, &[TEXT, COLUMNS]);
    let x = graph.apply(Embed, &[ids, table]).expect("rows of a table");
    (x, samples::floats(1, TEXT * COLUMNS, 1.0))
}

fn bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|x| x.to_le_bytes()).collect()
}

impl Question {
    /// Sums over a workgroup.
    pub(super) fn sums() -> Self {
        let mut graph = Graph::new();
        let (x, rows) = activations(&mut graph);
        let norm = graph.weight("norm", DType::F32, &[COLUMNS]);
        let y = graph.apply(RmsNorm { eps: EPS }, &[x, norm]);
        graph.output(ANSWER, y.expect("a norm"));
        let norm = samples::floats(2, COLUMNS, 1.0);
        Question {
            kernel: SUMS.to_owned(),
            has_ways: true,
            steps: vec![MANY],
            graph,
            answer: rms_norm(&rows, &norm, EPS),
            weights: vec![("x", bytes(&rows)), ("norm", bytes(&norm))],
            columns: COLUMNS,
            known: (0..COLUMNS).collect(),
            rounding: 0.0,
        }
    }

    /// Attention with a cache of these elements: of many tokens, and of one that sees more than a part of them.
    pub(super) fn attention(dtype: DType) -> Self {
        let [n_heads, n_kv_heads] = HEADS;
        let op = Attention {
            n_heads,
            n_kv_heads,
            head_dim: HEAD_DIM,
            scale: 0.5,
            mask: Mask::Causal { window: None },
            softcap: None,
            sinks: false,
        };
        let dims = [n_kv_heads, 1, TEXT, HEAD_DIM];
        let len = n_kv_heads * HEAD_DIM;
        let starts = [0, len];
        let mut graph = Graph::new();
        let (x, rows) = activations(&mut graph);
        let [positions, sequences] = ["positions", "sequences"].map(|i| integers(&mut graph, i));
        let [keys, values] = [("keys", starts[0]), ("values", starts[1])].map(|(name, start)| {
            let cache = graph.state(name, dtype, &dims);
            let rows = graph
                .apply(SliceCols { start, len }, &[x])
                .expect("columns");
            let inputs = [cache, rows, positions, sequences];
            graph.apply(KvWrite, &inputs).expect("a cache")
        });
        let y = graph.apply(op.clone(), &[x, keys, values, positions, sequences]);
        graph.output(ANSWER, y.expect("attention"));
        let shape = CacheShape::from_dims(dims);
        let [keys, values] = starts.map(|start| {
            let mut cells = vec![0.0; TEXT * len];
            for (position, row) in rows.chunks_exact(COLUMNS).enumerate() {
                for (head, cell) in row[start..start + len].chunks_exact(HEAD_DIM).enumerate() {
                    let at = shape.row(head, 0, position) * HEAD_DIM;
                    cells[at..at + HEAD_DIM].copy_from_slice(cell);
                }
            }
            cells
        });
        let caches = [&keys, &values].map(|data| Cache { shape, data });
        let positions: Vec<usize> = (0..TEXT).collect();
        let answer = attention(&op, &rows, caches, [&positions, &[0; TEXT]], &[]);
        Question {
            kernel: attention_name(dtype),
            has_ways: false,
            steps: vec![MANY, MANY.end..TEXT, TEXT - 1..TEXT],
            graph,
            answer,
            weights: vec![("x", bytes(&rows))],
            columns: COLUMNS,
            known: (0..COLUMNS).collect(),
            rounding: if dtype == DType::F32 { 0.0 } else { 3e-2 },
        }
    }

    /// A product with a weight of this type, normalised and gated.
    pub(super) fn product(dtype: DType) -> Self {
        let form = GluForm::Activation(Activation::Silu);
        let op = MatMul {
            norm: Some(EPS),
            glu: Some(form),
            ..MatMul::default()
        };
        let mut graph = Graph::new();
        let (x, rows) = activations(&mut graph);
        let w = graph.weight("w", dtype, &[2 * OUTPUTS, COLUMNS]);
        let norm = graph.weight("norm", DType::F32, &[COLUMNS]);
        let y = graph.apply(op, &[x, w, norm]);
        graph.output(ANSWER, y.expect("a product"));
        let norm = samples::floats(2, COLUMNS, 0.05);
        let blocks = 2 * OUTPUTS * COLUMNS / dtype.block_elems();
        let raw = samples::blocks(3, dtype, blocks);
        let known: Vec<usize> = (0..OUTPUTS).step_by(STRIDE).collect();
        let x = rms_norm(&rows[..MANY.end * COLUMNS], &norm, EPS);
        let of_rows = |first: usize| {
            let row_bytes = raw.len() / (2 * OUTPUTS);
            let mut w = vec![0.0; known.len() * COLUMNS];
            for (&row, w) in known.iter().zip(w.chunks_exact_mut(COLUMNS)) {
                let bytes = &raw[(first + row) * row_bytes..][..row_bytes];
                dequantize::dequantize_row_into(dtype, bytes, w).expect("whole blocks");
            }
            let w: Vec<f64> = w.into_iter().map(f64::from).collect();
            matmul(&x, &w, COLUMNS)
        };
        let [gates, ups] = [0, OUTPUTS].map(|first| {
            let product = of_rows(first).into_iter();
            product.map(|y| y as f32).collect::<Vec<_>>()
        });
        Question {
            kernel: product_name(dtype),
            has_ways: true,
            // Each of the kernels.
            steps: vec![0..1, 0..3, MANY],
            graph,
            answer: glu(form, &gates, &ups),
            weights: vec![("x", bytes(&rows)), ("w", raw), ("norm", bytes(&norm))],
            columns: OUTPUTS,
            known,
            rounding: 0.0,
        }
    }

    /// Its program, in one of the ways.
    pub(super) fn program(&self, variant: ProductVariant) -> Result<GpuProgram, GpuError> {
        let dtypes = self
            .graph
            .values()
            .iter()
            .filter_map(|value| match value.ty.elem {
                Elem::Weight(dtype) => Some((dtype, variant)),
                _ => None,
            });
        let config = GpuConfig {
            in_step: variant.in_step,
            products: dtypes.collect(),
        };
        let bounds = bindings(MANY.end);
        GpuProgram::new(self.graph.clone(), bounds, &config, BINDING_BYTES)
    }

    /// Its program on a device.
    pub(super) async fn executor(
        &self,
        gpu: &Gpu,
        program: GpuProgram,
    ) -> Result<GpuExecutor, GpuError> {
        let plans: Vec<WeightPlan> = program.weights().to_vec();
        let mut executor = GpuExecutor::new(gpu.clone(), program).await?;
        for (index, plan) in plans.iter().enumerate() {
            let name = plan.name();
            let mut weights = self.weights.iter();
            let (_, bytes) = weights.find(|(of, _)| *of == name).expect("a weight of it");
            executor.write_rows(index, 0, bytes);
        }
        executor.ready().await?;
        Ok(executor)
    }

    /// Whether the answer for these tokens is right, and what is wrong with it.
    pub(super) fn check(
        &self,
        variant: ProductVariant,
        tokens: &Range<usize>,
        got: &[f32],
    ) -> Result<(), String> {
        let answers = self.answer.iter();
        let largest = answers.fold(0.0, |most: f64, y| most.max(y.abs()));
        let most = largest * (tolerance(variant.arithmetic) + self.rounding);
        for (row, token) in tokens.clone().enumerate() {
            for (i, &column) in self.known.iter().enumerate() {
                let want = self.answer[token * self.known.len() + i];
                let got = got[row * self.columns + column];
                let off = (f64::from(got) - want).abs();
                if off.is_nan() || off > most {
                    return Err(format!(
                        "{got} in place of {want} (token {token} of {tokens:?}, column {column})"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The error of a device that goes wrong however it is asked.
    pub(super) fn wrong(&self, reason: String) -> GpuError {
        GpuError::Wrong {
            kernel: self.kernel.clone(),
            reason,
        }
    }
}

/// How far an answer may be off, as a share of the largest.
fn tolerance(arithmetic: Arithmetic) -> f64 {
    match arithmetic {
        Arithmetic::F32 => 1e-3,
        Arithmetic::F16 => 1e-2,
        Arithmetic::PackedDot => 3e-2,
    }
}
