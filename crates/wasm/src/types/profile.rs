//! What steps cost.

use hearth_runtime as runtime;
use serde::Serialize;
use tsify::Tsify;

/// What was counted since counting started.
#[derive(Clone, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// By operation, the dearest first.
    pub operations: Vec<OperationCost>,
    /// By layer of the model; what belongs to none is not here.
    pub layers: Vec<LayerCost>,
    /// Bytes of all buffers on a GPU; 0 on a CPU.
    pub buffer_bytes: u64,
}

/// What an operation cost.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct OperationCost {
    /// Its name, such as `matmul`.
    pub operation: String,
    /// What its calls cost.
    pub cost: Cost,
}

/// What a layer cost.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct LayerCost {
    /// Its number.
    pub layer: usize,
    /// What its calls cost.
    pub cost: Cost,
}

/// What some calls cost.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Calls, one a node of the graph a step.
    pub calls: u64,
    /// Seconds; on a GPU those of its own clock, 0 where it tells none.
    pub seconds: f64,
    /// Bytes of weights read.
    pub weight_bytes: u64,
    /// Bytes of weights, of other inputs, and of outputs.
    pub bytes: u64,
    /// Gigabytes moved per second.
    pub gigabytes_per_second: f64,
    /// Dispatches on a GPU; 0 on a CPU.
    pub dispatches: u64,
}

impl From<&runtime::profile::Profile> for Profile {
    fn from(profile: &runtime::profile::Profile) -> Self {
        let mut operations: Vec<_> = profile.operations.iter().collect();
        operations.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.nanos));
        let operations = operations.into_iter().map(|(name, cost)| OperationCost {
            operation: (*name).to_owned(),
            cost: cost.into(),
        });
        let layers = profile.layers.iter().map(|(&layer, cost)| LayerCost {
            layer,
            cost: cost.into(),
        });
        Profile {
            operations: operations.collect(),
            layers: layers.collect(),
            buffer_bytes: profile.buffer_bytes,
        }
    }
}

impl From<&runtime::profile::Cost> for Cost {
    fn from(cost: &runtime::profile::Cost) -> Self {
        Cost {
            calls: cost.calls,
            seconds: cost.nanos as f64 / 1e9,
            weight_bytes: cost.weight_bytes,
            bytes: cost.bytes,
            gigabytes_per_second: cost.gb_per_s(),
            dispatches: cost.dispatches,
        }
    }
}
