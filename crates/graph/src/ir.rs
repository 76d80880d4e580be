//! Values, nodes, and the graph that holds them in execution order.

use std::fmt;
use std::sync::Arc;

use hearth_kernels::{ContractError, Elem, Operation, ValueType};
use hearth_tensor::{DType, Dim};

/// Names a value of one graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub(crate) u32);

impl ValueId {
    /// Position in [`Graph::values`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names a node of one graph: its position in execution order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Position in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Some rows of a tensor: `len` rows from `start` on, and as many again every `stride` rows, `count` times in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowSet {
    /// First row.
    pub start: usize,
    /// Rows of a run.
    pub len: usize,
    /// Rows from the start of a run to that of the next.
    pub stride: usize,
    /// Runs.
    pub count: usize,
}

impl RowSet {
    /// `len` rows from `start` on.
    pub fn run(start: usize, len: usize) -> Self {
        RowSet {
            start,
            len,
            stride: len,
            count: 1,
        }
    }

    /// Rows in all.
    pub fn rows(&self) -> usize {
        self.len * self.count
    }

    /// The row of the tensor that is row `index` of the set, and how many follow it without a gap, itself included.
    pub fn at(&self, index: usize) -> (usize, usize) {
        let (run, within) = (index / self.len.max(1), index % self.len.max(1));
        (self.start + run * self.stride + within, self.len - within)
    }
}

/// A tensor of the model file, or some of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorRows {
    /// The tensor's name.
    pub name: Arc<str>,
    /// Which rows; `None` for all.
    pub rows: Option<RowSet>,
}

impl fmt::Display for TensorRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let Some(rows) = self.rows else {
            return Ok(());
        };
        write!(f, "[{}..{}", rows.start, rows.start + rows.len)?;
        if rows.count > 1 {
            write!(f, " of every {}", rows.stride)?;
        }
        f.write_str("]")
    }
}

/// A tensor, or some of its rows, that a weight is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightTensor {
    /// Which.
    pub tensor: TensorRows,
    /// Dimensions of what is taken, outermost first.
    pub dims: Vec<usize>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Given anew for each step.
    Input(Arc<str>),
    /// A tensor of the model file, or some of its rows.
    Weight(TensorRows),
    /// Weights of one type and width, the rows of one after those of the other. A pass for GPUs makes them.
    Joined(Arc<[ValueId]>),
    /// Numbers that the model description computed, such as rotary frequencies.
    Constant(Arc<str>, Arc<[f32]>),
    /// The state of this name as it was before the step.
    State(Arc<str>),
    /// An output of a node.
    Node(NodeId, usize),
}

/// A value: its type and where it comes from.
#[derive(Clone, Debug)]
pub struct Value {
    /// Element and dimensions.
    pub ty: ValueType,
    /// Where it comes from.
    pub source: Source,
}

/// One operation applied to values.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation with its parameters.
    pub op: Arc<dyn Operation>,
    /// Its inputs, in the order of its contract.
    pub inputs: Vec<ValueId>,
    /// Its outputs.
    pub outputs: Vec<ValueId>,
    /// The model layer that it belongs to; `None` before the first and after the last.
    pub layer: Option<usize>,
}

/// A graph could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An operation's inputs break its contract.
    #[error("layer {layer:?}: {source}")]
    Contract {
        /// The layer being built.
        layer: Option<usize>,
        /// What is wrong.
        source: ContractError,
    },
}

/// Operations in execution order over typed values.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) values: Vec<Value>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) outputs: Vec<(Arc<str>, ValueId)>,
    layer: Option<usize>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// All values, by [`ValueId::index`]. Passes may leave values that no node uses.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// All nodes in execution order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Named results.
    pub fn outputs(&self) -> &[(Arc<str>, ValueId)] {
        &self.outputs
    }

    /// The value of this id.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    /// The id of the value at this position of [`Graph::values`].
    pub fn value_id(&self, index: usize) -> ValueId {
        assert!(index < self.values.len(), "there is no value {index}");
        ValueId(index as u32)
    }

    /// For each value that is a version of a state, the value that the state begins with.
    pub fn state_roots(&self) -> Vec<Option<ValueId>> {
        let mut roots = vec![None; self.values.len()];
        for node in &self.nodes {
            for &id in &node.inputs {
                if matches!(self.value(id).source, Source::State(_)) {
                    roots[id.index()] = Some(id);
                }
            }
            for (&input, output) in node.op.states_written().iter().zip(&node.outputs) {
                roots[output.index()] = roots[node.inputs[input].index()];
            }
        }
        roots
    }

    /// Types of some values.
    pub fn types(&self, ids: &[ValueId]) -> Vec<ValueType> {
        ids.iter().map(|&id| self.value(id).ty.clone()).collect()
    }

    /// Nodes added from now on belong to this layer.
    pub fn set_layer(&mut self, layer: Option<usize>) {
        self.layer = layer;
    }

    /// A value given anew for each step.
    pub fn input(&mut self, name: &str, ty: ValueType) -> ValueId {
        self.push_value(ty, Source::Input(name.into()))
    }

    /// A tensor of the model file. The same name twice is the same value.
    pub fn weight(&mut self, name: &str, dtype: DType, dims: &[usize]) -> ValueId {
        self.weight_rows(name, None, dtype, dims)
    }

    /// A tensor of the model file, or some of its rows; `dims` are those of what is taken. The same twice is the same value.
    pub fn weight_rows(
        &mut self,
        name: &str,
        rows: Option<RowSet>,
        dtype: DType,
        dims: &[usize],
    ) -> ValueId {
        let is_it = |v: &Value| matches!(&v.source, Source::Weight(w) if *w.name == *name && w.rows == rows);
        if let Some(index) = self.values.iter().position(is_it) {
            return ValueId(index as u32);
        }
        let ty = ValueType::new(Elem::Weight(dtype), dims.iter().map(|&d| Dim::Fixed(d)));
        let name = name.into();
        self.push_value(ty, Source::Weight(TensorRows { name, rows }))
    }

    /// Weights one after the other, as one: matrices by their rows, vectors by their elements. `None` if they are not all
    /// matrices or all vectors of one type and width.
    pub(crate) fn join(&mut self, weights: &[ValueId]) -> Option<ValueId> {
        let first = self.value(*weights.first()?).ty.clone();
        let (_, width) = first.dims.split_first()?;
        let mut rows = 0;
        for &id in weights {
            let Value { ty, source } = self.value(id);
            let is_alike = ty.elem == first.elem && ty.dims.get(1..) == Some(width);
            if !is_alike || width.len() > 1 || !matches!(source, Source::Weight(_)) {
                return None;
            }
            rows += ty.dims[0].fixed()?;
        }
        let dims = std::iter::once(Dim::Fixed(rows)).chain(width.iter().copied());
        let ty = ValueType::new(first.elem, dims);
        Some(self.push_value(ty, Source::Joined(weights.into())))
    }

    /// The tensors that a weight is made of, in order; none for other values.
    pub fn tensors(&self, id: ValueId) -> Vec<WeightTensor> {
        let value = self.value(id);
        match &value.source {
            Source::Weight(tensor) => vec![WeightTensor {
                tensor: tensor.clone(),
                dims: value.ty.dims.iter().filter_map(|d| d.fixed()).collect(),
            }],
            Source::Joined(members) => members.iter().flat_map(|&id| self.tensors(id)).collect(),
            _ => Vec::new(),
        }
    }

    /// An f32 vector that the model description computed.
    pub fn constant(&mut self, name: &str, data: Vec<f32>) -> ValueId {
        let ty = ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(data.len())]);
        self.push_value(ty, Source::Constant(name.into(), data.into()))
    }

    /// State that outlives a step, of F32 or F16 elements.
    pub fn state(&mut self, name: &str, dtype: DType, dims: &[usize]) -> ValueId {
        let ty = ValueType::new(Elem::State(dtype), dims.iter().map(|&d| Dim::Fixed(d)));
        self.push_value(ty, Source::State(name.into()))
    }

    /// Apply an operation; gives all its outputs.
    pub fn apply_all(
        &mut self,
        op: impl Operation,
        inputs: &[ValueId],
    ) -> Result<Vec<ValueId>, GraphError> {
        let layer = self.layer;
        let types = op
            .infer(&self.types(inputs))
            .map_err(|source| GraphError::Contract { layer, source })?;
        let node = NodeId(self.nodes.len() as u32);
        let outputs: Vec<ValueId> = types
            .into_iter()
            .enumerate()
            .map(|(i, ty)| self.push_value(ty, Source::Node(node, i)))
            .collect();
        self.nodes.push(Node {
            op: Arc::new(op),
            inputs: inputs.to_vec(),
            outputs: outputs.clone(),
            layer,
        });
        Ok(outputs)
    }

    /// Apply an operation that has one output.
    pub fn apply(&mut self, op: impl Operation, inputs: &[ValueId]) -> Result<ValueId, GraphError> {
        Ok(self.apply_all(op, inputs)?[0])
    }

    /// Name a value as a result of the graph.
    pub fn output(&mut self, name: &str, value: ValueId) {
        self.outputs.push((name.into(), value));
    }

    /// How many inputs of nodes and results each value serves as.
    pub fn use_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.values.len()];
        let used = self.nodes.iter().flat_map(|n| &n.inputs);
        for id in used.chain(self.outputs.iter().map(|(_, id)| id)) {
            counts[id.index()] += 1;
        }
        counts
    }

    pub(crate) fn push_value(&mut self, ty: ValueType, source: Source) -> ValueId {
        self.values.push(Value { ty, source });
        ValueId(self.values.len() as u32 - 1)
    }

    /// The node that gives a value, and its position.
    pub(crate) fn producer(&self, value: ValueId) -> Option<(usize, &Node)> {
        match self.value(value).source {
            Source::Node(id, _) => Some((id.index(), &self.nodes[id.index()])),
            _ => None,
        }
    }

    /// Put `nodes` in the place of the last of those at the positions `replaced`, and take these away.
    pub(crate) fn replace_nodes(&mut self, replaced: &[usize], nodes: Vec<Node>) {
        let place = replaced.iter().max().copied();
        let mut all = Vec::with_capacity(self.nodes.len() + nodes.len());
        let mut nodes = Some(nodes);
        for (index, node) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            if !replaced.contains(&index) {
                all.push(node);
            }
            if Some(index) == place {
                all.extend(nodes.take().unwrap_or_default());
            }
        }
        self.set_nodes(all);
    }

    /// Replace all nodes, keeping each value's producer in step.
    pub(crate) fn set_nodes(&mut self, nodes: Vec<Node>) {
        self.nodes = nodes;
        for (index, node) in self.nodes.iter().enumerate() {
            for (output, id) in node.outputs.iter().enumerate() {
                self.values[id.index()].source = Source::Node(NodeId(index as u32), output);
            }
        }
    }
}
