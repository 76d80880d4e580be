//! `hearth generate`: continue a text. No template is applied.

use std::path::PathBuf;

use clap::Args;
use hearth_runtime::text::EncodeOptions;
use hearth_runtime::{Engine, GenerateOptions, Sampling};

use crate::answer::answer;
use crate::args::{GrammarArgs, RunArgs, SamplingArgs, SpeculationArgs, TokenIds};
use crate::error::CliError;
use crate::model::{load_generating, read_text};
use crate::output::Output;
use crate::session;

/// Tokens to generate where nobody says.
const DEFAULT_MAX_TOKENS: usize = 128;

/// Continue a text
///
/// No chat template is applied: that is `hearth chat`. By default the likeliest token is taken each time (temperature
/// 0), so the same prompt has the same continuation.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    #[command(flatten)]
    prompt: PromptArgs,
    /// Read special tokens written in the prompt (such as <|im_end|>) as plain text
    #[arg(long)]
    no_parse_special: bool,
    /// Tokens to generate at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = DEFAULT_MAX_TOKENS)]
    max_tokens: usize,
    /// Go on after the model's own end token
    #[arg(long)]
    ignore_eos: bool,
    /// File that keeps what was computed: read first if it is there, written at the end. A prompt that begins like the
    /// text in it is not computed again
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Print tokens, text and timings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    grammar: GrammarArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    speculation: SpeculationArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// What to continue.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PromptArgs {
    /// Text to continue; a begin token is added if the model file asks for one
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// File with the text to continue, taken as it is; `-` is standard input
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    /// Token ids to continue; nothing is added
    #[arg(long, value_name = "ID,ID,…")]
    prompt_tokens: Option<TokenIds>,
}

pub(crate) fn run(args: &GenerateArgs) -> Result<(), CliError> {
    // Before the model, so that a wrong path does not cost a long load.
    let text = match &args.prompt.prompt_file {
        Some(path) => Some(read_text(path)?),
        None => args.prompt.prompt.clone(),
    };
    let grammar = args.grammar.grammar()?;
    let mut engine = load_generating(&args.model, &args.run, &args.speculation)?;
    if let Some(path) = &args.session {
        session::restore(&mut engine, path)?;
    }
    let prompt = match (&args.prompt.prompt_tokens, text) {
        (Some(TokenIds(ids)), _) => ids.clone(),
        (None, text) => encode(&engine, args, &text.unwrap_or_default())?,
    };
    let options = GenerateOptions {
        max_tokens: Some(args.max_tokens),
        sampling: args.sampling.sampling(Sampling::default()),
        stop: args.sampling.stop.clone(),
        ignore_eos: args.ignore_eos,
        speculation: args.speculation.speculation(),
        grammar,
        ..GenerateOptions::default()
    };
    let mut output = Output::new();
    let answer = answer(&mut engine, &prompt, options, |piece| {
        if args.json {
            Ok(())
        } else {
            output.piece(piece)
        }
    })?;
    if args.json {
        output.json(&answer)?;
    } else {
        output.line("")?;
    }
    if let Some(path) = &args.session {
        session::save(&mut engine, path, &[])?;
    }
    if answer.was_interrupted() {
        Err(CliError::Interrupted)
    } else {
        Ok(())
    }
}

fn encode(engine: &Engine, args: &GenerateArgs, text: &str) -> Result<Vec<u32>, CliError> {
    let vocabulary = engine.vocabulary().map_err(|source| CliError::NoText {
        path: args.model.clone(),
        source,
    })?;
    let options = EncodeOptions {
        add_special: true,
        parse_special: !args.no_parse_special,
    };
    Ok(vocabulary.tokenizer().encode(text, options))
}
