//! The npm side: the SDK and the app, their checks, unit tests and browser tests.

use std::path::Path;

use serde_json::Value;

use crate::setup::{browser, node};
use crate::tally::{Reader, Runner, Tally};
use crate::workspace::{self, Workspace};
use crate::{conformance, process};

/// Runs a script of one package, as `npm run build --workspace sdk`.
pub(crate) fn script(workspace: &Workspace, package: &str, script: &str) -> Result<(), String> {
    process::run(node::npm(workspace).args(["run", script, "--workspace", package]))
}

/// Runs the `test` script of one package (`node --test`) and counts.
pub(crate) fn unit_tests(workspace: &Workspace, package: &str) -> Result<Tally, String> {
    let mut reader = Reader::new(Runner::Node);
    let mut command = node::npm(workspace);
    command.args(["run", "test", "--workspace", package]);
    let succeeded = process::tee(&mut command, |line| reader.line(line))?;
    Ok(reader.finish(succeeded))
}

/// Lets ajv validate what models with random weights answer under some hundred schemas, and counts.
pub(crate) fn schema_tests(workspace: &Workspace) -> Result<Tally, String> {
    let mut reader = Reader::new(Runner::Node);
    let mut command = node::npm(workspace);
    command
        .args(["run", "test", "--workspace", "schemas"])
        .env("HEARTH_CONFORMANCE_BIN", conformance::program(workspace)?);
    let succeeded = process::tee(&mut command, |line| reader.line(line))?;
    Ok(reader.finish(succeeded))
}

/// Runs the browser tests with Playwright against the built app and programs, all or those of files whose names hold
/// `filter`, and counts from its JSON report.
pub(crate) fn browser_tests(
    workspace: &Workspace,
    browser: &Path,
    filter: Option<&str>,
) -> Result<Tally, String> {
    let report = workspace.cache.join("logs/playwright.json");
    if report.is_file() {
        std::fs::remove_file(&report)
            .map_err(|e| format!("cannot remove {}: {e}", report.display()))?;
    }
    let mut command = node::npm(workspace);
    command.args(["run", "test", "--workspace", "e2e"]);
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    conformance::keep(workspace, &mut command);
    command
        .env("CHROMIUM", browser)
        .env("HEARTH_BIN", workspace.hearth())
        .env("HEARTH_CONFORMANCE_BIN", conformance::program(workspace)?);
    match browser::FIREFOX.find_or_install() {
        Ok(program) => drop(command.env("FIREFOX", program)),
        Err(why) => println!("tests in Firefox are skipped: {why}"),
    }
    command.env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    let succeeded = process::tee(&mut command, |_| ())?;
    let report: Value = serde_json::from_str(&workspace::read(&report)?)
        .map_err(|e| format!("cannot read Playwright's report {}: {e}", report.display()))?;
    count(&report, succeeded)
}

/// A flaky test, which passed only when it ran again, counts as failed.
fn count(report: &Value, succeeded: bool) -> Result<Tally, String> {
    let number = |name: &str| -> Result<usize, String> {
        let value = report
            .pointer(&format!("/stats/{name}"))
            .and_then(Value::as_u64);
        value
            .map(|n| n as usize)
            .ok_or_else(|| format!("Playwright's report lacks stats.{name}"))
    };
    let failed = number("unexpected")? + number("flaky")?;
    let broke_off = usize::from(!succeeded && failed == 0);
    Ok(Tally {
        passed: number("expected")?,
        failed: failed + broke_off,
        skipped: number("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playwright_counts_are_read() {
        let report = serde_json::json!({"stats": {"expected": 3, "unexpected": 1, "flaky": 1, "skipped": 2}});
        assert_eq!(
            count(&report, false),
            Ok(Tally {
                passed: 3,
                failed: 2,
                skipped: 2
            })
        );
        let broken = serde_json::json!({"stats": {"expected": 0, "unexpected": 0, "flaky": 0, "skipped": 0}});
        assert_eq!(
            count(&broken, false),
            Ok(Tally {
                passed: 0,
                failed: 1,
                skipped: 0
            })
        );
        assert!(count(&serde_json::json!({}), true).is_err());
    }
}
