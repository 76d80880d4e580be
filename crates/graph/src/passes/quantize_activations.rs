//! Puts `QuantizeRows` before every matrix product whose weight type has a fast kernel for 8-bit activations.
//!
//! Products of the same activations, in the same blocks, then share one `QuantizeRows`, once equal nodes are merged.

use std::sync::Arc;

use hearth_kernels::expert_matmul::ExpertMatMul;
use hearth_kernels::matmul::MatMul;
use hearth_kernels::quantize_rows::{Blocks, QuantizeRows};
use hearth_kernels::{Elem, Operation, ValueType};

use crate::ir::{Graph, Node, NodeId, Source};

/// Let matrix products take 8-bit activations where they can.
pub fn quantize_activations(graph: &mut Graph) {
    let mut nodes = Vec::with_capacity(graph.nodes.len() * 2);
    for mut node in std::mem::take(&mut graph.nodes) {
        if let Some((op, ty)) = quantized_input(graph, &node) {
            let rows = graph.push_value(ty, Source::Node(NodeId(0), 0));
            nodes.push(Node {
                op: Arc::new(op),
                inputs: vec![node.inputs[0]],
                outputs: vec![rows],
                layer: node.layer,
            });
            node.inputs[0] = rows;
        }
        nodes.push(node);
    }
    graph.set_nodes(nodes);
}

/// What gives a product's activations in 8 bits, and their type, if its contract takes them in place of f32.
fn quantized_input(graph: &Graph, node: &Node) -> Option<(QuantizeRows, ValueType)> {
    let is_product = node.op.downcast_ref::<MatMul>().is_some()
        || node.op.downcast_ref::<ExpertMatMul>().is_some();
    let mut inputs = graph.types(&node.inputs);
    if !is_product || inputs[0].elem != Elem::F32 {
        return None;
    }
    let x = inputs[0].clone();
    [Blocks::Of32, Blocks::Of256]
        .into_iter()
        .find_map(|blocks| {
            let op = QuantizeRows { blocks };
            let ty = op.infer(std::slice::from_ref(&x)).ok()?.remove(0);
            inputs[0] = ty.clone();
            node.op.infer(&inputs).is_ok().then_some((op, ty))
        })
}
