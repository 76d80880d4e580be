//! The intermediate representation that GGUF and ONNX meet in: a list of operations over typed values.
//!
//! | module | holds |
//! |---|---|
//! | [`ir`] | [`Graph`], its values and nodes, and how they are built |
//! | [`verify`] | the invariants, checked after every pass |
//! | [`passes`] | rewriting: merging equal nodes, removing dead ones, fusing, choosing 8-bit activations |
//! | [`plan`] | where each intermediate value lies, in one arena or in buffers |
//! | [`profile`] | what steps cost, by operation and by layer |
//! | [`print`] | the text form, for golden files and people |
//!
//! Values are in static single assignment form, states included: a node that writes a state in place consumes one
//! version of it and gives the next. Dimensions may depend on symbols that are bound for each step ([`TOKENS`],
//! [`OUTPUTS`]). Every node knows its layer, so a graph can be cut at layer boundaries.

pub mod ir;
pub mod passes;
pub mod plan;
pub mod print;
pub mod profile;
pub mod verify;

pub use hearth_tensor::{Bindings, Dim, Symbol};
pub use ir::{
    Graph, GraphError, Node, NodeId, RowSet, Source, TensorRows, Value, ValueId, WeightTensor,
};
pub use plan::{MemoryPlan, SlotPlan, value_bytes};
pub use verify::{VerifyError, verify};

/// Number of tokens in a step.
pub const TOKENS: Symbol = Symbol(0);

/// Number of rows that a step gives results for.
pub const OUTPUTS: Symbol = Symbol(1);
