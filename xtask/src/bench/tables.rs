//! The record for people: Markdown.

use std::fmt::{self, Write};

use super::record::{Case, Figure, Record, contender};
use super::targets::{Target, decode_share, prefill_share, targets};

/// The whole page.
pub(crate) fn markdown(record: &Record, plot: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, record, plot);
    out
}

fn write(out: &mut String, record: &Record, plot: &str) -> fmt::Result {
    writeln!(
        out,
        "# Speeds, {}\n\n![the speeds as a plot]({plot})\n",
        record.date
    )?;
    let machine = &record.machine;
    writeln!(out, "| | |\n|---|---|")?;
    writeln!(
        out,
        "| machine | {}, {} cores, {:.1} GiB, kernel {}, `{}` |",
        machine.cpu, machine.cores, machine.memory_gib, machine.kernel, machine.isa
    )?;
    writeln!(out, "| command | `{}` |", record.command)?;
    for (name, version) in &record.versions {
        writeln!(out, "| {name} | {version} |")?;
    }
    writeln!(
        out,
        "\nEvery figure is the median of its samples, taken in turns in one run; the spread is the largest minus the smallest, as a share of it. Every sample is in the JSON file beside this one.\n"
    )?;
    target_table(out, record)?;
    ceiling_table(out, record)?;
    for case in record.cases() {
        case_table(out, record, &case)?;
    }
    if !record.notes.is_empty() {
        writeln!(out, "\n## Notes\n")?;
        for note in &record.notes {
            writeln!(out, "- {note}")?;
        }
    }
    Ok(())
}

fn target_table(out: &mut String, record: &Record) -> fmt::Result {
    writeln!(
        out,
        "## Targets\n\n| | limit | aim | reached | |\n|---|---|---|---|---|"
    )?;
    for target in targets(record) {
        let Target { what, unit, .. } = target;
        let reached = target.reached.iter().map(|(label, value)| {
            let shown = unit.show(*value);
            if label.is_empty() {
                shown
            } else {
                format!("{label}: {shown}")
            }
        });
        let sign = if target.less_is_better { "≤" } else { "≥" };
        writeln!(
            out,
            "| {what} | {sign} {} | {sign} {} | {} | {} |",
            unit.show(target.at_least),
            unit.show(target.aim),
            reached.collect::<Vec<_>>().join("<br>"),
            target.verdict()
        )?;
    }
    Ok(())
}

fn ceiling_table(out: &mut String, record: &Record) -> fmt::Result {
    let machine = Case::default();
    let mut rows = String::new();
    for figure in [Figure::MemoryRead, Figure::Int8, Figure::F32] {
        for threads in record.distinct(|key| key.threads) {
            let summary = record.summary(&machine, contender::MACHINE, threads, figure);
            if let Some(summary) = summary {
                let (unit, scale) = figure.unit();
                writeln!(
                    rows,
                    "| {} | {threads} | {} {unit} | {:.0} % |",
                    figure.title(),
                    number(summary.median / scale),
                    summary.spread() * 100.0
                )?;
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    write!(
        out,
        "\n## The machine's ceilings\n\n| | threads | median | spread |\n|---|---|---|---|\n{rows}"
    )
}

fn case_table(out: &mut String, record: &Record, case: &Case) -> fmt::Result {
    let mut rows = String::new();
    for figure in Figure::SPEEDS {
        for (who, threads) in record.distinct(|key| (key.contender.clone(), key.threads)) {
            let Some(summary) = record.summary(case, &who, threads, figure) else {
                continue;
            };
            let (unit, scale) = figure.unit();
            writeln!(
                rows,
                "| {} | {who} | {threads} | {} {unit} | {:.0} % | {} | {} | {} |",
                figure.title(),
                number(summary.median / scale),
                summary.spread() * 100.0,
                summary.count,
                ratio(record, case, &who, threads, figure).unwrap_or_default(),
                share(record, case, &who, threads, figure).unwrap_or_default()
            )?;
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {} {}\n", case.model, case.quant)?;
    write!(
        out,
        "| | | threads | median | spread | samples | against the peer | of the ceiling |\n|---|---|---|---|---|---|---|---|\n{rows}"
    )
}

/// Of Hearth against who does the same: natively llama.cpp, in the tab the better wllama.
fn ratio(
    record: &Record,
    case: &Case,
    who: &str,
    threads: usize,
    figure: Figure,
) -> Option<String> {
    let own = record.median(case, who, threads, figure)?;
    let (name, peer) = match who {
        contender::NATIVE => {
            let peer = record.median(case, contender::LLAMA, threads, figure)?;
            (contender::LLAMA.to_owned(), peer)
        }
        contender::FULL | contender::COMPAT => record.wllama(case, threads, figure)?,
        _ => return None,
    };
    Some(format!("{:.2} × {name}", own / peer))
}

/// Of what bounds it: decoding reads weights, prefill multiplies them.
fn share(
    record: &Record,
    case: &Case,
    who: &str,
    threads: usize,
    figure: Figure,
) -> Option<String> {
    let (share, of) = match figure {
        Figure::Decode => (decode_share(record, case, who, threads)?, "memory"),
        Figure::Prefill512 => (prefill_share(record, case, who, threads)?, "8-bit"),
        _ => return None,
    };
    Some(format!("{:.0} % {of}", share * 100.0))
}

/// Three digits that count.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        x if x >= 99.95 => format!("{value:.0}"),
        x if x >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
