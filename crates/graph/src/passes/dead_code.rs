//! Removes nodes whose outputs nobody uses. Nodes that write a state stay: the next step reads it.

use crate::ir::Graph;

/// Remove dead nodes.
pub fn remove_dead_code(graph: &mut Graph) {
    let mut live = vec![false; graph.values.len()];
    for (_, id) in &graph.outputs {
        live[id.index()] = true;
    }
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for node in graph.nodes.iter().rev() {
        let used = node.outputs.iter().any(|id| live[id.index()]);
        if used || !node.op.states_written().is_empty() {
            for id in &node.inputs {
                live[id.index()] = true;
            }
            kept.push(node.clone());
        }
    }
    kept.reverse();
    graph.set_nodes(kept);
}
