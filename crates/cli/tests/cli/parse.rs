//! Output told apart, by the template of its family.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::hearth;

/// A template of the family that Qwen's models belong to.
const TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{ m.content }}<tool_call></tool_call><think>\n\n</think>{% endfor %}";

fn events(output: &str, extra: &[&str]) -> Vec<Value> {
    let dir = tempdir().expect("a folder");
    let (template, text) = (dir.path().join("t.jinja"), dir.path().join("out.txt"));
    fs::write(&template, TEMPLATE).expect("the template is written");
    fs::write(&text, output).expect("the output is written");
    let mut args = vec![
        "parse".into(),
        template.into_os_string(),
        text.into_os_string(),
    ];
    args.push("--json".into());
    args.extend(extra.iter().map(|arg| (*arg).into()));
    let ended = crate::process::run(&args, b"");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = ended.text().lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an event is JSON"))
        .collect()
}

fn joined(events: &[Value], kind: &str, key: &str) -> String {
    let of_kind = events.iter().filter(|e| e["type"] == kind);
    of_kind.filter_map(|e| e[key].as_str()).collect()
}

#[test]
fn reasoning_answer_and_calls_are_told_apart_in_any_pieces() {
    let output = "<think>\nhm</think>\n\nIt is <b>.<tool_call>\n{\"name\": \"now\", \"arguments\": {\"zone\": \"UTC\"}}\n</tool_call>";
    for pieces in [&[][..], &["--pieces", "1"], &["--pieces", "7"]] {
        let events = events(output, pieces);
        assert_eq!(joined(&events, "reasoning", "text").trim(), "hm");
        assert_eq!(joined(&events, "content", "text").trim(), "It is <b>.");
        assert_eq!(joined(&events, "tool_call_start", "name"), "now");
        let arguments = joined(&events, "tool_call_arguments", "delta");
        let arguments: Value = serde_json::from_str(&arguments).expect("arguments are JSON");
        assert_eq!(arguments, json!({"zone": "UTC"}));
        assert_eq!(
            events.last(),
            Some(&json!({"type": "tool_call_end", "index": 0}))
        );
    }
}

#[test]
fn a_prompt_that_opened_the_reasoning_is_heeded() {
    let events = events(
        "so</think>yes",
        &["--prompt", "<|im_start|>assistant\n<think>\n"],
    );
    assert_eq!(joined(&events, "reasoning", "text"), "so");
    assert_eq!(joined(&events, "content", "text"), "yes");
}

#[test]
fn a_template_that_is_not_there_is_an_error() {
    let ended = hearth!("parse", "no-such.jinja", "-");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("no-such.jinja"), "{}", ended.stderr);
}
