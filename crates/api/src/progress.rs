//! How much of a prompt is computed, as chunks tell it.

use hearth_runtime::Event;
use serde::Serialize;

/// How much of the prompt is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct PromptProgress {
    /// Its tokens.
    pub total: usize,
    /// Those that are computed, or needed no computing.
    pub processed: usize,
    /// Whether they are computed again, because the graphics card was lost in the middle of the answer.
    pub recomputed: bool,
}

/// Follows the events of a generation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    told: Option<PromptProgress>,
}

impl Progress {
    /// What an event brings, if it is news.
    pub(crate) fn after(&mut self, event: &Event) -> Option<PromptProgress> {
        let (processed, total, recomputed) = match *event {
            Event::Prefill {
                done_tokens,
                total_tokens,
            } => (done_tokens, total_tokens, false),
            Event::Recomputed {
                done_tokens,
                total_tokens,
            } => (done_tokens, total_tokens, true),
            Event::Token { .. } | Event::Finished(_) => return None,
        };
        let progress = PromptProgress {
            total,
            processed,
            recomputed,
        };
        let is_news = self.told != Some(progress);
        self.told = Some(progress);
        is_news.then_some(progress)
    }
}
