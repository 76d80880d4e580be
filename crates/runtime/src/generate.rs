//! Generation as a state machine: each call of [`Generation::next`] does one step of work and gives one event.
//!
//! Whoever drives it may stop between any two events: the cache then holds just the tokens computed so far, and the
//! next prompt reuses what it has in common with them. Text comes in whole characters, and never a part of what may
//! turn out to be a stop string.

use std::sync::Arc;

use hearth_text::output::{Event as OutputEvent, OutputParser};
use hearth_text::{StopMatcher, StreamDecoder};
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::engine::{Engine, SequenceId, StepToken};
use crate::error::RuntimeError;
use crate::sampling::{Sampler, Sampling};
use crate::vocabulary::Vocabulary;

/// What is asked of a generation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerateOptions {
    /// Tokens to generate at most; `None` goes on until the model ends or the context is full.
    pub max_tokens: Option<usize>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Texts that end the answer; they are not part of it.
    pub stop: Vec<String>,
    /// Go on after the model's own end token.
    pub ignore_eos: bool,
    /// Tell reasoning, answer and calls of tools apart, by the form that the model's chat template shows. Texts then
    /// have special tokens in them, since these mark the parts; `output` has what they mean.
    pub typed: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A part of the prompt was computed.
    Prefill {
        /// Tokens of the prompt that are in the cache.
        done_tokens: usize,
        /// Tokens of the prompt.
        total_tokens: usize,
    },
    /// A token was generated.
    Token {
        /// Its id.
        id: u32,
        /// Text that became certain with it; may be empty.
        text: String,
        /// What that text means, if the generation is typed.
        #[serde(skip)]
        output: Vec<OutputEvent>,
    },
    /// The generation is over. No event follows.
    Finished(Finished),
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model's end token, or a stop text.
    Stop,
    /// `max_tokens`, or the end of the context.
    Length,
    /// [`Generation::cancel`].
    Cancelled,
}

/// The end of a generation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finished {
    /// Why.
    pub reason: FinishReason,
    /// Text that was held back until now.
    pub text: String,
    /// What the last of the text means, if the generation is typed.
    #[serde(skip)]
    pub output: Vec<OutputEvent>,
    /// Tokens.
    pub usage: Usage,
    /// Times.
    pub timings: Timings,
}

/// Tokens of a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those of them that were in the cache already.
    pub cached_tokens: usize,
    /// Tokens generated, an end token included.
    pub completion_tokens: usize,
}

/// Speed of a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timings {
    /// Seconds from opening the file to the end of loading.
    pub load_s: f64,
    /// Seconds from the start to the first token.
    pub first_token_s: f64,
    /// Prompt tokens computed, per second.
    pub prefill_tokens_per_s: f64,
    /// Tokens computed after the first one, per second.
    pub decode_tokens_per_s: f64,
}

/// A generation under way.
#[derive(Debug)]
pub struct Generation {
    sequence: SequenceId,
    prompt: Vec<u32>,
    options: GenerateOptions,
    sampler: Sampler,
    vocabulary: Option<Arc<Vocabulary>>,
    decoder: StreamDecoder,
    stops: StopMatcher,
    parser: Option<OutputParser>,
    /// Prompt and generated tokens.
    seen: Vec<u32>,
    logits: Vec<f32>,
    stage: Stage,
    usage: Usage,
    clock: Clock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Prompt tokens are still to be computed.
    Prefill,
    /// Logits are there, a token is to be chosen.
    Sample,
    /// The newest token is to be computed.
    Decode,
    /// Nothing is left but to say so.
    Ending(FinishReason),
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Clock {
    started: Instant,
    prefilled: Instant,
    latest: Instant,
}

impl Generation {
    /// Begin to answer `prompt` in `sequence`, reusing what its cache has in common with it.
    pub fn start(
        engine: &mut Engine,
        sequence: SequenceId,
        prompt: &[u32],
        options: GenerateOptions,
    ) -> Result<Self, RuntimeError> {
        if prompt.is_empty() {
            return Err(RuntimeError::EmptyPrompt);
        }
        engine.info().check_length(prompt.len())?;
        engine.check_generates()?;
        engine.check_tokens(prompt)?;
        let cached = engine
            .cached(sequence)
            .iter()
            .zip(prompt)
            .take_while(|(a, b)| a == b)
            .count();
        // The last token is always computed, for its logits.
        let cached_tokens = engine.truncate(sequence, cached.min(prompt.len() - 1));
        let now = Instant::now();
        let vocabulary = engine.vocabulary().ok();
        let typed = vocabulary.as_ref().filter(|_| options.typed);
        let parser =
            typed.map(|v| OutputParser::after_prompt(v.output_format(), &v.end_of(prompt)));
        Ok(Generation {
            sampler: Sampler::new(options.sampling.clone())?,
            decoder: StreamDecoder::new(options.typed),
            vocabulary,
            parser,
            stops: StopMatcher::new(options.stop.iter().cloned()),
            seen: prompt.to_vec(),
            prompt: prompt.to_vec(),
            logits: Vec::new(),
            stage: if options.max_tokens == Some(0) {
                Stage::Ending(FinishReason::Length)
            } else {
                Stage::Prefill
            },
            usage: Usage {
                prompt_tokens: prompt.len(),
                cached_tokens,
                completion_tokens: 0,
            },
            clock: Clock {
                started: now,
                prefilled: now,
                latest: now,
            },
            sequence,
            options,
        })
    }

    /// End the generation: the next event is its end.
    pub fn cancel(&mut self) {
        if self.stage != Stage::Over {
            self.stage = Stage::Ending(FinishReason::Cancelled);
        }
    }

    /// Tokens generated so far.
    pub fn tokens(&self) -> &[u32] {
        &self.seen[self.prompt.len()..]
    }

    /// Do one step of work; `None` after the end.
    pub async fn next(&mut self, engine: &mut Engine) -> Result<Option<Event>, RuntimeError> {
        match self.stage {
            Stage::Prefill => self.prefill(engine).await.map(Some),
            Stage::Decode => {
                let newest = self.seen[self.seen.len() - 1];
                let token = StepToken {
                    id: newest,
                    sequence: self.sequence,
                };
                self.logits.clear();
                self.logits
                    .extend_from_slice(engine.step(&[token], &[0]).await?);
                Ok(Some(self.sample(engine)))
            }
            Stage::Sample => Ok(Some(self.sample(engine))),
            Stage::Ending(reason) => Ok(Some(self.finish(engine, reason))),
            Stage::Over => Ok(None),
        }
    }

    async fn prefill(&mut self, engine: &mut Engine) -> Result<Event, RuntimeError> {
        let total_tokens = self.prompt.len();
        let done = engine.cached(self.sequence).len();
        let end = chunk_end(engine, done, total_tokens);
        let sequence = self.sequence;
        let tokens: Vec<StepToken> = self.prompt[done..end]
            .iter()
            .map(|&id| StepToken { id, sequence })
            .collect();
        if end < total_tokens {
            engine.step(&tokens, &[]).await?;
            if end + 1 == total_tokens {
                engine.checkpoint(sequence).await;
            }
        } else {
            let logits = engine.step(&tokens, &[tokens.len() - 1]).await?;
            self.logits.extend_from_slice(logits);
            self.stage = Stage::Sample;
            self.clock.prefilled = Instant::now();
        }
        Ok(Event::Prefill {
            done_tokens: end,
            total_tokens,
        })
    }

    fn sample(&mut self, engine: &Engine) -> Event {
        let id = self.sampler.sample(&mut self.logits, &self.seen);
        self.seen.push(id);
        self.usage.completion_tokens += 1;
        self.clock.latest = Instant::now();
        if self.usage.completion_tokens == 1 {
            self.clock.prefilled = self.clock.latest;
        }
        let ends = self
            .vocabulary
            .as_ref()
            .is_some_and(|v| v.tokenizer().is_end_of_generation(id));
        let ends = ends && !self.options.ignore_eos;
        let mut text = String::new();
        let mut stopped = false;
        if let (Some(vocabulary), false) = (&self.vocabulary, ends) {
            let certain = self.decoder.push(vocabulary.tokenizer(), id);
            let emitted = self.stops.push(&certain);
            (text, stopped) = (emitted.text, emitted.stopped);
        }
        let parser = self.parser.as_mut().filter(|_| !text.is_empty());
        let output = parser.map_or(Vec::new(), |parser| parser.push(&text));
        let full = self.seen.len() > engine.info().n_ctx;
        let enough = self
            .options
            .max_tokens
            .is_some_and(|max| self.usage.completion_tokens >= max);
        self.stage = match () {
            () if ends || stopped => Stage::Ending(FinishReason::Stop),
            () if full || enough => Stage::Ending(FinishReason::Length),
            () => Stage::Decode,
        };
        Event::Token { id, text, output }
    }

    fn finish(&mut self, engine: &Engine, reason: FinishReason) -> Event {
        self.stage = Stage::Over;
        let rest = self.decoder.flush();
        let mut emitted = self.stops.push(&rest).text;
        emitted.push_str(&self.stops.flush().text);
        let output = self.rest_of_output(&emitted);
        let seconds = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64();
        let rate = |n: usize, seconds: f64| {
            if seconds > 0.0 {
                n as f64 / seconds
            } else {
                0.0
            }
        };
        let prefill = seconds(self.clock.started, self.clock.prefilled);
        let decode = seconds(self.clock.prefilled, self.clock.latest);
        Event::Finished(Finished {
            reason,
            text: emitted,
            output,
            usage: self.usage,
            timings: Timings {
                load_s: engine.load_seconds(),
                first_token_s: prefill,
                prefill_tokens_per_s: rate(
                    self.usage.prompt_tokens - self.usage.cached_tokens,
                    prefill,
                ),
                decode_tokens_per_s: rate(self.usage.completion_tokens.saturating_sub(1), decode),
            },
        })
    }

    /// What the last text means. Some forms end a call with an end token, which is no part of the text.
    fn rest_of_output(&mut self, text: &str) -> Vec<OutputEvent> {
        let (Some(parser), Some(vocabulary)) = (&mut self.parser, &self.vocabulary) else {
            return Vec::new();
        };
        let mut output = parser.push(text);
        let newest = self
            .seen
            .last()
            .filter(|_| self.usage.completion_tokens > 0);
        let end = newest.filter(|&&id| vocabulary.tokenizer().is_end_of_generation(id));
        if let (Some(&id), true) = (end, vocabulary.output_format().has_marks_at_end()) {
            output.extend(parser.push(&vocabulary.token_text(Some(id))));
        }
        output.extend(parser.finish());
        output
    }
}

/// Where the chunk of a prompt ends that starts at `done`. A recurrent model stops once before the last token: the next
/// prompt often has all but that in common with this one.
fn chunk_end(engine: &Engine, done: usize, total: usize) -> usize {
    let end = (done + engine.chunk()).min(total);
    if engine.is_recurrent() && end == total && done + 1 < total {
        total - 1
    } else {
        end
    }
}
