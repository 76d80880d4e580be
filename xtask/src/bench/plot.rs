//! The plot of a record: grouped bars as SVG, for pages of either colour.
//!
//! Text has no colour of its own but one that can be read on white and on black; bars are labelled with their values.

use std::fmt::Write;

use super::record::{Case, Figure, Record, contender};
use super::tables::number;

/// The model that is shown.
const MODEL: &str = "qwen3-0.6b";
const THREADS: usize = 2;

const WIDTH: usize = 760;
const LABELS: usize = 150;
const VALUES: usize = 70;
const BAR: usize = 16;
const GAP: usize = 14;
const TITLE: usize = 34;
const MARGIN: usize = 12;

/// Contenders in the order of their bars, with colours that differ in lightness as well.
const SHOWN: [(&str, &str, &str); 4] = [
    (contender::FULL, "Hearth in the tab", "#e8590c"),
    (contender::WLLAMA, "wllama in the tab", "#8a939c"),
    (contender::NATIVE, "Hearth natively", "#f2a35e"),
    (contender::LLAMA, "llama.cpp natively", "#5f7fa3"),
];

/// A chart: one group of bars per type.
struct Chart {
    title: String,
    groups: Vec<(String, Vec<Bar>)>,
}

struct Bar {
    value: f64,
    colour: &'static str,
}

/// The plot; without any speeds a frame with a title.
pub(crate) fn svg(record: &Record) -> String {
    let charts: Vec<Chart> = [Figure::Prefill512, Figure::Decode]
        .into_iter()
        .filter_map(|figure| chart(record, figure))
        .collect();
    let mut body = String::new();
    let mut y = MARGIN;
    y = head(&mut body, record, y);
    for chart in &charts {
        y = draw(&mut body, chart, y);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" height=\"{y}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <title>Speeds of Hearth and its peers</title>\n\
         <style>text {{ fill: #24292f }} .faint {{ opacity: 0.75 }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} }}</style>\n\
         {body}</svg>\n"
    )
}

fn chart(record: &Record, figure: Figure) -> Option<Chart> {
    let cases: Vec<Case> = record
        .cases()
        .into_iter()
        .filter(|case| case.model == MODEL)
        .collect();
    let groups = cases.iter().filter_map(|case| {
        let bars = SHOWN.iter().filter_map(|(who, _, colour)| {
            let value = match *who {
                contender::WLLAMA => record.wllama(case, THREADS, figure)?.1,
                who => record.median(case, who, THREADS, figure)?,
            };
            Some(Bar { value, colour })
        });
        let bars: Vec<Bar> = bars.collect();
        (!bars.is_empty()).then(|| (case.quant.clone(), bars))
    });
    let groups: Vec<_> = groups.collect();
    let what = match figure {
        Figure::Prefill512 => "Reading a prompt of 512 tokens",
        _ => "Writing an answer",
    };
    let title = format!("{what}, tokens per second ({MODEL}, {THREADS} threads)");
    (!groups.is_empty()).then_some(Chart { title, groups })
}

/// The machine and what the colours mean; gives where the next thing stands.
fn head(out: &mut String, record: &Record, y: usize) -> usize {
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"{}\" class=\"faint\">{} · {}</text>",
        y + 12,
        escaped(&record.machine.cpu),
        escaped(&record.date)
    );
    let step = (WIDTH - 2 * MARGIN) / SHOWN.len();
    for (index, (_, label, colour)) in SHOWN.iter().enumerate() {
        let x = MARGIN + index * step;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{colour}\"/><text x=\"{}\" y=\"{}\">{label}</text>",
            y + 24,
            x + 18,
            y + 34
        );
    }
    y + 46
}

fn draw(out: &mut String, chart: &Chart, mut y: usize) -> usize {
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"{}\" font-weight=\"600\" font-size=\"14\">{}</text>",
        y + 22,
        escaped(&chart.title)
    );
    y += TITLE;
    let values = chart
        .groups
        .iter()
        .flat_map(|(_, bars)| bars)
        .map(|bar| bar.value);
    let longest = values.fold(f64::MIN_POSITIVE, f64::max);
    let room = (WIDTH - LABELS - VALUES - 2 * MARGIN) as f64;
    for (label, bars) in &chart.groups {
        let middle = y + bars.len() * BAR / 2 + 4;
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>",
            LABELS - 10,
            escaped(label)
        );
        for bar in bars {
            let width = (bar.value / longest * room).max(1.0);
            let _ = writeln!(
                out,
                "<rect x=\"{LABELS}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" rx=\"2\" fill=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"{}\" class=\"faint\">{}</text>",
                BAR - 2,
                bar.colour,
                LABELS as f64 + width + 6.0,
                y + BAR - 4,
                number(bar.value)
            );
            y += BAR;
        }
        y += GAP;
    }
    y
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
