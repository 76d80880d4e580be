//! The table of known architectures, and how a graph is built for a file.

use hearth_gguf::Gguf;
use hearth_graph::{Graph, ValueId, verify};
use hearth_tensor::DType;

use crate::builder::{Builder, ReadTensor};
use crate::error::ModelError;
use crate::hyperparameters::Hyperparameters;
use crate::{
    RESULT, bert, gemma2, gemma3, gemma4, gpt_oss, granite, lfm2, llama, mistral3, nomic_bert,
    olmo2, phi3, qwen2, qwen3, qwen3moe, qwen35, smollm3,
};

/// Adds a whole model to the builder's graph and gives its result.
type Describe = fn(&mut Builder<'_>) -> Result<ValueId, ModelError>;

/// A known architecture.
#[derive(Clone, Copy, Debug)]
pub struct Architecture {
    /// `general.architecture` in the file.
    pub name: &'static str,
    /// Models that people know it by.
    pub models: &'static str,
    /// True if its tokens see in both directions and its result is an embedding, unless the file says otherwise.
    pub encoder: bool,
    describe: Describe,
}

/// Every architecture that this version knows.
pub const ARCHITECTURES: &[Architecture] = &[
    encoder("bert", "BERT, MiniLM, BGE", bert::describe),
    encoder("gemma-embedding", "EmbeddingGemma", gemma3::describe),
    decoder("gemma2", "Gemma 2", gemma2::describe),
    decoder("gemma3", "Gemma 3", gemma3::describe),
    decoder("gemma4", "Gemma 4", gemma4::describe),
    decoder("gpt-oss", "gpt-oss", gpt_oss::describe),
    decoder("granite", "Granite 3 and 4, dense", granite::describe),
    decoder("lfm2", "LFM2, LFM2.5", lfm2::describe),
    decoder("llama", "Llama 1 to 3, Mistral, TinyLlama", llama::describe),
    decoder("mistral3", "Ministral 3", mistral3::describe),
    encoder("nomic-bert", "Nomic Embed", nomic_bert::describe),
    decoder("olmo2", "Olmo 2, Olmo 3", olmo2::describe),
    decoder("phi3", "Phi 3, Phi 3.5, Phi 4 mini", phi3::describe),
    decoder("qwen2", "Qwen 2, Qwen 2.5", qwen2::describe),
    decoder("qwen3", "Qwen 3, Qwen3-Embedding", qwen3::describe),
    decoder("qwen35", "Qwen 3.5, dense", qwen35::describe),
    decoder("qwen3moe", "Qwen 3, mixture of experts", qwen3moe::describe),
    decoder("smollm3", "SmolLM3", smollm3::describe),
];

const fn decoder(name: &'static str, models: &'static str, describe: Describe) -> Architecture {
    Architecture {
        name,
        models,
        encoder: false,
        describe,
    }
}

const fn encoder(name: &'static str, models: &'static str, describe: Describe) -> Architecture {
    Architecture {
        name,
        models,
        encoder: true,
        describe,
    }
}

/// What is chosen when a model is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// Positions of the KV cache, per sequence.
    pub n_ctx: usize,
    /// Sequences that the KV cache holds side by side.
    pub n_sequences: usize,
    /// Element type of the KV cache: F32, F16, or Q8_0 where heads are multiples of 32.
    pub cache_dtype: DType,
}

/// A graph with what it was built from.
#[derive(Clone, Debug)]
pub struct Model {
    /// From [`crate::inputs`] to [`RESULT`].
    pub graph: Graph,
    /// The checked metadata.
    pub hp: Hyperparameters,
    /// Entries of the vocabulary.
    pub n_vocab: usize,
    /// Width of a result: `n_vocab`, or that of an embedding.
    pub n_result: usize,
}

/// The architecture that a file names, if it is known.
fn architecture_of(gguf: &Gguf) -> Result<&'static Architecture, ModelError> {
    let name = gguf.metadata().get_str("general.architecture")?;
    let unknown = || ModelError::UnknownArchitecture {
        name: name.to_owned(),
        known: ARCHITECTURES.iter().map(|a| a.name).collect(),
    };
    ARCHITECTURES
        .iter()
        .find(|a| a.name == name)
        .ok_or_else(unknown)
}

/// What a file says of itself, read and checked before any choice is made.
#[derive(Clone, Debug)]
pub struct Description {
    /// The architecture that the file names.
    pub architecture: &'static Architecture,
    /// The numbers in its metadata.
    pub hp: Hyperparameters,
}

impl Description {
    /// Read the metadata of a file.
    pub fn read(gguf: &Gguf) -> Result<Self, ModelError> {
        let architecture = architecture_of(gguf)?;
        let hp = Hyperparameters::read(gguf.metadata(), architecture)?;
        Ok(Description { architecture, hp })
    }

    /// Build the graph of the file. `read` gives the elements of small tensors that the architecture itself needs.
    pub fn build(
        self,
        gguf: &Gguf,
        options: BuildOptions,
        read: &ReadTensor<'_>,
    ) -> Result<Model, ModelError> {
        let mut builder = Builder::new(gguf, read, self.hp, options);
        let result = (self.architecture.describe)(&mut builder)?;
        let n_vocab = builder.n_vocab()?;
        let unused = builder.unused();
        if let [example, ..] = unused[..] {
            return Err(ModelError::UnusedTensors {
                architecture: self.architecture.name,
                example: example.to_owned(),
                count: unused.len(),
            });
        }
        let Builder { mut graph, hp, .. } = builder;
        graph.output(RESULT, result);
        let n_result = graph.value(result).ty.cols().unwrap_or(0);
        verify(&graph)?;
        Ok(Model {
            graph,
            hp,
            n_vocab,
            n_result,
        })
    }
}
