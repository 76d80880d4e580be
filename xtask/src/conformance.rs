//! `cargo xtask conformance`: every reference model on every backend, native and in the browser, as one table.

use std::path::PathBuf;
use std::process::Command;

use crate::report::Report;
use crate::setup::{browser, node, rust, vulkan};
use crate::workspace::Workspace;
use crate::{app, packages, process, suites, wasm};

/// The crate with the suites, and its program.
const PACKAGE: &str = "hearth-conformance";
/// The environment variable that names the folder for verdicts.
const FOLDER: &str = "HEARTH_CONFORMANCE";

/// Runs the suites of conformance alone; gives whether nothing failed.
pub(crate) fn run(workspace: &Workspace) -> Result<bool, String> {
    if workspace.shared.is_none() {
        println!("There is no ../shared: there is nothing to compare with.");
    }
    clear(workspace)?;
    let mut report = Report::default();
    vulkan::find_or_install();
    report.suite("native", || suites::rust_tests(workspace, Some(PACKAGE)));
    let built = report.step("builds for the browser", || {
        let rust = rust::find_or_install(workspace)?;
        node::packages(workspace)?;
        for variant in wasm::VARIANTS {
            wasm::build(workspace, &rust, variant)?;
        }
        packages::script(workspace, "sdk", "build")?;
        app::build_cli(workspace)
    });
    if built {
        report.suite("browser", || {
            packages::browser_tests(
                workspace,
                &browser::CHROMIUM.find_or_install()?,
                Some("conformance"),
            )
        });
    }
    report.step("table", || table(workspace));
    Ok(report.finish())
}

/// Forgets the verdicts of earlier runs.
pub(crate) fn clear(workspace: &Workspace) -> Result<(), String> {
    let folder = folder(workspace);
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {e}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Tells a command of tests where verdicts are kept.
pub(crate) fn keep(workspace: &Workspace, command: &mut Command) {
    command.env(FOLDER, folder(workspace));
}

/// Builds the program that plans and compares for the browser, and gives its path.
///
/// It is the one that the Rust tests build: alone it would have other features of macros' crates below the kernels,
/// which would all be compiled once more.
pub(crate) fn program(workspace: &Workspace) -> Result<PathBuf, String> {
    process::run(
        workspace
            .cargo()
            .args(["test", "--workspace", "--no-run", "--quiet"]),
    )?;
    let name = format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.native_target.join("debug").join(name))
}

/// Prints the verdicts of all suites as one table, and keeps it as `table.md` beside them.
pub(crate) fn table(workspace: &Workspace) -> Result<(), String> {
    let folder = folder(workspace);
    if !folder.is_dir() {
        println!("There are no verdicts: the suites found nothing to compare with.");
        return Ok(());
    }
    let mut command = workspace.command(program(workspace)?);
    command.arg("table").arg(&folder);
    let mut text = String::new();
    let fine = process::tee(&mut command, |line| {
        text.push_str(line);
        text.push('\n');
    })?;
    let path = folder.join("table.md");
    crate::workspace::write(&path, &text)?;
    println!("{}", path.display());
    if fine {
        Ok(())
    } else {
        Err("not every model is as expected on every backend".to_owned())
    }
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.native_target.join("conformance")
}
