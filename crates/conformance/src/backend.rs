//! The ways to run a model that all suites go through.

use std::fmt;
use std::fs::File;
use std::path::Path;

use hearth_runtime::gguf::ReadAt;
use hearth_runtime::{
    Activations, Engine, Event, GenerateOptions, Generation, Isa, LoadOptions, Loader, Pool,
    RuntimeError, SequenceId,
};

/// One way to run a model.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// Exact or fast arithmetic.
    pub activations: Activations,
    /// Instruction set.
    pub isa: Isa,
    /// Threads.
    pub threads: usize,
    /// Tokens of a prompt in one step.
    pub chunk: usize,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Backend {
            activations,
            isa,
            threads,
            chunk,
        } = self;
        write!(
            f,
            "{activations:?}/{isa:?}/{threads} threads/chunks of {chunk}"
        )
    }
}

impl Backend {
    /// Every instruction set of this machine, with these activations. The fastest one also with two threads, which
    /// must not change a bit.
    pub fn all(activations: Activations) -> Vec<Backend> {
        let single = |&isa| Backend {
            activations,
            isa,
            threads: 1,
            chunk: 512,
        };
        let mut all: Vec<Backend> = Isa::available().iter().map(single).collect();
        all.push(Backend {
            threads: 2,
            chunk: 7,
            ..all[0]
        });
        all
    }

    /// Load a model file.
    pub fn load(&self, path: &Path) -> Result<Engine, RuntimeError> {
        let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let parts: Vec<Box<dyn ReadAt>> = vec![Box::new(file)];
        let options = LoadOptions {
            activations: self.activations,
            isa: Some(self.isa),
            chunk: self.chunk,
            max_outputs: self.chunk,
            context: Some(512),
            ..LoadOptions::default()
        };
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
pub fn greedy(engine: &mut Engine, prompt: &[u32], n: usize) -> (Vec<u32>, String) {
    let options = GenerateOptions {
        max_tokens: Some(n),
        ignore_eos: true,
        ..GenerateOptions::default()
    };
    let mut generation =
        Generation::start(engine, SequenceId(0), prompt, options).expect("reference prompts fit");
    let mut all = String::new();
    while let Some(event) = pollster::block_on(generation.next(engine)).expect("generation goes on")
    {
        match event {
            Event::Token { text, .. } => all += &text,
            Event::Finished(finished) => all += &finished.text,
            Event::Prefill { .. } => {}
        }
    }
    (generation.tokens().to_vec(), all)
}
