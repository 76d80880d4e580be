//! The loader: a state machine that reads a model piece by piece, so that a page can show progress and stop it.
//!
//! [`Loader::open`] reads the header only and plans; nothing large is allocated before the first [`Loader::step`].
//! Each step reads some megabytes of one tensor and lays them out for the kernels, so no tensor is in memory twice.

mod fitting;
mod plan;
mod reading;
mod tensor;
mod upload;

use std::rc::Rc;

use hearth_gguf::{Gguf, ReadAt};
use hearth_graph::passes::Activations;
use hearth_simd::Isa;
use hearth_tensor::DType;
use web_time::Instant;

use crate::device::Hardware;
use crate::engine::{Engine, Loaded, ModelInfo, Origin};
use crate::error::RuntimeError;
use crate::fingerprint::Fingerprint;
use crate::memory::MemoryEstimate;
use crate::speculation::MAX_DRAFT;
use crate::vocabulary::Vocabulary;
use fitting::{Fitting, Planned, Source};
use plan::{Filling, Plan};

pub use fitting::{DEFAULT_CONTEXT, LEAST_CONTEXT};

/// What is chosen when a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Tokens of context; `None` takes the model's own, up to [`DEFAULT_CONTEXT`]. Where the model does not fit it is shortened,
    /// down to [`LEAST_CONTEXT`]; [`ModelInfo::notes`] says so.
    pub context: Option<usize>,
    /// Exact or fast arithmetic. On a GPU fast arithmetic is what goes right and is fastest there.
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
    /// Bytes that the model may take; `None` asks the system. A GPU does not tell how much it has: there `None` tries.
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
    fitting: Fitting,
    info: ModelInfo,
    progress: LoadProgress,
    is_recurrent: bool,
    chunk: usize,
    /// Of the metadata that matter for the states, and of every weight its size and first bytes.
    fingerprint: Fingerprint,
    started: Instant,
    /// Whether a device was lost already.
    has_lost: bool,
    stage: Stage,
}

enum Stage {
    /// `None` only while memory is being taken, and after a GPU failed for good.
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
        let gguf = parse(&parts)?;
        let source = Source {
            parts: &parts,
            gguf: &gguf,
            options: &options,
        };
        let mut fitting = Fitting::new(hardware.into(), source)?;
        let planned = fitting.fit(source)?;
        Ok(Loader {
            progress: progress(&planned, &gguf),
            info: planned.info,
            is_recurrent: planned.is_recurrent,
            chunk: planned.chunk,
            stage: Stage::Planned(Some(planned.plan)),
            fingerprint: Fingerprint::default(),
            vocabulary: Vocabulary::read(&gguf),
            has_lost: false,
            fitting,
            options,
            started,
            parts,
            gguf,
        })
    }

    /// What the model is and how it will run. [`Loader::step`] may still find that it must be otherwise.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// What it will need.
    pub fn estimate(&self) -> MemoryEstimate {
        self.info.memory
    }

    /// How far it has come.
    pub fn progress(&self) -> LoadProgress {
        self.progress
    }

    /// Read the next piece. Gives true while there is more to do. A GPU that is lost, or has too little memory, lets it begin again:
    /// on another device, or with a smaller plan.
    pub async fn step(&mut self) -> Result<bool, RuntimeError> {
        match self.advance().await {
            Err(error @ RuntimeError::Gpu(_)) => self.begin_again(error).await,
            done => done,
        }
    }

    async fn advance(&mut self) -> Result<bool, RuntimeError> {
        self.check_memory()?;
        let filling = match &mut self.stage {
            Stage::Reading(filling) => filling,
            Stage::Planned(plan) => {
                let Some(plan) = plan.take() else {
                    return Ok(false);
                };
                self.stage = Stage::Reading(plan.allocate(&self.options).await?);
                return Ok(true);
            }
        };
        let Some(piece) = filling.next_piece(&self.parts, &self.gguf)? else {
            filling.ready().await?;
            return Ok(false);
        };
        self.progress.done_bytes += piece.bytes;
        if let Some((weight_bytes, sample)) = &piece.first {
            self.fingerprint
                .join(&[&weight_bytes.to_le_bytes(), sample]);
        }
        Ok(true)
    }

    /// After an error of the GPU.
    async fn begin_again(&mut self, error: RuntimeError) -> Result<bool, RuntimeError> {
        let source = Source {
            parts: &self.parts,
            gguf: &self.gguf,
            options: &self.options,
        };
        let is_first_loss = error.is_lost_device() && !self.has_lost;
        self.has_lost |= is_first_loss;
        // What the failed plan has of the device goes with it.
        self.stage = Stage::Planned(None);
        if !is_first_loss && !self.fitting.go_smaller(&error, source)? {
            return Err(error);
        }
        self.fitting.reopen(source).await?;
        let planned = self.fitting.fit(source)?;
        self.progress = progress(&planned, &self.gguf);
        self.fingerprint = Fingerprint::default();
        self.info = planned.info;
        self.chunk = planned.chunk;
        self.is_recurrent = planned.is_recurrent;
        self.stage = Stage::Planned(Some(planned.plan));
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
        self.info.notes.extend(device.notes());
        self.fingerprint.add(self.info.architecture.as_bytes());
        self.fingerprint.add(self.info.cache_type.as_bytes());
        let options = LoadOptions {
            chunk: self.chunk,
            ..self.options
        };
        let origin = self.info.gpu.is_some().then(|| Origin {
            parts: self.parts.into_iter().map(Rc::new).collect(),
            options: self.fitting.fixed(&options),
            pool: self.fitting.into_pool(),
        });
        Ok(Engine::new(Loaded {
            device,
            vocabulary: self.vocabulary,
            info: self.info,
            options,
            is_recurrent: self.is_recurrent,
            load_seconds: self.started.elapsed().as_secs_f64(),
            fingerprint: self.fingerprint.value(),
            origin,
        }))
    }

    /// Before memory is taken: a load that does not fit stays planned, and says so each time.
    fn check_memory(&self) -> Result<(), RuntimeError> {
        match &self.stage {
            Stage::Planned(Some(plan)) => {
                fitting::check_memory(plan, self.info.memory, &self.options)
            }
            _ => Ok(()),
        }
    }
}

fn progress(planned: &Planned, gguf: &Gguf) -> LoadProgress {
    LoadProgress {
        done_bytes: 0,
        total_bytes: planned.plan.file_bytes(gguf),
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
