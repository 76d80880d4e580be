//! What steps cost, by operation and by layer: one form for all executors.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::value_bytes;
use crate::{Bindings, Graph, Node};

/// What some calls cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Calls, one a node a step.
    pub calls: u64,
    /// On a CPU wall time, as the first thread of the pool saw it, barriers included; on a GPU the device's own time, 0
    /// where it tells none.
    pub nanos: u64,
    /// Bytes of weights read.
    pub weight_bytes: u64,
    /// Bytes of weights, of other inputs, and of outputs; not of states, of which a call touches some cells.
    pub bytes: u64,
    /// Dispatches on a GPU; 0 on a CPU.
    pub dispatches: u64,
}

impl Cost {
    fn add(&mut self, other: Cost) {
        self.calls += other.calls;
        self.nanos += other.nanos;
        self.weight_bytes += other.weight_bytes;
        self.bytes += other.bytes;
        self.dispatches += other.dispatches;
    }

    /// Bytes moved per nanosecond, which are gigabytes a second.
    pub fn gb_per_s(&self) -> f64 {
        self.bytes as f64 / self.nanos.max(1) as f64
    }
}

/// Costs summed over steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// By operation name.
    pub operations: BTreeMap<&'static str, Cost>,
    /// By layer of the model; what belongs to none is not here.
    pub layers: BTreeMap<usize, Cost>,
    /// Bytes of all buffers on a GPU, which are made once; 0 on a CPU.
    pub buffer_bytes: u64,
}

impl Profile {
    /// Add what calls of a node cost.
    pub fn add(&mut self, node: &Node, cost: Cost) {
        self.operations.entry(node.op.name()).or_default().add(cost);
        if let Some(layer) = node.layer {
            self.layers.entry(layer).or_default().add(cost);
        }
    }

    /// Time of all operations.
    pub fn nanos(&self) -> u64 {
        self.operations.values().map(|cost| cost.nanos).sum()
    }
}

/// Bytes of a node's inputs and outputs in a step, but for weights and states.
pub fn value_bytes_of(graph: &Graph, node: &Node, bindings: &Bindings) -> u64 {
    let values = node.inputs.iter().chain(&node.outputs);
    let values = values.map(|id| &graph.value(*id).ty);
    let values = values.filter(|ty| !matches!(ty.elem, hearth_kernels::Elem::State(_)));
    values
        .map(|ty| value_bytes(ty, bindings) as u64)
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use hearth_kernels::add::Add;
    use hearth_kernels::{Elem, ValueType};

    use super::*;
    use crate::{Dim, TOKENS};

    #[test]
    fn costs_add_up_by_operation_and_by_layer() {
        let mut graph = Graph::new();
        let rows = ValueType::new(Elem::F32, [Dim::symbol(TOKENS), Dim::Fixed(8)]);
        let x = graph.input("x", rows);
        let y = graph.apply(Add, &[x, x]).expect("it fits");
        graph.output("y", y);
        let mut node = graph.nodes()[0].clone();
        let bindings = Bindings::default().with(TOKENS, 3);
        assert_eq!(value_bytes_of(&graph, &node, &bindings), 3 * 3 * 8 * 4);

        let cost = Cost {
            calls: 1,
            nanos: 5,
            weight_bytes: 2,
            bytes: 10,
            dispatches: 1,
        };
        let mut profile = Profile::default();
        profile.add(&node, cost);
        node.layer = Some(4);
        profile.add(&node, cost);
        assert_eq!(profile.nanos(), 10);
        assert_eq!(profile.operations["add"].bytes, 20);
        assert_eq!(profile.layers[&4], cost);
        assert_eq!(profile.layers.len(), 1);
        assert_eq!(cost.gb_per_s(), 2.0);
    }
}
