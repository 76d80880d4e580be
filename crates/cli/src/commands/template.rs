//! `hearth template`: what a chat template makes of a conversation, exactly.

use std::path::{Path, PathBuf};

use clap::Args;
use hearth_runtime::text::template::DateTime;
use hearth_runtime::text::{ChatTemplate, TemplateInput};
use hearth_runtime::{RuntimeError, Vocabulary};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::tokenize::vocabulary;
use crate::error::CliError;
use crate::model::{read_bytes, read_text};
use crate::output::Output;

/// Render a conversation with a chat template
///
/// Prints exactly the rendered text, no newline added.
#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    /// GGUF file that has a template, or a file with a template (.jinja)
    source: PathBuf,
    /// JSON file with the list of messages, each with role and content
    #[arg(long, value_name = "FILE")]
    messages_file: PathBuf,
    /// JSON file with the list of tools
    #[arg(long, value_name = "FILE")]
    tools_file: Option<PathBuf>,
    /// JSON file with an object of further variables, such as {"enable_thinking": false}
    #[arg(long, value_name = "FILE")]
    kwargs_file: Option<PathBuf>,
    /// Text of the begin token [default: the model's; none with a .jinja file]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    bos_token: Option<String>,
    /// Text of the end token [default: the model's; none with a .jinja file]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    eos_token: Option<String>,
    /// The date that the template sees, such as 2026-01-15T12:30:00 [default: now, in UTC]
    #[arg(long, value_name = "ISO-8601")]
    now: Option<DateTime>,
    /// Do not end where the assistant begins to speak
    #[arg(long)]
    no_generation_prompt: bool,
    /// Print {"text":…}
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &TemplateArgs) -> Result<(), CliError> {
    let tools: Option<Value> = args.tools_file.as_deref().map(read_json).transpose()?;
    let kwargs: Option<Map<String, Value>> =
        args.kwargs_file.as_deref().map(read_json).transpose()?;
    let mut input = TemplateInput {
        messages: read_json(&args.messages_file)?,
        tools: tools.filter(|tools| !tools.is_null()),
        add_generation_prompt: !args.no_generation_prompt,
        kwargs: kwargs.unwrap_or_default(),
        now: args.now.unwrap_or_else(now),
        ..TemplateInput::default()
    };
    if is_model(&args.source)? {
        token_texts(&vocabulary(&args.source)?, &mut input);
    }
    let template = template_of(&args.source)?;
    if let Some(text) = &args.bos_token {
        input.bos_token.clone_from(text);
    }
    if let Some(text) = &args.eos_token {
        input.eos_token.clone_from(text);
    }
    let rendered = ChatTemplate::parse(&template)
        .and_then(|template| template.render(&input))
        .map_err(|source| CliError::Template {
            path: args.source.clone(),
            source,
        })?;
    let mut output = Output::new();
    if args.json {
        return output.json(&json!({ "text": rendered }));
    }
    output.bytes(rendered.as_bytes())?;
    output.flush()
}

/// The chat template of a model, or a template itself.
pub(super) fn template_of(source: &Path) -> Result<String, CliError> {
    if !is_model(source)? {
        return read_text(source);
    }
    let vocabulary = vocabulary(source)?;
    let template = vocabulary.template().ok_or(RuntimeError::NoTemplate);
    Ok(template.map_err(CliError::model(source))?.to_owned())
}

/// Begin and end text as the vocabulary has them.
pub(super) fn token_texts(vocabulary: &Vocabulary, input: &mut TemplateInput) {
    input.bos_token = vocabulary.token_text(vocabulary.tokenizer().bos());
    input.eos_token = vocabulary.token_text(vocabulary.tokenizer().eos());
}

/// Date and time in UTC.
pub(super) fn now() -> DateTime {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let seconds = since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
    DateTime::from_unix(seconds, 0)
}

/// Whether a file is a model, by its name or its first bytes; anything else is a template.
fn is_model(path: &Path) -> Result<bool, CliError> {
    let has_extension = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gguf"));
    if has_extension || path.is_dir() {
        return Ok(true);
    }
    let mut magic = Vec::new();
    let Ok(file) = std::fs::File::open(path) else {
        return Ok(false);
    };
    // A pipe can be read only once, so it is a template.
    if !file.metadata().is_ok_and(|m| m.is_file()) {
        return Ok(false);
    }
    std::io::Read::read_to_end(&mut std::io::Read::take(file, 4), &mut magic).map_err(
        |source| CliError::ReadFile {
            path: path.to_owned(),
            source,
        },
    )?;
    Ok(magic == b"GGUF")
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, CliError> {
    serde_json::from_slice(&read_bytes(path)?).map_err(|source| CliError::Json {
        path: path.to_owned(),
        source,
    })
}
