//! `hearth bench`: how fast a model reads a prompt and writes an answer.
//!
//! Every run starts from the same cache: `--depth` tokens, then the prompt or the decoded tokens. One run of each kind
//! warms up and is not counted. Tokens are arbitrary; their values do not change the time.

mod report;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use hearth_runtime::engine::StepToken;
use hearth_runtime::profile::Profile;
use hearth_runtime::{Engine, SequenceId};
use pollster::block_on;

use crate::args::RunArgs;
use crate::error::CliError;
use crate::model::{Needs, load};
use crate::output::Output;
use crate::progress::{Progress, Unit};

/// Measure how fast a model runs
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    /// Tokens of the prompt; 0 leaves it out
    #[arg(
        short = 'p',
        long = "prompt-tokens",
        value_name = "N",
        default_value_t = 512
    )]
    prompt: usize,
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
struct Measured {
    /// Seconds of each run.
    prefill: Vec<f64>,
    decode: Vec<f64>,
    /// Bytes of weights that decoding one token reads.
    weight_bytes_per_token: u64,
    prefill_profile: Option<Profile>,
    decode_profile: Option<Profile>,
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), CliError> {
    if args.prompt == 0 && args.decode == 0 {
        return Err(CliError::Usage("nothing to measure: -p and -n are both 0"));
    }
    let context = args.depth.saturating_add(args.prompt.max(args.decode));
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
    let measured = measure(&mut engine, args)?;
    let mut output = Output::new();
    if args.json {
        output.json(&report::json(args, &engine, &measured))
    } else {
        output.text(&report::text(args, &engine, &measured))
    }
}

fn measure(engine: &mut Engine, args: &BenchArgs) -> Result<Measured, CliError> {
    prefill(engine, args.depth)?;
    let runs = u64::from(args.repeat) + 1 + u64::from(args.profile);
    let total = runs * (args.prompt + args.decode) as u64;
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
    let mut measured = Measured {
        prefill: Vec::new(),
        decode: Vec::new(),
        weight_bytes_per_token: 0,
        prefill_profile: None,
        decode_profile: None,
    };
    if args.prompt > 0 {
        timed(engine, args.prompt, prefill)?;
        for _ in 0..args.repeat {
            measured.prefill.push(timed(engine, args.prompt, prefill)?);
        }
        if args.profile {
            measured.prefill_profile = profiled(engine, |e| timed(e, args.prompt, prefill))?;
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

/// Append `n` tokens one by one, each with its logits.
fn decode(engine: &mut Engine, n: usize) -> Result<(), CliError> {
    for i in 0..n {
        let token = token(engine, i);
        block_on(engine.step(&[token], &[0]))?;
    }
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
    set_profiling(engine, true);
    work(engine)?;
    let profile = engine
        .device_mut()
        .as_cpu_mut()
        .and_then(|cpu| cpu.profile().cloned());
    set_profiling(engine, false);
    Ok(profile)
}

fn set_profiling(engine: &mut Engine, on: bool) {
    if let Some(cpu) = engine.device_mut().as_cpu_mut() {
        cpu.set_profiling(on);
    }
}

/// Bytes of weights read, without those that are only looked up by row.
fn weight_bytes(profile: &Profile) -> u64 {
    const LOOKUP: &str = "embed";
    let read = profile.operations.iter().filter(|(op, _)| **op != LOOKUP);
    read.map(|(_, cost)| cost.weight_bytes).sum()
}
