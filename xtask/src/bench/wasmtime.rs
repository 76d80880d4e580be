//! The command line built for WASI, run by wasmtime with one thread, to tell the engine's speed from the browser's.

use std::path::{Path, PathBuf};

use super::record::{Record, contender};
use super::{Bench, native};
use crate::process;
use crate::setup::rust;
use crate::setup::wasmtime::{self, Runner};
use crate::wasm::FOLDED_ADDRESSES;

const TARGET: &str = "wasm32-wasip1";
/// Where the program sees the models.
const GUEST: &str = "/models";

/// The runner and the program.
pub(crate) struct Wasmtime {
    runner: Runner,
    program: PathBuf,
}

/// Finds or installs the runner and builds the program; `None` where that cannot be.
pub(crate) fn prepare(bench: &Bench<'_>, record: &mut Record) -> Option<Wasmtime> {
    let runner = match &bench.options.wasmtime {
        Some(path) => Ok(Runner::program(path)),
        None => wasmtime::find_or_install(bench.workspace),
    };
    let found = runner.and_then(|runner| {
        let version = runner.version()?;
        record.versions.insert("wasmtime".to_owned(), version);
        let program = build(bench)?;
        Ok(Wasmtime { runner, program })
    });
    found
        .inspect_err(|why| {
            eprintln!("{why}");
            record.note("wasmtime was left out: it or its program could not be had".to_owned());
        })
        .ok()
}

fn build(bench: &Bench<'_>) -> Result<PathBuf, String> {
    let workspace = bench.workspace;
    let target_dir = workspace.target("wasi-cli");
    let program = target_dir.join(TARGET).join("wasm/hearth.wasm");
    if bench.options.no_build && program.is_file() {
        return Ok(program);
    }
    let rust = rust::find_or_install(workspace)?;
    let mut flags = rust.wasi_flags();
    flags.push(FOLDED_ADDRESSES.to_owned());
    flags.push("-Ctarget-feature=+simd128,+relaxed-simd".to_owned());
    // Debian's WASI library lacks what std names for threads, and never calls without them.
    flags.push("-Clink-arg=--unresolved-symbols=ignore-all".to_owned());
    // The default of 64 KiB is little for a command line.
    flags.push("-Clink-arg=-zstack-size=1048576".to_owned());
    let mut cargo = rust.cargo(workspace)?;
    cargo
        .args([
            "build",
            "--package",
            "hearth-cli",
            "--profile",
            "wasm",
            "--target",
            TARGET,
        ])
        .arg("-Zbuild-std=std,panic_abort")
        .env("CARGO_TARGET_DIR", &target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    process::run(&mut cargo)?;
    Ok(program)
}

impl Wasmtime {
    /// One repeat for every small model.
    pub(crate) fn run(&self, bench: &Bench<'_>, record: &mut Record) -> Result<(), String> {
        for model in bench.small() {
            let folder = model.path.parent().unwrap_or(Path::new("."));
            let file = model.path.file_name().unwrap_or_default().to_string_lossy();
            let mut command = self.runner.command();
            command
                .arg("run")
                .arg("--dir")
                .arg(format!("{}::{GUEST}", folder.display()))
                .arg(&self.program)
                .args([
                    "bench",
                    &format!("{GUEST}/{file}"),
                    "--repeat",
                    "1",
                    "-t",
                    "1",
                    "--json",
                ])
                .args(["-p", native::PROMPTS, "-n", native::DECODE]);
            let printed = process::capture(&mut command)?;
            let made: serde_json::Value = serde_json::from_str(&printed)
                .map_err(|e| format!("hearth in wasmtime printed no JSON: {e}"))?;
            let run = (&model.case, contender::WASMTIME, 1);
            native::add(record, run, &made, &[native::DECODE_SPEED])?;
            native::add(record, run, &made, &native::READING)?;
        }
        Ok(())
    }
}
