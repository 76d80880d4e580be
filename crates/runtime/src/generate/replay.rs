//! A generation that goes on where another one was broken off: tokens that were generated before are given, told once more as
//! events, and only then does the model compute.
//!
//! Everything that depends on them (text held back, stop texts, the output's parts, the numbers drawn) is in the state that it had, so
//! what follows is what would have followed.

use super::{Event, Generation, Stage};
use crate::engine::Engine;
use crate::error::RuntimeError;

impl Generation {
    /// Tell the next token of those given.
    pub(super) fn replay(&mut self, engine: &mut Engine) -> Result<Event, RuntimeError> {
        let given = &self.options.given;
        let at = self.usage.completion_tokens;
        let id = given.get(at).copied().unwrap_or_default();
        let is_last = at + 1 >= given.len();
        if let Some(constrained) = &mut self.constrained {
            constrained.replay(id)?;
        }
        let event = self.take(engine, id, None);
        if self.stage == Stage::Slide {
            self.slide(engine);
            self.stage = Stage::Decode;
        }
        if self.stage == Stage::Decode {
            self.stage = if is_last {
                Stage::Prefill
            } else {
                Stage::Replay
            };
        }
        Ok(event)
    }
}
