//! `cargo xtask app` and `cargo xtask examples`: build everything, serve it and print the address.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use crate::workspace::Workspace;
use crate::{packages, process, setup, wasm};

/// The first port that is tried where none is given.
const FIRST_PORT: u16 = 8080;
/// How many ports are tried.
const N_PORTS: u16 = 100;

/// What the person asked for.
#[derive(Default)]
pub(crate) struct Options {
    /// Folder with models; by default that of the test data, where it exists.
    pub(crate) models: Option<PathBuf>,
    /// Port; by default the first free one from 8080 on.
    pub(crate) port: Option<u16>,
}

/// Builds the app, and serves it until the server ends. The server prints the address once it listens.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), String> {
    build(workspace)?;
    timed("app", || packages::script(workspace, "app", "build"))?;
    serve(workspace, options, &workspace.packages().join("app/dist"))
}

/// Puts what the examples import beside them, and serves them.
pub(crate) fn examples(workspace: &Workspace, options: &Options) -> Result<(), String> {
    build(workspace)?;
    packages::script(workspace, "sdk", "examples")?;
    serve(workspace, options, &workspace.root.join("examples"))
}

fn serve(workspace: &Workspace, options: &Options, pages: &Path) -> Result<(), String> {
    let port = options.port.map_or_else(free_port, Ok)?;
    let models = options
        .models
        .clone()
        .or_else(|| Some(workspace.shared.as_ref()?.join("models")));
    let models = models.filter(|dir| options.models.is_some() || dir.is_dir());
    let mut command = workspace.command(workspace.hearth());
    command
        .args(["serve", "--port", &port.to_string(), "--app"])
        .arg(pages);
    if let Some(models) = &models {
        let dir = std::path::absolute(models)
            .map_err(|e| format!("--models {}: {e}", models.display()))?;
        command.arg("--models").arg(dir);
    }
    match models {
        Some(dir) => println!("Models from {}", dir.display()),
        None => println!(
            "The page opens with ember, its demonstration model: open a real one there, or give --models DIR"
        ),
    }
    println!("Ctrl-C ends it.");
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|e| format!("cannot start hearth serve: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("hearth serve ended with {status}"))
    }
}

/// Sets up and builds what all pages need, and the program that serves them.
pub(crate) fn build(workspace: &Workspace) -> Result<(), String> {
    build_packages(workspace)?;
    timed("hearth", || build_cli(workspace))
}

/// Sets up and builds the wasm programs, and the SDK with them.
pub(crate) fn build_packages(workspace: &Workspace) -> Result<(), String> {
    let rust = setup::rust::find_or_install(workspace)?;
    setup::node::packages(workspace)?;
    for variant in wasm::ALL {
        timed(&format!("wasm build {}", variant.name), || {
            wasm::build(workspace, &rust, variant)
        })?;
    }
    timed("SDK", || packages::script(workspace, "sdk", "build"))
}

/// The `hearth` program.
pub(crate) fn build_cli(workspace: &Workspace) -> Result<(), String> {
    process::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", "hearth-cli"]),
    )
}

/// Does `work`, and prints how long it took.
pub(crate) fn timed(name: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let start = Instant::now();
    work()?;
    println!("--- {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn free_port() -> Result<u16, String> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let last = FIRST_PORT + N_PORTS - 1;
    (FIRST_PORT..=last)
        .find(is_free)
        .ok_or_else(|| format!("no port from {FIRST_PORT} to {last} is free: give --port"))
}
