//! Finds or installs what the builds and tests need; what is there is used.

pub(crate) mod browser;
pub(crate) mod c;
pub(crate) mod node;
pub(crate) mod rust;
pub(crate) mod tools;
pub(crate) mod vulkan;
pub(crate) mod wasmtime;

use std::process::Command;
use std::sync::Once;
use std::time::Duration;

use crate::process;
use crate::workspace::Workspace;

/// Longest time that one call of the system's package manager may take.
const APT_LIMIT: Duration = Duration::from_secs(900);

/// Everything that `app` and `test` need, one line each.
pub(crate) fn everything(workspace: &Workspace) -> Result<(), String> {
    println!("wasm Rust     {}", rust::find_or_install(workspace)?.name());
    println!(
        "wasm-bindgen  {}",
        tools::wasm_bindgen(workspace)?.display()
    );
    println!("clang         {}", c::find_or_install()?);
    node::packages(workspace)?;
    println!(
        "npm packages  {}",
        workspace.packages().join("node_modules").display()
    );
    println!(
        "browser       {}",
        browser::CHROMIUM.find_or_install()?.display()
    );
    match browser::FIREFOX.find_or_install() {
        Ok(path) => println!("Firefox       {}", path.display()),
        Err(why) => println!("Firefox       missing, its tests will be skipped: {why}"),
    }
    vulkan::find_or_install();
    match tools::cargo_deny(workspace) {
        Ok(path) => println!("cargo-deny    {}", path.display()),
        Err(why) => println!("cargo-deny    missing, the licence check will be skipped: {why}"),
    }
    Ok(())
}

/// Installs system packages with apt-get, as root or with a password-less sudo.
pub(crate) fn apt_install(packages: &[&str]) -> Result<(), String> {
    static UPDATED: Once = Once::new();
    if process::find_program("apt-get").is_none() {
        return Err("there is no apt-get on this machine".to_owned());
    }
    UPDATED.call_once(|| {
        // A list that cannot be refreshed may still be good enough: the installation itself decides.
        if let Err(message) = process::run_within(apt_get().arg("update"), APT_LIMIT) {
            println!("{message}");
        }
    });
    process::run_within(
        apt_get()
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages),
        APT_LIMIT,
    )
}

fn apt_get() -> Command {
    let is_root = process::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if is_root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
