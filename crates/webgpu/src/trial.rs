//! Trust: before a device computes a model, it answers questions whose answers are known, in each way that its features allow. Ways
//! that go wrong are left out and named; of those that go right the fastest is taken. A device of which the plain way goes wrong
//! is not used.
//!
//! What came of it is kept by adapter and by the text of the shaders, see [`Gpu::record`]: a driver's or a kernel's change asks
//! again.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::time::Duration;

use hearth_kernels::gpu::{Arithmetic, GpuConfig, ProductVariant};
use hearth_tensor::DType;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::device::{Gpu, lock};
use crate::error::GpuError;
use crate::executor::GpuExecutor;
use crate::features::Features;
use crate::program::GpuProgram;
use question::{Inputs, Question};

mod question;

/// Another way must take less than this share of the plain one's time.
const WORTH_IT: f64 = 0.95;
/// What a batch takes at least beside the wait for its end, unless it is long anyway, and the largest one.
const BATCH: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_millis(150);
const MAX_REPEATS: usize = 256;

/// What came of a kernel in one of its ways on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The kernel.
    pub kernel: String,
    /// The way: `plain`, or what it uses.
    pub variant: String,
    /// A digest of its shaders.
    shaders: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answers are right.
    Right {
        /// What it takes, where there was a choice.
        seconds: Option<Seconds>,
    },
    /// Left out.
    Wrong {
        /// What was wrong.
        reason: String,
    },
}

/// What a kernel takes on a device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// For one row of activations.
    pub few: f64,
    /// For many.
    pub many: f64,
}

/// Trials of one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trials {
    /// The adapter, with its driver and what shaders may use.
    adapter: String,
    trials: Vec<Trial>,
}

impl Trials {
    /// None yet.
    pub(crate) fn of(adapter: &wgpu::AdapterInfo, features: &Features) -> Self {
        let wgpu::AdapterInfo {
            name,
            vendor,
            device,
            driver,
            driver_info,
            ..
        } = adapter;
        Trials {
            adapter: format!("{name} {vendor:x}:{device:x} {driver} {driver_info} {features:?}"),
            trials: Vec::new(),
        }
    }

    fn find(&self, question: &Question, variant: ProductVariant, shaders: &str) -> Option<&Trial> {
        let mut trials = self.trials.iter();
        trials.find(|trial| {
            trial.kernel == question.kernel
                && trial.variant == name(variant)
                && trial.shaders == shaders
        })
    }
}

impl Gpu {
    /// What is known of this device, as JSON: for [`Gpu::remember`], in another run of the program.
    pub fn record(&self) -> String {
        serde_json::to_string(&*lock(&self.trials)).expect("plain data")
    }

    /// Take up what [`Gpu::record`] gave; that of another adapter, or of another version, is left alone.
    pub fn remember(&self, record: &str) {
        let mut trials = lock(&self.trials);
        if let Ok(known) = serde_json::from_str::<Trials>(record)
            && known.adapter == trials.adapter
        {
            *trials = known;
        }
    }

    /// What was tried on this device.
    pub fn trials(&self) -> Vec<Trial> {
        lock(&self.trials).trials.clone()
    }

    /// What was tried on this device of what a program uses.
    pub fn trials_of(&self, program: &GpuProgram) -> Vec<Trial> {
        let kernels = question::kernels_of(program);
        let mut trials = self.trials();
        trials.retain(|trial| kernels.contains(&trial.kernel));
        trials
    }

    /// How to compute with weights and caches of these types, and in these ways beside f32. What is not known is tried.
    pub async fn try_out(
        &self,
        dtypes: &[DType],
        caches: &[DType],
        arithmetics: &[Arithmetic],
    ) -> Result<GpuConfig, GpuError> {
        let mut config = GpuConfig::LEAST;
        config.in_step = self.choose(&Question::sums(), &[]).await?.in_step;
        for &cache in caches {
            self.choose(&Question::attention(cache), &[]).await?;
        }
        for &dtype in dtypes {
            let takes = |a: &&Arithmetic| a.takes(dtype) && self.features().has(**a);
            let arithmetics: Vec<_> = arithmetics.iter().filter(takes).copied().collect();
            let question = Question::product(dtype);
            let variant = self.choose(&question, &arithmetics).await?;
            config.products.push((dtype, variant));
        }
        Ok(config)
    }

    /// The fastest way that goes right.
    async fn choose(
        &self,
        question: &Question,
        arithmetics: &[Arithmetic],
    ) -> Result<ProductVariant, GpuError> {
        let plain = self.only.unwrap_or(ProductVariant::PLAIN);
        let others = match self.only {
            Some(_) => Vec::new(),
            None if question.has_ways => self.variants(arithmetics),
            None => Vec::new(),
        };
        let is_timed = !others.is_empty();
        let seconds = match self.trial(question, plain, is_timed).await?.outcome {
            Outcome::Wrong { reason } => return Err(question.wrong(reason)),
            Outcome::Right { seconds } => seconds,
        };
        let Some(Seconds { few, many }) = seconds.filter(|_| is_timed) else {
            return Ok(plain);
        };
        let mut best = plain;
        let (mut few, mut many) = (few * WORTH_IT, many * WORTH_IT);
        for &variant in &others {
            let outcome = self.trial(question, variant, is_timed).await?.outcome;
            let Outcome::Right {
                seconds: Some(took),
            } = outcome
            else {
                continue;
            };
            if took.few < few {
                (few, best.in_step) = (took.few, variant.in_step);
            }
            if took.many < many {
                (many, best.arithmetic) = (took.many, variant.arithmetic);
            }
        }
        // Of two ways the best of each is a third.
        match self.trial(question, best, false).await?.outcome {
            Outcome::Right { .. } => Ok(best),
            Outcome::Wrong { .. } => Ok(plain),
        }
    }

    /// The ways beside the plain one: each that the device's features allow occurs in one of them.
    fn variants(&self, arithmetics: &[Arithmetic]) -> Vec<ProductVariant> {
        let in_step = self.features().in_step;
        let mut others = arithmetics.to_vec();
        if others.is_empty() && in_step.is_some() {
            others.push(Arithmetic::F32);
        }
        let variant = |arithmetic| ProductVariant {
            in_step: in_step.unwrap_or(1),
            arithmetic,
        };
        others.into_iter().map(variant).collect()
    }

    /// What comes of a question, asked in one way: now, or before.
    async fn trial(
        &self,
        question: &Question,
        variant: ProductVariant,
        is_timed: bool,
    ) -> Result<Trial, GpuError> {
        let program = question.program(variant)?;
        let shaders = digest(&program);
        let is_enough = |known: &&Trial| {
            !is_timed || !matches!(known.outcome, Outcome::Right { seconds: None })
        };
        let known = lock(&self.trials)
            .find(question, variant, &shaders)
            .cloned();
        if let Some(known) = known.as_ref().filter(is_enough) {
            return Ok(known.clone());
        }
        let outcome = match self.ask(question, variant, program, is_timed).await {
            Ok(outcome) => outcome,
            // The device itself is gone or full: that says nothing of the kernel.
            Err(error @ GpuError::OutOfMemory { .. }) => return Err(error),
            Err(error) if error.is_lost() || self.is_lost() => return Err(self.failed(error)),
            Err(error) => Outcome::Wrong {
                reason: error.to_string(),
            },
        };
        let trial = Trial {
            kernel: question.kernel.clone(),
            variant: name(variant),
            shaders,
            outcome,
        };
        let trials = &mut lock(&self.trials).trials;
        // Also what was said of other shaders.
        trials.retain(|old| old.kernel != trial.kernel || old.variant != trial.variant);
        trials.push(trial.clone());
        Ok(trial)
    }

    async fn ask(
        &self,
        question: &Question,
        variant: ProductVariant,
        program: GpuProgram,
        is_timed: bool,
    ) -> Result<Outcome, GpuError> {
        let mut asked = Asked {
            executor: question.executor(self, program).await?,
        };
        for tokens in &question.steps {
            let got = asked.answer(tokens).await?;
            if let Err(reason) = question.check(variant, tokens, got) {
                return Ok(Outcome::Wrong { reason });
            }
        }
        if !is_timed {
            return Ok(Outcome::Right { seconds: None });
        }
        let seconds = Seconds {
            few: asked.seconds(0..1).await?,
            many: asked.seconds(question::MANY).await?,
        };
        Ok(Outcome::Right {
            seconds: Some(seconds),
        })
    }
}

/// A question's program on the device.
struct Asked {
    executor: GpuExecutor,
}

impl Asked {
    /// The answer for these tokens.
    async fn answer(&mut self, tokens: &Range<usize>) -> Result<&[f32], GpuError> {
        self.repeat(tokens, 1).await?;
        let bindings = question::bindings(tokens.len());
        self.executor.output(question::ANSWER, &bindings).await
    }

    /// Do it so many times, and wait for the end.
    async fn repeat(&mut self, tokens: &Range<usize>, times: usize) -> Result<Duration, GpuError> {
        let bindings = question::bindings(tokens.len());
        let inputs = Inputs::of(tokens);
        let started = Instant::now();
        for _ in 0..times {
            self.executor.run(&inputs.named(), &bindings)?;
        }
        self.executor.output(question::ANSWER, &bindings).await?;
        Ok(started.elapsed())
    }

    /// Seconds of one time, without what its end takes to be seen: in a browser that may be 100 ms.
    async fn seconds(&mut self, tokens: Range<usize>) -> Result<f64, GpuError> {
        let unseen = self.repeat(&tokens, 0).await?;
        let mut times = 1;
        loop {
            let seconds = (self.repeat(&tokens, times).await?).saturating_sub(unseen);
            let is_long = seconds > BATCH + 2 * unseen || seconds > LONG;
            if is_long || times >= MAX_REPEATS {
                return Ok(seconds.as_secs_f64() / times as f64);
            }
            times *= 4;
        }
    }
}

fn name(variant: ProductVariant) -> String {
    let mut uses = Vec::new();
    if variant.in_step > 1 {
        uses.push(format!("{} in step", variant.in_step));
    }
    if variant.arithmetic != Arithmetic::F32 {
        uses.push(variant.arithmetic.to_string());
    }
    if uses.is_empty() {
        uses.push("plain".to_owned());
    }
    uses.join(", ")
}

fn digest(program: &GpuProgram) -> String {
    let mut hasher = DefaultHasher::new();
    for kernel in &program.kernels {
        for stage in kernel.stages() {
            stage.shader.hash(&mut hasher);
        }
    }
    format!("{:016x}", hasher.finish())
}
