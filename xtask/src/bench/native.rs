//! Natively: `hearth bench` against llama.cpp's `llama-bench`, the same tokens, one process for each repeat.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::models::Model;
use super::options::Options;
use super::record::{Case, Figure, Record, contender};
use super::{Bench, number};
use crate::process;

/// Tokens that are decoded.
pub(super) const DECODE: &str = "64";
pub(super) const PROMPTS: &str = "128,512";
pub(super) const DEPTH: &str = "2048";

/// Figures, and where in the JSON of `hearth bench` they stand.
pub(super) const DECODE_SPEED: (Figure, &str) = (Figure::Decode, "/decode/median_tokens_per_s");
pub(super) const WEIGHTS: (Figure, &str) = (
    Figure::WeightBytesPerToken,
    "/decode/weight_bytes_per_token",
);
/// With the prompts of [`PROMPTS`].
pub(super) const READING: [(Figure, &str); 3] = [
    (Figure::Prefill128, "/prefill/0/median_tokens_per_s"),
    (Figure::Prefill512, "/prefill/1/median_tokens_per_s"),
    (Figure::Load, "/load_s"),
];
pub(super) const WHOLE_RUN: [(Figure, &str); 2] = [
    (Figure::FirstToken, "/first_token_s"),
    (
        Figure::MultiplyAddsPerToken,
        "/multiply_adds_per_prompt_token",
    ),
];

/// The `llama-bench` to compare with, where one is given and runs.
pub(crate) fn peer(options: &Options, record: &mut Record) -> Option<PathBuf> {
    if !options.has("native") {
        return None;
    }
    let Some(path) = &options.llama_bench else {
        record.note("llama.cpp was left out: no llama-bench was given".to_owned());
        return None;
    };
    match process::capture(Command::new(path).arg("--help")) {
        Ok(_) => Some(path.clone()),
        Err(_) => {
            record.note("llama.cpp was left out: its llama-bench does not run".to_owned());
            None
        }
    }
}

/// One repeat: every model on every number of threads, who comes first in turns.
pub(crate) fn run(
    bench: &Bench<'_>,
    llama: Option<&Path>,
    repeat: usize,
    record: &mut Record,
) -> Result<(), String> {
    for model in &bench.models {
        let threads = bench.options.threads.iter().copied();
        // Of a large one the memory's limit is wanted, which takes all threads.
        let most = bench.options.threads.iter().copied().max().unwrap_or(1);
        for threads in threads.filter(|t| !model.is_large || *t == most) {
            let own = |record: &mut Record| hearth(bench, model, threads, record);
            let peer = |record: &mut Record| match llama {
                Some(program) => llama_cpp(program, model, threads, record),
                None => Ok(()),
            };
            if repeat.is_multiple_of(2) {
                own(record)?;
                peer(record)?;
            } else {
                peer(record)?;
                own(record)?;
            }
        }
    }
    Ok(())
}

/// Add figures of what `hearth bench` printed, of a case's run by a contender on so many threads.
pub(super) fn add(
    record: &mut Record,
    (case, contender, threads): (&Case, &'static str, usize),
    made: &Value,
    figures: &[(Figure, &str)],
) -> Result<(), String> {
    for &(figure, pointer) in figures {
        record.add(case, contender, threads, figure, number(made, pointer)?);
    }
    Ok(())
}

fn hearth(
    bench: &Bench<'_>,
    model: &Model,
    threads: usize,
    record: &mut Record,
) -> Result<(), String> {
    let count = threads.to_string();
    let common = [
        "bench",
        model.arg()?,
        "--repeat",
        "1",
        "-t",
        &count,
        "-n",
        DECODE,
    ];
    let prompts = if model.is_large { "0" } else { PROMPTS };
    let made = bench.hearth(&[&common[..], &["-p", prompts]].concat())?;
    let run = (&model.case, contender::NATIVE, threads);
    add(record, run, &made, &[DECODE_SPEED, WEIGHTS])?;
    if model.is_large {
        return Ok(());
    }
    add(record, run, &made, &READING)?;
    add(record, run, &made, &WHOLE_RUN)?;
    if let Ok(bytes) = number(&made, "/peak_memory_bytes") {
        record.add(&model.case, run.1, threads, Figure::PeakMemory, bytes);
    }
    let deep = bench.hearth(&[&common[..], &["-p", "0", "--depth", DEPTH]].concat())?;
    add(record, run, &deep, &[(Figure::Decode2048, DECODE_SPEED.1)])?;
    Ok(())
}

fn llama_cpp(
    program: &Path,
    model: &Model,
    threads: usize,
    record: &mut Record,
) -> Result<(), String> {
    let count = threads.to_string();
    let common = [
        "-m",
        model.arg()?,
        "-r",
        "1",
        "-t",
        &count,
        "-n",
        DECODE,
        "-o",
        "json",
    ];
    let prompts = if model.is_large { "0" } else { PROMPTS };
    let mut rows = tests(Command::new(program).args(common).args(["-p", prompts]))?;
    if !model.is_large {
        rows.extend(tests(
            Command::new(program)
                .args(common)
                .args(["-p", "0", "-d", DEPTH]),
        )?);
    }
    for row in rows {
        let figure = match (
            count_of(&row, "n_prompt"),
            count_of(&row, "n_gen"),
            count_of(&row, "n_depth"),
        ) {
            (128, 0, 0) => Figure::Prefill128,
            (512, 0, 0) => Figure::Prefill512,
            (0, _, 0) => Figure::Decode,
            (0, _, _) => Figure::Decode2048,
            _ => continue,
        };
        record.add(
            &model.case,
            contender::LLAMA,
            threads,
            figure,
            number(&row, "/avg_ts")?,
        );
        if let (Some(commit), build) =
            (row["build_commit"].as_str(), count_of(&row, "build_number"))
        {
            let version = format!("build {build} ({commit})");
            record.versions.insert(contender::LLAMA.to_owned(), version);
        }
    }
    Ok(())
}

fn tests(command: &mut Command) -> Result<Vec<Value>, String> {
    let printed = process::capture(command)?;
    serde_json::from_str(&printed).map_err(|e| format!("llama-bench printed no list of tests: {e}"))
}

fn count_of(row: &Value, name: &str) -> u64 {
    row[name].as_u64().unwrap_or(0)
}
