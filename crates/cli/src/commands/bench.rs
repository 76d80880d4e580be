//! `hearth bench`: how fast a model reads a prompt and writes an answer.
//!
//! Every run starts from the same cache: `--depth` tokens, then the prompt or the decoded tokens. One run of each kind
//! warms up and is not counted. Tokens are arbitrary; their values do not change the time.
//!
//! The time to the first token is that of a person who opens a model and asks: loading, and the first prompt without
//! anything warmed up before it.

mod report;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use hearth_runtime::engine::StepToken;
use hearth_runtime::gguf::Gguf;
use hearth_runtime::profile::Profile;
use hearth_runtime::{Engine, GenerateOptions, Generation, SequenceId};
use pollster::block_on;

use crate::args::RunArgs;
use crate::error::CliError;
use crate::model::{Needs, header, load};
use crate::output::Output;
use crate::progress::{Progress, Unit};

/// Measure how fast a model runs
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    /// Tokens of the prompt, or several sizes, such as 128,512; 0 leaves it out
    #[arg(
        short = 'p',
        long = "prompt-tokens",
        value_name = "N,…",
        value_delimiter = ',',
        default_values_t = [512]
    )]
    prompts: Vec<usize>,
    /// Tokens to decode; 0 leaves it out
    #[arg(
        short = 'n',
        long = "decode-tokens",
        value_name = "N",
        default_value_t = 64
    )]
    decode: usize,
    /// Tokens in the cache before each run
    #[arg(long, value_name = "N", default_value_t = 0)]
    depth: usize,
    /// Runs of each kind
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Also show the time of each operation, from one more run of each kind
    #[arg(long)]
    profile: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunArgs,
}

/// What was measured.
#[derive(Default)]
struct Measured {
    prefill: Vec<Prefill>,
    /// Seconds of each run.
    decode: Vec<f64>,
    /// Seconds from the start of loading to the logits after the first prompt, where the cache was empty.
    first_token: Option<f64>,
    /// Bytes of weights that decoding one token reads.
    weight_bytes_per_token: u64,
    /// Of the last prompt.
    prefill_profile: Option<Profile>,
    decode_profile: Option<Profile>,
    /// Multiplications with additions that a token of a prompt takes in matrix products, if all tensors are used.
    multiply_adds_per_prompt_token: u64,
    /// The most memory that the process has had in RAM, in bytes, where the system tells.
    peak_memory_bytes: Option<u64>,
}

/// The runs of one prompt size.
struct Prefill {
    tokens: usize,
    /// Seconds of each run.
    seconds: Vec<f64>,
}

impl BenchArgs {
    /// The prompt sizes that are measured.
    fn prompts(&self) -> impl Iterator<Item = usize> {
        self.prompts.iter().copied().filter(|n| *n > 0)
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), CliError> {
    let started = Instant::now();
    let longest = args.prompts().max().unwrap_or(0);
    if longest == 0 && args.decode == 0 {
        return Err(CliError::Usage("nothing to measure: -p and -n are both 0"));
    }
    let context = args.depth.saturating_add(longest.max(args.decode));
    let needs = Needs {
        context: Some(context),
        ..Needs::default()
    };
    let mut engine = load(&args.model, &args.run, needs)?;
    let n_ctx = engine.info().n_ctx;
    if context > n_ctx {
        return Err(CliError::PromptTooLong {
            prompt: context,
            context: n_ctx,
        });
    }
    let mut measured = measure(&mut engine, args, started)?;
    measured.multiply_adds_per_prompt_token = multiply_adds(&header(&args.model)?);
    let mut output = Output::new();
    if args.json {
        output.json(&report::json(args, &engine, &measured))
    } else {
        output.text(&report::text(args, &engine, &measured))
    }
}

fn measure(engine: &mut Engine, args: &BenchArgs, started: Instant) -> Result<Measured, CliError> {
    prefill(engine, args.depth)?;
    let runs = u64::from(args.repeat) + 1 + u64::from(args.profile);
    let total = runs * (args.prompts().sum::<usize>() + args.decode) as u64;
    let mut progress = Progress::new("measuring", Unit::Tokens, total);
    let mut done = 0;
    let mut timed = |engine: &mut Engine, n: usize, work: Work| -> Result<f64, CliError> {
        engine.truncate(SequenceId::default(), args.depth);
        let started = Instant::now();
        work(engine, n)?;
        let seconds = started.elapsed().as_secs_f64();
        done += n as u64;
        progress.at(done);
        Ok(seconds)
    };
    let mut measured = Measured::default();
    for tokens in args.prompts() {
        timed(engine, tokens, prefill)?;
        if measured.prefill.is_empty() && args.depth == 0 {
            measured.first_token = Some(started.elapsed().as_secs_f64());
        }
        let runs = (0..args.repeat).map(|_| timed(engine, tokens, prefill));
        let seconds = runs.collect::<Result<_, _>>()?;
        measured.prefill.push(Prefill { tokens, seconds });
        if args.profile {
            measured.prefill_profile = profiled(engine, |e| timed(e, tokens, prefill))?;
        }
    }
    if args.decode > 0 {
        let one = profiled(engine, |e| timed(e, 1, decode))?;
        measured.weight_bytes_per_token = one.as_ref().map_or(0, weight_bytes);
        timed(engine, args.decode, decode)?;
        for _ in 0..args.repeat {
            measured.decode.push(timed(engine, args.decode, decode)?);
        }
        if args.profile {
            measured.decode_profile = profiled(engine, |e| timed(e, args.decode, decode))?;
        }
    }
    measured.peak_memory_bytes = peak_memory_bytes();
    Ok(measured)
}

type Work = fn(&mut Engine, usize) -> Result<(), CliError>;

/// Append `n` tokens in chunks; only the last one's logits are computed.
fn prefill(engine: &mut Engine, n: usize) -> Result<(), CliError> {
    let mut left = n;
    while left > 0 {
        let now = left.min(engine.chunk());
        left -= now;
        let tokens: Vec<StepToken> = (0..now).map(|i| token(engine, left + i)).collect();
        let last = [now - 1];
        block_on(engine.step(&tokens, if left == 0 { &last } else { &[] }))?;
    }
    Ok(())
}

/// Append `n` tokens one by one: each with its logits, or as a GPU chooses them.
fn decode(engine: &mut Engine, n: usize) -> Result<(), CliError> {
    if engine.info().gpu.is_some() {
        return generate(engine, n);
    }
    for i in 0..n {
        let token = token(engine, i);
        block_on(engine.step(&[token], &[0]))?;
    }
    Ok(())
}

/// An answer of `n` tokens to what the cache holds and one token more.
fn generate(engine: &mut Engine, n: usize) -> Result<(), CliError> {
    let sequence = SequenceId::default();
    let mut prompt = engine.cached(sequence).to_vec();
    prompt.push(token(engine, 0).id);
    let options = GenerateOptions {
        max_tokens: Some(n),
        ignore_eos: true,
        ..GenerateOptions::default()
    };
    let mut generation = Generation::start(engine, sequence, &prompt, options)?;
    while block_on(generation.next(engine))?.is_some() {}
    Ok(())
}

/// An arbitrary token of the vocabulary.
fn token(engine: &Engine, i: usize) -> StepToken {
    const STRIDE: usize = 7919;
    let id = (i.wrapping_mul(STRIDE) + 1) % engine.info().n_vocab.max(1);
    StepToken {
        id: u32::try_from(id).unwrap_or(0),
        sequence: SequenceId::default(),
    }
}

/// Do some work with profiling on.
fn profiled(
    engine: &mut Engine,
    mut work: impl FnMut(&mut Engine) -> Result<f64, CliError>,
) -> Result<Option<Profile>, CliError> {
    engine.device_mut().set_profiling(true);
    work(engine)?;
    let profile = block_on(engine.device_mut().profile())?;
    engine.device_mut().set_profiling(false);
    Ok(profile)
}

/// Bytes of weights read, without those that are only looked up by row.
fn weight_bytes(profile: &Profile) -> u64 {
    const LOOKUP: &str = "embed";
    let read = profile.operations.iter().filter(|(op, _)| **op != LOOKUP);
    read.map(|(_, cost)| cost.weight_bytes).sum()
}

/// The elements of all matrices that each token of a prompt is multiplied with: not those that are looked up by row, and
/// not the output matrix, which only the last token of a prompt meets.
fn multiply_adds(gguf: &Gguf) -> u64 {
    const NOT_FOR_ALL: [&str; 3] = [
        "token_embd.weight",
        "per_layer_token_embd.weight",
        "output.weight",
    ];
    let matrices = gguf
        .tensors()
        .iter()
        .filter(|t| t.shape.dims().len() > 1 && !NOT_FOR_ALL.contains(&t.name.as_str()));
    matrices.map(|t| t.shape.elems().unwrap_or(0) as u64).sum()
}

/// Linux tells it; elsewhere there is no such file.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
