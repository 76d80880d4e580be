//! Runs a graph on the GPU: device, pipelines, buffers, dispatch lists.
//!
//! | file | holds |
//! |---|---|
//! | `device.rs` | an adapter and its device, what it can do, and what went wrong on it |
//! | `error.rs` | why it cannot be used |
//! | `program.rs` | kernels and buffers of a graph, planned once |
//! | `memory.rs` | the buffers of a program's values |
//! | `pipelines.rs` | a pipeline for each shader, made once |
//! | `binding.rs` | what each dispatch binds, made once |
//! | `dispatch.rs` | a step as a list of dispatches |
//! | `readback.rs` | bytes that come back |
//! | `executor.rs` | the step |
//! | `choice.rs` | steps whose token the device chooses |
//! | `traffic.rs` | what goes to and fro, counted |
//!
//! The executor knows no operation by name: kernels say which shaders run, what they bind, and how many workgroups a step takes.

mod binding;
mod choice;
mod device;
mod dispatch;
mod error;
mod executor;
mod memory;
mod pipelines;
mod program;
mod readback;
mod traffic;

pub use choice::{Chooser, ChoosingStep, PendingToken};
pub use device::Gpu;
pub use error::GpuError;
pub use executor::GpuExecutor;
pub use hearth_kernels::sample::{Choice, Settings};
pub use program::{GpuProgram, WeightPlan};
pub use traffic::Traffic;
