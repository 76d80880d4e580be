//! The loader: a state machine that reads a model piece by piece, so that a page can show progress and stop it.
//!
//! [`Loader::open`] reads the header only and plans; nothing large is allocated before the first [`Loader::step`].
//! Each step reads some megabytes of one tensor and lays them out for the kernels, so no tensor is in memory twice.

mod plan;
mod reading;
mod tensor;
mod upload;

use hearth_gguf::{Gguf, ReadAt};
use hearth_graph::passes::Activations;
use hearth_graph::{Bindings, Graph, OUTPUTS, TOKENS};
use hearth_kernels::state::StateLayout;
use hearth_models::{BuildOptions, Description, Hyperparameters, Model, Pooling};
use hearth_simd::Isa;
use hearth_tensor::DType;
use web_time::Instant;

use crate::device::Hardware;
use crate::engine::{Engine, Loaded, ModelInfo};
use crate::error::RuntimeError;
use crate::fingerprint::Fingerprint;
use crate::memory::{MemoryEstimate, available_bytes};
use crate::speculation::MAX_DRAFT;
use crate::vocabulary::Vocabulary;
use plan::{Filling, Plan};
use tensor::read_small;

/// Context that is allocated where nobody asks for another, unless the model was trained for less.
pub const DEFAULT_CONTEXT: usize = 4096;

/// A KV cache that takes no more than this as F32 is F32.
const F32_CACHE_MAX_BYTES: usize = 128 << 20;

/// What is chosen when a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Tokens of context; `None` takes the model's own, up to [`DEFAULT_CONTEXT`].
    pub context: Option<usize>,
    /// Exact or fast arithmetic. A GPU has exact arithmetic only.
    pub activations: Activations,
    /// Element type of the KV cache: F32, F16, or Q8_0 where heads are multiples of 32. `None` takes F32 with exact
    /// arithmetic and for small caches, F16 otherwise.
    pub cache_dtype: Option<DType>,
    /// Conversations whose cache is kept side by side.
    pub sequences: usize,
    /// Tokens of a prompt that one step computes. Stopping takes effect between steps.
    pub chunk: usize,
    /// Rows of logits that one step may ask for. A generation that guesses tokens ahead needs one for each and one more.
    pub max_outputs: usize,
    /// Instruction set; `None` takes the fastest that this machine has.
    pub isa: Option<Isa>,
    /// Bytes that the model may take; `None` asks the system.
    pub memory_limit_bytes: Option<u64>,
    /// Try at the end of loading how many of the pool's threads compute a token fastest, and take as many; otherwise take
    /// all.
    pub tune_threads: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            context: None,
            activations: Activations::Auto,
            cache_dtype: None,
            sequences: 1,
            chunk: 128,
            max_outputs: 1 + MAX_DRAFT,
            isa: None,
            memory_limit_bytes: None,
            tune_threads: true,
        }
    }
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadProgress {
    /// Bytes of tensors laid out.
    pub done_bytes: u64,
    /// Bytes of all tensors.
    pub total_bytes: u64,
}

/// A model being loaded.
pub struct Loader {
    parts: Vec<Box<dyn ReadAt>>,
    gguf: Gguf,
    vocabulary: Result<Vocabulary, RuntimeError>,
    options: LoadOptions,
    info: ModelInfo,
    estimate: MemoryEstimate,
    progress: LoadProgress,
    is_recurrent: bool,
    /// Of the metadata that matter for the states, and of every weight its size and first bytes.
    fingerprint: Fingerprint,
    started: Instant,
    stage: Stage,
}

enum Stage {
    /// `None` only while memory is being taken, and after that failed.
    Planned(Option<Plan>),
    Reading(Filling),
}

impl Loader {
    /// Read the header of a model, given as the parts of a split file or as one, and plan for the hardware.
    pub fn open(
        parts: Vec<Box<dyn ReadAt>>,
        options: LoadOptions,
        hardware: impl Into<Hardware>,
    ) -> Result<Self, RuntimeError> {
        let started = Instant::now();
        let hardware = hardware.into();
        let activations = hardware.activations(options.activations);
        let gguf = parse(&parts)?;
        let description = Description::read(&gguf)?;
        let n_ctx = context(&options, &description.hp)?;
        let n_sequences = options.sequences.max(1);
        let build = BuildOptions {
            n_ctx,
            n_sequences,
            cache_dtype: options.cache_dtype.unwrap_or_else(|| {
                default_cache_dtype(activations, &description.hp, n_ctx * n_sequences)
            }),
        };
        let mut model = description.build(&gguf, build, &|info| read_small(&parts, info))?;
        hardware.optimize(&mut model.graph, activations);
        let is_recurrent = is_recurrent(&model.graph);
        let chunk = if computes_whole_texts(&model.hp) {
            n_ctx
        } else {
            options.chunk.clamp(1, n_ctx)
        };
        let max_outputs = options.max_outputs.clamp(1, chunk);
        let bounds = Bindings::default()
            .with(TOKENS, chunk)
            .with(OUTPUTS, max_outputs);
        let isa = options.isa.unwrap_or(Isa::available()[0]);
        let plan = Plan::new(std::mem::take(&mut model.graph), bounds, hardware, isa)?;

        let vocabulary = Vocabulary::read(&gguf);
        let mut estimate = plan.estimate();
        estimate.working_bytes += vocabulary_bytes(&gguf) + logits_bytes(&model, max_outputs);
        let mut info = ModelInfo::new(&gguf, &model, build, isa, plan.threads(), estimate);
        info.gpu = plan.gpu().map(str::to_owned);
        info.gpu_dispatches = plan.gpu_dispatches();
        let total_bytes = plan.file_bytes(&gguf);
        Ok(Loader {
            info,
            is_recurrent,
            fingerprint: Fingerprint::default(),
            stage: Stage::Planned(Some(plan)),
            progress: LoadProgress {
                done_bytes: 0,
                total_bytes,
            },
            vocabulary,
            estimate,
            options: LoadOptions { chunk, ..options },
            started,
            parts,
            gguf,
        })
    }

    /// What the model is and how it will run.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// What it will need.
    pub fn estimate(&self) -> MemoryEstimate {
        self.estimate
    }

    /// How far it has come.
    pub fn progress(&self) -> LoadProgress {
        self.progress
    }

    /// Read the next piece. Gives true while there is more to do.
    pub async fn step(&mut self) -> Result<bool, RuntimeError> {
        self.check_memory()?;
        let filling = match &mut self.stage {
            Stage::Reading(filling) => filling,
            Stage::Planned(plan) => {
                let Some(plan) = plan.take() else {
                    return Ok(false);
                };
                self.stage = Stage::Reading(plan.allocate().await?);
                return Ok(true);
            }
        };
        let Some(piece) = filling.next_piece(&self.parts, &self.gguf)? else {
            return Ok(false);
        };
        self.progress.done_bytes += piece.bytes;
        if let Some((weight_bytes, sample)) = &piece.first {
            self.fingerprint
                .join(&[&weight_bytes.to_le_bytes(), sample]);
        }
        Ok(true)
    }

    /// Read all that is left and give the engine. Panics after an error of [`Loader::step`].
    pub async fn finish(mut self) -> Result<Engine, RuntimeError> {
        while self.step().await? {}
        let Stage::Reading(filling) = self.stage else {
            panic!("a load that failed cannot be finished")
        };
        let (device, decode_threads) = filling.finish(&self.options)?;
        self.info.decode_threads = decode_threads;
        self.fingerprint.add(self.info.architecture.as_bytes());
        self.fingerprint.add(self.info.cache_type.as_bytes());
        Ok(Engine::new(Loaded {
            device,
            vocabulary: self.vocabulary,
            info: self.info,
            options: self.options,
            is_recurrent: self.is_recurrent,
            load_seconds: self.started.elapsed().as_secs_f64(),
            fingerprint: self.fingerprint.value(),
        }))
    }

    /// Before this process's memory is taken: a load that does not fit stays planned, and says so each time.
    fn check_memory(&self) -> Result<(), RuntimeError> {
        match &self.stage {
            Stage::Planned(Some(plan)) if plan.is_in_own_memory() => {}
            _ => return Ok(()),
        }
        let needed = self.estimate.total_bytes();
        match self.options.memory_limit_bytes.or_else(available_bytes) {
            Some(available) if needed > available => {
                Err(RuntimeError::NotEnoughMemory { needed, available })
            }
            _ => Ok(()),
        }
    }
}

/// The header of a model file, given as the parts of a split file or as one.
pub fn parse(parts: &[Box<dyn ReadAt>]) -> Result<Gguf, RuntimeError> {
    let sources: Vec<&dyn ReadAt> = parts.iter().map(|p| &**p).collect();
    Ok(match sources[..] {
        [source] => Gguf::parse(source)?,
        _ => Gguf::parse_split(&sources)?,
    })
}

/// F32 where it is exact arithmetic that is asked for, or where it costs little; F16 otherwise.
fn default_cache_dtype(activations: Activations, hp: &Hyperparameters, cells: usize) -> DType {
    let bytes = cells.saturating_mul(hp.cache_bytes_per_position());
    let small = bytes <= F32_CACHE_MAX_BYTES;
    if activations == Activations::F32 || small {
        DType::F32
    } else {
        DType::F16
    }
}

fn context(options: &LoadOptions, hp: &Hyperparameters) -> Result<usize, RuntimeError> {
    /// Positions are exact in f32 and i32 far beyond this.
    const MAX: usize = 1 << 22;
    let trained = hp.n_ctx_train;
    let asked = options.context.unwrap_or(trained.min(DEFAULT_CONTEXT));
    if !(1..=MAX).contains(&asked) {
        return Err(RuntimeError::BadContext { asked, max: MAX });
    }
    // An encoder may have learned its positions one by one: there are no others.
    Ok(if hp.causal { asked } else { asked.min(trained) })
}

/// Whether a text must be computed in one step: its tokens see what comes after them, or the result is a mean.
fn computes_whole_texts(hp: &Hyperparameters) -> bool {
    !hp.causal || matches!(hp.pooling, Some(Pooling::Mean | Pooling::Cls))
}

fn is_recurrent(graph: &Graph) -> bool {
    let mut layouts = graph.values().iter().filter_map(|v| StateLayout::of(&v.ty));
    layouts.any(|layout| layout.is_recurrent())
}

/// What the tokenizer takes.
fn vocabulary_bytes(gguf: &Gguf) -> u64 {
    // A token's text lies in the parsed file, in the tokenizer's table, and in its indices.
    const BYTES_PER_TOKEN: u64 = 200;
    let tokens = gguf.metadata().get_strings("tokenizer.ggml.tokens");
    tokens.map_or(0, |tokens| tokens.len() as u64 * BYTES_PER_TOKEN)
}

/// A generation's copy of the logits of a step.
fn logits_bytes(model: &Model, max_outputs: usize) -> u64 {
    if model.hp.pooling.is_some() {
        return 0;
    }
    let rows = max_outputs.min(1 + MAX_DRAFT);
    (rows * model.n_vocab * size_of::<f32>()) as u64
}
