//! A made record: what is looked up in it, and what is written from it.

use serde_json::json;

use super::plot;
use super::record::{Case, Figure, Record, contender};
use super::tab::take;
use super::tables::{markdown, number};
use super::targets::{decode_share, prefill_share, targets};

fn record() -> Record {
    let mut record = Record {
        date: "2026-01-02".to_owned(),
        ..Record::default()
    };
    record.machine.cpu = "A & B".to_owned();
    let case = Case::new("qwen3-0.6b", "Q4_K_M");
    for value in [50.0, 60.0, 40.0] {
        record.add(&case, contender::FULL, 2, Figure::Decode, value);
    }
    record.add(&case, "wllama 3.8.1", 2, Figure::Decode, 8.0);
    record.add(&case, "wllama 2.4.0", 2, Figure::Decode, 10.0);
    record.add(&case, contender::NATIVE, 2, Figure::Decode, 100.0);
    record.add(&case, contender::NATIVE, 2, Figure::Prefill512, 500.0);
    record.add(&case, contender::LLAMA, 2, Figure::Decode, 80.0);
    record.add(
        &case,
        contender::NATIVE,
        2,
        Figure::WeightBytesPerToken,
        3e8,
    );
    record.add(
        &case,
        contender::NATIVE,
        2,
        Figure::MultiplyAddsPerToken,
        4e8,
    );
    record.add(&case, contender::FULL, 2, Figure::FirstToken, 1.0);
    record.add(&case, "wllama 3.8.1", 2, Figure::FirstToken, 8.0);
    record.add(&case, "wllama 2.4.0", 2, Figure::FirstToken, 5.0);
    let machine = Case::default();
    record.add(&machine, contender::MACHINE, 2, Figure::MemoryRead, 40e9);
    record.add(&machine, contender::MACHINE, 2, Figure::Int8, 1e12);
    record.note("one thing was left out".to_owned());
    record.note("one thing was left out".to_owned());
    record
}

#[test]
fn a_record_survives_its_file() {
    let record = record();
    let text = serde_json::to_string(&record).unwrap();
    assert!(
        text.contains(r#""case":{"model":"qwen3-0.6b","type":"Q4_K_M"}"#),
        "{text}"
    );
    assert!(text.contains(r#""figure":"decode_2048""#) || text.contains(r#""figure":"decode""#));
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    assert_eq!(record.notes.len(), 1);
}

#[test]
fn the_better_peer_is_the_peer() {
    let record = record();
    let case = &record.cases()[0];
    let best = |figure| record.wllama(case, 2, figure).map(|(name, _)| name);
    assert_eq!(best(Figure::Decode).as_deref(), Some("wllama 2.4.0"));
    assert_eq!(best(Figure::FirstToken).as_deref(), Some("wllama 2.4.0"));
    assert_eq!(best(Figure::Load), None);
    assert_eq!(
        record.median(case, contender::FULL, 2, Figure::Decode),
        Some(50.0)
    );
}

#[test]
fn shares_are_of_the_ceilings() {
    let record = record();
    let case = &record.cases()[0];
    // 100 tokens/s × 0.3 GB of 40 GB/s; 500 tokens/s × 2 × 0.4 G of 1000 GOP/s.
    assert_eq!(
        decode_share(&record, case, contender::NATIVE, 2),
        Some(0.75)
    );
    assert_eq!(
        prefill_share(&record, case, contender::NATIVE, 2),
        Some(0.4)
    );
    assert_eq!(decode_share(&record, case, contender::NATIVE, 1), None);
}

#[test]
fn targets_say_what_was_reached() {
    let record = record();
    let rows = targets(&record);
    let verdict = |start: &str| {
        let row = rows.iter().find(|row| row.what.starts_with(start)).unwrap();
        (row.worst(), row.verdict())
    };
    assert_eq!(verdict("decode in the tab, 2 threads"), (Some(5.0), "yes"));
    assert_eq!(verdict("decode natively, 2 threads"), (Some(1.25), "aim"));
    assert_eq!(
        verdict("decode in the tab, share"),
        (Some(0.5), "**missed**")
    );
    assert_eq!(verdict("time to first token"), (Some(0.2), "yes"));
    assert_eq!(verdict("prefill 512 in the tab"), (None, "not measured"));
    assert_eq!(rows.len(), 16);
}

#[test]
fn the_page_has_medians_spreads_and_ratios() {
    let page = markdown(&record(), "plot.svg");
    for part in [
        "![the speeds as a plot](plot.svg)",
        "| decode | hearth full | 2 | 50.0 tokens/s | 40 % | 3 | 5.00 × wllama 2.4.0 |",
        "| decode | hearth | 2 | 100 tokens/s | 0 % | 1 | 1.25 × llama.cpp | 75 % memory |",
        "| memory read | 2 | 40.0 GB/s | 0 % |",
        "- one thing was left out",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn the_plot_is_well_formed_and_scaled() {
    let plot = plot::svg(&record());
    assert!(plot.starts_with("<svg ") && plot.ends_with("</svg>\n"));
    assert!(plot.contains("A &amp; B") && !plot.contains("A & B"));
    for tag in ["text", "svg", "style", "title"] {
        let count = |mark: String| plot.matches(&mark).count();
        let opened = count(format!("<{tag} ")) + count(format!("<{tag}>"));
        assert_eq!(opened, count(format!("</{tag}>")), "{tag}\n{plot}");
    }
    // The longest bar takes all the room, and one of half the value half of it.
    assert!(
        plot.contains("width=\"516.0\"") && plot.contains("width=\"258.0\""),
        "{plot}"
    );
    assert!(plot::svg(&Record::default()).ends_with("</svg>\n"));
}

#[test]
fn lines_of_the_driver_become_samples() {
    let mut record = Record::default();
    let case = Case::new("m", "Q8_0");
    let contender = json!({"engine": "hearth", "variant": "compat", "threads": 1, "deep": false});
    let measured = json!({
        "loadSeconds": 1.5, "firstTokenSeconds": 2.5, "prefill": {"128": 70, "512": 80}, "decode": 9, "threads": 1,
    });
    let lines = [
        json!({"type": "browser", "version": "156.0"}),
        json!({"type": "measured", "contender": contender, "measured": measured, "peakBytes": 1e9}),
        json!({"type": "failed", "contender": contender, "message": "it broke"}),
    ];
    for line in &lines {
        take(&case, line, &mut record).unwrap();
    }
    assert_eq!(record.versions["Chromium"], "156.0");
    assert_eq!(
        record.median(&case, contender::COMPAT, 1, Figure::Prefill512),
        Some(80.0)
    );
    assert_eq!(
        record.median(&case, contender::COMPAT, 1, Figure::Decode2048),
        None
    );
    assert_eq!(record.notes, ["hearth compat failed at m Q8_0: it broke"]);
    assert!(take(&case, &json!({"type": "measured"}), &mut record).is_err());
}

#[test]
fn three_digits_are_shown() {
    assert_eq!(
        [0.123, 9.99, 12.34, 123.4].map(number),
        ["0.12", "9.99", "12.3", "123"]
    );
}
