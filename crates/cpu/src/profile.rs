//! Time and bytes per operation, summed over steps.

use std::collections::BTreeMap;

/// What one operation cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Calls, one a node a step.
    pub calls: u64,
    /// Wall time, as the first thread of the pool saw it, barriers included.
    pub nanos: u64,
    /// Bytes of weights read.
    pub weight_bytes: u64,
}

/// Costs by operation name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Costs by operation name.
    pub operations: BTreeMap<&'static str, Cost>,
}

impl Profile {
    pub(crate) fn add(&mut self, op: &'static str, nanos: u64, weight_bytes: u64) {
        let cost = self.operations.entry(op).or_default();
        cost.calls += 1;
        cost.nanos += nanos;
        cost.weight_bytes += weight_bytes;
    }
}
