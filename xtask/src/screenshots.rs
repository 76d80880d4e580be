//! `cargo xtask screenshots`: pictures of every page, light and dark, in both languages, on a phone and a desktop.

use std::process::Command;

use crate::setup::{self, browser, node};
use crate::workspace::Workspace;
use crate::{app, packages, process};

/// Builds the page and the program that serves it, and takes the pictures.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    app::build(workspace)?;
    app::timed("app", || packages::script(workspace, "app", "build"))?;
    want_chinese();
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

/// Installs a font with Chinese where Linux has none: pictures would show empty boxes.
fn want_chinese() {
    let fonts = process::capture(Command::new("fc-list").arg(":lang=zh"));
    if cfg!(not(target_os = "linux")) || fonts.is_ok_and(|fonts| !fonts.trim().is_empty()) {
        return;
    }
    if let Err(why) = setup::apt_install(&["fonts-noto-cjk"]) {
        println!(
            "there is no font with Chinese here, and none could be installed ({why}): pictures show empty boxes. By hand:\n  \
             sudo apt-get install --no-install-recommends fonts-noto-cjk"
        );
    }
}
