//! `hearth logits`: the logits of every token, for tests and scripts.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use hearth_runtime::{Engine, SequenceId};
use pollster::block_on;
use serde_json::json;

use crate::args::{RunArgs, TokenIds};
use crate::error::CliError;
use crate::model::{Needs, load};
use crate::output::Output;
use crate::progress::{Progress, Unit};

/// Write the logits of every token: little-endian f32, [n_tokens, n_vocab]
#[derive(Debug, Args)]
pub(crate) struct LogitsArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    /// Token ids to evaluate; nothing is added
    #[arg(long, value_name = "ID,ID,…")]
    tokens: TokenIds,
    /// File to write; `-` is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunArgs,
}

pub(crate) fn run(args: &LogitsArgs) -> Result<(), CliError> {
    let to_stdout = args.out == Path::new("-");
    if to_stdout && args.json {
        return Err(CliError::Usage(
            "--json needs standard output for itself; give --out FILE",
        ));
    }
    let TokenIds(tokens) = &args.tokens;
    let needs = Needs {
        all_logits: true,
        ..Needs::default()
    };
    let mut engine = load(&args.model, &args.run, needs)?;
    let (n_ctx, n_vocab) = (engine.info().n_ctx, engine.info().n_vocab);
    // Before the file is made.
    engine.check_tokens(tokens)?;
    if tokens.is_empty() {
        return Err(CliError::Run(hearth_runtime::RuntimeError::EmptyPrompt));
    }
    if tokens.len() > n_ctx {
        return Err(CliError::PromptTooLong {
            prompt: tokens.len(),
            context: n_ctx,
        });
    }
    let started = Instant::now();
    if to_stdout {
        let mut output = Output::new();
        evaluate(&mut engine, tokens, |bytes| output.bytes(bytes))?;
        return output.flush();
    }
    let writing = |source| CliError::Write {
        path: args.out.clone(),
        source,
    };
    let mut file = BufWriter::new(File::create(&args.out).map_err(writing)?);
    evaluate(&mut engine, tokens, |bytes| {
        file.write_all(bytes).map_err(writing)
    })?;
    file.flush().map_err(writing)?;
    if args.json {
        Output::new().json(&json!({
            "n_tokens": tokens.len(),
            "n_vocab": n_vocab,
            "out": args.out,
            "timings": {
                "load_s": engine.load_seconds(),
                "evaluate_s": started.elapsed().as_secs_f64(),
            },
        }))?;
    }
    Ok(())
}

/// Evaluate step by step, so that only one step's logits are in memory.
fn evaluate(
    engine: &mut Engine,
    tokens: &[u32],
    mut write: impl FnMut(&[u8]) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut progress = Progress::new("evaluating", Unit::Tokens, tokens.len() as u64);
    let mut done = 0;
    for chunk in tokens.chunks(engine.chunk()) {
        let mut written = Ok(());
        let each = |_: usize, logits: &[f32]| {
            if written.is_ok() {
                let bytes: Vec<u8> = logits.iter().flat_map(|x| x.to_le_bytes()).collect();
                written = write(&bytes);
            }
        };
        block_on(engine.evaluate(SequenceId::default(), chunk, each))?;
        written?;
        done += chunk.len();
        progress.at(done as u64);
    }
    Ok(())
}
