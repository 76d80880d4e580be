//! Guesses of a second model: a smaller one of the same vocabulary writes on, always the likeliest token.
//!
//! Its cache follows the text: what it guessed wrongly is forgotten when it guesses again, what it has not seen is computed
//! then, a chunk at a time, so that no call takes long.

use crate::engine::{Engine, SequenceId, StepToken};
use crate::error::RuntimeError;
use crate::sampling::arg_max;

/// Why a model cannot guess for another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Its tokens are others.
    #[error(
        "the draft model has another vocabulary (of {draft} tokens, the model's has {model}); give a smaller model of \
         the same family"
    )]
    OtherVocabulary {
        /// Tokens of the draft model.
        draft: usize,
        /// Tokens of the model.
        model: usize,
    },
    /// One of the two cannot go back behind a wrong guess.
    #[error(
        "a model of architecture \"{architecture}\" has a recurrent state, which cannot go back behind a wrong guess; \
         go on without a draft model"
    )]
    Recurrent {
        /// Its architecture.
        architecture: String,
    },
    /// A draft model was asked for, but there is none.
    #[error("no draft model is loaded; give one, or choose another way to speculate")]
    Missing,
}

impl Engine {
    /// Let `draft` guess for this model, where [`crate::DraftSource::Model`] is chosen. Both must have the same
    /// vocabulary. It needs as many sequences as are generated in.
    pub fn set_draft_model(&mut self, draft: Engine) -> Result<(), RuntimeError> {
        self.check_generates()?;
        draft.check_generates()?;
        for engine in [&*self, &draft] {
            if engine.is_recurrent() {
                let architecture = engine.info().architecture.clone();
                return Err(DraftError::Recurrent { architecture }.into());
            }
        }
        if !same_vocabulary(self, &draft) {
            return Err(DraftError::OtherVocabulary {
                draft: draft.info().n_vocab,
                model: self.info().n_vocab,
            }
            .into());
        }
        self.draft = Some(Box::new(draft));
        Ok(())
    }

    /// The model of [`Engine::set_draft_model`].
    pub fn draft_model(&self) -> Option<&Engine> {
        self.draft.as_deref()
    }
}

/// Whether an id means the same to both.
fn same_vocabulary(model: &Engine, draft: &Engine) -> bool {
    if model.info().n_vocab != draft.info().n_vocab {
        return false;
    }
    match (model.vocabulary(), draft.vocabulary()) {
        (Ok(a), Ok(b)) => {
            let (a, b) = (a.tokenizer(), b.tokenizer());
            let mut ids = 0..u32::try_from(a.len()).unwrap_or(u32::MAX);
            a.len() == b.len() && ids.all(|id| a.token_bytes(id) == b.token_bytes(id))
        }
        // Without texts there are only the ids.
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

/// Compute a chunk of what `draft` has not seen of `text`, if there is anything.
pub(super) async fn read_along(
    draft: &mut Engine,
    sequence: SequenceId,
    text: &[u32],
) -> Result<(), RuntimeError> {
    if text.len() <= draft.info().n_ctx {
        let seen = go_back(draft, sequence, text);
        let end = text.len().min(seen + draft.chunk());
        if seen < end {
            draft.step(&tokens(&text[seen..end], sequence), &[]).await?;
        }
    }
    Ok(())
}

/// Append up to `count` tokens to `guess` that follow `text` for `draft`; none while it has more than a chunk to
/// read, or where its context ends.
pub(super) async fn propose(
    draft: &mut Engine,
    sequence: SequenceId,
    text: &[u32],
    count: usize,
    guess: &mut Vec<u32>,
) -> Result<(), RuntimeError> {
    let context = draft.info().n_ctx;
    let Some((&last, before)) = text.split_last() else {
        return Ok(());
    };
    // The last guess needs no place: nothing is computed after it.
    let count = count.min((context + 1).saturating_sub(text.len()));
    if count == 0 {
        return Ok(());
    }
    let seen = go_back(draft, sequence, before);
    if text.len() - seen > draft.chunk() {
        return read_along(draft, sequence, before).await;
    }
    let mut next = before[seen..].to_vec();
    next.push(last);
    for _ in 0..count {
        let row = next.len() - 1;
        let id = arg_max(draft.step(&tokens(&next, sequence), &[row]).await?);
        guess.push(id);
        next = vec![id];
    }
    Ok(())
}

/// Forget what is not the beginning of `text`. Gives the number of tokens that are left.
fn go_back(draft: &mut Engine, sequence: SequenceId, text: &[u32]) -> usize {
    let cached = draft.cached(sequence).iter();
    let same = cached.zip(text).take_while(|(a, b)| a == b).count();
    draft.truncate(sequence, same)
}

fn tokens(ids: &[u32], sequence: SequenceId) -> Vec<StepToken> {
    ids.iter().map(|&id| StepToken { id, sequence }).collect()
}
