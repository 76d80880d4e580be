//! How fast a generation is.

use web_time::Instant;

use super::event::{Timings, Usage};

/// When what was reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    prefilled: Instant,
    latest: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Clock {
            started: now,
            prefilled: now,
            latest: now,
        }
    }

    /// The prompt was computed.
    pub(super) fn prefilled(&mut self) {
        self.prefilled = Instant::now();
    }

    /// The token of number `n`, from 1 on, was chosen.
    pub(super) fn token(&mut self, n: usize) {
        self.latest = Instant::now();
        if n == 1 {
            self.prefilled = self.latest;
        }
    }

    pub(super) fn timings(&self, load_s: f64, usage: &Usage) -> Timings {
        let seconds = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64();
        let first_token_s = seconds(self.started, self.prefilled);
        let decode_s = seconds(self.prefilled, self.latest);
        let computed_tokens = usage.prompt_tokens - usage.cached_tokens;
        Timings {
            load_s,
            first_token_s,
            cold_first_token_s: load_s + first_token_s,
            prefill_tokens_per_s: rate(computed_tokens, first_token_s),
            decode_tokens_per_s: rate(usage.completion_tokens.saturating_sub(1), decode_s),
        }
    }
}

fn rate(n: usize, seconds: f64) -> f64 {
    if seconds > 0.0 {
        n as f64 / seconds
    } else {
        0.0
    }
}
