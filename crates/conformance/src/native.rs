//! The engine on this machine: an instruction set, a number of threads, a size of steps.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::OnceLock;

use hearth_kernels::gpu::{Arithmetic, ProductVariant};
use hearth_runtime::gguf::ReadAt;
use hearth_runtime::{
    Activations, Engine, Event, GenerateOptions, Generation, Gpu, GpuError, Hardware, Isa,
    LoadOptions, Loader, Pool, RuntimeError, SequenceId,
};

use crate::case::{self, Case};

/// One way to run a model here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Native {
    /// Exact or fast arithmetic.
    pub activations: Activations,
    /// Instruction set.
    pub isa: Isa,
    /// Threads.
    pub threads: usize,
    /// The GPU instead, in one of its ways.
    pub gpu: Option<ProductVariant>,
    /// Tokens of a prompt in one step.
    pub chunk: usize,
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gpu {
            Some(ProductVariant::PLAIN) => return f.write_str("webgpu"),
            Some(variant) => return write!(f, "webgpu {}", variant.arithmetic),
            None => {}
        }
        write!(f, "{}", self.isa)?;
        if self.threads > 1 {
            write!(f, ", {} threads", self.threads)?;
        }
        Ok(())
    }
}

impl Native {
    /// Every instruction set of this machine, with these activations; two threads and small steps occur as well. Where
    /// there are many instruction sets they share that out, so that a model is not run more often than shows something.
    pub fn all(activations: Activations) -> Vec<Native> {
        let mut all: Vec<Native> = Isa::available()
            .iter()
            .map(|&isa| Self::single(activations, isa))
            .collect();
        if let [fastest, next, _, ..] = &mut all[..] {
            fastest.threads = 2;
            next.chunk = 7;
        } else {
            let fastest = all[0];
            all.push(Native {
                threads: 2,
                chunk: 7,
                ..fastest
            });
        }
        all
    }

    /// The fastest, on one thread and with exact arithmetic.
    pub fn exact() -> Native {
        Self::single(Activations::F32, Isa::best())
    }

    /// The GPU of this machine, software or not, if it has one, in the way that is right on every device.
    pub fn gpu() -> Option<Native> {
        gpu().map(|_| Self::on_gpu(ProductVariant::PLAIN))
    }

    /// Its other ways: each arithmetic beside f32 that it has, with sums over subgroups where it has those.
    pub fn gpu_variants() -> Vec<Native> {
        let variants = |gpu: &Gpu| {
            let features = gpu.features();
            let has = |a: &Arithmetic| *a != Arithmetic::F32 && features.has(*a);
            let variant = |arithmetic| ProductVariant {
                in_step: features.in_step.unwrap_or(1),
                arithmetic,
            };
            let arithmetics = Arithmetic::ALL.into_iter().filter(has);
            arithmetics.map(variant).map(Self::on_gpu).collect()
        };
        gpu().map(variants).unwrap_or_default()
    }

    fn on_gpu(variant: ProductVariant) -> Native {
        Native {
            gpu: Some(variant),
            chunk: 32,
            ..Self::exact()
        }
    }

    /// One thread, a prompt in one step.
    fn single(activations: Activations, isa: Isa) -> Native {
        Native {
            activations,
            isa,
            threads: 1,
            gpu: None,
            chunk: 512,
        }
    }

    /// What a loader is told.
    pub fn options(&self) -> LoadOptions {
        LoadOptions {
            activations: self.activations,
            isa: Some(self.isa),
            chunk: self.chunk,
            max_outputs: self.chunk,
            context: Some(512),
            ..LoadOptions::default()
        }
    }

    /// Load a model file.
    pub fn load(&self, path: &Path) -> Result<Engine, RuntimeError> {
        self.load_with(path, self.options())
    }

    /// Load a model file with options of one's own.
    pub fn load_with(&self, path: &Path, options: LoadOptions) -> Result<Engine, RuntimeError> {
        let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let parts: Vec<Box<dyn ReadAt>> = vec![Box::new(file)];
        pollster::block_on(Loader::open(parts, options, self.hardware())?.finish())
    }

    fn hardware(&self) -> Hardware {
        if let Some(variant) = self.gpu {
            let gpu = gpu().expect("asked for only where there is one");
            return gpu.clone().with_only(variant).into();
        }
        let pool = Pool::new(self.threads).expect("threads can be spawned");
        pool.into()
    }
}

/// The GPU, opened once.
fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    let open = || match pollster::block_on(Gpu::open()) {
        Ok(gpu) => Some(gpu),
        Err(GpuError::NoAdapter { .. }) => None,
        Err(error) => panic!("{error}"),
    };
    GPU.get_or_init(open).as_ref()
}

/// Logits `[tokens, n_vocab]` of a fresh sequence.
pub fn logits(engine: &mut Engine, tokens: &[u32]) -> Vec<f32> {
    engine.truncate(SequenceId(0), 0);
    extend(engine, tokens)
}

/// Logits `[tokens, n_vocab]` of tokens appended to the sequence.
pub fn extend(engine: &mut Engine, tokens: &[u32]) -> Vec<f32> {
    let mut all = Vec::new();
    let evaluated = engine.evaluate(SequenceId(0), tokens, |_, row| all.extend_from_slice(row));
    pollster::block_on(evaluated).expect("reference prompts fit");
    all
}

/// The likeliest `n` tokens after `prompt`, one after the other, through the generation that users get.
pub fn greedy(
    engine: &mut Engine,
    prompt: &[u32],
    n: usize,
) -> Result<(Vec<u32>, String), RuntimeError> {
    let options = GenerateOptions {
        max_tokens: Some(n),
        ignore_eos: true,
        ..GenerateOptions::default()
    };
    let mut generation = Generation::start(engine, SequenceId(0), prompt, options)?;
    let mut all = String::new();
    while let Some(event) = pollster::block_on(generation.next(engine))? {
        match event {
            Event::Token { text, .. } => all += &text,
            Event::Finished(finished) => all += &finished.text,
            Event::Prefill { .. } | Event::Recomputed { .. } => {}
        }
    }
    Ok((generation.tokens().to_vec(), all))
}

/// A model of each kind, attention alone, convolutions and recurrent states, each with the first `n_tokens` of a long text. None
/// where there are no models, or, with a line that says so, no GPU.
pub fn kinds_on_gpu(test: &str, n_tokens: usize) -> Vec<(Case, Vec<u32>)> {
    const KINDS: [&str; 3] = ["qwen3", "lfm2", "qwen35"];
    if Native::gpu().is_none() {
        eprintln!("SKIPPED: {test}: there is no GPU");
        return Vec::new();
    }
    let mut cases = case::zoo();
    cases.retain(|case| KINDS.contains(&case.name.as_str()));
    let with_text = |case: Case| {
        let longest = case.prompts.iter().max_by_key(|p| p.tokens.len());
        let tokens = longest.expect("cases have prompts").tokens[..n_tokens].to_vec();
        (case, tokens)
    };
    cases.into_iter().map(with_text).collect()
}
