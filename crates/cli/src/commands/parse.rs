//! `hearth parse`: what a model's output means, as events: reasoning, answer, calls of tools.

use std::path::PathBuf;

use clap::Args;
use hearth_runtime::OutputEvent;
use hearth_runtime::text::output::{OutputFormat, OutputParser};
use serde_json::{Value, json};

use super::template::template_of;
use crate::error::CliError;
use crate::model::read_text;
use crate::output::Output;

/// Tell reasoning, answer and calls of tools apart in a model's output
///
/// The form is told by the chat template. Prints one event a line.
#[derive(Debug, Args)]
pub(crate) struct ParseArgs {
    /// GGUF file that has a template, or a file with a template (.jinja)
    source: PathBuf,
    /// File with the output, special tokens as text; `-` is standard input
    file: PathBuf,
    /// End of the prompt before the output: it may have opened the reasoning
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        allow_hyphen_values = true
    )]
    prompt: String,
    /// Characters that the parser is given at a time, as if they were tokens [default: all at once]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pieces: Option<u32>,
    /// Print each event as {"type":…}
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ParseArgs) -> Result<(), CliError> {
    let format = OutputFormat::detect(&template_of(&args.source)?);
    let text = read_text(&args.file)?;
    let mut parser = OutputParser::after_prompt(format, &args.prompt);
    let mut output = Output::new();
    let mut show = |events: Vec<OutputEvent>| {
        events.into_iter().try_for_each(|event| {
            let event = object(&event);
            if args.json {
                return output.json(&event);
            }
            let kind = event["type"].as_str().unwrap_or_default().to_owned();
            output.text(&format!("{kind}: {}\n", words(&event)))
        })
    };
    let pieces = args.pieces.map_or(usize::MAX, |n| n as usize);
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(pieces.min(characters.len().max(1))) {
        show(parser.push(&piece.iter().collect::<String>()))?;
    }
    show(parser.finish())
}

/// An event as scripts read it.
fn object(event: &OutputEvent) -> Value {
    match event {
        OutputEvent::Reasoning(text) => json!({"type": "reasoning", "text": text}),
        OutputEvent::Content(text) => json!({"type": "content", "text": text}),
        OutputEvent::ToolCallStart { index, name } => {
            json!({"type": "tool_call_start", "index": index, "name": name})
        }
        OutputEvent::ToolCallArguments { index, delta } => {
            json!({"type": "tool_call_arguments", "index": index, "delta": delta})
        }
        OutputEvent::ToolCallEnd { index } => json!({"type": "tool_call_end", "index": index}),
        OutputEvent::ToolCallIncomplete { index } => {
            json!({"type": "tool_call_incomplete", "index": index})
        }
    }
}

/// What an event says beside its kind, for people.
fn words(event: &Value) -> String {
    let texts = ["text", "name", "delta"]
        .iter()
        .filter_map(|key| event[*key].as_str());
    let index = event["index"].as_u64().map(|index| format!("#{index}"));
    let texts = texts.map(|text| text.replace('\n', "\\n"));
    index.into_iter().chain(texts).collect::<Vec<_>>().join(" ")
}
