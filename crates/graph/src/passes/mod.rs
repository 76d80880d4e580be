//! Rewrites of a graph. Each keeps its meaning and its invariants; [`optimize`] runs them in order.

mod dead_code;
mod fold_norms;
mod fuse_add_norm;
mod fuse_matmul;
mod fuse_rope_write;
mod join_gates;
mod joined;
mod merge_equal;
mod quantize_activations;

pub use dead_code::remove_dead_code;
pub use fold_norms::fold_norms;
pub use fuse_add_norm::fuse_add_norm;
pub use fuse_matmul::fuse_matmul_epilogues;
pub use fuse_rope_write::fuse_rope_writes;
pub use join_gates::join_gates;
pub use merge_equal::merge_equal_nodes;
pub use quantize_activations::quantize_activations;

use crate::ir::Graph;

/// How a program computes with weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activations {
    /// f32 activations on dequantised weights: exact, slower.
    F32,
    /// 8-bit activations where the weight's type has a fast kernel for them.
    #[default]
    Auto,
}

/// All passes, in the order in which they profit from each other.
pub fn optimize(graph: &mut Graph, activations: Activations) {
    for (_, pass) in PASSES {
        pass(graph);
    }
    if activations == Activations::Auto {
        quantize_activations(graph);
        merge_equal_nodes(graph);
    }
    remove_dead_code(graph);
}

/// All passes for a GPU, whose arithmetic is exact and where each node costs a dispatch. Weights are joined as long as
/// they take no more than `max_weight_bytes`, so that they need not be cut again.
pub fn optimize_for_gpu(graph: &mut Graph, max_weight_bytes: usize) {
    for (_, pass) in PASSES {
        pass(graph);
    }
    fuse_rope_writes(graph, max_weight_bytes);
    join_gates(graph, max_weight_bytes);
    fold_norms(graph);
    remove_dead_code(graph);
}

/// A rewrite.
pub type Pass = fn(&mut Graph);

/// The passes that every program takes, by name.
pub const PASSES: &[(&str, Pass)] = &[
    ("merge_equal_nodes", merge_equal_nodes),
    ("remove_dead_code", remove_dead_code),
    ("fuse_matmul_epilogues", fuse_matmul_epilogues),
    ("fuse_add_norm", fuse_add_norm),
];

#[cfg(test)]
mod tests;
