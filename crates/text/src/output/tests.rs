//! Every family's calls, as its own template writes them, and what holds for any text at all.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::{ChatTemplate, TemplateInput};

fn shared() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("HEARTH_SHARED").map_or(default, PathBuf::from);
    if !path.is_dir() {
        eprintln!("SKIPPED: no reference data at {}", path.display());
        return None;
    }
    Some(path)
}

/// What an output comes to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) reasoning: String,
    pub(super) content: String,
    /// Name, arguments, and whether the call is complete.
    pub(super) calls: Vec<(String, String, Option<bool>)>,
    /// The order of the parts, neighbours of a kind joined.
    pub(super) order: String,
}

pub(super) fn collect(events: impl IntoIterator<Item = Event>) -> Outcome {
    let mut out = Outcome::default();
    for event in events {
        let kind = match event {
            Event::Reasoning(text) => {
                out.reasoning += &text;
                'r'
            }
            Event::Content(text) => {
                out.content += &text;
                'c'
            }
            Event::ToolCallStart { index, name } => {
                assert_eq!(index, out.calls.len());
                out.calls.push((name, String::new(), None));
                's'
            }
            Event::ToolCallArguments { index, delta } => {
                let call = out.calls.get_mut(index).unwrap();
                assert!(call.2.is_none(), "arguments after the end");
                call.1 += &delta;
                'a'
            }
            Event::ToolCallEnd { index } => {
                let call = out.calls.get_mut(index).unwrap();
                assert_eq!(call.2.replace(true), None);
                assert!(serde_json::from_str::<Value>(&call.1).unwrap().is_object());
                'e'
            }
            Event::ToolCallIncomplete { index } => {
                assert_eq!(out.calls.get_mut(index).unwrap().2.replace(false), None);
                'i'
            }
        };
        if !out.order.ends_with(kind) {
            out.order.push(kind);
        }
    }
    out
}

fn parse_pieces<'t>(
    format: OutputFormat,
    prompt: &str,
    pieces: impl IntoIterator<Item = &'t str>,
) -> Outcome {
    let mut parser = OutputParser::after_prompt(format, prompt);
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(parser.push(piece));
    }
    events.extend(parser.finish());
    collect(events)
}

/// The outcome, which is the same for the whole text and character by character.
pub(super) fn parse(format: OutputFormat, prompt: &str, text: &str) -> Outcome {
    let whole = parse_pieces(format, prompt, [text]);
    let mut buffer = text;
    let mut characters = Vec::new();
    while let Some(c) = buffer.chars().next() {
        let (head, tail) = buffer.split_at(c.len_utf8());
        characters.push(head);
        buffer = tail;
    }
    assert_eq!(whole, parse_pieces(format, prompt, characters), "{text:?}");
    whole
}

pub(super) const fn tools(tools: ToolFormat) -> OutputFormat {
    OutputFormat {
        reasoning: ReasoningFormat::None,
        tools,
    }
}

pub(super) fn think(tools: ToolFormat) -> OutputFormat {
    OutputFormat {
        reasoning: ReasoningFormat::Think,
        tools,
    }
}

/// A template, its tool format, and what is before and after the assistant's turn in its prompt.
const TEMPLATES: &[(&str, ToolFormat, &str, &str)] = &[
    (
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
        ToolFormat::Hermes,
        "<|im_start|>assistant\n",
        "<|im_end|>",
    ),
    (
        "Qwen-Qwen2.5-7B-Instruct",
        ToolFormat::Hermes,
        "<|im_start|>assistant\n",
        "<|im_end|>",
    ),
    (
        "Qwen-Qwen3-0.6B",
        ToolFormat::Hermes,
        "<|im_start|>assistant\n",
        "<|im_end|>",
    ),
    (
        "Qwen3.5-4B",
        ToolFormat::Hermes,
        "<|im_start|>assistant\n",
        "<|im_end|>",
    ),
    (
        "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
        ToolFormat::DeepSeek,
        "<｜Assistant｜>",
        "<｜end▁of▁sentence｜>",
    ),
    (
        "google-gemma-4-31B-it",
        ToolFormat::Gemma4,
        "<|turn>model\n",
        "<|tool_response>",
    ),
    (
        "meta-llama-Llama-3.1-8B-Instruct",
        ToolFormat::Llama3,
        "assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
    (
        "meta-llama-Llama-3.2-3B-Instruct",
        ToolFormat::Llama3,
        "assistant<|end_header_id|>\n\n",
        "<|eot_id|>",
    ),
    (
        "mistralai-Ministral-3-14B-Reasoning-2512",
        ToolFormat::Mistral,
        "[/INST]",
        "</s>",
    ),
    (
        "mistralai-Mistral-Nemo-Instruct-2407",
        ToolFormat::Mistral,
        "[/INST]",
        "</s>",
    ),
    (
        "openai-gpt-oss-120b",
        ToolFormat::Harmony,
        "<|start|>assistant",
        "<|start|>functions",
    ),
];

/// The assistant's turn in a rendered conversation.
fn turn<'t>(rendered: &'t str, before: &str, after: &str) -> &'t str {
    let rest = rendered.split_once(before).unwrap().1;
    rest.split_once(after).unwrap().0
}

#[test]
fn calls_of_the_reference_conversations_are_read_back() {
    let Some(shared) = shared() else { return };
    let chat = shared.join("zoo/chat");
    for (name, format, before, after) in TEMPLATES {
        let template = std::fs::read_to_string(chat.join(format!("{name}.jinja"))).unwrap();
        let detected = OutputFormat::detect(&template);
        assert_eq!(detected.tools, *format, "{name}");
        let json = std::fs::read(chat.join(format!("{name}.json"))).unwrap();
        let reference: Value = serde_json::from_slice(&json).unwrap();
        let cases = reference["cases"].as_array().unwrap();
        let case = cases
            .iter()
            .find(|case| case["name"] == "tool_result")
            .unwrap();
        let call = &case["messages"][1]["tool_calls"][0]["function"];
        let output = turn(case["rendered"].as_str().unwrap(), before, after);
        let outcome = parse(detected, "", output);
        assert_eq!(outcome.calls.len(), 1, "{name}: {outcome:?}");
        let (tool, arguments, complete) = &outcome.calls[0];
        assert_eq!(call["name"], tool.as_str(), "{name}");
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        assert_eq!(call["arguments"], arguments, "{name}: {output}");
        assert_eq!(*complete, Some(true));
        assert_eq!(
            (outcome.content.trim(), outcome.reasoning.as_str()),
            ("", ""),
            "{name}"
        );
    }
}

/// Arguments with everything that is hard about them, through the real templates.
#[test]
fn hard_arguments_survive_every_template() {
    let Some(shared) = shared() else { return };
    let hard = json!({
        "code": "if a < b:\n    print(\"x\\n\", 'é')\n\n</p> {}[]",
        "count": -3, "share": 1.5, "yes": true, "nothing": null,
        "list": [1, "two", {"k": "v, w", "l": []}], "empty": {}, "text": "",
    });
    for (name, _, before, after) in TEMPLATES {
        let source =
            std::fs::read_to_string(shared.join(format!("zoo/chat/{name}.jinja"))).unwrap();
        let call = json!({"id": "abc123xyz", "type": "function", "function": {"name": "run-it", "arguments": hard}});
        let tool = json!({"type": "function", "function": {"name": "run-it", "description": "d", "parameters": {"type": "object", "properties": {}}}});
        let mut input = TemplateInput {
            messages: json!([
                {"role": "user", "content": "Go."},
                {"role": "assistant", "content": "", "tool_calls": [call]},
                {"role": "tool", "name": "run-it", "tool_call_id": "abc123xyz", "content": "1"},
            ]),
            tools: Some(json!([tool])),
            ..TemplateInput::default()
        };
        if after == &"</s>" {
            input.eos_token = "</s>".into();
        }
        let rendered = ChatTemplate::parse(&source)
            .unwrap()
            .render(&input)
            .unwrap();
        let output = turn(&rendered, before, after);
        let outcome = parse(OutputFormat::detect(&source), "", output);
        assert_eq!(outcome.calls.len(), 1, "{name}: {output}\n{outcome:?}");
        let (tool, arguments, complete) = &outcome.calls[0];
        assert_eq!(
            (tool.as_str(), *complete),
            ("run-it", Some(true)),
            "{name}: {output}\n{outcome:?}"
        );
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        assert_eq!(arguments, hard, "{name}: {output}");
    }
}

#[test]
fn formats_are_told_by_their_templates() {
    let Some(shared) = shared() else { return };
    let detect = |name: &str| {
        let file = shared.join(format!("zoo/chat/{name}.jinja"));
        OutputFormat::detect(&std::fs::read_to_string(file).unwrap())
    };
    assert_eq!(detect("LFM2-8B-A1B").tools, ToolFormat::Lfm2);
    assert_eq!(detect("LFM2.5-Instruct"), think(ToolFormat::Lfm2));
    assert_eq!(
        detect("HuggingFaceTB-SmolLM3-3B"),
        think(ToolFormat::Hermes)
    );
    assert_eq!(detect("google-gemma-2-2b-it"), tools(ToolFormat::Gemma));
    assert_eq!(
        detect("microsoft-Phi-3.5-mini-instruct"),
        OutputFormat::default()
    );
    let ministral = detect("mistralai-Ministral-3-14B-Reasoning-2512");
    assert_eq!(ministral.reasoning, ReasoningFormat::Mistral);
    assert_eq!(
        detect("google-gemma-4-31B-it").reasoning,
        ReasoningFormat::Gemma4
    );
}
