//! A graph made ready for one machine: a kernel for every node, a layout for every weight, a place for every value.

use std::collections::BTreeMap;

use hearth_graph::plan::ALIGN_BYTES;
use hearth_graph::{Bindings, Graph, MemoryPlan, Source, TensorRows, ValueId, value_bytes};
use hearth_kernels::weight::WeightSpec;
use hearth_kernels::{ContractError, CpuConfig, CpuKernel, Elem, Layout};
use hearth_tensor::DType;

/// A program cannot be made of a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// No kernel for a node.
    #[error("layer {layer:?}: {source}")]
    Kernel {
        /// The node's layer.
        layer: Option<usize>,
        /// What is wrong.
        source: ContractError,
    },
    /// Its values are larger than any memory: the dimensions of a damaged or hostile file.
    #[error(
        "a step of this model takes more memory than there can be; the file is damaged, or the context too long"
    )]
    TooLarge,
}

/// How a weight of the file is to lie in memory.
#[derive(Clone, Debug)]
pub struct WeightPlan {
    /// The value that it is in the graph.
    pub value: ValueId,
    /// The tensor of the file, or the rows of it, that it is made of.
    pub tensor: TensorRows,
    /// Type, dimensions and layout.
    pub spec: WeightSpec,
}

/// A graph made ready to run.
pub struct Program {
    pub(crate) graph: Graph,
    pub(crate) kernels: Vec<Box<dyn CpuKernel>>,
    pub(crate) plan: MemoryPlan,
    pub(crate) bounds: Bindings,
    pub(crate) scratch_floats: usize,
    /// For each value that is a version of a state, the value that the state begins with.
    pub(crate) state_roots: Vec<Option<ValueId>>,
    weights: Vec<WeightPlan>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("nodes", &self.kernels.len())
            .field("arena_bytes", &self.plan.arena_bytes)
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Prepare `graph` for steps of at most the dimensions that `bounds` give.
    pub fn new(graph: Graph, bounds: Bindings, config: CpuConfig) -> Result<Self, ProgramError> {
        check_size(&graph, &bounds)?;
        let mut kernels = Vec::with_capacity(graph.nodes().len());
        let mut scratch_floats = 0;
        for node in graph.nodes() {
            let types = graph.types(&node.inputs);
            let kernel = node
                .op
                .cpu(&types, config)
                .map_err(|source| ProgramError::Kernel {
                    layer: node.layer,
                    source,
                })?;
            let dims: Vec<Vec<usize>> = types
                .iter()
                .map(|ty| ty.dims.iter().map(|d| d.resolve(&bounds)).collect())
                .collect();
            let dims: Vec<&[usize]> = dims.iter().map(Vec::as_slice).collect();
            scratch_floats = scratch_floats.max(kernel.scratch_floats(&dims));
            kernels.push(kernel);
        }
        Ok(Program {
            plan: MemoryPlan::new(&graph, &bounds),
            weights: plan_weights(&graph),
            state_roots: graph.state_roots(),
            kernels,
            bounds,
            scratch_floats,
            graph,
        })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The weights that the program needs, in the order of first use.
    pub fn weights(&self) -> &[WeightPlan] {
        &self.weights
    }

    /// Bytes of all weights in their layouts.
    pub fn weight_bytes(&self) -> usize {
        self.weights.iter().map(|w| w.spec.bytes()).sum()
    }

    /// Bytes of all states.
    pub fn state_bytes(&self) -> usize {
        self.states().map(|(_, bytes)| bytes).sum()
    }

    /// Bytes of intermediate values and of scratch memory for `threads` threads.
    pub fn working_bytes(&self, threads: usize) -> usize {
        self.plan.arena_bytes + 4 * self.scratch_floats * threads
    }

    /// The values that states begin with, and their sizes in bytes.
    pub(crate) fn states(&self) -> impl Iterator<Item = (ValueId, usize)> {
        let roots = self.state_roots.iter().enumerate();
        roots.filter_map(|(index, root)| {
            let root = (*root)?;
            let size = || value_bytes(&self.graph.value(root).ty, &self.bounds);
            (root.index() == index).then(|| (root, size()))
        })
    }
}

/// All sizes and offsets can be counted: none overflows, not even on a 32-bit machine.
fn check_size(graph: &Graph, bounds: &Bindings) -> Result<(), ProgramError> {
    let sizes = graph.values().iter().map(|v| value_bytes(&v.ty, bounds));
    let padded = sizes.map(|bytes| bytes.saturating_add(ALIGN_BYTES));
    let all = padded.fold(0, usize::saturating_add);
    if all > isize::MAX as usize {
        return Err(ProgramError::TooLarge);
    }
    Ok(())
}

/// Each weight's layout is the one that some user asks for; a user that takes any layout adapts.
fn plan_weights(graph: &Graph) -> Vec<WeightPlan> {
    let mut order = Vec::new();
    let mut layouts: BTreeMap<ValueId, Option<Layout>> = BTreeMap::new();
    for node in graph.nodes() {
        let types = graph.types(&node.inputs);
        for (input, &id) in node.inputs.iter().enumerate() {
            if matches!(graph.value(id).source, Source::Weight(_)) {
                let wanted = node.op.weight_layout(input, &types);
                let layout = layouts.entry(id).or_insert_with(|| {
                    order.push(id);
                    None
                });
                *layout = layout.or(wanted);
            }
        }
    }
    let plan = |id: ValueId| {
        let value = graph.value(id);
        let (Source::Weight(tensor), Elem::Weight(dtype)) = (&value.source, value.ty.elem) else {
            unreachable!("only weights are collected");
        };
        let layout = layouts[&id].unwrap_or(Layout::Rows);
        Some(WeightPlan {
            value: id,
            tensor: tensor.clone(),
            spec: spec(dtype, value, layout),
        })
    };
    order.into_iter().filter_map(plan).collect()
}

fn spec(dtype: DType, value: &hearth_graph::Value, layout: Layout) -> WeightSpec {
    let dims: Vec<usize> = value.ty.dims.iter().filter_map(|d| d.fixed()).collect();
    let cols = dims.last().copied().unwrap_or(1);
    let rows = dims.iter().rev().skip(1).product();
    WeightSpec {
        dtype,
        rows,
        cols,
        layout,
    }
}
