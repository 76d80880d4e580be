//! The table of known architectures, and how a graph is built for a file.

use hearth_gguf::Gguf;
use hearth_graph::{Graph, ValueId, verify};
use hearth_tensor::DType;

use crate::builder::{Builder, ReadTensor};
use crate::error::ModelError;
use crate::hyperparameters::Hyperparameters;
use crate::{LOGITS, llama, qwen2, qwen3};

/// A known architecture.
#[derive(Clone, Copy, Debug)]
pub struct Architecture {
    /// `general.architecture` in the file.
    pub name: &'static str,
    /// Adds the whole model to the builder's graph and gives the logits.
    describe: fn(&mut Builder<'_>) -> Result<ValueId, ModelError>,
}

/// Every architecture that this version knows.
pub const ARCHITECTURES: &[Architecture] = &[
    Architecture {
        name: "llama",
        describe: llama::describe,
    },
    Architecture {
        name: "qwen2",
        describe: qwen2::describe,
    },
    Architecture {
        name: "qwen3",
        describe: qwen3::describe,
    },
];

/// What is chosen when a model is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// Positions of the KV cache, per sequence.
    pub n_ctx: usize,
    /// Sequences that the KV cache holds side by side.
    pub n_sequences: usize,
    /// Element type of the KV cache: F32 or F16.
    pub cache_dtype: DType,
}

/// A graph with what it was built from.
#[derive(Clone, Debug)]
pub struct Model {
    /// From [`crate::inputs`] to [`LOGITS`].
    pub graph: Graph,
    /// The checked metadata.
    pub hp: Hyperparameters,
    /// Entries of the vocabulary: the width of the logits.
    pub n_vocab: usize,
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
        let hp = Hyperparameters::read(gguf.metadata(), architecture.name)?;
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
        let logits = (self.architecture.describe)(&mut builder)?;
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
        graph.output(LOGITS, logits);
        verify(&graph)?;
        Ok(Model { graph, hp, n_vocab })
    }
}
