//! `hearth supported`: what this version runs, as Markdown or JSON.

use std::fmt::Write;

use clap::Args;
use hearth_runtime::supported::{WeightType, weight_types};
use hearth_runtime::text::output::ToolFormat;
use hearth_runtime::text::pre_tokenizers;
use hearth_runtime::{ARCHITECTURES, Architecture};
use serde_json::json;

use crate::error::CliError;
use crate::output::Output;

/// Say which architectures, types of weights, tokenizers and forms of tool calls this version knows
#[derive(Debug, Args)]
pub(crate) struct SupportedArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &SupportedArgs) -> Result<(), CliError> {
    let mut out = Output::new();
    if !args.json {
        return out.text(&markdown());
    }
    let architectures = ARCHITECTURES
        .iter()
        .map(|a| json!({"name": a.name, "models": a.models, "embeddings": a.encoder}));
    let types = weight_types()
        .map(|t| json!({"name": t.dtype.name(), "fast": t.fast, "quantize": t.encodes}));
    let formats = ToolFormat::ALL.iter().map(|f| f.families());
    out.json(&json!({
        "architectures": architectures.collect::<Vec<_>>(),
        "types": types.collect::<Vec<_>>(),
        "pre_tokenizers": pre_tokenizers().collect::<Vec<_>>(),
        "tool_calls": formats.collect::<Vec<_>>(),
    }))
}

fn markdown() -> String {
    let mut text = String::from("| architecture | models | gives |\n|---|---|---|\n");
    for Architecture {
        name,
        models,
        encoder,
        ..
    } in ARCHITECTURES
    {
        let gives = if *encoder { "embeddings" } else { "text" };
        // Writing to a string does not fail.
        let _ = writeln!(text, "| `{name}` | {models} | {gives} |");
    }
    text += "\nA model whose file names a way of pooling, such as Qwen3-Embedding, gives embeddings instead of text.\n";
    let names = |keep: fn(&WeightType) -> bool| {
        let kept = weight_types().filter(keep).map(|t| t.dtype.name());
        kept.collect::<Vec<_>>().join(" ")
    };
    let _ = write!(
        text,
        "\n| weights | |\n|---|---|\n\
         | with 8-bit activations or exactly | {} |\n\
         | exactly | {} |\n\
         | written by `hearth quantize` | {} |\n",
        names(|t| t.fast),
        names(|t| !t.fast),
        names(|t| t.encodes),
    );
    let formats: Vec<&str> = ToolFormat::ALL.iter().map(|f| f.families()).collect();
    let _ = write!(
        text,
        "\nTool calls and reasoning are recognised in the forms of: {}. Tokenizers: byte-level BPE ({} names of \
         pre-tokenizers), SentencePiece, WordPiece, Unigram, and `tokenizer.json`.\n",
        formats.join(", "),
        pre_tokenizers().count(),
    );
    text
}
