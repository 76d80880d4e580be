//! In one headless Chromium: both builds of Hearth against two versions of wllama, by the driver in packages/bench.
//!
//! wllama is a tool of this bench alone: npm puts it into the cache, not into the packages. It is slow and steady, so after
//! its first repeat only the versions that lead in something run again, and fewer times; far into a context it is measured
//! once.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::models::Model;
use super::record::{Case, Figure, Record, contender};
use super::{Bench, number, prompts};
use crate::setup::{browser, node, rust};
use crate::workspace::Workspace;
use crate::{packages, process, wasm};

/// The newest, and the last of the second kind, which is faster at some types.
const WLLAMA: [&str; 2] = ["3.8.1", "2.4.0"];
/// Tokens that are decoded.
const DECODE: usize = 48;
/// Threads of the deep decode.
const DEEP_THREADS: usize = 2;

/// What the driver needs.
pub(crate) struct Tab {
    browser: PathBuf,
    /// Folders by version.
    wllama: Vec<(&'static str, PathBuf)>,
    /// Prompts by model, in the order of the models.
    prompts: Vec<Value>,
}

/// Builds what runs in the pages; `None` where that cannot be.
pub(crate) fn prepare(bench: &Bench<'_>, record: &mut Record) -> Option<Tab> {
    let built = browser::CHROMIUM.find_or_install().and_then(|browser| {
        build(bench)?;
        let prompts: Result<_, String> = bench
            .small()
            .map(|model| prompts::of(bench, model))
            .collect();
        Ok((browser, prompts?))
    });
    let (browser, prompts) = match built {
        Ok(built) => built,
        Err(why) => {
            eprintln!("{why}");
            record.note("the tab was left out: its pages could not be built".to_owned());
            return None;
        }
    };
    let mut wllama = Vec::new();
    for version in WLLAMA {
        match install(bench.workspace, version) {
            Ok(folder) => {
                let name = format!("{}{version}", contender::WLLAMA);
                record.versions.insert(name, version.to_owned());
                wllama.push((version, folder));
            }
            Err(why) => {
                eprintln!("{why}");
                record.note(format!("wllama {version} was left out: npm cannot get it"));
            }
        }
    }
    Some(Tab {
        browser,
        wllama,
        prompts,
    })
}

fn build(bench: &Bench<'_>) -> Result<(), String> {
    let workspace = bench.workspace;
    node::packages(workspace)?;
    if !bench.options.no_build {
        let rust = rust::find_or_install(workspace)?;
        for variant in wasm::VARIANTS {
            wasm::build(workspace, &rust, variant)?;
        }
        packages::script(workspace, "sdk", "build")?;
    }
    packages::script(workspace, "bench", "build")
}

/// One version of wllama in the cache.
fn install(workspace: &Workspace, version: &str) -> Result<PathBuf, String> {
    let prefix = workspace.cache.join("bench/wllama").join(version);
    let folder = prefix.join("node_modules/@wllama/wllama");
    if !folder.join("esm/index.js").is_file() {
        std::fs::create_dir_all(&prefix)
            .map_err(|e| format!("cannot create {}: {e}", prefix.display()))?;
        let mut npm = node::npm(workspace);
        npm.current_dir(&prefix).args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]);
        process::run(
            npm.arg("--prefix")
                .arg(&prefix)
                .arg(format!("@wllama/wllama@{version}")),
        )?;
    }
    Ok(folder)
}

impl Tab {
    /// One repeat: for each model a browser with a fresh profile, in it every contender in a fresh page.
    pub(crate) fn run(
        &mut self,
        bench: &Bench<'_>,
        repeat: usize,
        record: &mut Record,
    ) -> Result<(), String> {
        for (model, prompts) in bench.small().zip(&self.prompts) {
            let mut contenders = self.contenders(bench, model, repeat, record);
            let count = contenders.len().max(1);
            contenders.rotate_left(repeat % count);
            let folders = self
                .wllama
                .iter()
                .map(|(version, folder)| ((*version).to_owned(), json!(folder)));
            let plan = json!({
                "browser": self.browser,
                "model": model.path,
                "wllama": folders.collect::<Map<_, _>>(),
                "contenders": contenders,
                "prompts": prompts,
                "decode": DECODE,
            });
            let driver = bench
                .workspace
                .packages()
                .join("bench/dist/bench/driver.js");
            let mut command = Command::new("node");
            command
                .current_dir(bench.workspace.packages())
                .arg(driver)
                .arg(plan.to_string());
            for line in process::capture(&mut command)?.lines() {
                let line: Value = serde_json::from_str(line)
                    .map_err(|e| format!("the driver printed {line}: {e}"))?;
                take(&model.case, &line, record)?;
            }
        }
        Ok(())
    }

    fn contenders(
        &self,
        bench: &Bench<'_>,
        model: &Model,
        repeat: usize,
        record: &Record,
    ) -> Vec<Value> {
        let mut contenders = Vec::new();
        let mut add = |engine: &str, variant: &str, threads: usize, deep: bool| {
            contenders.push(
                json!({"engine": engine, "variant": variant, "threads": threads, "deep": deep}),
            );
        };
        for threads in bench.options.threads.iter().copied() {
            if threads == 1 {
                add("hearth", "compat", threads, false);
            }
            add("hearth", "full", threads, threads == DEEP_THREADS);
            if repeat >= bench.options.peer_repeat {
                continue;
            }
            for (version, _) in &self.wllama {
                let leads = leads(&model.case, version, threads, record);
                if repeat == 0 || !leads.is_empty() {
                    let deep =
                        threads == DEEP_THREADS && repeat == 1 && leads.contains(&Figure::Decode);
                    add("wllama", version, threads, deep);
                }
            }
        }
        contenders
    }
}

/// In what a version was the better one so far.
fn leads(case: &Case, version: &str, threads: usize, record: &Record) -> Vec<Figure> {
    let name = format!("{}{version}", contender::WLLAMA);
    let figures = [Figure::Decode, Figure::Prefill512, Figure::FirstToken];
    let leads = figures.into_iter().filter(|figure| {
        let best = record.wllama(case, threads, *figure);
        best.is_some_and(|(best, _)| best == name)
    });
    leads.collect()
}

/// Takes a line of the driver: see `Line` in packages/bench/plan.ts.
pub(super) fn take(case: &Case, line: &Value, record: &mut Record) -> Result<(), String> {
    let text = |pointer: &str| {
        line.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let variant = text("/contender/variant");
    let who = match text("/contender/engine") {
        "wllama" => format!("{}{variant}", contender::WLLAMA),
        _ => format!("{} {variant}", contender::NATIVE),
    };
    match text("/type") {
        "browser" => {
            record
                .versions
                .insert("Chromium".to_owned(), text("/version").to_owned());
        }
        "measured" => {
            let threads = number(line, "/contender/threads")? as usize;
            let really = number(line, "/measured/threads")?;
            if really as usize != threads {
                record.note(format!(
                    "{who} ran with {really} threads where {threads} were asked for"
                ));
            }
            for (figure, pointer) in [
                (Figure::Load, "/measured/loadSeconds"),
                (Figure::FirstToken, "/measured/firstTokenSeconds"),
                (Figure::Prefill128, "/measured/prefill/128"),
                (Figure::Prefill512, "/measured/prefill/512"),
                (Figure::Decode, "/measured/decode"),
                (Figure::PeakMemory, "/peakBytes"),
            ] {
                record.add(case, &who, threads, figure, number(line, pointer)?);
            }
            if let Ok(deep) = number(line, "/measured/deepDecode") {
                record.add(case, &who, threads, Figure::Decode2048, deep);
            }
        }
        _ => {
            eprintln!("{who}: {}", text("/message"));
            record.note(format!(
                "{who} failed at {} {}: {}",
                case.model,
                case.quant,
                text("/message")
            ));
        }
    }
    Ok(())
}
