//! A context that is full makes room by forgetting its middle: the first tokens stay, because much attention goes to them whatever
//! they say, and the newest half. What stays is computed again, at its new positions, so that the model sees just that text.
//!
//! Source: Xiao et al. 2023, "Efficient streaming language models with attention sinks", without its positions inside the cache,
//! which not every architecture allows.

use std::ops::Range;

use super::{Event, Generation, Stage};
use crate::engine::Engine;

/// Which of `len` tokens are forgotten, where the first `sink` ones stay and there is room for `n_ctx`.
pub(super) fn forgotten(len: usize, sink: usize, n_ctx: usize) -> Range<usize> {
    let sink = sink.min(n_ctx / 2);
    let newest = (n_ctx - sink).div_ceil(2);
    sink..len.saturating_sub(newest).max(sink)
}

impl Generation {
    /// Forget the middle.
    pub(super) fn slide(&mut self, engine: &mut Engine) -> Event {
        let sink = self.options.slide.unwrap_or(0);
        let forgotten = forgotten(self.seen.len(), sink, engine.info().n_ctx);
        let kept = forgotten.start;
        self.seen.drain(forgotten);
        self.forget_in_flight();
        self.speculator.forget();
        self.logits.clear();
        self.row = 0;
        let done_tokens = engine.truncate(self.sequence, kept);
        self.stage = Stage::Prefill;
        Event::Prefill {
            done_tokens,
            total_tokens: self.seen.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::forgotten;

    #[test]
    fn the_beginning_and_the_newest_half_stay() {
        assert_eq!(forgotten(101, 4, 100), 4..53);
        assert_eq!(forgotten(1_000, 4, 100), 4..952);
        assert_eq!(forgotten(3, 4, 2), 1..2);
        assert!(forgotten(4, 4, 100).is_empty());
    }
}
