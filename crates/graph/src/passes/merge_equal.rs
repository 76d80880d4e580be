//! Common subexpressions: nodes with the same operation, parameters and inputs become one.
//!
//! States are in single assignment form, so equal inputs mean equal contents and readers of a state may merge.

use std::collections::HashMap;

use crate::ir::{Graph, ValueId};

/// Merge equal nodes.
pub fn merge_equal_nodes(graph: &mut Graph) {
    let mut seen: HashMap<(String, Vec<ValueId>), Vec<ValueId>> = HashMap::new();
    let mut same: HashMap<ValueId, ValueId> = HashMap::new();
    let mut kept = Vec::with_capacity(graph.nodes.len());
    for mut node in std::mem::take(&mut graph.nodes) {
        for input in &mut node.inputs {
            *input = same.get(input).copied().unwrap_or(*input);
        }
        if node.op.states_written().is_empty() {
            let key = (format!("{:?}", node.op), node.inputs.clone());
            if let Some(first) = seen.get(&key) {
                same.extend(node.outputs.iter().copied().zip(first.iter().copied()));
                continue;
            }
            seen.insert(key, node.outputs.clone());
        }
        kept.push(node);
    }
    for (_, output) in &mut graph.outputs {
        *output = same.get(output).copied().unwrap_or(*output);
    }
    graph.set_nodes(kept);
}
