//! One folder per operation: what it means, how the CPU does it, how it is tested.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the contract: formula, shapes, parameters, [`Operation`] |
//! | `reference.rs` | the formula written once, scalar, summing in `f64`; never used in production |
//! | `cpu.rs` | the CPU kernel, generic over [`hearth_simd::Simd`] |
//! | `tests.rs` | every variant on every instruction set against the reference |
//!
//! Beside the operations stand what they share: [`contract`] (types that the graph sees), [`cpu`] (what an executor
//! hands to a kernel), [`tile`] (the part of an output that one thread owns), [`state`] and [`weight`] (how a state, a
//! weight lies in memory), [`dequantize`] and [`quantize`] (from the blocks of a file to f32, and back) and
//! [`activation`] (the nonlinear functions of networks); [`sample`] chooses the next token on a GPU; [`self_test`] compares
//! the CPU kernels with their references on a person's machine. This crate never touches a device or spawns a thread:
//! executors own those and call in. They know no operation by name.

pub mod activation;
pub mod add;
pub mod add_rms_norm;
pub mod attention;
pub mod contract;
pub mod cpu;
#[cfg(test)]
mod cut;
pub mod dequantize;
pub mod embed;
pub mod expert_matmul;
pub mod expert_sum;
pub mod gated_delta_net;
pub mod gather_rows;
pub mod glu;
pub mod gpu;
pub mod kv_write;
mod lanes;
pub mod layer_norm;
pub mod map;
pub mod matmul;
pub mod mean_pool;
#[cfg(any(test, feature = "fuzzing"))]
pub mod oracle;
pub mod position_scale;
pub mod quantize;
pub mod quantize_rows;
mod recurrent;
pub mod rms_norm;
pub mod rope;
pub mod rope_write;
pub mod route;
pub mod sample;
pub mod samples;
pub mod self_test;
mod shapes;
pub mod short_conv;
pub mod slice_cols;
pub mod softmax;
pub mod state;
pub mod tile;
mod tolerance;
pub mod weight;

#[cfg(test)]
mod testing;

pub use activation::Activation;
pub use contract::{ContractError, Elem, Operation, ValueType};
pub use cpu::{CpuConfig, CpuKernel, Operand, Partition};
pub use hearth_simd::Isa;
pub use tile::{OutTile, TileMut};
pub use weight::{CpuWeight, Layout};
