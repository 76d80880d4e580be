//! The runner of the bench's WASI program: a `wasmtime` that is there, else its Python package behind a small script.
//!
//! The package is a download of 10 MB; the program would have to be compiled.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::tools;
use crate::process;
use crate::workspace::Workspace;

/// Of the package; a program that is there may have any.
const VERSION: &str = "50.0.1";
/// Below the checkout.
const SCRIPT: &str = "xtask/wasmtime-runner.py";
/// Longest time that pip may take.
const PIP_LIMIT: Duration = Duration::from_secs(300);

/// What takes the arguments of `wasmtime`.
#[derive(Debug)]
pub(crate) struct Runner {
    program: PathBuf,
    /// What Python, as the program, runs.
    script: Option<PathBuf>,
}

impl Runner {
    /// The program itself.
    pub(crate) fn program(path: &Path) -> Self {
        Runner {
            program: path.to_path_buf(),
            script: None,
        }
    }

    /// A command that lacks its arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.script);
        command
    }

    /// The version that it tells.
    pub(crate) fn version(&self) -> Result<String, String> {
        let printed = process::capture(self.command().arg("--version"))?;
        Ok(printed.trim().to_owned())
    }
}

/// A `wasmtime` in the cache or on PATH, else the Python package in a virtual environment in the cache.
pub(crate) fn find_or_install(workspace: &Workspace) -> Result<Runner, String> {
    if let Some(path) = tools::find(workspace, "wasmtime").first() {
        return Ok(Runner::program(path));
    }
    let environment = workspace.tools().join("wasmtime-python");
    let python = match cfg!(windows) {
        true => environment.join("Scripts/python.exe"),
        false => environment.join("bin/python"),
    };
    let runner = Runner {
        program: python.clone(),
        script: Some(workspace.root.join(SCRIPT)),
    };
    let is_right = || {
        let version = runner.version();
        version.is_ok_and(|text| text.split(' ').nth(1) == Some(VERSION))
    };
    if !is_right() {
        install(&environment, &python).map_err(|message| {
            format!(
                "there is no wasmtime here, and its Python package could not be installed ({message}). \
                 Install one by hand (wasmtime.dev), or name one with --wasmtime"
            )
        })?;
    }
    Ok(runner)
}

fn install(environment: &Path, python: &Path) -> Result<(), String> {
    let system = ["python3", "python"];
    let system = system.iter().find_map(|name| process::find_program(name));
    let mut make = Command::new(system.ok_or("there is no Python 3 on this machine")?);
    // Cleared, because one whose Python is gone cannot be mended.
    process::run(make.args(["-m", "venv", "--clear"]).arg(environment))?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--only-binary", ":all:"])
        .arg(format!("wasmtime=={VERSION}"));
    process::run_within(&mut pip, PIP_LIMIT)
}
