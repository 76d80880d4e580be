//! Rust tools that are installed into the cache: `wasm-bindgen` at the locked version, `cargo-deny`.

use std::path::PathBuf;
use std::process::Command;

use crate::process;
use crate::workspace::Workspace;

/// The licence check; a newer one on PATH would do as well, so only the installation is pinned.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// `wasm-bindgen` of exactly the version in Cargo.lock: the program and the library must agree.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf, String> {
    let version = workspace.locked_version("wasm-bindgen")?;
    let is_right = |path: &PathBuf| {
        let printed = process::capture(Command::new(path).arg("--version"));
        printed.is_ok_and(|text| text.trim() == format!("wasm-bindgen {version}"))
    };
    if let Some(path) = find(workspace, "wasm-bindgen").into_iter().find(is_right) {
        return Ok(path);
    }
    // Not `--locked`: registry mirrors may lag behind that lock file, and only our own version matters.
    install(workspace, "wasm-bindgen-cli", &version, &[])?;
    find(workspace, "wasm-bindgen")
        .into_iter()
        .find(is_right)
        .ok_or_else(|| {
            format!("wasm-bindgen {version} was installed, but does not answer with that version")
        })
}

/// `cargo-deny`, any version.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf, String> {
    if let Some(path) = find(workspace, "cargo-deny").into_iter().next() {
        return Ok(path);
    }
    install(
        workspace,
        "cargo-deny",
        CARGO_DENY_VERSION,
        &["--locked", "--no-default-features"],
    )?;
    Ok(tool_path(workspace, "cargo-deny"))
}

/// The tool in the cache, then the one on PATH, as far as they exist.
pub(super) fn find(workspace: &Workspace, name: &str) -> Vec<PathBuf> {
    let cached = Some(tool_path(workspace, name)).filter(|path| path.is_file());
    cached
        .into_iter()
        .chain(process::find_program(name))
        .collect()
}

fn tool_path(workspace: &Workspace, name: &str) -> PathBuf {
    workspace
        .tools()
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn install(
    workspace: &Workspace,
    package: &str,
    version: &str,
    options: &[&str],
) -> Result<(), String> {
    let mut command = workspace.cargo();
    command
        .args(["install", package, "--version", version, "--root"])
        .arg(workspace.tools())
        .args(options);
    // Its own target folder, so that an installation which broke off is continued.
    command
        .current_dir(&workspace.cache)
        .env("CARGO_TARGET_DIR", workspace.target("tools"));
    process::run(&mut command).map_err(|message| {
        format!(
            "{message}; install it by hand: cargo install {package} --version {version} {}",
            options.join(" ")
        )
    })
}
