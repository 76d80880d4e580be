//! `hearth perplexity`: how well a model predicts a text.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use hearth_runtime::text::EncodeOptions;
use hearth_runtime::{Engine, Perplexity, PerplexityOptions};
use pollster::block_on;
use serde_json::json;

use crate::args::RunArgs;
use crate::error::CliError;
use crate::interrupt::Catch;
use crate::model::{Needs, load, read_text};
use crate::output::Output;
use crate::progress::{Progress, Unit};

/// Tokens of a window where nobody says.
const DEFAULT_WINDOW: usize = 512;

/// Say how well a model predicts a text: the lower, the better
///
/// The text is cut into windows, each computed from an empty context and scored in its second half, as
/// llama-perplexity does: figures of the same text and window can be compared. What remains after the last whole
/// window is not used.
#[derive(Debug, Args)]
pub(crate) struct PerplexityArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    /// File with the text, taken as it is; `-` is standard input
    file: PathBuf,
    /// Tokens of a window [default: 512; the text must have two of them]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(2..))]
    window: Option<u32>,
    /// Position of a window from which on predictions count [default: half of the window]
    #[arg(long, value_name = "POSITION")]
    score_from: Option<usize>,
    /// Windows to compute at most [default: all]
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Print {"perplexity":…,"nll":…,"windows":…,"tokens":…,"seconds":…}; nll is the mean for a token, in nats
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl PerplexityArgs {
    fn window(&self) -> usize {
        self.window.map_or(DEFAULT_WINDOW, |n| n as usize)
    }
}

pub(crate) fn run(args: &PerplexityArgs) -> Result<(), CliError> {
    let window = args.window();
    if args.score_from.is_some_and(|from| from + 1 >= window) {
        return Err(CliError::Usage(
            "--score-from must leave at least one token of the window to predict",
        ));
    }
    let text = read_text(&args.file)?;
    let needs = Needs {
        all_logits: true,
        context: Some(window),
    };
    let mut engine = load(&args.model, &args.run, needs)?;
    let context = engine.info().n_ctx;
    if window > context {
        return Err(CliError::PromptTooLong {
            prompt: window,
            context,
        });
    }
    let mut measured = measurement(&engine, args, &text)?;
    let started = Instant::now();
    measure(&mut engine, args, &mut measured)?;
    let seconds = started.elapsed().as_secs_f64();
    let (windows, tokens) = (measured.windows_done(), measured.tokens_scored());
    let mut output = Output::new();
    if args.json {
        return output.json(&json!({
            "perplexity": measured.perplexity(),
            "nll": measured.nll(),
            "windows": windows,
            "tokens": tokens,
            "seconds": seconds,
        }));
    }
    output.line(&format!(
        "perplexity {:.4}: {:.5} nats a token, over {tokens} tokens in {windows} windows of {window}, in {seconds:.1} s",
        measured.perplexity(),
        measured.nll(),
    ))
}

/// The text's tokens, if they are enough: two windows, or one whose length somebody chose.
fn measurement(engine: &Engine, args: &PerplexityArgs, text: &str) -> Result<Perplexity, CliError> {
    let vocabulary = engine.vocabulary().map_err(|source| CliError::NoText {
        path: args.model.clone(),
        source,
    })?;
    let tokenizer = vocabulary.tokenizer();
    let encode = EncodeOptions {
        add_special: true,
        parse_special: false,
    };
    let tokens = tokenizer.encode(text, encode);
    let window = args.window();
    let needed = if args.window.is_some() {
        window
    } else {
        2 * window
    };
    if tokens.len() < needed {
        return Err(CliError::TextTooShort {
            found: tokens.len(),
            needed,
            window,
        });
    }
    let defaults = PerplexityOptions::new(window);
    let options = PerplexityOptions {
        first: args.score_from.unwrap_or(defaults.first),
        begin: tokenizer.bos().filter(|_| tokenizer.adds_bos()),
        ..defaults
    };
    Ok(Perplexity::new(tokens, options))
}

/// Window by window; Ctrl-C gives up.
fn measure(
    engine: &mut Engine,
    args: &PerplexityArgs,
    measured: &mut Perplexity,
) -> Result<(), CliError> {
    let catch = Catch::new();
    let limit = args.limit.map_or(usize::MAX, |n| n as usize);
    let windows = measured.windows().min(limit);
    let tokens = |windows: usize| (windows * args.window()) as u64;
    let mut progress = Progress::new("evaluating", Unit::Tokens, tokens(windows));
    while measured.windows_done() < windows && block_on(measured.step(engine))? {
        progress.at(tokens(measured.windows_done()));
        if catch.pressed() {
            return Err(CliError::Interrupted);
        }
    }
    Ok(())
}
