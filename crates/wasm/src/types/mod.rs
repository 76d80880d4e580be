//! What crosses the boundary as plain objects. The TypeScript types are generated from these.

mod profile;
mod run;
mod self_test;

use hearth_runtime as runtime;
use serde::{Deserialize, Serialize};
use tsify::Tsify;

pub use profile::{Cost, LayerCost, OperationCost, Profile};
pub use run::{RunContext, RunKind};
pub use self_test::{KernelCheck, SelfTest};

/// What is chosen when a model is loaded.
#[derive(Clone, Debug, Default, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadOptions {
    /// Tokens of context; without it the model's own, up to 4096.
    #[tsify(optional)]
    pub context_length: Option<usize>,
    /// `f32`: exact arithmetic on dequantised weights, for tests and doubts. `auto`: the fast path.
    #[tsify(optional)]
    pub activations: Option<Activations>,
    /// Tokens of a prompt that are computed in one step; without it 64 or, of models of more than a gigabyte, 32. Stopping
    /// takes effect between steps.
    #[tsify(optional)]
    pub chunk_tokens: Option<usize>,
    /// Element type of the KV cache; without it `f32` where the cache is small or arithmetic exact, `f16` otherwise.
    #[tsify(optional)]
    pub cache_type: Option<CacheType>,
    /// Bytes that the model may take; without it as many as there are. What does not fit makes way for a shorter context, then for
    /// a smaller cache, then, with the device `auto`, for the CPU: `notes` of the model's info say so.
    #[tsify(optional)]
    pub memory_limit_bytes: Option<u64>,
    /// Whether to try at the end of loading how many threads compute a token fastest, and to take as many. Without it
    /// that is done unless a number of threads was asked for.
    #[tsify(optional)]
    pub tune_threads: Option<bool>,
}

/// Element type of the KV cache.
#[derive(Clone, Copy, Debug, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum CacheType {
    /// Four bytes an element.
    F32,
    /// Two bytes an element.
    F16,
    /// A byte an element, in blocks of 32; not for models whose heads are no multiple of that.
    #[serde(rename = "q8_0")]
    Q8_0,
}

impl From<CacheType> for runtime::DType {
    fn from(choice: CacheType) -> Self {
        match choice {
            CacheType::F32 => runtime::DType::F32,
            CacheType::F16 => runtime::DType::F16,
            CacheType::Q8_0 => runtime::DType::Q8_0,
        }
    }
}

/// Exact or fast arithmetic.
#[derive(Clone, Copy, Debug, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum Activations {
    /// Dequantised weights, f32 activations.
    F32,
    /// Activations may be rounded to 8 bits per block.
    Auto,
}

/// Tokens of a prompt that one step of a small and of a large model computes in a tab: stopping takes effect between
/// steps, and a step on one thread should take no more than a second or so.
const CHUNK_TOKENS: [usize; 2] = [64, 32];
/// Files of small models are no larger.
const SMALL_MODEL_BYTES: u64 = 1 << 30;

impl LoadOptions {
    /// The same for a model whose files have so many bytes.
    pub(crate) fn for_files(self, bytes: u64) -> runtime::LoadOptions {
        let default = runtime::LoadOptions::default();
        let [small, large] = CHUNK_TOKENS;
        let chunk = if bytes <= SMALL_MODEL_BYTES {
            small
        } else {
            large
        };
        runtime::LoadOptions {
            context: self.context_length,
            activations: self
                .activations
                .map_or(default.activations, |choice| match choice {
                    Activations::F32 => runtime::Activations::F32,
                    Activations::Auto => runtime::Activations::Auto,
                }),
            chunk: self.chunk_tokens.unwrap_or(chunk),
            cache_dtype: self.cache_type.map(Into::into),
            memory_limit_bytes: self.memory_limit_bytes,
            tune_threads: self.tune_threads.unwrap_or(default.tune_threads),
            ..default
        }
    }
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct LoadProgress {
    /// Bytes of tensors laid out.
    pub done_bytes: u64,
    /// Bytes of all tensors.
    pub total_bytes: u64,
}

impl From<runtime::LoadProgress> for LoadProgress {
    fn from(progress: runtime::LoadProgress) -> Self {
        LoadProgress {
            done_bytes: progress.done_bytes,
            total_bytes: progress.total_bytes,
        }
    }
}

/// What a model is and how it runs here.
#[derive(Clone, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    /// The architecture's name in the file, such as `llama`.
    pub architecture: String,
    /// The model's name, if the file has one.
    #[tsify(optional)]
    pub name: Option<String>,
    /// Weights, counted.
    pub parameters: u64,
    /// Bytes of all weights in the file.
    pub tensor_bytes: u64,
    /// Transformer blocks.
    pub layers: usize,
    /// Entries of the vocabulary.
    pub vocabulary_size: usize,
    /// Context that the model was trained for, in tokens.
    pub trained_context_length: usize,
    /// Context that is allocated here, in tokens.
    pub context_length: usize,
    /// Element type of the KV cache.
    pub cache_type: String,
    /// Instruction set of the kernels.
    pub isa: String,
    /// The GPU that computes; `undefined` where the CPU does.
    pub gpu: Option<String>,
    /// Dispatches that a decoded token takes there.
    pub gpu_dispatches: Option<usize>,
    /// Threads that compute.
    pub threads: usize,
    /// Those of them that compute a single token: as many as are fastest.
    pub decode_threads: usize,
    /// Whether the file has a chat template. Without one it completes text.
    pub has_chat_template: bool,
    /// How the rows of a text become its vector; not there for models that write text.
    #[tsify(optional, type = "\"mean\" | \"cls\" | \"last\"")]
    pub pooling: Option<runtime::Pooling>,
    /// Memory that it needs.
    pub memory: MemoryEstimate,
    /// What is otherwise than asked for, or than it would be with more memory: tell the person.
    pub notes: Vec<Note>,
}

/// Something that was decided for the person.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct Note {
    /// What.
    pub code: NoteCode,
    /// What and why, for people.
    pub message: String,
}

/// What was decided.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// The context is shorter.
    ShorterContext,
    /// The KV cache has a smaller element type.
    SmallerCache,
    /// The CPU computes in place of the GPU.
    OnCpu,
    /// The GPU gets one way of computing wrong, which is left out.
    LeftOut,
    /// Something that this binding does not know.
    Other,
}

impl From<&runtime::Note> for Note {
    fn from(note: &runtime::Note) -> Self {
        Note {
            code: match note {
                runtime::Note::ShorterContext { .. } => NoteCode::ShorterContext,
                runtime::Note::SmallerCache { .. } => NoteCode::SmallerCache,
                runtime::Note::OnCpu { .. } => NoteCode::OnCpu,
                runtime::Note::LeftOut { .. } => NoteCode::LeftOut,
                _ => NoteCode::Other,
            },
            message: note.to_string(),
        }
    }
}

/// Bytes of memory by purpose.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct MemoryEstimate {
    /// Weights, as the kernels read them.
    pub weights_bytes: u64,
    /// KV cache and other state, for the whole context.
    pub state_bytes: u64,
    /// Intermediate values, scratch memory, the tokenizer.
    pub working_bytes: u64,
}

impl From<&runtime::ModelInfo> for ModelInfo {
    fn from(info: &runtime::ModelInfo) -> Self {
        ModelInfo {
            architecture: info.architecture.clone(),
            name: info.name.clone(),
            parameters: info.parameters,
            tensor_bytes: info.tensor_bytes,
            layers: info.n_layers,
            vocabulary_size: info.n_vocab,
            trained_context_length: info.n_ctx_train,
            context_length: info.n_ctx,
            cache_type: info.cache_type.clone(),
            isa: info.isa.clone(),
            gpu: info.gpu.clone(),
            gpu_dispatches: info.gpu_dispatches,
            threads: info.threads,
            decode_threads: info.decode_threads,
            has_chat_template: info.has_chat_template,
            pooling: info.pooling,
            notes: info.notes.iter().map(Into::into).collect(),
            memory: MemoryEstimate {
                weights_bytes: info.memory.weights_bytes,
                state_bytes: info.memory.state_bytes,
                working_bytes: info.memory.working_bytes,
            },
        }
    }
}
