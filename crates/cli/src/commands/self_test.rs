//! `hearth self-test`: whether the kernels compute what they should on this machine.

use std::fmt::Write;

use clap::Args;
use hearth_runtime::Isa;
use hearth_runtime::self_test::{self, Check};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::output::Output;

/// Compare every kernel of the processor with its reference on this machine
///
/// Each is asked once, with the fastest instruction set that there is, by one thread. The status is 1 if one of them is wrong.
#[derive(Debug, Args)]
pub(crate) struct SelfTestArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &SelfTestArgs) -> Result<(), CliError> {
    let isa = Isa::best();
    let checks: Vec<Check> = self_test::run(isa).collect();
    let mut output = Output::new();
    if args.json {
        output.json(&as_json(isa, &checks))?;
    } else {
        output.text(&as_text(isa, &checks))?;
    }
    verdict(isa, &checks)
}

/// The failure of a machine on which a kernel is wrong.
fn verdict(isa: Isa, checks: &[Check]) -> Result<(), CliError> {
    match checks.iter().filter(|check| !check.passed).count() {
        0 => Ok(()),
        failed => Err(CliError::SelfTest {
            failed,
            checks: checks.len(),
            isa,
        }),
    }
}

fn as_json(isa: Isa, checks: &[Check]) -> Value {
    let rows = checks.iter().map(|check| {
        json!({
            "kernel": check.kernel,
            "dtype": check.dtype.map(|dtype| dtype.name()),
            "variant": check.variant,
            "deviation": check.deviation,
            "tolerance": check.tolerance,
            "passed": check.passed,
        })
    });
    json!({
        "isa": isa.name(),
        "passed": checks.iter().all(|check| check.passed),
        "checks": rows.collect::<Value>(),
    })
}

fn as_text(isa: Isa, checks: &[Check]) -> String {
    let mut out =
        format!("{isa}\nkernel            type     variant          off by   may be off\n");
    for check in checks {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:<16}  {:<7}  {:<15}  {:>7.1e}  {:>10.1e}  {}",
            check.kernel,
            check.dtype.map_or("", |dtype| dtype.name()),
            check.variant.as_deref().unwrap_or(""),
            check.deviation,
            check.tolerance,
            if check.passed { "right" } else { "WRONG" },
        );
    }
    let passed = checks.iter().filter(|check| check.passed).count();
    let _ = writeln!(
        out,
        "{passed} of {} kernels agree with their references",
        checks.len()
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_kernel_is_named_and_ends_with_an_error() {
        let check = Check {
            kernel: "softmax",
            dtype: None,
            variant: None,
            isa: Isa::best(),
            deviation: 0.5,
            tolerance: 1e-6,
            passed: false,
        };
        let checks = [check];
        assert!(as_text(Isa::best(), &checks).contains("WRONG"));
        assert_eq!(as_json(Isa::best(), &checks)["passed"], false);
        let error = verdict(Isa::best(), &checks).expect_err("a kernel is wrong");
        assert!(error.to_string().starts_with("1 of 1 kernels"), "{error}");
    }
}
