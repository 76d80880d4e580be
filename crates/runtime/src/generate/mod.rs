//! Generation as a state machine: each call of [`Generation::next`] does at most one step of work and gives one event.
//! A step in which guesses were right gives several tokens (see [`crate::speculation`]), one event each. Where a GPU chooses
//! the tokens, steps are given to it ahead (`in_flight`). Under a grammar both are off, and what the grammar forces comes without
//! steps (`constrained`).
//!
//! Whoever drives it may stop between any two events: the cache then holds just the tokens computed so far, and the
//! next prompt reuses what it has in common with them. Text comes in whole characters, and never a part of what may
//! turn out to be a stop string.

mod clock;
mod constrained;
mod depth;
mod event;
mod in_flight;
mod logprobs;
mod replay;
mod resume;
mod slide;

use std::sync::Arc;

use hearth_text::output::{Event as OutputEvent, OutputFormat, OutputParser, ToolFormat};
use hearth_text::{StopMatcher, StreamDecoder};
use serde::{Deserialize, Serialize};

use crate::constraint::{FreeText, Grammar};
use crate::engine::{Engine, SequenceId, StepToken};
use crate::error::RuntimeError;
use crate::sampling::{Sampler, Sampling};
use crate::speculation::{DraftSource, Speculation, Speculator};
use crate::vocabulary::Vocabulary;
use clock::Clock;
use constrained::Constrained;
use in_flight::InFlight;
use logprobs::LogSoftmax;
use slide::forgotten;

pub use event::{Event, FinishReason, Finished, Timings, Usage};
pub use logprobs::TokenLogprobs;

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
    /// The form in which calls are written, where it is another than the chat template shows.
    #[serde(skip)]
    pub tool_format: Option<ToolFormat>,
    /// Where the context is full, keep so many tokens of the beginning and the newest half, forget those between, and go on;
    /// without it the answer ends there.
    pub slide: Option<usize>,
    /// Tell how likely each token was, and so many of the likeliest ones in its place.
    pub logprobs: Option<usize>,
    /// Tokens of the answer that were generated before, by the same options: they are told as events again and the answer goes on after
    /// them, as if it had never been broken off.
    pub given: Vec<u32>,
    /// How tokens are guessed ahead: faster where guesses are right, and the same tokens.
    pub speculation: Speculation,
    /// What the answer must keep to. It ends where the grammar lets it end, whatever `ignore_eos` says, and is complete
    /// wherever `max_tokens` and the context have room for the shortest text of the grammar.
    pub grammar: Option<Grammar>,
    /// Under a grammar: text before, or around, what keeps to it.
    pub free_text: Option<FreeText>,
}

impl GenerateOptions {
    /// How the model will mark the parts of its output.
    fn output_format(&self, vocabulary: &Vocabulary) -> OutputFormat {
        let format = vocabulary.output_format();
        OutputFormat {
            tools: self.tool_format.unwrap_or(format.tools),
            ..format
        }
    }
}

/// A generation under way.
#[derive(Debug)]
pub struct Generation {
    sequence: SequenceId,
    options: GenerateOptions,
    sampler: Sampler,
    vocabulary: Option<Arc<Vocabulary>>,
    decoder: StreamDecoder,
    stops: StopMatcher,
    parser: Option<OutputParser>,
    /// Prompt and generated tokens, but for those that were forgotten.
    seen: Vec<u32>,
    speculator: Speculator,
    /// Where the device chooses the tokens: what it was given.
    in_flight: Option<InFlight>,
    /// Under a grammar: how far the answer has come in it.
    constrained: Option<Constrained>,
    /// Of the last step: the rows of its newest token and of those guessed to follow.
    logits: Vec<f32>,
    /// The row that the next token is chosen from.
    row: usize,
    stage: Stage,
    /// Times that the device was lost since something was computed.
    losses: usize,
    usage: Usage,
    clock: Clock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Tokens are given that are still to be told.
    Replay,
    /// Prompt tokens are still to be computed.
    Prefill,
    /// Logits are there, a token is to be chosen.
    Sample,
    /// The newest token is to be computed.
    Decode,
    /// The context is full, and its middle is to be forgotten.
    Slide,
    /// Nothing is left but to say so.
    Ending(FinishReason),
    Over,
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
        let prompt_tokens = prompt.len();
        let mut prompt = prompt.to_vec();
        let given = &options.given;
        let n_ctx = engine.info().n_ctx;
        match options.slide {
            Some(sink) if prompt.len() > n_ctx => {
                prompt.drain(forgotten(prompt.len(), sink, n_ctx));
            }
            Some(_) => {}
            None => engine.info().check_length(prompt.len() + given.len())?,
        }
        engine.check_generates()?;
        engine.check_tokens(&prompt)?;
        engine.check_tokens(given)?;
        let cached = engine
            .cached(sequence)
            .iter()
            .zip(prompt.iter().chain(given))
            .take_while(|(a, b)| a == b)
            .count();
        // The last token is always computed, for its logits.
        let most = prompt.len() + given.len() - 1;
        let cached_tokens = engine.truncate(sequence, cached.min(most));
        let vocabulary = engine.vocabulary().ok();
        let typed = vocabulary.as_ref().filter(|_| options.typed);
        let parser = typed.map(|vocabulary| {
            let format = options.output_format(vocabulary);
            OutputParser::after_prompt(format, &vocabulary.end_of(&prompt))
        });
        let sampler = Sampler::new(options.sampling.clone())?;
        let constrained = match (&options.grammar, &vocabulary) {
            (Some(grammar), Some(vocabulary)) => {
                let free_text = options.free_text.as_ref();
                Some(Constrained::start(vocabulary.clone(), grammar, free_text)?)
            }
            (Some(_), None) => return Err(RuntimeError::NoVocabulary),
            (None, _) => None,
        };
        let speculation = match constrained {
            Some(_) => DraftSource::Off.into(),
            None => options.speculation,
        };
        let speculator = Speculator::new(speculation, engine, sequence)?;
        let needs_logits = constrained.is_some() || options.logprobs.is_some();
        let in_flight = if speculator.guesses() || needs_logits {
            None
        } else {
            InFlight::new(engine, &options.sampling)
        };
        Ok(Generation {
            sampler,
            decoder: StreamDecoder::new(options.typed),
            vocabulary,
            parser,
            stops: StopMatcher::new(options.stop.iter().cloned()),
            seen: prompt,
            speculator,
            in_flight,
            constrained,
            logits: Vec::new(),
            row: 0,
            stage: match (options.max_tokens, options.given.is_empty()) {
                (Some(0), _) => Stage::Ending(FinishReason::Length),
                (_, true) => Stage::Prefill,
                (_, false) => Stage::Replay,
            },
            losses: 0,
            usage: Usage {
                prompt_tokens,
                cached_tokens: cached_tokens.min(prompt_tokens),
                ..Usage::default()
            },
            clock: Clock::start(),
            sequence,
            options,
        })
    }

    /// End the generation: the next event is its end.
    pub fn cancel(&mut self) {
        if self.stage != Stage::Over {
            self.stage = Stage::Ending(FinishReason::Cancelled);
            self.forget_in_flight();
        }
    }

    /// The newest tokens that were generated: all, as long as none had to be forgotten.
    pub fn tokens(&self) -> &[u32] {
        let first = self.seen.len().saturating_sub(self.usage.completion_tokens);
        &self.seen[first..]
    }

    /// Do one step of work, on a device that has all that it should.
    async fn advance(&mut self, engine: &mut Engine) -> Result<Option<Event>, RuntimeError> {
        self.follow_device(engine).await?;
        match self.stage {
            Stage::Replay => self.replay(engine).map(Some),
            Stage::Slide => Ok(Some(self.slide(engine))),
            Stage::Prefill => self.prefill(engine).await.map(Some),
            Stage::Decode | Stage::Sample if self.in_flight.is_some() => {
                self.next_in_flight(engine).await.map(Some)
            }
            Stage::Decode => {
                self.decode(engine).await?;
                self.sample(engine).map(Some)
            }
            Stage::Sample => self.sample(engine).map(Some),
            Stage::Ending(reason) => Ok(Some(self.finish(engine, reason))),
            Stage::Over => Ok(None),
        }
    }

    async fn prefill(&mut self, engine: &mut Engine) -> Result<Event, RuntimeError> {
        // Tokens that were given are computed as the prompt is.
        let total_tokens = self.seen.len();
        let done = engine.cached(self.sequence).len();
        let end = chunk_end(engine, done, total_tokens);
        let sequence = self.sequence;
        let tokens: Vec<StepToken> = self.seen[done..end]
            .iter()
            .map(|&id| StepToken { id, sequence })
            .collect();
        if end < total_tokens {
            engine.step(&tokens, &[]).await?;
            if end + 1 == total_tokens {
                engine.checkpoint(sequence).await?;
            }
        } else if self.in_flight.is_some() {
            self.prefill_in_flight(engine, done).await?;
            self.stage = Stage::Sample;
        } else {
            let row = [tokens.len() - 1];
            let constrained = self.constrained.iter_mut();
            let meanwhile = || constrained.for_each(Constrained::prepare);
            let logits = engine.step_meanwhile(&tokens, &row, meanwhile).await?;
            self.logits.extend_from_slice(logits);
            self.stage = Stage::Sample;
            self.clock.prefilled();
        }
        let computed = &self.seen[..end];
        let reading = self.speculator.read_along(engine, sequence, computed);
        reading.await?;
        Ok(Event::Prefill {
            done_tokens: end,
            total_tokens,
        })
    }

    /// Get the logits after the newest token: they are there already if it was guessed.
    async fn decode(&mut self, engine: &mut Engine) -> Result<(), RuntimeError> {
        if self.constrained.is_some() {
            return self.decode_constrained(engine).await;
        }
        let (sequence, at) = (self.sequence, self.seen.len() - 1);
        let newest = self.seen[at];
        if self.speculator.expects(newest) && engine.recall(sequence, at, newest) {
            self.row = self.speculator.accept();
            return Ok(());
        }
        let room = self.room(engine);
        let (vocabulary, ignore_eos) = (self.vocabulary.as_deref(), self.options.ignore_eos);
        let text = (sequence, &self.seen[..]);
        let is_end = |id| !ignore_eos && is_end(vocabulary, id);
        let draft = self.speculator.guess(engine, text, room, is_end).await?;
        let ids = [&[newest], &draft[..]].concat();
        let tokens: Vec<StepToken> = ids.iter().map(|&id| StepToken { id, sequence }).collect();
        let rows: Vec<usize> = (0..ids.len()).collect();
        self.logits.clear();
        self.logits
            .extend_from_slice(engine.step(&tokens, &rows).await?);
        // Guesses count when they turn out right.
        engine.truncate(sequence, at + 1);
        self.speculator.computed(draft);
        self.row = 0;
        Ok(())
    }

    /// Tokens that may be guessed in the next step: as many as may be generated but for the one that follows them, and as
    /// there is room for.
    fn room(&self, engine: &Engine) -> usize {
        let max_tokens = self.options.max_tokens.unwrap_or(usize::MAX);
        let wanted = max_tokens.saturating_sub(self.usage.completion_tokens + 1);
        let context = engine.info().n_ctx.saturating_sub(self.seen.len());
        let rows = engine.max_outputs().min(engine.chunk()) - 1;
        wanted.min(context).min(rows)
    }

    fn sample(&mut self, engine: &Engine) -> Result<Event, RuntimeError> {
        if self.constrained.is_some() {
            return self.sample_constrained(engine);
        }
        let n_vocab = engine.info().n_vocab;
        let logits = self.logits.chunks_exact_mut(n_vocab).nth(self.row);
        let logits = logits.unwrap_or_default();
        let raw = self.options.logprobs.map(|n| (n, logits.to_vec()));
        let place = self.usage.completion_tokens;
        let id = self.sampler.sample(logits, &self.seen, place);
        let logprobs = raw.map(|(n, logits)| LogSoftmax::new(&logits).of(id, n));
        Ok(self.take(engine, id, logprobs))
    }

    /// Go on with the token that was chosen.
    fn take(&mut self, engine: &Engine, id: u32, logprobs: Option<TokenLogprobs>) -> Event {
        self.seen.push(id);
        self.usage.completion_tokens += 1;
        self.clock.token(self.usage.completion_tokens);
        let (ends, is_last) = (self.ends_with(id), self.is_last(id));
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
            () if is_last || stopped => Stage::Ending(FinishReason::Stop),
            () if enough => self.end_of_room(),
            () if full && self.options.slide.is_some() => Stage::Slide,
            () if full => self.end_of_room(),
            () => Stage::Decode,
        };
        if self.stage != Stage::Decode {
            self.forget_in_flight();
        }
        Event::Token {
            id,
            text,
            output,
            logprobs,
        }
    }

    fn finish(&mut self, engine: &Engine, reason: FinishReason) -> Event {
        self.stage = Stage::Over;
        let rest = self.decoder.flush();
        let mut emitted = self.stops.push(&rest).text;
        emitted.push_str(&self.stops.flush().text);
        let output = self.rest_of_output(&emitted);
        let usage = Usage {
            drafted_tokens: self.speculator.drafted_tokens(),
            accepted_tokens: self.speculator.accepted_tokens(),
            ..self.usage
        };
        Event::Finished(Finished {
            reason,
            text: emitted,
            output,
            usage,
            timings: self.clock.timings(engine.load_seconds(), &usage),
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
        if let (Some(&id), true) = (
            end,
            self.options.output_format(vocabulary).has_marks_at_end(),
        ) {
            output.extend(parser.push(&vocabulary.token_text(Some(id))));
        }
        output.extend(parser.finish());
        output
    }
}

/// Whether a token is one of those with which the model ends.
fn is_end(vocabulary: Option<&Vocabulary>, id: u32) -> bool {
    vocabulary.is_some_and(|v| v.tokenizer().is_end_of_generation(id))
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
