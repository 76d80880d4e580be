//! A request under way: a state machine that its caller steps, as the generation in it is.
//!
//! A request has one or several prompts, and of each one or several choices, which are generated one after the other: what they
//! have in common is computed once. A run that was broken off (its tab was closed) goes on in another engine: the same request, the
//! tokens that were told, and how much of the answer somebody has seen already.

use hearth_runtime::{
    Engine, Event, Finished, GenerateOptions, Generation, SequenceId, Vocabulary,
};
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::usage::CompletionUsage;

/// What every chunk of a run carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHead {
    /// Names the answer.
    pub id: String,
    /// When it began, in seconds since 1970.
    pub created: u64,
    /// The model's name.
    pub model: String,
}

/// What a run that was broken off has told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Told {
    /// Tokens by choice, in their order; the last one's may be unfinished.
    pub tokens: Vec<Vec<u32>>,
    /// Steps whose chunks somebody has seen ([`Step::counts`]); they are not given again.
    pub seen: usize,
}

/// What is to be generated, once.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The prompt's token ids.
    pub prompt: Vec<u32>,
    /// How it goes on.
    pub options: GenerateOptions,
}

/// Writes the events of generations in the shape of an API.
pub trait Writer {
    /// A piece of the answer.
    type Chunk: Serialize;
    /// The whole answer.
    type Answer: Serialize;

    /// What an event of choice `choice` becomes.
    fn event(&mut self, choice: usize, event: &Event, vocabulary: &Vocabulary) -> Vec<Self::Chunk>;

    /// What the end of choice `choice` becomes.
    fn finished(&mut self, choice: usize, finished: &Finished) -> Vec<Self::Chunk>;

    /// Tokens of the choice that were reasoning.
    fn reasoning_tokens(&self, choice: usize) -> usize;

    /// Whether the choice has all that was asked for, so that no more of it is generated.
    fn is_enough(&self, choice: usize) -> bool;

    /// The end of all: chunks that tell the usage, if they were asked for, and the whole answer.
    fn end(&mut self, usage: CompletionUsage) -> (Vec<Self::Chunk>, Self::Answer);
}

/// What one step of work gave.
#[derive(Clone, Debug, Serialize)]
pub struct Step<W: Writer> {
    /// The token that was generated: keep it, to go on after a break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<u32>,
    /// The choice that it belongs to.
    pub choice: usize,
    /// Whether the step counts in [`Told::seen`].
    pub counts: bool,
    /// What the answer grew by, if it is streamed.
    pub chunks: Vec<W::Chunk>,
    /// The whole answer, in the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<W::Answer>,
}

/// A request under way.
#[derive(Debug)]
pub struct Run<W> {
    sequence: SequenceId,
    asked: Vec<Asked>,
    choices: usize,
    choice: usize,
    generation: Option<Generation>,
    told: Told,
    writer: W,
    usage: CompletionUsage,
    is_stopped: bool,
    is_over: bool,
}

impl<W: Writer> Run<W> {
    /// Begin, or go on after `told`: `choices` answers of each of `asked`.
    pub fn new(
        sequence: SequenceId,
        asked: Vec<Asked>,
        choices: usize,
        writer: W,
        told: Told,
    ) -> Self {
        Run {
            sequence,
            asked,
            choices: choices.max(1),
            choice: 0,
            generation: None,
            told,
            writer,
            usage: CompletionUsage::default(),
            is_stopped: false,
            is_over: false,
        }
    }

    /// End it in peace: what is there is the answer.
    pub fn stop(&mut self) {
        self.is_stopped = true;
        if let Some(generation) = &mut self.generation {
            generation.cancel();
        }
    }

    /// Do one step of work; `None` after the end.
    pub async fn next(&mut self, engine: &mut Engine) -> Result<Option<Step<W>>, ApiError> {
        if self.is_over {
            return Ok(None);
        }
        if self.generation.is_none() && !self.begin(engine)? {
            return Ok(Some(self.end()));
        }
        let Some(generation) = &mut self.generation else {
            return Ok(None);
        };
        let event = generation.next(engine).await?;
        let choice = self.choice;
        let mut step = Step {
            token: None,
            choice,
            counts: false,
            chunks: Vec::new(),
            answer: None,
        };
        match event {
            Some(Event::Finished(finished)) => {
                let reasoning = self.writer.reasoning_tokens(choice);
                let is_first = choice.is_multiple_of(self.choices);
                self.usage.add(&finished, reasoning, is_first);
                step.chunks = self.writer.finished(choice, &finished);
                step.counts = true;
                self.generation = None;
                self.choice += 1;
            }
            Some(event) => {
                let vocabulary = engine.vocabulary()?;
                step.chunks = self.writer.event(choice, &event, &vocabulary);
                if let Event::Token { id, .. } = event {
                    step.token = Some(id);
                    step.counts = true;
                }
                if self.writer.is_enough(choice) {
                    self.cancel();
                }
            }
            None => self.generation = None,
        }
        if step.counts && self.told.seen > 0 {
            self.told.seen -= 1;
            step.chunks.clear();
        }
        Ok(Some(step))
    }

    fn cancel(&mut self) {
        if let Some(generation) = &mut self.generation {
            generation.cancel();
        }
    }

    /// Begin the next choice. Gives false where there is none.
    fn begin(&mut self, engine: &mut Engine) -> Result<bool, ApiError> {
        let asked = self.asked.get(self.choice / self.choices);
        let Some(asked) = asked.filter(|_| !self.is_stopped) else {
            return Ok(false);
        };
        let mut options = asked.options.clone();
        // Each choice of a prompt draws numbers of its own.
        let draw = (self.choice % self.choices) as u64;
        options.sampling.seed = options.sampling.seed.wrapping_add(draw);
        if let Some(tokens) = self.told.tokens.get_mut(self.choice) {
            options.given = std::mem::take(tokens);
        }
        let generation = Generation::start(engine, self.sequence, &asked.prompt, options)?;
        self.generation = Some(generation);
        Ok(true)
    }

    fn end(&mut self) -> Step<W> {
        self.is_over = true;
        let (chunks, answer) = self.writer.end(self.usage);
        Step {
            token: None,
            choice: self.choice,
            counts: false,
            chunks,
            answer: Some(answer),
        }
    }
}
