//! Runs a graph on the GPU: device, pipelines, buffers, dispatch lists.
//!
//! | file | holds |
//! |---|---|
//! | `device.rs` | an adapter and its device, what it can do, and what went wrong on it |
//! | `features.rs` | what it has beyond the least that WebGPU promises |
//! | `trial.rs` | variants of kernels checked and timed on it, and which of them are used |
//! | `error.rs` | why it cannot be used |
//! | `program.rs` | kernels and buffers of a graph, planned once |
//! | `memory.rs` | the buffers of a program's values |
//! | `pipelines.rs` | a pipeline for each shader, made once |
//! | `compiling/` | those of a program, compiled while weights are read: on threads, or by the browser |
//! | `binding.rs` | what each dispatch binds, made once |
//! | `dispatch.rs` | a step as a list of dispatches |
//! | `scratch.rs` | memory that calls want beside their values |
//! | `readback.rs` | bytes that come back |
//! | `executor.rs` | the step |
//! | `profile.rs` | what steps cost, by the device's own clock |
//! | `ceilings.rs` | what a device can do at best |
//! | `choice.rs` | steps whose token the device chooses |
//! | `traffic.rs` | what goes to and fro, counted |
//!
//! The executor knows no operation by name: kernels say which shaders run, what they bind, and how many workgroups a step takes.

mod binding;
mod ceilings;
mod choice;
#[cfg_attr(target_family = "wasm", path = "compiling/browser.rs")]
#[cfg_attr(not(target_family = "wasm"), path = "compiling/threads.rs")]
mod compiling;
mod device;
mod dispatch;
mod error;
mod executor;
mod features;
mod memory;
mod pipelines;
mod profile;
mod program;
mod readback;
mod scratch;
mod traffic;
mod trial;

pub use ceilings::GpuCeilings;
pub use choice::{Chooser, ChoosingStep, PendingToken};
pub use device::Gpu;
pub use error::GpuError;
pub use executor::GpuExecutor;
pub use features::Features;
pub use hearth_kernels::sample::{Choice, Settings};
pub use program::{GpuProgram, WeightPlan};
pub use traffic::Traffic;
pub use trial::{Outcome, Seconds, Trial};
