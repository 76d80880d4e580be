//! `hearth tokenize` and `hearth detokenize`: a file with a vocabulary only is enough, or a `tokenizer.json`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hearth_runtime::text::{DecodeOptions, EncodeOptions, Tokenizer};
use hearth_runtime::{RuntimeError, Vocabulary};
use serde_json::json;

use crate::args::TokenIds;
use crate::error::CliError;
use crate::model::{header, read_bytes, read_text};
use crate::output::Output;

/// Text to token ids; a file with a vocabulary only is enough
#[derive(Debug, Args)]
pub(crate) struct TokenizeArgs {
    /// GGUF file, or a tokenizer.json
    model: PathBuf,
    #[command(flatten)]
    text: TextArgs,
    /// Do not add the begin and end tokens that the model file asks for
    #[arg(long)]
    no_special: bool,
    /// Read special tokens written in the text (such as <|im_end|>) as those tokens
    #[arg(long)]
    parse_special: bool,
    /// Print {"tokens":[…]}
    #[arg(long)]
    json: bool,
}

/// The text.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TextArgs {
    /// The text itself
    #[arg(long)]
    text: Option<String>,
    /// File with the text, taken as it is; `-` is standard input
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
}

/// Token ids to text, byte for byte; a file with a vocabulary only is enough
#[derive(Debug, Args)]
pub(crate) struct DetokenizeArgs {
    /// GGUF file, or a tokenizer.json
    model: PathBuf,
    /// Token ids
    #[arg(long, value_name = "ID,ID,…")]
    tokens: TokenIds,
    /// Show special tokens too
    #[arg(long)]
    special: bool,
    /// Keep the space before `.` or `'s` that older vocabularies ask to drop
    #[arg(long)]
    keep_spaces: bool,
    /// Print {"text":…,"bytes_hex":…}; bytes that are no UTF-8 show as U+FFFD in the text
    #[arg(long)]
    json: bool,
}

pub(crate) fn tokenize(args: &TokenizeArgs) -> Result<(), CliError> {
    let text = match (&args.text.text_file, &args.text.text) {
        (Some(path), _) => read_text(path)?,
        (None, text) => text.clone().unwrap_or_default(),
    };
    let options = EncodeOptions {
        add_special: !args.no_special,
        parse_special: args.parse_special,
    };
    let tokens = tokenizer(&args.model)?.encode(&text, options);
    let mut output = Output::new();
    if args.json {
        return output.json(&json!({ "tokens": tokens }));
    }
    let ids: Vec<String> = tokens.iter().map(u32::to_string).collect();
    output.line(&ids.join(","))
}

pub(crate) fn detokenize(args: &DetokenizeArgs) -> Result<(), CliError> {
    let tokenizer = tokenizer(&args.model)?;
    let TokenIds(tokens) = &args.tokens;
    let n_vocab = tokenizer.len();
    if let Some(&id) = tokens.iter().find(|&&id| id as usize >= n_vocab) {
        return Err(CliError::Run(RuntimeError::BadToken { id, n_vocab }));
    }
    let options = DecodeOptions {
        special: args.special,
        clean_spaces: !args.keep_spaces,
    };
    let bytes = tokenizer.decode(tokens, options);
    let mut output = Output::new();
    if !args.json {
        output.bytes(&bytes)?;
        return output.flush();
    }
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    output.json(&json!({ "text": String::from_utf8_lossy(&bytes), "bytes_hex": hex }))
}

/// The tokenizer of a model file, or of a `tokenizer.json`.
fn tokenizer(path: &Path) -> Result<Arc<Tokenizer>, CliError> {
    if !path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
    {
        return Ok(vocabulary(path)?.into_tokenizer());
    }
    let tokenizer = Tokenizer::from_json(&read_bytes(path)?);
    tokenizer
        .map(Arc::new)
        .map_err(|source| CliError::TokenizerJson {
            path: path.to_owned(),
            source,
        })
}

/// The vocabulary of a file.
pub(crate) fn vocabulary(path: &Path) -> Result<Vocabulary, CliError> {
    Vocabulary::read(&header(path)?).map_err(CliError::model(path))
}
