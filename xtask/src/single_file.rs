//! `cargo xtask single-file`: the page, the engine and the model in the box as one HTML file, which a browser opens from the disk.

use std::path::{Path, PathBuf};

use crate::workspace::Workspace;
use crate::{app, packages};

/// Builds what the page is made of, and the page; then copies it to `out`, where that is given.
pub(crate) fn run(workspace: &Workspace, out: Option<&Path>) -> Result<(), String> {
    app::build_packages(workspace)?;
    app::timed("single file", || build(workspace))?;
    let mut path = built(workspace);
    if let Some(out) = out {
        copy(&path, out)?;
        path = out.to_path_buf();
    }
    let shown = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
    let bytes = std::fs::metadata(&path)
        .map_err(|e| format!("cannot read {}: {e}", shown.display()))?
        .len();
    println!("{}: {:.1} MB", shown.display(), bytes as f64 / 1e6);
    Ok(())
}

/// Makes the file out of packages that are built.
pub(crate) fn build(workspace: &Workspace) -> Result<(), String> {
    packages::script(workspace, "app", "build:single")
}

/// Where the file is then; `packages/app/vite.config.ts` says so.
fn built(workspace: &Workspace) -> PathBuf {
    workspace.root.join("dist/hearth.html")
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |e| format!("--out {}: {e}", to.display());
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::copy(from, to).map(drop).map_err(failed)
}
