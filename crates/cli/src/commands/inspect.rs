//! `hearth inspect`: what is in a model file, what it needs, and whether it runs here.

mod describe;
mod human;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use hearth_runtime::gguf::Gguf;
use hearth_runtime::{LoadOptions, Loader, ModelInfo, Pool, RuntimeError};

use crate::error::CliError;
use crate::model::{header, open};
use crate::output::Output;

pub(crate) use describe::{parameters, quantization};

/// Say what is in a model file, what it needs, and whether it runs here
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    /// Tokens of context for the memory estimate [default: the model's own, 4096 at most]
    #[arg(long, value_name = "TOKENS")]
    context: Option<NonZeroUsize>,
    /// Show arrays of the metadata in full
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A file and what became of planning to run it.
struct Inspected {
    path: PathBuf,
    parts: usize,
    size_bytes: u64,
    gguf: Gguf,
    plan: Result<ModelInfo, RuntimeError>,
}

pub(crate) fn run(args: &InspectArgs) -> Result<(), CliError> {
    let gguf = header(&args.model)?;
    let parts = open(&args.model)?;
    let inspected = Inspected {
        parts: parts.len(),
        size_bytes: parts.iter().map(|p| p.size_bytes()).sum(),
        plan: plan(parts, args.context.map(NonZeroUsize::get)),
        path: args.model.clone(),
        gguf,
    };
    let mut output = Output::new();
    if args.json {
        output.json(&describe::json(&inspected, args.full))
    } else {
        output.text(&human::text(&inspected, args.full))
    }
}

/// Plan to run a model, without loading it.
pub(crate) fn plan(
    parts: Vec<Box<dyn hearth_runtime::gguf::ReadAt>>,
    context: Option<usize>,
) -> Result<ModelInfo, RuntimeError> {
    let options = LoadOptions {
        context,
        ..LoadOptions::default()
    };
    Loader::open(parts, options, Pool::single()).map(|loader| loader.info().clone())
}
