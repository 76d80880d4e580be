//! The stages of a test run: their names, times and counts, and the last line that sums them up.

use std::time::{Duration, Instant};

use crate::tally::Tally;

/// What became of one stage.
struct Stage {
    name: String,
    took: Duration,
    counts: Tally,
    note: String,
}

/// All stages so far.
#[derive(Default)]
pub(crate) struct Report {
    stages: Vec<Stage>,
}

impl Report {
    /// Runs a suite; an error counts as one failure. Gives whether nothing failed.
    pub(crate) fn suite(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<Tally, String>,
    ) -> bool {
        println!("\n=== {name}");
        let start = Instant::now();
        let (counts, note) = match work() {
            Ok(counts) => (counts, String::new()),
            Err(message) => {
                println!("{message}");
                let first_line = message.lines().next().unwrap_or_default().to_owned();
                (
                    Tally {
                        failed: 1,
                        ..Tally::default()
                    },
                    first_line,
                )
            }
        };
        let took = start.elapsed();
        println!("=== {name}: {:.1} s", took.as_secs_f64());
        self.stages.push(Stage {
            name: name.to_owned(),
            took,
            counts,
            note,
        });
        counts.failed == 0
    }

    /// Runs a stage that is no suite: it counts as one, passed or failed.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<(), String>) -> bool {
        self.suite(name, || work().map(|()| Tally::ONE))
    }

    /// Records a stage that does not run; it counts as one skipped.
    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        println!("\n=== {name}\nSKIPPED: {why}");
        let counts = Tally {
            skipped: 1,
            ..Tally::default()
        };
        self.stages.push(Stage {
            name: name.to_owned(),
            took: Duration::ZERO,
            counts,
            note: why.to_owned(),
        });
    }

    /// Prints the table and the last line; gives whether nothing failed.
    pub(crate) fn finish(&self) -> bool {
        let total = self
            .stages
            .iter()
            .map(|stage| stage.counts)
            .fold(Tally::default(), Tally::and);
        let took: Duration = self.stages.iter().map(|stage| stage.took).sum();
        println!(
            "\n{:<28} {:>8} {:>8} {:>8} {:>8}",
            "stage", "seconds", "passed", "failed", "skipped"
        );
        for Stage {
            name,
            took,
            counts:
                Tally {
                    passed,
                    failed,
                    skipped,
                },
            note,
        } in &self.stages
        {
            let line = format!(
                "{name:<28} {:>8.1} {passed:>8} {failed:>8} {skipped:>8}  {note}",
                took.as_secs_f64()
            );
            println!("{}", line.trim_end());
        }
        println!("{:<28} {:>8.1}\n", "all", took.as_secs_f64());
        println!(
            "{} passed, {} failed, {} skipped",
            total.passed, total.failed, total.skipped
        );
        total.failed == 0
    }
}
