//! Products of the same activations, whose weights are joined so that one product gives all.

use hearth_kernels::Elem;
use hearth_kernels::Operation;
use hearth_kernels::matmul::MatMul;

use crate::ir::{Graph, NodeId, Source, ValueId};

/// A matrix product of f32 activations, with a bias or without.
#[derive(Clone, Debug)]
pub(super) struct Product {
    /// Its position.
    pub(super) node: usize,
    x: ValueId,
    weight: ValueId,
    bias: Option<ValueId>,
    /// Element type and width of the weight.
    elem: Elem,
}

/// The product that gives this value, if it is one that may be joined: nobody else reads its result or its weight. `uses` are
/// the graph's.
pub(super) fn product(graph: &Graph, uses: &[usize], value: ValueId) -> Option<Product> {
    let (index, node) = graph.producer(value)?;
    let op = node.op.downcast_ref::<MatMul>()?;
    let (x, weight) = (node.inputs[0], node.inputs[1]);
    let is_plain = *op == MatMul::new(op.bias, false);
    let is_own = |id: &ValueId| uses[id.index()] == 1;
    let is_file = |id: &ValueId| matches!(graph.value(*id).source, Source::Weight(_));
    let mut parameters = node.inputs[1..].iter();
    (is_plain && is_own(&value) && parameters.all(|id| is_own(id) && is_file(id))).then(|| {
        Product {
            node: index,
            x,
            weight,
            bias: op.bias.then(|| node.inputs[2]),
            elem: graph.value(weight).ty.elem,
        }
    })
}

/// Bytes of a product's weight in the file.
pub(super) fn weight_bytes(graph: &Graph, product: &Product) -> usize {
    let ty = &graph.value(product.weight).ty;
    let elems = ty.dims.iter().filter_map(|d| d.fixed()).product();
    match ty.elem {
        Elem::Weight(dtype) => dtype.bytes_for(elems).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

impl Product {
    /// Whether one product can give both.
    pub(super) fn joins(&self, other: &Product) -> bool {
        self.x == other.x && self.elem == other.elem && self.bias.is_some() == other.bias.is_some()
    }

    /// One product for all: its operation, its inputs, and its result, which is new.
    pub(super) fn join(
        products: &[&Product],
        graph: &mut Graph,
    ) -> Option<(MatMul, Vec<ValueId>, ValueId)> {
        let weights: Vec<ValueId> = products.iter().map(|p| p.weight).collect();
        let biases: Vec<ValueId> = products.iter().filter_map(|p| p.bias).collect();
        let mut inputs = vec![products.first()?.x, graph.join(&weights)?];
        if !biases.is_empty() {
            inputs.push(graph.join(&biases)?);
        }
        let op = MatMul::new(!biases.is_empty(), false);
        let ty = op.infer(&graph.types(&inputs)).ok()?.remove(0);
        let result = graph.push_value(ty, Source::Node(NodeId(0), 0));
        Some((op, inputs, result))
    }
}
