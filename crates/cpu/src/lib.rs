//! Runs a graph on the CPU.
//!
//! | module | holds |
//! |---|---|
//! | [`pool`] | the threads: they share work chunk by chunk, spin briefly, then sleep |
//! | [`program`] | a graph made ready for one machine: kernels, memory plan, layouts |
//! | [`executor`] | a program with its weights and states, run step by step |
//! | [`ceilings`] | what the machine can do at best |
//! | `tuning` | how many threads decode fastest here |
//!
//! This crate knows no operation by name.

mod call;
pub mod ceilings;
pub mod executor;
pub mod pool;
pub mod program;
mod tuning;

pub use executor::{CpuExecutor, StateMut, StepError, StepInputs};
pub use pool::{Phases, Pool, Team, Worker};
pub use program::{Program, ProgramError, WeightPlan};
