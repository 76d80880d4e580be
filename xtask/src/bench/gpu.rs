//! `cargo xtask bench --gpu`: the machine's GPU against its own ceilings.
//!
//! Every repeat measures the ceilings and each model once, in processes of their own. A model that the GPU does not hold is left
//! out, with a note in the record.

use std::fmt::{self, Write};

use super::files::Files;
use super::models::{self, Model};
use super::native::{DECODE, DECODE_SPEED, DEPTH, PROMPTS, READING, WEIGHTS, WHOLE_RUN, add};
use super::options::Options;
use super::record::{Case, Figure, Record, contender};
use super::tables;
use super::{Bench, number, show};
use crate::workspace::Workspace;

const DISPATCHES: (Figure, &str) = (Figure::Dispatches, "/gpu_dispatches");
/// There are no threads to tell apart.
const THREADS: usize = 0;

/// Measures and writes the record.
pub(crate) fn run(
    workspace: &Workspace,
    options: &Options,
    mut record: Record,
) -> Result<(), String> {
    let mut bench = Bench {
        workspace,
        options,
        models: models::make(workspace, options)?,
    };
    if let Some(layers) = options.layers {
        record.note(format!("models have their first {layers} layers only"));
    }
    ceilings(&bench, &mut record)?;
    let files = Files::unused(&workspace.root.join("benches/record"), &record);
    for repeat in 0..options.repeat {
        println!("--- repeat {} of {}", repeat + 1, options.repeat);
        if repeat > 0 {
            ceilings(&bench, &mut record)?;
        }
        let mut kept = Vec::new();
        for model in std::mem::take(&mut bench.models) {
            match of_model(&bench, &model, &mut record) {
                Ok(()) => kept.push(model),
                Err(reason) => {
                    let Case { model, quant } = &model.case;
                    record.note(format!("{model} {quant} was left out: {reason}"));
                }
            }
        }
        bench.models = kept;
        let note = format!("the run was broken off after repeat {}", repeat + 1);
        files.write_unfinished(&mut record, note)?;
    }
    show(&files.write(&record)?, &files);
    Ok(())
}

fn ceilings(bench: &Bench<'_>, record: &mut Record) -> Result<(), String> {
    let measured = bench.hearth(&["ceilings", "--device", "gpu"])?;
    record.gpu = measured["gpu"].as_str().map(str::to_owned);
    let figures = [
        (Figure::MemoryCopy, "/memory_bytes_per_s"),
        (Figure::F32, "/f32_ops_per_s"),
    ];
    let case = Case::default();
    let of = (&case, contender::MACHINE, THREADS);
    add(record, of, &measured, &figures)?;
    // Not every device has it.
    if !measured["f16_ops_per_s"].is_null() {
        add(record, of, &measured, &[(Figure::F16, "/f16_ops_per_s")])?;
    }
    Ok(())
}

fn of_model(bench: &Bench<'_>, model: &Model, record: &mut Record) -> Result<(), String> {
    let common = [
        "bench",
        model.arg()?,
        "--device",
        "gpu",
        "--repeat",
        "1",
        "-n",
        DECODE,
    ];
    let made = bench.hearth(&[&common[..], &["-p", PROMPTS]].concat())?;
    let run = (&model.case, contender::GPU, THREADS);
    add(record, run, &made, &[DECODE_SPEED, WEIGHTS, DISPATCHES])?;
    add(record, run, &made, &READING)?;
    add(record, run, &made, &WHOLE_RUN)?;
    let deep = bench.hearth(&[&common[..], &["-p", "0", "--depth", DEPTH]].concat())?;
    let speed = number(&deep, DECODE_SPEED.1)?;
    record.add(
        &model.case,
        contender::GPU,
        THREADS,
        Figure::Decode2048,
        speed,
    );
    Ok(())
}

/// The page of a record of a GPU.
pub(crate) fn markdown(record: &Record, gpu: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, record, gpu);
    out
}

fn write(out: &mut String, record: &Record, gpu: &str) -> fmt::Result {
    writeln!(out, "# Speeds of {gpu}, {}\n", record.date)?;
    writeln!(out, "| | |\n|---|---|\n| GPU | {gpu} |")?;
    let machine = &record.machine;
    writeln!(
        out,
        "| machine | {}, {} cores, {:.1} GiB, kernel {} |",
        machine.cpu, machine.cores, machine.memory_gib, machine.kernel
    )?;
    writeln!(out, "| command | `{}` |", record.command)?;
    for (name, version) in &record.versions {
        writeln!(out, "| {name} | {version} |")?;
    }
    writeln!(
        out,
        "\nEvery figure is the median of its samples; the spread is the largest minus the smallest, as a share of it. Decoding is compared with memory copied, a prompt with plain products, in f32 or f16, whichever are faster. Every sample is in the JSON file beside this one."
    )?;
    table(out, record, &Case::default(), contender::MACHINE)?;
    for case in record.cases() {
        table(out, record, &case, contender::GPU)?;
    }
    for (index, note) in record.notes.iter().enumerate() {
        let title = if index == 0 { "\n## Notes\n\n" } else { "" };
        writeln!(out, "{title}- {note}")?;
    }
    Ok(())
}

fn table(out: &mut String, record: &Record, case: &Case, who: &str) -> fmt::Result {
    let title = match case.model.is_empty() {
        true => "The device's ceilings".to_owned(),
        false => format!("{} {}", case.model, case.quant),
    };
    writeln!(
        out,
        "\n## {title}\n\n| | median | spread | samples | of the ceiling |\n|---|---|---|---|---|"
    )?;
    for figure in record.distinct(|key| key.figure) {
        let Some(summary) = record.summary(case, who, THREADS, figure) else {
            continue;
        };
        let (unit, scale) = figure.unit();
        let share = share(record, case, figure).map(|share| format!("{:.0} %", share * 100.0));
        writeln!(
            out,
            "| {} | {} {unit} | {:.0} % | {} | {} |",
            figure.title(),
            tables::number(summary.median / scale),
            summary.spread() * 100.0,
            summary.count,
            share.unwrap_or_default()
        )?;
    }
    Ok(())
}

/// Of what bounds it: decoding reads weights, a prompt multiplies them.
fn share(record: &Record, case: &Case, figure: Figure) -> Option<f64> {
    let own = |figure| record.median(case, contender::GPU, THREADS, figure);
    let (a_token, ceiling) = match figure {
        Figure::Decode => (
            own(Figure::WeightBytesPerToken)?,
            record.ceiling(THREADS, Figure::MemoryCopy)?,
        ),
        Figure::Prefill128 | Figure::Prefill512 => {
            let f32 = record.ceiling(THREADS, Figure::F32)?;
            let f16 = record.ceiling(THREADS, Figure::F16);
            (
                2.0 * own(Figure::MultiplyAddsPerToken)?,
                f16.map_or(f32, |f16| f32.max(f16)),
            )
        }
        _ => return None,
    };
    Some(own(figure)? * a_token / ceiling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_shares_of_the_ceilings() {
        let mut record = Record::default();
        let machine = Case::default();
        let model = Case::new("tiny", "Q4_K_M");
        for (case, who, figure, value) in [
            (&machine, contender::MACHINE, Figure::MemoryCopy, 100e9),
            (&machine, contender::MACHINE, Figure::F32, 1e12),
            (&model, contender::GPU, Figure::Decode, 50.0),
            (&model, contender::GPU, Figure::WeightBytesPerToken, 1e9),
            (&model, contender::GPU, Figure::Prefill512, 100.0),
            (&model, contender::GPU, Figure::MultiplyAddsPerToken, 1e9),
        ] {
            record.add(case, who, THREADS, figure, value);
        }
        let page = markdown(&record, "Some GPU");
        for line in [
            "| memory copied | 100 GB/s | 0 % | 1 |  |",
            "| decode | 50.0 tokens/s | 0 % | 1 | 50 % |",
            "| prefill 512 | 100 tokens/s | 0 % | 1 | 20 % |",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }
}
