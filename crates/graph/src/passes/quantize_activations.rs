//! Puts `QuantizeRows` before every matrix product whose weight type has a fast kernel for 8-bit activations.
//!
//! Products of the same activations then share one `QuantizeRows`, once equal nodes are merged.

use std::sync::Arc;

use hearth_kernels::Elem;
use hearth_kernels::matmul::{MatMul, TileFormat};
use hearth_kernels::quantize_rows::QuantizeRows;
use hearth_kernels::{Operation, ValueType};

use crate::ir::{Graph, Node, NodeId, Source};

/// Let matrix products take 8-bit activations where they can.
pub fn quantize_activations(graph: &mut Graph) {
    let mut nodes = Vec::with_capacity(graph.nodes.len() * 2);
    for mut node in std::mem::take(&mut graph.nodes) {
        let x = graph.value(node.inputs[0]).ty.clone();
        if node.op.downcast_ref::<MatMul>().is_some() && x.elem == Elem::F32 {
            let weight = &graph.value(node.inputs[1]).ty;
            if has_tiles(weight) {
                let ty = QuantizeRows
                    .infer(std::slice::from_ref(&x))
                    .expect("a weight with tiles has a width that can be quantised")
                    .remove(0);
                let rows = graph.push_value(ty, Source::Node(NodeId(0), 0));
                nodes.push(Node {
                    op: Arc::new(QuantizeRows),
                    inputs: vec![node.inputs[0]],
                    outputs: vec![rows],
                    layer: node.layer,
                });
                node.inputs[0] = rows;
            }
        }
        nodes.push(node);
    }
    graph.set_nodes(nodes);
}

fn has_tiles(weight: &ValueType) -> bool {
    match (weight.elem, weight.cols()) {
        (Elem::Weight(dtype), Some(cols)) => TileFormat::for_dtype(dtype, cols).is_some(),
        _ => false,
    }
}
