//! Small graphs, and what they must give.

use hearth_graph::{Bindings, Dim, Graph, TOKENS, ValueId};
use hearth_kernels::embed::Embed;
use hearth_kernels::glu::{GluForm, reference::glu};
use hearth_kernels::gpu::{Arithmetic, GpuConfig, ProductVariant};
use hearth_kernels::matmul::{MatMul, reference::matmul};
use hearth_kernels::rms_norm::{RmsNorm, reference::rms_norm};
use hearth_kernels::{Activation, Elem, ValueType, dequantize, samples};
use hearth_tensor::DType;

use crate::device::Gpu;
use crate::error::GpuError;
use crate::executor::GpuExecutor;
use crate::program::{GpuProgram, WeightPlan};

/// Names of input and output.
pub(super) const IDS: &str = "ids";
pub(super) const ANSWER: &str = "answer";
/// Tokens that the kernel for many takes: more than two tiles.
pub(super) const TOKENS_OF_MANY: usize = 72;
/// Columns of activations.
const COLUMNS: usize = 512;
/// Columns of a product: not a whole number of tiles.
const OUTPUTS: usize = 500;
const EPS: f32 = 1e-6;
/// Of a product's columns every so-many-th is compared: all places in a tile occur.
const STRIDE: usize = 37;

/// Something to compute, and what must come of it.
pub(super) struct Question {
    /// What is asked about.
    pub(super) kernel: String,
    graph: Graph,
    /// The bytes of each weight, by name.
    weights: Vec<(&'static str, Vec<u8>)>,
    /// Columns of the answer, and its known columns.
    columns: usize,
    known: Vec<usize>,
    /// For each token and known column.
    answer: Vec<f64>,
    is_product: bool,
}

pub(super) fn bindings(tokens: usize) -> Bindings {
    Bindings::default().with(TOKENS, tokens)
}

pub(super) fn ids(tokens: usize) -> Vec<i32> {
    (0..tokens as i32).collect()
}

/// Rows of activations in a graph, and as numbers.
fn activations(graph: &mut Graph) -> (ValueId, Vec<f32>) {
    let ids = graph.input(IDS, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let table = graph.weight("x", DType::F32, &[TOKENS_OF_MANY, COLUMNS]);
    let x = graph.apply(Embed, &[ids, table]).expect("rows of a table");
    (x, samples::floats(1, TOKENS_OF_MANY * COLUMNS, 1.0))
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
            kernel: "sums over a workgroup".to_owned(),
            graph,
            answer: rms_norm(&rows, &norm, EPS),
            weights: vec![("x", bytes(&rows)), ("norm", bytes(&norm))],
            columns: COLUMNS,
            known: (0..COLUMNS).collect(),
            is_product: false,
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
        let x = rms_norm(&rows, &norm, EPS);
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
            kernel: format!("products with {dtype}"),
            graph,
            answer: glu(form, &gates, &ups),
            weights: vec![("x", bytes(&rows)), ("w", raw), ("norm", bytes(&norm))],
            columns: OUTPUTS,
            known,
            is_product: true,
        }
    }

    /// Its program, in one of the ways.
    pub(super) fn program(
        &self,
        variant: ProductVariant,
        max_binding_bytes: usize,
    ) -> Result<GpuProgram, GpuError> {
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
        let bounds = bindings(TOKENS_OF_MANY);
        GpuProgram::new(self.graph.clone(), bounds, &config, max_binding_bytes)
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

    /// Numbers of tokens for which it is asked: for each of a product's kernels.
    pub(super) fn sizes(&self) -> Vec<usize> {
        if self.is_product {
            vec![1, 3, TOKENS_OF_MANY]
        } else {
            vec![TOKENS_OF_MANY]
        }
    }

    /// Whether an answer for so many tokens is right, and what is wrong with it.
    pub(super) fn check(
        &self,
        variant: ProductVariant,
        tokens: usize,
        got: &[f32],
    ) -> Result<(), String> {
        let largest = self
            .answer
            .iter()
            .fold(0.0, |most: f64, y| most.max(y.abs()));
        let most = largest * tolerance(variant.arithmetic);
        for token in 0..tokens {
            for (i, &column) in self.known.iter().enumerate() {
                let want = self.answer[token * self.known.len() + i];
                let got = got[token * self.columns + column];
                let off = (f64::from(got) - want).abs();
                if off.is_nan() || off > most {
                    return Err(format!(
                        "{got} in place of {want} (token {token} of {tokens}, column {column})"
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
