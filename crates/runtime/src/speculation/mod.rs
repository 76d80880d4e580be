//! Speculation: tokens are guessed, computed in one step with the newest one, and kept as far as they are what would have
//! been generated anyway. So a step, which reads all weights once, may give several tokens.
//!
//! | module | holds |
//! |---|---|
//! | `lookup` | guesses from the text itself: what followed the last time |
//! | `model` | guesses of a second, smaller model of the same vocabulary |
//! | `pace` | how many tokens are guessed at once, so that wrong guesses never cost much |
//!
//! **Exact.** Each token is sampled from the logits that it would have had without: a token's logits do not depend on
//! how many tokens share its step, and the sampler goes from row to row as it goes from step to step. A guess is kept
//! where the sampled token equals it, so what is guessed changes the speed and nothing else. Of the tokens
//! in the cache only those count that were generated, at every moment: a generation may be left anywhere.
//!
//! A recurrent state cannot go back behind a wrong guess, so models that have one generate token by token.
//!
//! Sources: Leviathan et al. 2023 (speculative decoding), Saxena 2023 (prompt lookup decoding).

mod lookup;
mod model;
mod pace;

use serde::{Deserialize, Serialize};

use crate::engine::{Engine, SequenceId};
use crate::error::RuntimeError;
use lookup::NgramIndex;
use pace::Pace;

pub use model::DraftError;

/// Tokens that are guessed at once, at most. A step of so many and one gives the same bits as single ones.
pub const MAX_DRAFT: usize = 8;

/// How tokens are guessed ahead. Whatever is chosen, the same tokens come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Speculation {
    /// Who guesses.
    pub source: DraftSource,
    /// Tokens that are guessed at once, at most; [`MAX_DRAFT`] bounds it, and so does [`Engine::max_outputs`].
    pub max_tokens: usize,
    /// Tokens of the text's end that are looked for earlier in the text, at most; at least 2.
    pub max_ngram: usize,
}

impl Default for Speculation {
    fn default() -> Self {
        Speculation {
            source: DraftSource::default(),
            max_tokens: MAX_DRAFT,
            max_ngram: 4,
        }
    }
}

impl From<DraftSource> for Speculation {
    fn from(source: DraftSource) -> Self {
        Speculation {
            source,
            ..Speculation::default()
        }
    }
}

/// Who guesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftSource {
    /// The text itself on a CPU, where a step of several tokens costs little more than one. On a GPU nobody: it chooses tokens itself and
    /// goes on before the host knows them, which a guess would have to wait for.
    #[default]
    Auto,
    /// Nobody.
    Off,
    /// The text itself: what followed the last time that it went like this. Needs nothing else.
    Lookup,
    /// The model of [`Engine::set_draft_model`].
    Model,
}

/// The guesses of one generation.
#[derive(Debug)]
pub(crate) struct Speculator {
    drafter: Drafter,
    pace: Pace,
    /// What was guessed and computed in the last step.
    draft: Vec<u32>,
    /// So many tokens of it were generated.
    accepted: usize,
    drafted_tokens: usize,
    accepted_tokens: usize,
}

#[derive(Debug)]
enum Drafter {
    None,
    Lookup(NgramIndex),
    /// The engine has it, with its cache.
    Model,
}

impl Speculator {
    pub(crate) fn new(
        options: Speculation,
        engine: &Engine,
        sequence: SequenceId,
    ) -> Result<Self, RuntimeError> {
        let drafter = match options.source {
            DraftSource::Off => Drafter::None,
            DraftSource::Auto if engine.info().gpu.is_some() => Drafter::None,
            DraftSource::Auto | DraftSource::Lookup if engine.is_recurrent() => Drafter::None,
            DraftSource::Auto | DraftSource::Lookup => {
                Drafter::Lookup(NgramIndex::new(options.max_ngram))
            }
            DraftSource::Model => {
                let draft = engine.draft_model().ok_or(DraftError::Missing)?;
                draft.checked_sequence(sequence)?;
                Drafter::Model
            }
        };
        Ok(Speculator {
            drafter,
            pace: Pace::new(options.max_tokens.min(MAX_DRAFT)),
            draft: Vec::new(),
            accepted: 0,
            drafted_tokens: 0,
            accepted_tokens: 0,
        })
    }

    /// Whether anybody guesses.
    pub(crate) fn guesses(&self) -> bool {
        !matches!(self.drafter, Drafter::None)
    }

    /// A part of the prompt was computed: a draft model reads along, so that it does not have all to read later.
    pub(crate) async fn read_along(
        &mut self,
        engine: &mut Engine,
        sequence: SequenceId,
        text: &[u32],
    ) -> Result<(), RuntimeError> {
        match (&self.drafter, engine.draft.as_deref_mut()) {
            (Drafter::Model, Some(draft)) => model::read_along(draft, sequence, text).await,
            _ => Ok(()),
        }
    }

    /// Guess what follows `text`: at most `room` tokens, and none from the first on that would be the end.
    pub(crate) async fn guess(
        &mut self,
        engine: &mut Engine,
        (sequence, text): (SequenceId, &[u32]),
        room: usize,
        is_end: impl Fn(u32) -> bool,
    ) -> Result<Vec<u32>, RuntimeError> {
        self.pace.settle(self.draft.len(), self.accepted);
        self.draft.clear();
        self.accepted = 0;
        let count = self.pace.allowed().min(room);
        let mut draft = Vec::new();
        match &mut self.drafter {
            Drafter::None => {}
            Drafter::Lookup(index) => {
                index.update(text);
                index.propose(text, self.pace.is_scarce(), count, &mut draft);
            }
            Drafter::Model => {
                if let Some(model) = engine.draft.as_deref_mut() {
                    model::propose(model, sequence, text, count, &mut draft).await?;
                }
            }
        }
        let end = draft.iter().position(|&id| is_end(id));
        draft.truncate(end.unwrap_or(count));
        Ok(draft)
    }

    /// What was guessed is computed: from now on it may turn out right.
    pub(crate) fn computed(&mut self, draft: Vec<u32>) {
        self.drafted_tokens += draft.len();
        self.draft = draft;
    }

    /// The text is another from now on: nothing that was guessed or learned of it holds.
    pub(crate) fn forget(&mut self) {
        self.draft.clear();
        self.accepted = 0;
        if let Drafter::Lookup(index) = &mut self.drafter {
            index.clear();
        }
    }

    /// Whether the next guess is `id`.
    pub(crate) fn expects(&self, id: u32) -> bool {
        self.draft.get(self.accepted) == Some(&id)
    }

    /// The next guess was right. Gives the row of logits after it.
    pub(crate) fn accept(&mut self) -> usize {
        self.accepted += 1;
        self.accepted_tokens += 1;
        self.accepted
    }

    /// Tokens that were guessed.
    pub(crate) fn drafted_tokens(&self) -> usize {
        self.drafted_tokens
    }

    /// Those of them that were right.
    pub(crate) fn accepted_tokens(&self) -> usize {
        self.accepted_tokens
    }
}
