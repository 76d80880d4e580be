//! The invariants of a graph. Run after every pass in tests, and once after a model description has built one.
//!
//! 1. Every node's inputs are defined before it, and every result is defined.
//! 2. Every value has the type that its producer's contract infers.
//! 3. A state version is written at most once, and nothing reads it after that: the memory holds the next version.

use crate::ir::{Graph, NodeId, Source, ValueId};
use hearth_kernels::{ContractError, ValueType};

/// A graph breaks an invariant: a defect of the pass or model description that made it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A value is used before its producer, or has none.
    #[error("value {value:?} is used by {op} before it is defined")]
    UseBeforeDefinition {
        /// The value.
        value: ValueId,
        /// The user; `result` for a result of the graph.
        op: &'static str,
    },
    /// A node's inputs break its contract.
    #[error("node {node:?}: {source}")]
    Contract {
        /// The node.
        node: NodeId,
        /// What is wrong.
        source: ContractError,
    },
    /// An output's recorded type is not the one its contract infers.
    #[error(
        "node {node:?} ({op}): output {output} is recorded as {recorded} but inferred as {inferred}"
    )]
    WrongType {
        /// The node.
        node: NodeId,
        /// Its operation.
        op: &'static str,
        /// Which output.
        output: usize,
        /// The type in the graph.
        recorded: ValueType,
        /// The type by the contract.
        inferred: ValueType,
    },
    /// A node has more or fewer outputs than its contract gives.
    #[error("node {node:?} ({op}) has {found} outputs, its contract gives {expected}")]
    OutputCount {
        /// The node.
        node: NodeId,
        /// Its operation.
        op: &'static str,
        /// Outputs by the contract.
        expected: usize,
        /// Outputs in the graph.
        found: usize,
    },
    /// A state version is used after a node has overwritten it.
    #[error("node {node:?} ({op}) uses a state that an earlier node has overwritten")]
    StaleState {
        /// The node.
        node: NodeId,
        /// Its operation.
        op: &'static str,
    },
}

/// Check every invariant.
pub fn verify(graph: &Graph) -> Result<(), VerifyError> {
    let mut defined: Vec<bool> = graph
        .values
        .iter()
        .map(|v| !matches!(v.source, Source::Node(..)))
        .collect();
    let mut overwritten = vec![false; graph.values.len()];

    for (index, node) in graph.nodes.iter().enumerate() {
        let (id, op) = (NodeId(index as u32), node.op.name());
        for &value in &node.inputs {
            if !defined[value.index()] {
                return Err(VerifyError::UseBeforeDefinition { value, op });
            }
            if overwritten[value.index()] {
                return Err(VerifyError::StaleState { node: id, op });
            }
        }
        verify_types(graph, id)?;
        let states = node.op.states_written().iter();
        for state in states.filter_map(|&input| node.inputs.get(input)) {
            overwritten[state.index()] = true;
        }
        for output in &node.outputs {
            defined[output.index()] = true;
        }
    }

    match graph.outputs.iter().find(|(_, id)| !defined[id.index()]) {
        Some(&(_, value)) => Err(VerifyError::UseBeforeDefinition {
            value,
            op: "result",
        }),
        None => Ok(()),
    }
}

fn verify_types(graph: &Graph, id: NodeId) -> Result<(), VerifyError> {
    let node = &graph.nodes[id.index()];
    let op = node.op.name();
    let inferred = node
        .op
        .infer(&graph.types(&node.inputs))
        .map_err(|source| VerifyError::Contract { node: id, source })?;
    if inferred.len() != node.outputs.len() {
        return Err(VerifyError::OutputCount {
            node: id,
            op,
            expected: inferred.len(),
            found: node.outputs.len(),
        });
    }
    for (output, (inferred, &value)) in inferred.into_iter().zip(&node.outputs).enumerate() {
        let recorded = &graph.value(value).ty;
        if *recorded != inferred {
            return Err(VerifyError::WrongType {
                node: id,
                op,
                output,
                recorded: recorded.clone(),
                inferred,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
