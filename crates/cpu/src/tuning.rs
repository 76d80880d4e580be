//! How many threads decode fastest here: found by trying, because neither the number of cores nor what they have in
//! common (a memory, a floating-point unit, a limit of power) tells.
//!
//! A step of few tokens is bound by memory, so it may be fastest on fewer threads than there are cores; one of many tokens is bound
//! by arithmetic and takes all of them. The number of threads changes no result.

use std::time::Duration;

use hearth_graph::{Bindings, OUTPUTS, TOKENS};
use hearth_kernels::state::StateLayout;
use web_time::Instant;

use crate::executor::{CpuExecutor, StepError};

/// Weights that are read to try a number of threads: too many for caches to hold.
const TRIAL_BYTES: usize = 96 << 20;
/// Runs of a trial, of which the fastest counts.
const RUNS: usize = 3;
/// No further trial begins after so long.
const BUDGET: Duration = Duration::from_millis(200);
/// More threads must be faster by this factor: fewer leave the rest of the machine alone.
const WORTH_IT: f64 = 1.03;

impl CpuExecutor {
    /// Try how many threads compute one token fastest, and keep to that for small steps. All weights are there; the states
    /// are those of a program that has not run yet, also afterwards.
    pub fn tune_threads(&mut self) -> Result<(), StepError> {
        let most = self.threads();
        if most == 1 {
            return Ok(());
        }
        let most_of = |symbol| self.program().bounds.get(symbol).min(1);
        let bindings = Bindings::default()
            .with(TOKENS, most_of(TOKENS))
            .with(OUTPUTS, most_of(OUTPUTS));
        let nodes = self.begin_trial(&bindings, TRIAL_BYTES)?;
        let started = Instant::now();
        // From all threads downwards, so that a machine too slow to try them all keeps all.
        let (mut best, mut fastest) = (most, f64::INFINITY);
        let powers = (0..most.ilog2() + 1).rev().map(|shift| 1 << shift);
        for threads in std::iter::once(most).chain(powers.filter(|n| *n < most)) {
            let seconds = self.trial(threads, nodes);
            if seconds <= fastest * WORTH_IT {
                best = threads;
            }
            fastest = fastest.min(seconds);
            if started.elapsed() > BUDGET {
                break;
            }
        }
        self.set_small_step_threads(best);
        self.clear_states(|state| StateLayout::of(state).is_some_and(|s| s.is_recurrent()));
        Ok(())
    }

    fn trial(&mut self, threads: usize, nodes: usize) -> f64 {
        self.pool_mut().set_active(threads);
        let run = |executor: &mut Self| {
            let started = Instant::now();
            executor.run_nodes(nodes);
            started.elapsed().as_secs_f64()
        };
        (0..RUNS).map(|_| run(self)).fold(f64::INFINITY, f64::min)
    }
}
