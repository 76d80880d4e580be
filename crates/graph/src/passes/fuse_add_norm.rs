//! Turns `Add` followed by `RmsNorm` of the sum into one `AddRmsNorm`, which gives both the sum and its norm.

use std::sync::Arc;

use hearth_kernels::Elem;
use hearth_kernels::add::Add;
use hearth_kernels::add_rms_norm::AddRmsNorm;
use hearth_kernels::rms_norm::RmsNorm;

use crate::ir::{Graph, Node, Source, ValueId};

/// Fuse residual additions with the norm that follows.
pub fn fuse_add_norm(graph: &mut Graph) {
    while let Some((add, norm)) = find(graph) {
        let (add_node, norm_node) = (graph.nodes[add].clone(), graph.nodes[norm].clone());
        let eps = match norm_node.op.downcast_ref::<RmsNorm>() {
            Some(norm) => norm.eps,
            None => unreachable!("find gives RmsNorm nodes"),
        };
        let fused = Node {
            op: Arc::new(AddRmsNorm { eps }),
            inputs: vec![add_node.inputs[0], add_node.inputs[1], norm_node.inputs[1]],
            outputs: vec![add_node.outputs[0], norm_node.outputs[0]],
            layer: add_node.layer,
        };
        let mut nodes = graph.nodes.clone();
        nodes[add] = fused;
        nodes.remove(norm);
        graph.set_nodes(nodes);
    }
}

/// Positions of an `Add` of two activations and of an `RmsNorm` over the whole row of its sum.
fn find(graph: &Graph) -> Option<(usize, usize)> {
    graph.nodes.iter().enumerate().find_map(|(norm, node)| {
        node.op.downcast_ref::<RmsNorm>()?;
        let (sum, weight) = (node.inputs[0], node.inputs[1]);
        let Source::Node(producer, _) = graph.value(sum).source else {
            return None;
        };
        let add = &graph.nodes[producer.index()];
        add.op.downcast_ref::<Add>()?;
        let is_activation = |id: &ValueId| graph.value(*id).ty.elem == Elem::F32;
        let whole_row = graph.value(weight).ty.cols() == graph.value(sum).ty.cols();
        (add.inputs.iter().all(is_activation) && whole_row).then_some((producer.index(), norm))
    })
}
