//! The steps of a generation under a grammar.

use super::{Constrained, Draw};
use crate::engine::{Engine, StepToken};
use crate::error::RuntimeError;
use crate::generate::logprobs::LogSoftmax;
use crate::generate::{Event, FinishReason, Generation, Stage, is_end};

impl Generation {
    /// The next token of a constrained generation, or its end.
    pub(in crate::generate) fn sample_constrained(
        &mut self,
        engine: &Engine,
    ) -> Result<Event, RuntimeError> {
        let left = self.tokens_left(engine);
        let Some(constrained) = &mut self.constrained else {
            return Ok(self.finish(engine, FinishReason::Stop));
        };
        let is_forced = constrained.knows_next();
        let mut draw = Draw {
            logits: &self.logits,
            sampler: &mut self.sampler,
            seen: (&self.seen[..], self.usage.completion_tokens),
            left,
        };
        match constrained.next(&mut draw)? {
            Some(id) => {
                // Of a token that was forced nobody asked the model.
                let top = self.options.logprobs.filter(|_| !is_forced);
                let logprobs = top.map(|n| LogSoftmax::new(&self.logits).of(id, n));
                Ok(self.take(engine, id, logprobs))
            }
            None => Ok(self.finish(engine, FinishReason::Stop)),
        }
    }

    /// Tokens that may still be generated.
    fn tokens_left(&self, engine: &Engine) -> usize {
        let max_tokens = self.options.max_tokens.unwrap_or(usize::MAX);
        let wanted = max_tokens.saturating_sub(self.usage.completion_tokens);
        if self.options.slide.is_some() {
            return wanted;
        }
        // The last one is not computed, so it needs no room.
        wanted.min((engine.info().n_ctx + 1).saturating_sub(self.seen.len()))
    }

    /// Get the logits after all that came since the last step, unless the next token is known without.
    pub(in crate::generate) async fn decode_constrained(
        &mut self,
        engine: &mut Engine,
    ) -> Result<(), RuntimeError> {
        let Some(constrained) = &mut self.constrained else {
            return Ok(());
        };
        if constrained.knows_next() {
            return Ok(());
        }
        let sequence = self.sequence;
        let mut done = engine.cached(sequence).len();
        while done < self.seen.len() {
            let end = self.seen.len().min(done + engine.chunk());
            let ids = self.seen[done..end].iter();
            let tokens: Vec<StepToken> = ids.map(|&id| StepToken { id, sequence }).collect();
            let is_last = end == self.seen.len();
            let last_row = [tokens.len() - 1];
            let rows = if is_last { &last_row[..] } else { &[] };
            let meanwhile = || constrained.prepare();
            let logits = engine.step_meanwhile(&tokens, rows, meanwhile).await?;
            if is_last {
                self.logits.clear();
                self.logits.extend_from_slice(logits);
            }
            done = end;
        }
        Ok(())
    }

    /// Whether a token is the answer's last one.
    pub(in crate::generate) fn is_last(&self, id: u32) -> bool {
        match &self.constrained {
            Some(constrained) => constrained.is_done(),
            None => self.ends_with(id),
        }
    }

    /// Whether the answer ends with a token that is no part of its text.
    pub(in crate::generate) fn ends_with(&self, id: u32) -> bool {
        let may_end = match &self.constrained {
            Some(constrained) => constrained.is_done(),
            None => !self.options.ignore_eos,
        };
        may_end && is_end(self.vocabulary.as_deref(), id)
    }

    /// How an answer ends for which no more tokens are left.
    pub(in crate::generate) fn end_of_room(&mut self) -> Stage {
        let constrained = self.constrained.as_mut();
        let is_complete = constrained.is_some_and(Constrained::is_complete);
        Stage::Ending(if is_complete {
            FinishReason::Stop
        } else {
            FinishReason::Length
        })
    }
}
