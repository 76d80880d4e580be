//! `cargo xtask check`: the rules of the tree that no compiler checks.

mod edges;
mod files;
mod operations;
mod text;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// The one licence expression of the project.
const LICENCE: &str = "MIT OR Apache-2.0";

/// All checks; the error lists every finding.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    let metadata = metadata(workspace)?;
    let tree = tracked_files(workspace)?;
    let mut findings = edges::findings(&metadata)?;
    findings.extend(licence_findings(workspace, &metadata, &tree)?);
    findings.extend(files::name_findings(&tree));
    findings.extend(operations::findings(&tree));
    for path in &tree {
        let bytes = std::fs::read(workspace.root.join(path))
            .map_err(|e| format!("cannot read {path}: {e}"))?;
        // What is no text holds no lines.
        let Ok(content) = String::from_utf8(bytes) else {
            continue;
        };
        findings.extend(files::size_finding(path, &content));
        findings.extend(text::findings(path, &content));
    }
    conclude(findings, &format!("{} files", tree.len()))
}

/// The dependency edges alone.
pub(crate) fn run_deps(workspace: &Workspace) -> Result<(), String> {
    conclude(edges::findings(&metadata(workspace)?)?, "dependency edges")
}

fn conclude(findings: Vec<String>, what: &str) -> Result<(), String> {
    if findings.is_empty() {
        println!("{what}: no findings");
        return Ok(());
    }
    Err(format!(
        "{} findings\n{}",
        findings.len(),
        findings.join("\n")
    ))
}

fn metadata(workspace: &Workspace) -> Result<Value, String> {
    let printed = process::capture(workspace.cargo().args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    serde_json::from_str(&printed)
        .map_err(|e| format!("cannot read the output of cargo metadata: {e}"))
}

/// The packages of `cargo metadata`.
fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

/// The files that git knows or would add, relative to the checkout with `/`; all files where there is no git.
fn tracked_files(workspace: &Workspace) -> Result<Vec<String>, String> {
    let mut git = workspace.command("git");
    let listed = process::capture(git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    let mut paths: Vec<String> = match listed {
        Ok(text) => text
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect(),
        Err(_) => walk(&workspace.root, Path::new(""))?,
    };
    paths.retain(|path| workspace.root.join(path).is_file());
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

fn walk(root: &Path, below: &Path) -> Result<Vec<String>, String> {
    const IGNORED: [&str; 5] = [".git", "target", "node_modules", "dist", "generated"];
    let folder = root.join(below);
    let mut paths = Vec::new();
    for entry in
        std::fs::read_dir(&folder).map_err(|e| format!("cannot list {}: {e}", folder.display()))?
    {
        let entry = entry.map_err(|e| format!("cannot list {}: {e}", folder.display()))?;
        let path: PathBuf = below.join(entry.file_name());
        let is_ignored = IGNORED.iter().any(|name| entry.file_name() == *name);
        if entry.path().is_dir() && !is_ignored {
            paths.extend(walk(root, &path)?);
        } else if entry.path().is_file() {
            paths.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(paths)
}

/// Every crate and every npm package names the licence, and the texts are there.
fn licence_findings(
    workspace: &Workspace,
    metadata: &Value,
    tree: &[String],
) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    for package in packages(metadata) {
        if package["license"].as_str() != Some(LICENCE) {
            findings.push(format!(
                "{}: the licence is not `{LICENCE}`",
                package["manifest_path"]
            ));
        }
    }
    for path in tree.iter().filter(|path| path.ends_with("package.json")) {
        let content = crate::workspace::read(&workspace.root.join(path))?;
        let package: Value = serde_json::from_str(&content).map_err(|e| format!("{path}: {e}"))?;
        if package["license"].as_str() != Some(LICENCE) {
            findings.push(format!("{path}: the licence is not `{LICENCE}`"));
        }
    }
    let missing = |name: &&str| !tree.iter().any(|path| path == name);
    findings.extend(
        ["LICENSE-MIT", "LICENSE-APACHE"]
            .iter()
            .filter(|name| missing(name))
            .map(|name| format!("{name} is missing")),
    );
    Ok(findings)
}
