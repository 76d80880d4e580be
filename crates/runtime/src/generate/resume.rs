//! A generation whose device is lost goes on: with another device, with the same next token.

use super::{Event, Generation, Stage};
use crate::engine::Engine;
use crate::error::RuntimeError;

/// A device that is lost so many times in a row, without anything computed in between, is given up.
const MOST_LOSSES: usize = 3;

impl Generation {
    /// Do one step of work; `None` after the end. A lost GPU is not the end: the model is loaded once more, what the sequence had is
    /// computed again ([`Event::Recomputed`]), and the same tokens follow as without.
    pub async fn next(&mut self, engine: &mut Engine) -> Result<Option<Event>, RuntimeError> {
        let before = engine.cached(self.sequence).len();
        match self.go_on(engine).await {
            Err(error) if error.is_lost_device() && self.losses < MOST_LOSSES => {
                self.losses += 1;
                self.resume(engine, before).await.map(Some)
            }
            done => {
                if !matches!(done, Ok(Some(Event::Recomputed { .. }))) {
                    self.losses = 0;
                }
                done
            }
        }
    }

    async fn go_on(&mut self, engine: &mut Engine) -> Result<Option<Event>, RuntimeError> {
        let computes = match self.stage {
            Stage::Prefill | Stage::Decode => true,
            // The device chooses the token.
            Stage::Sample => self.in_flight.is_some(),
            Stage::Replay | Stage::Slide | Stage::Ending(_) | Stage::Over => false,
        };
        if computes {
            engine.check_device()?;
            if let Some((done_tokens, total_tokens)) = engine.recompute(self.sequence).await? {
                return Ok(Some(Event::Recomputed {
                    done_tokens,
                    total_tokens,
                }));
            }
        }
        self.advance(engine).await
    }

    /// After a loss: `before` tokens were in the cache before the call that met it.
    async fn resume(&mut self, engine: &mut Engine, before: usize) -> Result<Event, RuntimeError> {
        self.forget_in_flight();
        // What the failed step has appended was never there. A part of a prompt is computed as a whole or not at all, and so are the
        // tokens that a grammar forced; otherwise of what was generated all but the newest token was computed.
        let is_main = engine.check_device().is_err();
        let missing = engine.lost_tokens(self.sequence);
        let kept = match self.stage {
            Stage::Prefill => before + missing,
            _ if self.constrained.is_some() => before + missing,
            _ => self.seen.len() - 1,
        };
        engine.recover().await?;
        if is_main {
            engine.keep_lost(self.sequence, kept);
        }
        Ok(Event::Recomputed {
            done_tokens: engine.cached(self.sequence).len(),
            total_tokens: engine.cached(self.sequence).len() + engine.lost_tokens(self.sequence),
        })
    }
}
