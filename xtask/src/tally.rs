//! Counts of passed, failed and skipped tests, read from the output of test runners.

/// How many tests of a suite passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Ran and held.
    pub(crate) passed: usize,
    /// Ran and did not hold, or could not run.
    pub(crate) failed: usize,
    /// Did not run, and said why.
    pub(crate) skipped: usize,
}

impl Tally {
    /// A stage that is not a test suite and succeeded.
    pub(crate) const ONE: Self = Self {
        passed: 1,
        failed: 0,
        skipped: 0,
    };

    /// The sum of two suites.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// How a Rust test says that it did nothing.
const SKIPPED: &str = "SKIPPED: ";

/// Whose output is read. The kind matters: nextest shows the output of tests, which holds libtest's own summaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `cargo nextest run`.
    Nextest,
    /// `cargo test`, with one thread and `--nocapture`.
    Libtest,
    /// `node --test`, TAP or spec.
    Node,
    /// `python3 -m unittest`.
    Unittest,
}

/// Reads the output of a test runner, line by line.
///
/// A Rust test that lacks its data prints a line that starts with `SKIPPED: ` and passes: it counts as skipped, once
/// however many lines it prints.
#[derive(Debug)]
pub(crate) struct Reader {
    runner: Runner,
    counts: Tally,
    /// Tests that passed for their runner, but said that they did nothing.
    said_skipped: usize,
    /// Whether the present test is one of them.
    skipped_here: bool,
}

impl Reader {
    /// A reader before the first line.
    pub(crate) fn new(runner: Runner) -> Self {
        Self {
            runner,
            counts: Tally::default(),
            said_skipped: 0,
            skipped_here: false,
        }
    }

    /// Takes one line of output.
    pub(crate) fn line(&mut self, line: &str) {
        let line = line.trim();
        if self.starts_a_test(line) {
            self.skipped_here = false;
        }
        if self.says_skipped(line) && !self.skipped_here {
            self.skipped_here = true;
            self.said_skipped += 1;
        }
        self.summary(line);
    }

    /// The counts; a runner that failed without naming a failed test (it broke off) counts as one failure.
    pub(crate) fn finish(self, succeeded: bool) -> Tally {
        let mut counts = self.counts;
        counts.passed = counts.passed.saturating_sub(self.said_skipped);
        counts.skipped += self.said_skipped;
        if !succeeded && counts.failed == 0 {
            counts.failed = 1;
        }
        counts
    }

    /// Whether what follows this line belongs to another test than what came before it.
    fn starts_a_test(&self, line: &str) -> bool {
        match self.runner {
            // `PASS [   0.003s] …`, `FAIL [`, `TIMEOUT [`, `SIGABRT [` …
            Runner::Nextest => line.split_once(" [").is_some_and(|(word, rest)| {
                !word.is_empty()
                    && word.bytes().all(|b| b.is_ascii_uppercase())
                    && rest.contains("s]")
            }),
            Runner::Libtest => line.starts_with("test ") || line.starts_with("Running "),
            Runner::Node | Runner::Unittest => false,
        }
    }

    fn says_skipped(&self, line: &str) -> bool {
        match self.runner {
            Runner::Nextest => line.starts_with(SKIPPED),
            Runner::Libtest => {
                let after_name = line
                    .strip_prefix("test ")
                    .and_then(|rest| rest.split_once(" ... "));
                after_name
                    .map_or(line, |(_, output)| output)
                    .starts_with(SKIPPED)
            }
            Runner::Node | Runner::Unittest => false,
        }
    }

    fn summary(&mut self, line: &str) {
        match self.runner {
            Runner::Nextest => {
                let counts = line
                    .strip_prefix("Summary [")
                    .and_then(|rest| rest.split_once("run:"));
                if let Some((_, counts)) = counts {
                    self.counts.passed += count_of(counts, "passed");
                    self.counts.failed += ["failed", "timed out", "exec failed"]
                        .map(|word| count_of(counts, word))
                        .iter()
                        .sum::<usize>();
                    self.counts.skipped += count_of(counts, "skipped");
                }
            }
            Runner::Libtest => {
                let counts = line
                    .strip_prefix("test result: ")
                    .and_then(|rest| rest.split_once(". "));
                if let Some((_, counts)) = counts {
                    self.counts.passed += count_of(counts, "passed");
                    self.counts.failed += count_of(counts, "failed");
                    self.counts.skipped += count_of(counts, "ignored");
                }
            }
            Runner::Node => match node_summary(line) {
                Some(("pass", count)) => self.counts.passed += count,
                Some(("fail" | "cancelled", count)) => self.counts.failed += count,
                Some(("skipped" | "todo", count)) => self.counts.skipped += count,
                _ => {}
            },
            Runner::Unittest => self.unittest_summary(line),
        }
    }

    /// `Ran 9 tests in 0.5s`, and after it what became of them.
    fn unittest_summary(&mut self, line: &str) {
        if let Some((count, _)) = line
            .strip_prefix("Ran ")
            .and_then(|rest| rest.split_once(" test"))
        {
            self.counts.passed += count.parse().unwrap_or(0);
        } else if line.starts_with("FAILED (") || line.starts_with("OK (") {
            let failed = count_after(line, "failures") + count_after(line, "errors");
            let skipped = count_after(line, "skipped");
            self.counts.passed = self.counts.passed.saturating_sub(failed + skipped);
            self.counts.failed += failed;
            self.counts.skipped += skipped;
        }
    }
}

/// The number after a word in `FAILED (failures=1, skipped=3)`.
fn count_after(outcome: &str, word: &str) -> usize {
    let mut parts = outcome.split(['(', ')', ',']).map(str::trim);
    let count = parts.find_map(|part| part.strip_prefix(word)?.strip_prefix('=')?.parse().ok());
    count.unwrap_or(0)
}

/// The number before a word in `3 passed (1 slow), 2 failed; …`.
fn count_of(counts: &str, word: &str) -> usize {
    let mut parts = counts.split([',', ';']).map(str::trim);
    let count = parts.find_map(|part| {
        let (count, rest) = part.split_once(' ')?;
        let found = rest.split(" (").next().unwrap_or(rest);
        (found == word).then(|| count.parse().ok())?
    });
    count.unwrap_or(0)
}

/// `# pass 3` (TAP) or `ℹ pass 3` (spec).
fn node_summary(line: &str) -> Option<(&str, usize)> {
    let rest = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("ℹ "))?;
    let (word, count) = rest.split_once(' ')?;
    Some((word, count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(runner: Runner, text: &str, succeeded: bool) -> Tally {
        let mut reader = Reader::new(runner);
        text.lines().for_each(|line| reader.line(line));
        reader.finish(succeeded)
    }

    const fn tally(passed: usize, failed: usize, skipped: usize) -> Tally {
        Tally {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn nextest_summary_is_read_and_skipped_lines_move_tests() {
        let text = "        PASS [   0.003s] ( 1/12) a tests::one\n  stdout ───\n    test tests::one ... ok\n\
                    \x20   test result: ok. 1 passed; 0 failed; 0 ignored\n  stderr ───\n    SKIPPED: no data\n    SKIPPED: again\n\
                    \x20       PASS [   0.003s] ( 2/12) a tests::two\n    SKIPPED: no data\n\
                    \x20    Summary [   0.044s] 12 tests run: 10 passed (1 slow), 2 failed, 3 skipped\n";
        assert_eq!(read(Runner::Nextest, text, false), tally(8, 2, 5));
    }

    #[test]
    fn libtest_summaries_add_up() {
        let text = "test a ... ok\ntest b ... SKIPPED: no data\nok\n\
                    test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                    test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(read(Runner::Libtest, text, false), tally(4, 1, 2));
    }

    #[test]
    fn node_summaries_of_both_reporters_are_read() {
        assert_eq!(
            read(
                Runner::Node,
                "# tests 4\n# pass 2\n# fail 1\n# skipped 1\n",
                false
            ),
            tally(2, 1, 1)
        );
        assert_eq!(
            read(Runner::Node, "ℹ pass 2\nℹ fail 0\nℹ skipped 0\n", true),
            tally(2, 0, 0)
        );
    }

    #[test]
    fn unittests_outcome_is_taken_from_what_ran() {
        assert_eq!(
            read(
                Runner::Unittest,
                "Ran 9 tests in 0.5s\n\nFAILED (failures=1, errors=2, skipped=3)\n",
                false
            ),
            tally(3, 3, 3)
        );
        assert_eq!(
            read(Runner::Unittest, "Ran 1 test in 0.5s\n\nOK\n", true),
            tally(1, 0, 0)
        );
    }

    #[test]
    fn breaking_off_is_a_failure() {
        assert_eq!(
            read(Runner::Libtest, "test a ... SKIPPED: no data\n", false),
            tally(0, 1, 1)
        );
        assert_eq!(
            read(Runner::Nextest, "error: could not compile\n", false),
            tally(0, 1, 0)
        );
    }
}
