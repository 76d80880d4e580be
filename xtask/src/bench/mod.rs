//! `cargo xtask bench`: Hearth against its peers and against the machine, interleaved in one run.
//!
//! Each repeat runs every part and every contender once, each in a process or page of its own, and their order changes from
//! repeat to repeat: what disturbs the machine for a while disturbs all alike. It writes a record with every sample, the
//! tables and a plot into `benches/record`, after each repeat anew. What is missing is left out, with a note in the record.

mod ceilings;
mod contention;
mod files;
mod gpu;
mod machine;
mod models;
mod native;
mod options;
mod plot;
mod prompts;
mod quality;
mod record;
mod statistics;
mod tab;
mod tables;
mod targets;
#[cfg(test)]
mod tests;
mod wasmtime;

use std::time::Instant;

use crate::app;
use crate::process;
use crate::workspace::{self, Workspace};
use files::Files;
use models::Model;
use options::Options;
use record::Record;

pub(crate) use contention::{SPIN, spin};
pub(crate) use options::USAGE;

/// What every part works with.
struct Bench<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    models: Vec<Model>,
}

/// Measures and writes the record.
pub(crate) fn run(workspace: &Workspace, args: &[&str]) -> Result<(), String> {
    let options = Options::parse(args)?;
    if let Some(path) = &options.render {
        let record = serde_json::from_str(&workspace::read(path)?)
            .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let files = Files::of(path);
        show(&files.render(&record)?, &files);
        return Ok(());
    }
    let mut record = Record {
        date: machine::today(),
        command: options::shown(args),
        machine: machine::this(),
        ..Record::default()
    };
    if !options.no_build {
        app::build_cli(workspace)?;
    }
    versions(workspace, &mut record)?;
    if options.gpu {
        return gpu::run(workspace, &options, record);
    }
    let bench = Bench {
        workspace,
        options: &options,
        models: models::make(workspace, &options)?,
    };
    let files = Files::unused(&workspace.root.join("benches/record"), &record);
    measure(&bench, &files, &mut record)?;
    show(&files.write(&record)?, &files);
    Ok(())
}

/// All parts, again and again.
fn measure(bench: &Bench<'_>, files: &Files, record: &mut Record) -> Result<(), String> {
    let options = bench.options;
    let llama = native::peer(options, record);
    let mut tab = match options.has("tab") {
        true => tab::prepare(bench, record),
        false => None,
    };
    let wasmtime = match options.has("wasmtime") {
        true => wasmtime::prepare(bench, record),
        false => None,
    };
    println!("about {} minutes", minutes(bench, tab.is_some()));
    // It takes seconds; a run that is broken off has it.
    if options.has("quality") {
        quality::run(bench, record)?;
    }
    let started = Instant::now();
    for repeat in 0..options.repeat {
        println!(
            "--- repeat {} of {}, {:.0} s",
            repeat + 1,
            options.repeat,
            started.elapsed().as_secs_f64()
        );
        if options.has("ceilings") {
            ceilings::run(bench, record)?;
        }
        if options.has("native") {
            native::run(bench, llama.as_deref(), repeat, record)?;
        }
        if let Some(tab) = &mut tab {
            tab.run(bench, repeat, record)?;
        }
        if let Some(wasmtime) = &wasmtime {
            wasmtime.run(bench, record)?;
        }
        if options.has("contention") {
            contention::run(bench, record)?;
        }
        let note = format!(
            "the run was broken off after repeat {} of {}",
            repeat + 1,
            options.repeat
        );
        files.write_unfinished(record, note)?;
    }
    Ok(())
}

/// A guess, from runs on two cores: what the peers in the tab take is most of it.
fn minutes(bench: &Bench<'_>, has_tab: bool) -> usize {
    const NATIVE_SECONDS: usize = 25;
    const TAB_SECONDS: usize = 60;
    const PEER_SECONDS: usize = 240;
    let options = bench.options;
    let small = bench.models.iter().filter(|model| !model.is_large).count();
    let tab = TAB_SECONDS * options.repeat + PEER_SECONDS * options.peer_repeat.min(options.repeat);
    let seconds = small * (NATIVE_SECONDS * options.repeat + usize::from(has_tab) * tab);
    seconds.div_ceil(60)
}

/// The versions of what every run uses.
fn versions(workspace: &Workspace, record: &mut Record) -> Result<(), String> {
    let commit = process::capture(
        workspace
            .command("git")
            .args(["describe", "--always", "--dirty"]),
    );
    let commit = commit.unwrap_or_else(|_| "unknown".to_owned());
    let rustc = process::capture(workspace.command("rustc").arg("--version"))?;
    let mut put = |name: &str, version: &str| {
        record
            .versions
            .insert(name.to_owned(), version.trim().to_owned());
    };
    put("hearth", &commit);
    put("rustc", &rustc);
    Ok(())
}

/// The page of a record on the terminal, and where it lies.
fn show(page: &str, files: &Files) {
    println!("\n{page}\n{}", files.page().display());
}

impl Bench<'_> {
    /// Runs the `hearth` program and reads the JSON that it prints.
    fn hearth(&self, args: &[&str]) -> Result<serde_json::Value, String> {
        let mut command = self.workspace.command(self.workspace.hearth());
        let printed = process::capture(command.args(args).arg("--json"))?;
        serde_json::from_str(&printed).map_err(|e| format!("hearth {}: {e}", args.join(" ")))
    }

    /// Models of which every figure is taken.
    fn small(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| !model.is_large)
    }
}

/// A number in what a program printed.
fn number(value: &serde_json::Value, pointer: &str) -> Result<f64, String> {
    let found = value.pointer(pointer).and_then(serde_json::Value::as_f64);
    found.ok_or_else(|| format!("there is no number {pointer} in {value}"))
}
