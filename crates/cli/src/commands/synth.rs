//! `hearth synth`: a model of a real shape with random weights, for measurements and load tests where no real one is.

mod blocks;
mod families;
mod metadata;
mod random;
mod rotary;
mod shapes;
mod tensors;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use clap::builder::PossibleValuesParser;
use hearth_runtime::gguf::{GgufBody, GgufWriter, WriteError};
use hearth_runtime::{DType, Shape as Dims};
use serde_json::json;

use super::quantize::{QUANTIZATION_VERSION, writing};
use crate::error::CliError;
use crate::file_type::{FileType, Mix, Traits};
use crate::interrupt::{self, Catch};
use crate::new_file::NewFile;
use crate::output::Output;
use crate::progress::{Progress, Unit};
use blocks::Maker;
use random::Random;
use shapes::{Extra, SHAPES, Shape};
use tensors::Tensor;

/// Bytes made at once.
const PIECE_BYTES: usize = 4 << 20;
/// The smallest vocabulary: all bytes, special tokens and some words.
const MIN_VOCAB: i64 = 512;

/// Write a model of a real shape with random weights, for measurements
///
/// It has the shape, the types and the size of the published model and a working tokenizer and chat template, and says
/// nothing sensible. The same seed gives the same file.
#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// The model whose shape it has
    #[arg(value_parser = PossibleValuesParser::new(SHAPES.iter().map(|shape| shape.name)))]
    shape: String,
    /// Type of the weights
    #[arg(value_enum, ignore_case = true)]
    file_type: FileType,
    /// File to write
    out: PathBuf,
    /// Another seed, other weights
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only the first layers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    layers: Option<u32>,
    /// Entries of the vocabulary [default: those of the published model]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(MIN_VOCAB..))]
    vocab: Option<u32>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

/// What is to be written.
struct Plan {
    shape: Shape,
    file_type: FileType,
    tensors: Vec<(Tensor, DType)>,
}

impl Plan {
    fn new(shape: Shape, file_type: FileType) -> Self {
        let tensors = tensors::tensors(&shape);
        let traits = Traits {
            n_layers: shape.n_layers,
            n_experts: match shape.extra {
                Extra::Experts { count, .. } => count,
                _ => 0,
            },
            is_llama_70b: false,
        };
        let mix = Mix::new(file_type, traits, tensors.iter().map(|t| t.name.as_str()));
        let typed = tensors.into_iter().map(|tensor| {
            let dtype = mix.dtype(&tensor.name, &tensor.dims);
            (tensor, dtype.unwrap_or(DType::F32))
        });
        Plan {
            file_type,
            tensors: typed.collect(),
            shape,
        }
    }

    /// Metadata and directory.
    fn header(&self) -> Result<GgufWriter, WriteError> {
        let Plan {
            shape, file_type, ..
        } = self;
        let mut writer = GgufWriter::new();
        writer.metadata("general.architecture", shape.architecture)?;
        writer.metadata("general.type", "model")?;
        writer.metadata("general.name", format!("{} (random weights)", shape.name))?;
        for (key, value) in metadata::hyperparameters(shape) {
            writer.metadata(&format!("{}.{key}", shape.architecture), value)?;
        }
        writer.metadata("general.file_type", file_type.number())?;
        writer.metadata("general.quantization_version", QUANTIZATION_VERSION)?;
        for (key, value) in vocabulary::metadata(shape.family, shape.n_vocab) {
            writer.metadata(&key, value)?;
        }
        for (tensor, dtype) in &self.tensors {
            writer.tensor(&tensor.name, *dtype, &Dims::new(tensor.dims.clone()))?;
        }
        Ok(writer)
    }
}

pub(crate) fn run(args: &SynthArgs) -> Result<(), CliError> {
    interrupt::install();
    let started = Instant::now();
    let plan = Plan::new(shape(args)?, args.file_type);
    let writer = plan.header().map_err(writing(&args.out))?;
    let sizes: Vec<u64> = writer.tensor_sizes().collect();
    // From here on Ctrl-C must leave time to remove what was begun.
    let catch = Catch::new();
    let mut file = NewFile::create(&args.out)?;
    let body = writer.begin(&mut file).map_err(writing(&args.out))?;
    write(args, &plan, &sizes, body, &catch)?;
    file.keep()?;
    report(args, &plan, &sizes, started.elapsed().as_secs_f64())
}

/// The shape asked for, perhaps cut.
fn shape(args: &SynthArgs) -> Result<Shape, CliError> {
    let known = SHAPES.iter().find(|shape| shape.name == args.shape);
    let mut shape = known.cloned().ok_or(CliError::Usage("no such shape"))?;
    if let Some(layers) = args.layers {
        shape.n_layers = shape.n_layers.min(layers as usize);
    }
    if let Some(vocab) = args.vocab {
        shape.n_vocab = vocab as usize;
    }
    Ok(shape)
}

/// Every tensor, piece by piece.
fn write(
    args: &SynthArgs,
    plan: &Plan,
    sizes: &[u64],
    mut body: GgufBody<&mut NewFile>,
    catch: &Catch,
) -> Result<(), CliError> {
    let mut progress = Progress::new("writing", Unit::Bytes, sizes.iter().sum());
    let mut done = 0;
    let mut piece = vec![0; PIECE_BYTES];
    for ((tensor, dtype), &size) in plan.tensors.iter().zip(sizes) {
        let random = Random::of(args.seed, &tensor.name);
        let mut maker = Maker::new(random, *dtype, &tensor.numbers).ok_or(CliError::Usage(
            "weights of this type cannot be made for this shape",
        ))?;
        let whole_blocks = PIECE_BYTES / dtype.block_bytes() * dtype.block_bytes();
        let mut left = usize::try_from(size).unwrap_or(usize::MAX);
        while left > 0 {
            let bytes = &mut piece[..whole_blocks.min(left)];
            maker.fill(bytes);
            body.append(bytes).map_err(writing(&args.out))?;
            left -= bytes.len();
            done += bytes.len() as u64;
            progress.at(done);
            if catch.pressed() {
                return Err(CliError::Interrupted);
            }
        }
    }
    body.finish().map_err(writing(&args.out))?;
    Ok(())
}

fn report(args: &SynthArgs, plan: &Plan, sizes: &[u64], seconds: f64) -> Result<(), CliError> {
    let bytes: u64 = sizes.iter().sum();
    let elems = |tensor: &Tensor| tensor.dims.iter().map(|&n| n as u64).product::<u64>();
    let parameters: u64 = plan.tensors.iter().map(|(tensor, _)| elems(tensor)).sum();
    let mut output = Output::new();
    if args.json {
        return output.json(&json!({
            "out": args.out,
            "shape": plan.shape.name,
            "architecture": plan.shape.architecture,
            "file_type": args.file_type.to_string(),
            "seed": args.seed,
            "n_layers": plan.shape.n_layers,
            "n_vocab": plan.shape.n_vocab,
            "parameters": parameters,
            "tensor_bytes": bytes,
            "seconds": seconds,
        }));
    }
    output.line(&format!(
        "{}: {} in {}, {} million parameters, {} MB, in {seconds:.1} s",
        args.out.display(),
        plan.shape.name,
        args.file_type,
        parameters / 1_000_000,
        bytes / 1_000_000,
    ))
}
