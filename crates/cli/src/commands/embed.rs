//! `hearth embed`: texts to vectors, by a model that was made for it.

use std::path::PathBuf;

use clap::Args;
use hearth_runtime::{Engine, RuntimeError};
use pollster::block_on;
use serde::Serialize;

use crate::args::{RunArgs, TokenIds};
use crate::error::CliError;
use crate::model::{Needs, load};
use crate::output::Output;

/// Turn texts into vectors; near in meaning is near in direction
#[derive(Debug, Args)]
pub(crate) struct EmbedArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    #[command(flatten)]
    input: InputArgs,
    /// Leave the vectors as the model pools them, not of length 1
    #[arg(long)]
    raw: bool,
    /// Print {"embeddings":[[…],…]}; otherwise a line for each
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunArgs,
}

/// What to embed.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct InputArgs {
    /// Texts; begin and end tokens are added as the model file asks; may be given several times
    #[arg(long, value_name = "TEXT", num_args = 1..)]
    text: Vec<String>,
    /// Token ids, to which nothing is added; may be given several times
    #[arg(long, value_name = "ID,ID,…")]
    tokens: Vec<TokenIds>,
}

/// Numbers as f32 have the fewest digits that bring them back.
#[derive(Debug, Serialize)]
struct Embedded {
    embeddings: Vec<Vec<f32>>,
}

pub(crate) fn run(args: &EmbedArgs) -> Result<(), CliError> {
    let mut engine = load(&args.model, &args.run, Needs::default())?;
    if engine.info().pooling.is_none() {
        let architecture = engine.info().architecture.clone();
        return Err(RuntimeError::NoEmbeddings { architecture }.into());
    }
    let mut embeddings = Vec::new();
    for tokens in inputs(&engine, args)? {
        let embedding = if args.raw {
            block_on(engine.embed_raw(&tokens))?
        } else {
            block_on(engine.embed(&tokens))?
        };
        embeddings.push(embedding);
    }
    let mut output = Output::new();
    if args.json {
        return output.json(&Embedded { embeddings });
    }
    for embedding in embeddings {
        let numbers: Vec<String> = embedding.iter().map(f32::to_string).collect();
        output.line(&numbers.join(" "))?;
    }
    output.flush()
}

/// The ids of each text.
fn inputs(engine: &Engine, args: &EmbedArgs) -> Result<Vec<Vec<u32>>, CliError> {
    let InputArgs { text, tokens } = &args.input;
    if text.is_empty() {
        return Ok(tokens.iter().map(|TokenIds(ids)| ids.clone()).collect());
    }
    let vocabulary = engine.vocabulary().map_err(|source| CliError::NoText {
        path: args.model.clone(),
        source,
    })?;
    Ok(text.iter().map(|t| vocabulary.encode_prompt(t)).collect())
}
