//! `cargo xtask screenshots`: pictures of every page, light and dark, in both languages, on a phone and a desktop.

use crate::setup::{browser, node};
use crate::workspace::Workspace;
use crate::{app, packages, process};

/// Builds the page and the program that serves it, and takes the pictures.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    app::build(workspace)?;
    app::timed("app", || packages::script(workspace, "app", "build"))?;
    let folder = workspace.root.join("dist/screenshots");
    let mut command = node::npm(workspace);
    command
        .args(["run", "screenshots", "--workspace", "e2e"])
        .env("CHROMIUM", browser::CHROMIUM.find_or_install()?)
        .env("HEARTH_BIN", workspace.hearth());
    process::run(&mut command)?;
    println!("pictures of every page: {}", folder.display());
    Ok(())
}
