//! The engine on this machine: an instruction set, a number of threads, a size of steps.

use std::fmt;
use std::fs::File;
use std::path::Path;

use hearth_runtime::gguf::ReadAt;
use hearth_runtime::{
    Activations, Engine, Event, GenerateOptions, Generation, Isa, LoadOptions, Loader, Pool,
    RuntimeError, SequenceId,
};

/// One way to run a model here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Native {
    /// Exact or fast arithmetic.
    pub activations: Activations,
    /// Instruction set.
    pub isa: Isa,
    /// Threads.
    pub threads: usize,
    /// Tokens of a prompt in one step.
    pub chunk: usize,
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

    /// One thread, a prompt in one step.
    fn single(activations: Activations, isa: Isa) -> Native {
        Native {
            activations,
            isa,
            threads: 1,
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
        let pool = Pool::new(self.threads).expect("threads can be spawned");
        Loader::open(parts, options, pool)?.finish()
    }
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
            Event::Prefill { .. } => {}
        }
    }
    Ok((generation.tokens().to_vec(), all))
}
