//! Node and the npm packages of `packages/`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

use crate::process;
use crate::workspace::{self, Workspace};

/// The oldest Node that the build tools run on.
const OLDEST: (u32, u32) = (20, 19);

/// Installs the npm packages, unless those of the present lock file are there.
pub(crate) fn packages(workspace: &Workspace) -> Result<(), String> {
    let version = node_version(workspace)?;
    let packages = workspace.packages();
    let mut hasher = DefaultHasher::new();
    workspace::read(&packages.join("package-lock.json"))?.hash(&mut hasher);
    let wanted = format!("{version} {:016x}", hasher.finish());
    let stamp = packages.join("node_modules/.hearth-stamp");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    process::run(npm(workspace).args(["ci", "--no-audit", "--no-fund"]))
        .map_err(|message| format!("{message}; the command by hand: cd packages && npm ci"))?;
    workspace::write(&stamp, &wanted)
}

/// An npm command in `packages/`.
pub(crate) fn npm(workspace: &Workspace) -> Command {
    let mut command = workspace.command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(workspace.packages());
    command
}

/// The program of an npm package, as `wasm-opt`.
pub(crate) fn program(workspace: &Workspace, name: &str) -> Command {
    let file = if cfg!(windows) {
        format!("{name}.cmd")
    } else {
        name.to_owned()
    };
    let mut command = workspace.command(workspace.packages().join("node_modules/.bin").join(file));
    command.current_dir(workspace.packages());
    command
}

fn node_version(workspace: &Workspace) -> Result<String, String> {
    let (major, minor) = OLDEST;
    let hint =
        format!("install Node {major}.{minor} or newer (nodejs.org, or your package manager)");
    let printed = process::capture(Command::new("node").arg("--version"))
        .map_err(|e| format!("{e}; {hint}"))?;
    let version = printed.trim().trim_start_matches('v');
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        return Err(format!("Node {version} is too old: {hint}"));
    }
    process::capture(npm(workspace).arg("--version"))
        .map_err(|e| format!("Node is here, but npm is not ({e}): {hint}"))?;
    Ok(version.to_owned())
}
