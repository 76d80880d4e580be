//! Turns all that lies between a layer's projections and its attention into two nodes: one product for queries, keys and, if
//! their weight is of the same type, values; and one `RopeWrite`.

use std::sync::Arc;

use hearth_kernels::Operation;
use hearth_kernels::attention::Attention;
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::rms_norm::RmsNorm;
use hearth_kernels::rope::Rope;
use hearth_kernels::rope_write::RopeWrite;

use super::joined::{Product, product, weight_bytes};
use crate::ir::{Graph, Node, ValueId};

/// Fuse the way of queries, keys and values to attention, where the joined weight takes no more than so many bytes.
pub fn fuse_rope_writes(graph: &mut Graph, max_weight_bytes: usize) {
    // From the end: nodes that are still to come keep their places.
    for index in (0..graph.nodes.len()).rev() {
        let Some(found) = find(graph, index, max_weight_bytes) else {
            continue;
        };
        let Some(nodes) = found.fused(graph) else {
            continue;
        };
        graph.replace_nodes(&found.replaced, nodes);
    }
}

/// Queries, keys and values on their way.
struct Found {
    queries: Turned,
    keys: Turned,
    /// The cache of the keys before and after.
    key_states: [ValueId; 2],
    /// The values' product and cache, if it is joined.
    values: Option<(Product, [ValueId; 2])>,
    positions: ValueId,
    sequences: ValueId,
    n_heads: usize,
    /// Positions of the nodes whose work the new ones do.
    replaced: Vec<usize>,
    layer: Option<usize>,
}

/// A projection, perhaps normalised head by head, and turned.
struct Turned {
    product: Product,
    norm: Option<(ValueId, f32)>,
    rope: Rope,
    inv_freq: ValueId,
    result: ValueId,
    nodes: Vec<usize>,
}

/// Starting from a node that may be attention.
fn find(graph: &Graph, index: usize, max_weight_bytes: usize) -> Option<Found> {
    let node = graph.nodes.get(index)?;
    let attention = node.op.downcast_ref::<Attention>()?;
    let uses = graph.use_counts();
    let [q, positions, sequences] = [0, 3, 4].map(|input| node.inputs[input]);
    let queries = turned(graph, &uses, q, positions)?;
    let (key_states, k, k_write) = written(graph, node.inputs[1], [positions, sequences])?;
    let keys = turned(graph, &uses, k, positions)?;
    let same_turn = queries.rope == keys.rope && queries.inv_freq == keys.inv_freq;
    let same_norm = queries.norm.map(|(_, eps)| eps) == keys.norm.map(|(_, eps)| eps);
    if !same_turn || !same_norm || !queries.product.joins(&keys.product) {
        return None;
    }
    let bytes_with = |bytes: usize, p: &Product| bytes.saturating_add(weight_bytes(graph, p));
    let bytes = bytes_with(bytes_with(0, &queries.product), &keys.product);
    let values = values(graph, &uses, node, [positions, sequences]);
    let values = values.filter(|(v, states, _)| {
        let alike = graph.value(states[0]).ty == graph.value(key_states[0]).ty;
        alike && v.joins(&keys.product) && bytes_with(bytes, v) <= max_weight_bytes
    });
    let mut replaced = [&queries.nodes[..], &keys.nodes, &[k_write]].concat();
    if let Some((product, _, write)) = &values {
        replaced.extend([product.node, *write]);
    }
    (bytes <= max_weight_bytes).then_some(Found {
        queries,
        keys,
        key_states,
        values: values.map(|(product, states, _)| (product, states)),
        positions,
        sequences,
        n_heads: attention.n_heads,
        replaced,
        layer: node.layer,
    })
}

/// The product of an attention's values, their cache before and after, and the position of the node that writes it.
fn values(
    graph: &Graph,
    uses: &[usize],
    attention: &Node,
    tokens: [ValueId; 2],
) -> Option<(Product, [ValueId; 2], usize)> {
    let (states, v, write) = written(graph, attention.inputs[2], tokens)?;
    let product = product(graph, uses, v)?;
    Some((product, states, write))
}

/// For a cache after it was written: before and after, what was written, and the position of the node.
fn written(
    graph: &Graph,
    state: ValueId,
    tokens: [ValueId; 2],
) -> Option<([ValueId; 2], ValueId, usize)> {
    let (index, node) = graph.producer(state)?;
    node.op.downcast_ref::<KvWrite>()?;
    (node.inputs[2..] == tokens).then(|| ([node.inputs[0], state], node.inputs[1], index))
}

fn turned(graph: &Graph, uses: &[usize], result: ValueId, positions: ValueId) -> Option<Turned> {
    let once = |id: ValueId| uses[id.index()] == 1;
    let (rope_index, node) = graph.producer(result).filter(|_| once(result))?;
    let rope = node.op.downcast_ref::<Rope>()?.clone();
    if node.inputs[1] != positions {
        return None;
    }
    let (mut x, inv_freq) = (node.inputs[0], node.inputs[2]);
    let mut nodes = vec![rope_index];
    let mut norm = None;
    if let Some((index, node)) = graph.producer(x).filter(|_| once(x))
        && let Some(op) = node.op.downcast_ref::<RmsNorm>()
        && graph.value(node.inputs[1]).ty.cols() == Some(rope.head_dim)
    {
        norm = Some((node.inputs[1], op.eps));
        nodes.push(index);
        x = node.inputs[0];
    }
    let product = product(graph, uses, x)?;
    nodes.push(product.node);
    Some(Turned {
        product,
        norm,
        rope,
        inv_freq,
        result,
        nodes,
    })
}

impl Found {
    /// The two nodes; `None` if their contracts do not hold.
    fn fused(&self, graph: &mut Graph) -> Option<Vec<Node>> {
        let mut products = vec![&self.queries.product, &self.keys.product];
        products.extend(self.values.as_ref().map(|(product, _)| product));
        let (op, inputs, x) = Product::join(&products, graph)?;
        let product = Node {
            op: Arc::new(op),
            inputs,
            outputs: vec![x],
            layer: self.layer,
        };
        let mut inputs = vec![
            x,
            self.positions,
            self.sequences,
            self.queries.inv_freq,
            self.key_states[0],
        ];
        let mut outputs = vec![self.key_states[1]];
        if let Some((_, [before, after])) = self.values {
            inputs.push(before);
            outputs.push(after);
        }
        outputs.push(self.queries.result);
        if let (Some((q, _)), Some((k, _))) = (self.queries.norm, self.keys.norm) {
            inputs.push(graph.join(&[q, k])?);
        }
        let op = RopeWrite {
            rope: self.queries.rope.clone(),
            n_heads: self.n_heads,
            norm: self.queries.norm.map(|(_, eps)| eps),
            values: self.values.is_some(),
        };
        op.infer(&graph.types(&inputs)).ok()?;
        let write = Node {
            op: Arc::new(op),
            inputs,
            outputs,
            layer: self.layer,
        };
        Some(vec![product, write])
    }
}
