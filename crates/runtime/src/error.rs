//! Every failure of the runtime. [`RuntimeError::code`] is stable: programs may rely on it, people read the message.

use hearth_cpu::{ProgramError, StepError};
use hearth_gguf::{GgufError, ReadError};
use hearth_kernels::weight::WeightError;
use hearth_models::ModelError;
use hearth_text::{TemplateError, VocabError};
use hearth_webgpu::GpuError;

use crate::constraint::GrammarError;
use crate::sampling::BadSampling;
use crate::session::SessionError;
use crate::speculation::DraftError;

/// Why loading or generating failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The file is no usable GGUF file.
    #[error("{0}")]
    Gguf(#[from] GgufError),
    /// A tensor could not be read.
    #[error("cannot read tensor {tensor}: {source}")]
    Read {
        /// Its name.
        tensor: String,
        /// Why.
        source: ReadError,
    },
    /// The file is sound, but no model can be made of it.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// A weight's bytes are not usable.
    #[error("tensor {tensor}: {source}")]
    Weight {
        /// Its name.
        tensor: String,
        /// Why.
        source: WeightError,
    },
    /// No program can be made of the graph.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// A step could not run: a defect of this program.
    #[error("{0}")]
    Step(#[from] StepError),
    /// The GPU cannot compute this model, or no longer.
    #[error("{0}")]
    Gpu(#[from] GpuError),
    /// The vocabulary is not usable.
    #[error("{0}")]
    Vocabulary(#[from] VocabError),
    /// The file has no vocabulary.
    #[error("the model file has no tokenizer; give token ids instead of text")]
    NoVocabulary,
    /// The chat template is not usable, or failed on these messages.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// The file has no chat template.
    #[error("the model file has no chat template; use completion instead of chat")]
    NoTemplate,
    /// The model does not fit.
    #[error(
        "the model needs {} MB, but only {} MB of memory are free; close other programs, choose a smaller \
         quantisation, or ask for a shorter context",
        needed / 1_000_000, available / 1_000_000
    )]
    NotEnoughMemory {
        /// Bytes needed.
        needed: u64,
        /// Bytes that may be used.
        available: u64,
    },
    /// The context asked for is not possible.
    #[error("a context of {asked} tokens is not possible; choose between 1 and {max}")]
    BadContext {
        /// Tokens asked for.
        asked: usize,
        /// The largest possible.
        max: usize,
    },
    /// The prompt does not fit into the context.
    #[error(
        "the prompt has {prompt} tokens, but the context holds {context}; shorten it or load the model with a longer context"
    )]
    PromptTooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens of the context.
        context: usize,
    },
    /// The prompt has no tokens at all.
    #[error("the prompt is empty; give at least one token")]
    EmptyPrompt,
    /// A token id that the vocabulary does not have.
    #[error("token {id} does not exist; the vocabulary has {n_vocab} tokens")]
    BadToken {
        /// The id.
        id: u32,
        /// Entries of the vocabulary.
        n_vocab: usize,
    },
    /// A position that the text does not have.
    #[error("position {position} is not in a text of {tokens} tokens; positions count from 0")]
    BadPosition {
        /// The position.
        position: usize,
        /// Tokens of the text.
        tokens: usize,
    },
    /// A sequence that the model was not loaded for.
    #[error("sequence {sequence} does not exist; the model was loaded for {n_sequences}")]
    BadSequence {
        /// The sequence.
        sequence: usize,
        /// Sequences that there are.
        n_sequences: usize,
    },
    /// The model generates text, it has no embeddings.
    #[error(
        "a model of architecture \"{architecture}\" without pooling gives no embeddings; load an embedding model"
    )]
    NoEmbeddings {
        /// Its architecture.
        architecture: String,
    },
    /// The model makes embeddings, it does not generate text.
    #[error(
        "this \"{architecture}\" model makes embeddings and generates no text; use it to embed"
    )]
    NoLogits {
        /// Its architecture.
        architecture: String,
    },
    /// The GPU was lost, and when the model was to be loaded again its file was another.
    #[error(
        "the GPU was lost, and the model's file has changed since it was loaded; load it again"
    )]
    OtherFile,
    /// A saved session cannot be restored.
    #[error("{0}")]
    Session(#[from] SessionError),
    /// A sampling parameter is out of its range.
    #[error("{0}")]
    Sampling(#[from] BadSampling),
    /// No answer can be held to this grammar.
    #[error("{0}")]
    Grammar(#[from] GrammarError),
    /// A model cannot guess for another.
    #[error("{0}")]
    Draft(#[from] DraftError),
}

impl RuntimeError {
    /// Whether the device that computed is gone, so that another one may go on.
    pub fn is_lost_device(&self) -> bool {
        matches!(self, RuntimeError::Gpu(error) if error.is_lost())
    }

    /// A short stable name, the same in every language binding.
    pub fn code(&self) -> &'static str {
        match self {
            RuntimeError::Gguf(GgufError::Read { .. }) | RuntimeError::Read { .. } => "read_failed",
            RuntimeError::Gguf(_) => "bad_file",
            RuntimeError::Model(ModelError::UnknownArchitecture { .. }) => "unknown_architecture",
            RuntimeError::Model(ModelError::UnsupportedTensorType { .. }) => "unsupported_type",
            RuntimeError::Model(ModelError::MissingTensor { .. }) => "missing_tensor",
            RuntimeError::Model(ModelError::CacheBlocks { .. }) => "bad_cache_type",
            RuntimeError::Model(_) | RuntimeError::Weight { .. } | RuntimeError::Program(_) => {
                "bad_model"
            }
            RuntimeError::Step(_) => "internal",
            RuntimeError::Gpu(error) => gpu_code(error),
            RuntimeError::Vocabulary(_) | RuntimeError::NoVocabulary => "bad_vocabulary",
            RuntimeError::Template(_) => "template_failed",
            RuntimeError::NoTemplate => "no_template",
            RuntimeError::NotEnoughMemory { .. } => "not_enough_memory",
            RuntimeError::BadContext { .. } => "bad_context",
            RuntimeError::PromptTooLong { .. } => "prompt_too_long",
            RuntimeError::EmptyPrompt => "empty_prompt",
            RuntimeError::BadToken { .. } => "bad_token",
            RuntimeError::BadPosition { .. } => "bad_position",
            RuntimeError::BadSequence { .. } => "bad_sequence",
            RuntimeError::NoEmbeddings { .. } => "no_embeddings",
            RuntimeError::NoLogits { .. } => "no_logits",
            RuntimeError::OtherFile => "read_failed",
            RuntimeError::Session(SessionError::OtherModel) => "other_model",
            RuntimeError::Session(_) => "bad_session",
            RuntimeError::Sampling(_) => "bad_sampling",
            RuntimeError::Grammar(_) => "bad_grammar",
            RuntimeError::Draft(_) => "bad_draft_model",
        }
    }
}

fn gpu_code(error: &GpuError) -> &'static str {
    match error {
        GpuError::NoAdapter { .. } | GpuError::Software { .. } | GpuError::NoDevice { .. } => {
            "no_gpu"
        }
        GpuError::Kernel { .. } => "unsupported_on_gpu",
        GpuError::TooLarge { .. } | GpuError::OutOfMemory { .. } => "not_enough_memory",
        GpuError::Lost { .. } => "gpu_lost",
        _ => "gpu_failed",
    }
}
