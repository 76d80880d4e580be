//! Folds an `RmsNorm` of whole rows into the products that read it, where only products do.
//!
//! Each then sums the squares of x itself: on a GPU that is cheaper than a dispatch, for as many as [`MAX_PRODUCTS`].

use std::sync::Arc;

use hearth_kernels::matmul::MatMul;
use hearth_kernels::rms_norm::RmsNorm;

use crate::ir::{Graph, Node};

/// So many products may each normalise the same rows.
const MAX_PRODUCTS: usize = 3;

/// Fold norms into products.
pub fn fold_norms(graph: &mut Graph) {
    while let Some((norm, products)) = find(graph) {
        let Node { op, inputs, .. } = graph.nodes[norm].clone();
        let eps = match op.downcast_ref::<RmsNorm>() {
            Some(norm) => norm.eps,
            None => unreachable!("find gives RmsNorm nodes"),
        };
        for product in products {
            let node = &mut graph.nodes[product];
            let op = node.op.downcast_ref::<MatMul>().cloned();
            node.op = Arc::new(MatMul {
                norm: Some(eps),
                ..op.expect("find gives MatMul nodes")
            });
            node.inputs[0] = inputs[0];
            node.inputs.push(inputs[1]);
        }
        graph.replace_nodes(&[norm], Vec::new());
    }
}

/// Positions of an `RmsNorm` and of the products that are all its users.
fn find(graph: &Graph) -> Option<(usize, Vec<usize>)> {
    let uses = graph.use_counts();
    graph.nodes.iter().enumerate().find_map(|(index, node)| {
        node.op.downcast_ref::<RmsNorm>()?;
        let result = node.outputs[0];
        let whole_row = graph.value(node.inputs[1]).ty.cols() == graph.value(result).ty.cols();
        let takes = |node: &Node| {
            let op = node.op.downcast_ref::<MatMul>();
            let others = node.inputs[1..].contains(&result);
            node.inputs[0] == result && !others && op.is_some_and(|op| op.norm.is_none())
        };
        let nodes = graph.nodes.iter().enumerate();
        let products: Vec<usize> = nodes.filter(|(_, n)| takes(n)).map(|(i, _)| i).collect();
        let all = uses[result.index()] == products.len();
        let some = (1..=MAX_PRODUCTS).contains(&products.len());
        (whole_row && all && some).then_some((index, products))
    })
}
