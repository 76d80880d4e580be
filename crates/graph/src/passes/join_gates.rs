//! Turns the two products of a gated unit, and the unit, into one product of both weights.

use std::sync::Arc;

use hearth_kernels::Operation;
use hearth_kernels::glu::Glu;
use hearth_kernels::matmul::MatMul;

use super::joined::{Product, product, weight_bytes};
use crate::ir::{Graph, Node};

/// Join gates with what they let through, where the joined weight takes no more than so many bytes.
pub fn join_gates(graph: &mut Graph, max_weight_bytes: usize) {
    // From the end: nodes that are still to come keep their places.
    for index in (0..graph.nodes.len()).rev() {
        if let Some((replaced, node)) = joined(graph, index, max_weight_bytes) {
            graph.replace_nodes(&replaced, vec![node]);
        }
    }
}

fn joined(graph: &mut Graph, index: usize, max_weight_bytes: usize) -> Option<(Vec<usize>, Node)> {
    let node = graph.nodes.get(index)?.clone();
    let glu = node.op.downcast_ref::<Glu>()?;
    let uses = graph.use_counts();
    let of = |input: usize| product(graph, &uses, node.inputs[input]);
    let (gate, up) = (of(0)?, of(1)?);
    let bytes = weight_bytes(graph, &gate).saturating_add(weight_bytes(graph, &up));
    if !gate.joins(&up) || bytes > max_weight_bytes {
        return None;
    }
    let (op, inputs, _) = Product::join(&[&gate, &up], graph)?;
    let op = MatMul {
        glu: Some(glu.form),
        ..op
    };
    op.infer(&graph.types(&inputs)).ok()?;
    let fused = Node {
        op: Arc::new(op),
        inputs,
        outputs: node.outputs,
        layer: node.layer,
    };
    Some((vec![gate.node, up.node, index], fused))
}
