//! The ways to run a model that all suites go through, and what they give.

use std::fmt;
use std::path::PathBuf;

use hearth_runtime::Engine;

use crate::browser;
use crate::case::{Arithmetic, Case, Prompt};
use crate::failure::Failure;
use crate::interpreter::Interpreter;
use crate::native::{Native, extend, greedy};

/// One way to run a model.
#[derive(Clone, Debug)]
pub enum Backend {
    /// The kernels' references, node by node. It has no fast arithmetic, and is slow.
    Reference {
        /// Prompts up to so many tokens are computed.
        prompt_tokens: usize,
        /// So many tokens after each.
        greedy_tokens: usize,
    },
    /// The engine on this machine.
    Native(Native),
    /// What a browser recorded with one of the wasm builds.
    Browser {
        /// The build.
        build: String,
        /// Where it was recorded.
        records: PathBuf,
    },
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Backend::Reference { .. } => f.write_str("reference"),
            Backend::Native(native) => native.fmt(f),
            Backend::Browser { build, .. } if build == browser::WEBGPU => {
                f.write_str("webgpu in the browser")
            }
            Backend::Browser { build, .. } if build == browser::WEBGPU_FIREFOX => {
                f.write_str("webgpu in Firefox")
            }
            Backend::Browser { build, .. } => write!(f, "wasm {build}"),
        }
    }
}

/// What a backend gave for one prompt.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Rows of logits, as the wanted positions ask for; or the embedding, as pooled, if the backend tells it, and of
    /// length 1.
    pub rows: Vec<Vec<f32>>,
    /// The likeliest tokens.
    pub greedy: Vec<u32>,
    /// Logits after [`crate::case::Decoded::tokens`], if the backend was asked.
    pub decoded: Option<Vec<f32>>,
}

impl Backend {
    /// Every way to run on this machine.
    pub fn here(arithmetic: Arithmetic) -> Vec<Backend> {
        let natives = Native::all(arithmetic.activations()).into_iter();
        natives.map(Backend::Native).collect()
    }

    /// How much of a case this backend computes: prompts, and greedy tokens after each.
    pub fn share(&self, case: &Case) -> (usize, usize) {
        match *self {
            Backend::Reference {
                prompt_tokens,
                greedy_tokens,
            } => {
                let short = |p: &&Prompt| p.tokens.len() <= prompt_tokens;
                let n_prompts = case.prompts.iter().take_while(short).count();
                (n_prompts, greedy_tokens)
            }
            _ => (case.prompts.len(), usize::MAX),
        }
    }

    /// Run the prompts of a case.
    pub fn run(&self, case: &Case, arithmetic: Arithmetic) -> Result<Vec<Output>, Failure> {
        let (n_prompts, n_greedy) = self.share(case);
        let prompts = &case.prompts[..n_prompts];
        match self {
            Backend::Reference { .. } => {
                let mut model = Interpreter::load(&case.model)?;
                let run = |p| run_reference(&mut model, p, arithmetic, n_greedy);
                prompts.iter().map(run).collect()
            }
            Backend::Native(native) => {
                let mut engine = native.load(&case.model)?;
                let run = |p| run_native(&mut engine, p, arithmetic);
                prompts.iter().map(run).collect()
            }
            Backend::Browser { build, records } => browser::read(records, build, case, arithmetic),
        }
    }
}

fn run_reference(
    model: &mut Interpreter,
    prompt: &Prompt,
    arithmetic: Arithmetic,
    n_greedy: usize,
) -> Result<Output, Failure> {
    let wanted = prompt.wanted(arithmetic);
    let positions = wanted.positions();
    if positions.is_empty() {
        let pooled = model.embed(&prompt.tokens)?;
        let normalised = normalised(&pooled);
        return Ok(Output {
            rows: vec![pooled, normalised],
            ..Output::default()
        });
    }
    let mut with_last = positions.clone();
    with_last.push(prompt.tokens.len() - 1);
    let mut rows = model.logits(&prompt.tokens, &with_last)?;
    let mut last = rows.pop().unwrap_or_default();
    let mut greedy = Vec::new();
    for _ in 0..wanted.greedy.len().min(n_greedy) {
        let likeliest = likeliest(&last);
        greedy.push(likeliest);
        last = model.step(&[likeliest], &[0])?;
    }
    Ok(Output {
        rows,
        greedy,
        decoded: None,
    })
}

fn run_native(
    engine: &mut Engine,
    prompt: &Prompt,
    arithmetic: Arithmetic,
) -> Result<Output, Failure> {
    let wanted = prompt.wanted(arithmetic);
    let positions = wanted.positions();
    let tokens = &prompt.tokens;
    if positions.is_empty() {
        let pooled = pollster::block_on(engine.embed_raw(tokens))?;
        let normalised = pollster::block_on(engine.embed(tokens))?;
        return Ok(Output {
            rows: vec![pooled, normalised],
            ..Output::default()
        });
    }
    let n_vocab = engine.info().n_vocab;
    let rows = pollster::block_on(engine.logits(tokens, &positions))?;
    let decoded = wanted.decoded.as_ref().map(|decoded| {
        let mut last = Vec::new();
        for &token in &decoded.tokens {
            last = extend(engine, &[token]);
        }
        last
    });
    Ok(Output {
        rows: rows.chunks(n_vocab).map(<[f32]>::to_vec).collect(),
        greedy: greedy(engine, tokens, wanted.greedy.len())?.0,
        decoded,
    })
}

fn normalised(x: &[f32]) -> Vec<f32> {
    let squares = x.iter().map(|&v| f64::from(v).powi(2));
    let length = squares.sum::<f64>().sqrt();
    x.iter().map(|&v| (f64::from(v) / length) as f32).collect()
}

fn likeliest(logits: &[f32]) -> u32 {
    let better = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    (0..logits.len()).fold(0, better) as u32
}
