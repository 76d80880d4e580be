//! Runs a graph on the CPU.
//!
//! | module | holds |
//! |---|---|
//! | [`pool`] | the fork-join thread pool: workers spawned once, spin briefly, then park |
//! | [`program`] | a graph made ready for one machine: kernels, memory plan, layouts |
//! | [`executor`] | a program with its weights and states, run step by step |
//! | [`profile`] | time per operation |
//!
//! This crate knows no operation by name.

mod call;
pub mod executor;
pub mod pool;
pub mod profile;
pub mod program;

pub use executor::{CpuExecutor, StateMut, StepError, StepInputs};
pub use pool::{Pool, Team, Worker};
pub use program::{Program, ProgramError, WeightPlan};
