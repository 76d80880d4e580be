//! Decoding with two threads while another process takes one core, against one thread on the quiet machine.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::record::{Figure, Record, contender};
use super::{Bench, native, number};

/// The word that makes this program spin.
pub(crate) const SPIN: &str = "bench-spin";
/// A spinner that nobody ended ends by itself.
const SPIN_LIMIT: Duration = Duration::from_secs(600);
const THREADS: usize = 2;

/// One repeat for every small model.
pub(crate) fn run(bench: &Bench<'_>, record: &mut Record) -> Result<(), String> {
    for model in bench.small() {
        let decode = |threads: &str| {
            let args = [
                "bench",
                model.arg()?,
                "--repeat",
                "1",
                "-p",
                "0",
                "-n",
                native::DECODE,
            ];
            let made = bench.hearth(&[&args[..], &["-t", threads]].concat())?;
            number(&made, "/decode/median_tokens_per_s")
        };
        let quiet = decode("1")?;
        record.add(&model.case, contender::NATIVE, 1, Figure::Decode, quiet);
        let spinner = Spinner::start()?;
        let taken = decode(&THREADS.to_string());
        drop(spinner);
        record.add(
            &model.case,
            contender::CONTENDED,
            THREADS,
            Figure::Decode,
            taken?,
        );
    }
    Ok(())
}

/// Another process that takes a core, until it is dropped.
struct Spinner(Child);

impl Spinner {
    fn start() -> Result<Self, String> {
        let program =
            std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
        let mut command = Command::new(program);
        let child = command.arg(SPIN).stdin(Stdio::null()).spawn();
        child
            .map(Spinner)
            .map_err(|e| format!("cannot start a process that spins: {e}"))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Takes a core.
pub(crate) fn spin() {
    let started = Instant::now();
    while started.elapsed() < SPIN_LIMIT {
        for _ in 0..1_000_000 {
            std::hint::black_box(0);
        }
    }
}
