//! Kernels and buffers of a graph, planned once.

use std::ops::Range;

use hearth_graph::{Bindings, Graph, SlotPlan, Source, ValueId, WeightTensor, value_bytes};
use hearth_kernels::Elem;
use hearth_kernels::gpu::{GpuConfig, GpuKernel};
use hearth_kernels::kv_write::CacheShape;
use hearth_tensor::DType;

use crate::dispatch::launch;
use crate::error::GpuError;
use crate::scratch;

/// A weight as the file has it, and how its rows are cut into buffers.
#[derive(Clone, Debug)]
pub struct WeightPlan {
    /// The value that it is in the graph.
    pub value: ValueId,
    /// The tensors of the file, or the rows of them, that it is made of, one after the other.
    pub tensors: Vec<WeightTensor>,
    /// Type of its elements.
    pub dtype: DType,
    /// Rows of the matrix: all dimensions but the last together, or the elements of a vector.
    pub rows: usize,
    /// Elements of a row.
    pub cols: usize,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// Rows of each buffer.
    pub parts: Vec<Range<usize>>,
}

impl WeightPlan {
    /// So many rows are whole words, whatever the type: buffers are cut and filled in multiples of it.
    pub const ROW_UNIT: usize = 4;

    /// Bytes of the largest weight that lies in one buffer, where shaders see `max_binding_bytes` of a buffer: it is a little longer
    /// than its rows.
    pub fn max_whole_bytes(max_binding_bytes: usize) -> usize {
        max_binding_bytes.saturating_sub(16)
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        let names: Vec<_> = self.tensors.iter().map(|t| t.tensor.to_string()).collect();
        names.join(" + ")
    }

    /// The tensor that has row `row`, the row within it, and how many follow in it, itself included.
    pub fn tensor_at(&self, row: usize) -> (&WeightTensor, usize, usize) {
        let mut row = row;
        for tensor in &self.tensors {
            let rows = tensor.dims.iter().product::<usize>() / self.cols.max(1);
            if row < rows {
                return (tensor, row, rows - row);
            }
            row -= rows;
        }
        panic!("row {row} beyond the last of {}", self.name())
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> usize {
        self.rows * self.row_bytes
    }
}

/// A stage of a node that is one dispatch: of several buffers of a weight each has its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) node: usize,
    pub(crate) stage: usize,
    pub(crate) part: usize,
}

/// A graph made ready to run on a GPU.
#[derive(Debug)]
pub struct GpuProgram {
    graph: Graph,
    pub(crate) kernels: Vec<Box<dyn GpuKernel>>,
    pub(crate) slots: SlotPlan,
    pub(crate) bounds: Bindings,
    /// For each value that is a version of a state, the value that the state begins with.
    pub(crate) state_roots: Vec<Option<ValueId>>,
    weights: Vec<WeightPlan>,
}

impl GpuProgram {
    /// Prepare `graph` for steps of at most the dimensions that `bounds` give, on a device whose shaders see at most
    /// `max_binding_bytes` of a buffer.
    pub fn new(
        graph: Graph,
        bounds: Bindings,
        config: &GpuConfig,
        max_binding_bytes: usize,
    ) -> Result<Self, GpuError> {
        let program = GpuProgram {
            kernels: kernels(&graph, config)?,
            slots: SlotPlan::new(&graph, &bounds),
            weights: weights(&graph, max_binding_bytes),
            state_roots: graph.state_roots(),
            bounds,
            graph,
        };
        program.check(max_binding_bytes)?;
        Ok(program)
    }

    /// The same, with the kernels that another configuration has.
    pub fn with_config(self, config: &GpuConfig) -> Result<Self, GpuError> {
        let kernels = kernels(&self.graph, config)?;
        Ok(GpuProgram { kernels, ..self })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The weights that the program needs.
    pub fn weights(&self) -> &[WeightPlan] {
        &self.weights
    }

    /// The types of weights that are matrices, each once.
    pub fn matrix_dtypes(&self) -> Vec<DType> {
        let matrices = self.weights.iter().filter(|plan| plan.cols > 1);
        once(matrices.map(|plan| plan.dtype))
    }

    /// The types of caches of keys and values, each once.
    pub fn cache_dtypes(&self) -> Vec<DType> {
        let caches = self.graph.values().iter().filter_map(|value| {
            let is_cache = CacheShape::of(&value.ty).is_some();
            match value.ty.elem {
                Elem::State(dtype) if is_cache => Some(dtype),
                _ => None,
            }
        });
        once(caches)
    }

    /// Dispatches of a step.
    pub fn dispatches(&self) -> usize {
        self.sites().count()
    }

    /// Dispatches of a step with these dimensions.
    pub fn dispatches_of(&self, bindings: &Bindings) -> usize {
        let grids = self.sites().map(|site| {
            let rows = self.rows(&site);
            let stage = (site.node, site.stage);
            launch(self, stage, rows.as_ref(), bindings).grid
        });
        grids.filter(|grid| !grid.contains(&0)).count()
    }

    /// Bytes of the weights that a node reads.
    pub(crate) fn weight_bytes_of(&self, node: usize) -> usize {
        let inputs = 0..self.graph.nodes()[node].inputs.len();
        let weights = inputs.filter_map(|input| self.weight(node, input));
        weights.map(WeightPlan::bytes).sum()
    }

    /// Bytes of all weights.
    pub fn weight_bytes(&self) -> usize {
        self.weights.iter().map(WeightPlan::bytes).sum()
    }

    /// Bytes of all states.
    pub fn state_bytes(&self) -> usize {
        let roots = self.state_roots.iter().enumerate();
        roots
            .filter(|(index, root)| root.is_some_and(|root| root.index() == *index))
            .map(|(index, _)| value_bytes(&self.graph.values()[index].ty, &self.bounds))
            .fold(0, usize::saturating_add)
    }

    /// Bytes of intermediate values, and of what calls want beside them.
    pub fn working_bytes(&self) -> usize {
        let slots = self.slots.bytes.iter().copied();
        slots
            .chain(scratch::sizes(self))
            .fold(0, usize::saturating_add)
    }

    /// Bytes of all that.
    pub(crate) fn bytes(&self) -> usize {
        let rest = self.state_bytes().saturating_add(self.working_bytes());
        self.weight_bytes().saturating_add(rest)
    }

    /// Every dispatch, in order.
    pub(crate) fn sites(&self) -> impl Iterator<Item = Site> {
        self.kernels.iter().enumerate().flat_map(|(node, kernel)| {
            let weight = kernel
                .split_input()
                .and_then(|input| self.weight(node, input));
            let parts = weight.map_or(1, |plan| plan.parts.len());
            let stages = 0..kernel.stages().len();
            stages.flat_map(move |stage| (0..parts).map(move |part| Site { node, stage, part }))
        })
    }

    /// The rows of the weight that a dispatch sees, if there may be others.
    pub(crate) fn rows(&self, site: &Site) -> Option<Range<usize>> {
        let input = self.kernels[site.node].split_input()?;
        Some(self.weight(site.node, input)?.parts[site.part].clone())
    }

    fn weight(&self, node: usize, input: usize) -> Option<&WeightPlan> {
        let value = self.graph.nodes()[node].inputs[input];
        self.weights.iter().find(|plan| plan.value == value)
    }

    /// Every value must fit into a buffer, and only some kernels take a weight in several.
    fn check(&self, limit: usize) -> Result<(), GpuError> {
        let too_large = |value: String, bytes: usize| GpuError::TooLarge {
            value,
            bytes,
            limit,
        };
        for value in self.graph.values() {
            let bytes = value_bytes(&value.ty, &self.bounds);
            if bytes > limit {
                let name = match &value.source {
                    Source::State(name) => format!("the state {name}"),
                    Source::Input(name) | Source::Constant(name, _) => name.to_string(),
                    _ => "an intermediate value".to_owned(),
                };
                return Err(too_large(name, bytes));
            }
        }
        for (node, kernel) in self.kernels.iter().enumerate() {
            for input in 0..self.graph.nodes()[node].inputs.len() {
                let weight = self.weight(node, input);
                let weight = weight.filter(|plan| plan.parts.len() > 1);
                if let Some(plan) = weight
                    && kernel.split_input() != Some(input)
                {
                    return Err(too_large(plan.name(), plan.bytes()));
                }
            }
        }
        Ok(())
    }
}

/// Each type once, in the order of their first places.
fn once(dtypes: impl Iterator<Item = DType>) -> Vec<DType> {
    let mut seen: Vec<DType> = Vec::new();
    for dtype in dtypes {
        if !seen.contains(&dtype) {
            seen.push(dtype);
        }
    }
    seen
}

fn kernels(graph: &Graph, config: &GpuConfig) -> Result<Vec<Box<dyn GpuKernel>>, GpuError> {
    let nodes = graph.nodes().iter();
    let kernels = nodes.map(|node| node.op.gpu(&graph.types(&node.inputs), config));
    let kernels: Result<_, _> = kernels.collect();
    kernels.map_err(|source| GpuError::Kernel { source })
}

fn weights(graph: &Graph, max_binding_bytes: usize) -> Vec<WeightPlan> {
    let used = graph.use_counts();
    let plan = |(index, value): (usize, &hearth_graph::Value)| {
        let (Source::Weight(_) | Source::Joined(_), Elem::Weight(dtype)) =
            (&value.source, value.ty.elem)
        else {
            return None;
        };
        if used[index] == 0 {
            return None;
        }
        let dims: Vec<usize> = value.ty.dims.iter().filter_map(|d| d.fixed()).collect();
        let (rows, cols) = match dims[..] {
            [n] => (n, 1),
            _ => (
                dims.iter().rev().skip(1).product(),
                dims.last().copied().unwrap_or(1),
            ),
        };
        let row_bytes = dtype.bytes_for(cols).unwrap_or(0);
        let unit = WeightPlan::ROW_UNIT;
        let most = WeightPlan::max_whole_bytes(max_binding_bytes) / row_bytes.max(1);
        let most = if most >= rows {
            rows.max(unit)
        } else {
            (most / unit * unit).max(unit)
        };
        let starts = (0..rows.max(1)).step_by(most);
        Some(WeightPlan {
            value: graph.value_id(index),
            tensors: graph.tensors(graph.value_id(index)),
            parts: starts.map(|start| start..rows.min(start + most)).collect(),
            dtype,
            rows,
            cols,
            row_bytes,
        })
    };
    graph.values().iter().enumerate().filter_map(plan).collect()
}
