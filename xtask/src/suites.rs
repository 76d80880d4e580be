//! `cargo xtask test`: sets everything up and runs every suite, stage by stage.

use crate::report::Report;
use crate::setup::{browser, node, rust, tools, vulkan};
use crate::tally::{Reader, Runner, Tally};
use crate::workspace::Workspace;
use crate::{app, check, conformance, packages, process, single_file, wasm, wasm_tests};

/// Output under schemas, validated.
const SCHEMAS: &str = "answers under schemas";
/// Why a stage does not run with `--fast`.
const FAST: &str = "left out by --fast";
/// Why a stage does not run after one that it needs.
const NEEDED: &str = "a stage that it needs failed";

/// Runs all suites; gives whether nothing failed. The last line of output is `N passed, N failed, N skipped`.
pub(crate) fn run(workspace: &Workspace, fast: bool) -> Result<bool, String> {
    let mut report = Report::default();
    if workspace.shared.is_none() {
        println!("There is no ../shared: the tests that need its data are skipped and counted.");
    }
    conformance::clear(workspace)?;
    native(workspace, &mut report);
    licences(workspace, &mut report, fast);
    let has_packages = report.step("set-up: npm packages", || node::packages(workspace));
    if has_packages {
        report.suite(SCHEMAS, || packages::schema_tests(workspace));
    } else {
        report.skip(SCHEMAS, NEEDED);
    }
    let built = wasm_stages(workspace, &mut report, fast, has_packages);
    package_stages(workspace, &mut report, fast, has_packages, built);
    report.step("conformance table", || conformance::table(workspace));
    Ok(report.finish())
}

/// What needs no more than the native Rust, cheapest first.
fn native(workspace: &Workspace, report: &mut Report) {
    report.step("format", || {
        process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
    });
    report.step("check", || check::run(workspace));
    report.step("clippy", || {
        let mut command = workspace.cargo();
        process::run(command.args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    });
    vulkan::find_or_install();
    report.suite("Rust tests", || rust_tests(workspace, None));
    report.suite("Rust doc tests", || {
        counted(
            workspace,
            Runner::Libtest,
            &["test", "--workspace", "--doc"],
        )
    });
    ember_texts(workspace, report);
}

/// The generators of the texts that ember learns from; Python is no part of the set-up, so where there is none they are left out.
fn ember_texts(workspace: &Workspace, report: &mut Report) {
    const NAME: &str = "texts of ember";
    let python = || {
        let mut command = workspace.command("python3");
        command.current_dir(workspace.root.join("models/ember"));
        command
    };
    if process::capture(python().arg("--version")).is_err() {
        return report.skip(NAME, "there is no python3");
    }
    report.suite(NAME, || {
        let mut reader = Reader::new(Runner::Unittest);
        let mut command = python();
        command.args(["-m", "unittest", "discover", "-s", "data", "-t", "."]);
        let succeeded = process::tee(&mut command, |line| reader.line(line))?;
        Ok(reader.finish(succeeded))
    });
}

/// What nextest is asked; the output of tests that pass holds their `SKIPPED: ` lines.
const NEXTEST: [&str; 7] = [
    "nextest",
    "run",
    "--no-fail-fast",
    "--no-tests=pass",
    "--color=never",
    "--success-output=immediate",
    "--status-level=all",
];

/// The tests of one package, or of all; nextest builds the workspace either way, so that nothing is built twice.
pub(crate) fn rust_tests(workspace: &Workspace, package: Option<&str>) -> Result<Tally, String> {
    if process::capture(workspace.cargo().args(["nextest", "--version"])).is_ok() {
        let filter = package.map(|name| format!("package({name})"));
        let which = filter.as_ref().map_or(vec![], |filter| vec!["-E", filter]);
        let arguments = [&NEXTEST[..], &["--workspace"], &which].concat();
        return counted(workspace, Runner::Nextest, &arguments);
    }
    let which = package.map_or(vec!["--workspace"], |name| vec!["--package", name]);
    // One thread, so that a `SKIPPED: ` line stands with its test.
    let cargo_test = ["test", "--all-targets", "--no-fail-fast"];
    let libtest = ["--", "--test-threads=1", "--nocapture"];
    let arguments = [&cargo_test, &which[..], &libtest].concat();
    counted(workspace, Runner::Libtest, &arguments)
}

/// Lets the test that compares the README with the code's tables write it instead.
pub(crate) fn write_readme(workspace: &Workspace) -> Result<(), String> {
    let mut command = workspace.cargo();
    command.env("HEARTH_WRITE_README", "1");
    process::run(command.args(["test", "-p", "hearth-cli", "--test", "cli", "the_readme"]))
}

fn counted(workspace: &Workspace, runner: Runner, arguments: &[&str]) -> Result<Tally, String> {
    let mut reader = Reader::new(runner);
    let mut command = workspace.cargo();
    conformance::keep(workspace, &mut command);
    let succeeded = process::tee(command.args(arguments), |line| reader.line(line))?;
    Ok(reader.finish(succeeded))
}

/// Licences, bans and sources; the advisory database would have to be fetched, so it is not asked.
fn licences(workspace: &Workspace, report: &mut Report, fast: bool) {
    const NAME: &str = "licences and sources";
    if fast {
        return report.skip(NAME, FAST);
    }
    match tools::cargo_deny(workspace) {
        Err(why) => report.skip(NAME, &why),
        Ok(program) => {
            report.step(NAME, || {
                let mut command = workspace.command(program);
                process::run(command.args(["check", "licenses", "bans", "sources"]))
            });
        }
    }
}

/// The wasm builds and the kernels' tests in wasm; gives whether the builds are there.
fn wasm_stages(workspace: &Workspace, report: &mut Report, fast: bool, has_packages: bool) -> bool {
    let mut found = None;
    if !fast {
        report.step("set-up: wasm Rust", || {
            let rust = found.insert(rust::find_or_install(workspace)?);
            println!("{}", rust.name());
            tools::wasm_bindgen(workspace).map(drop)
        });
    }
    let why = if fast { FAST } else { NEEDED };
    let mut built = has_packages;
    for variant in wasm::ALL {
        let name = format!("wasm build {}", variant.name);
        match &found {
            Some(rust) if has_packages => {
                built &= report.step(&name, || wasm::build(workspace, rust, variant))
            }
            _ => {
                built = false;
                report.skip(&name, why);
            }
        }
    }
    for features in &wasm_tests::FEATURES {
        let name = format!("wasm tests {}", features.name);
        match &found {
            Some(rust) => drop(report.suite(&name, || wasm_tests::run(workspace, rust, features))),
            None => report.skip(&name, why),
        }
    }
    built
}

/// The SDK and the app; their types come from the wasm builds, so nothing of them runs without.
fn package_stages(
    workspace: &Workspace,
    report: &mut Report,
    fast: bool,
    has_packages: bool,
    built: bool,
) {
    const SINGLE_FILE: &str = "single-file build";
    const BROWSER: &str = "browser tests";
    if fast || !has_packages || !built {
        let why = if fast { FAST } else { NEEDED };
        for name in [
            "SDK types",
            "bench types",
            "SDK tests",
            "app build",
            SINGLE_FILE,
            BROWSER,
        ] {
            report.skip(name, why);
        }
        return;
    }
    report.step("SDK types", || {
        packages::script(workspace, "sdk", "typecheck")
    });
    report.step("bench types", || {
        packages::script(workspace, "bench", "typecheck")
    });
    report.suite("SDK tests", || packages::unit_tests(workspace, "sdk"));
    let has_app = report.step("app build", || {
        packages::script(workspace, "sdk", "build")?;
        packages::script(workspace, "app", "typecheck")?;
        packages::script(workspace, "app", "build")
    });
    let has_file = has_app && report.step(SINGLE_FILE, || single_file::build(workspace));
    let has_cli = report.step("hearth release build", || app::build_cli(workspace));
    if !(has_file && has_cli) {
        return report.skip(BROWSER, NEEDED);
    }
    report.suite(BROWSER, || {
        packages::browser_tests(workspace, &browser::CHROMIUM.find_or_install()?, None)
    });
}
