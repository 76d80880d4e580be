//! How well a model predicts a text. The text's tokens are cut into windows of equal length that do not overlap, and
//! each is computed from an empty cache; what remains at the end is not used. A window's first tokens are predicted with
//! too little before them, so only those from some place on count. Source: `perplexity` of llama.cpp.

use crate::engine::{Engine, SequenceId, StepToken};
use crate::error::RuntimeError;

/// How a text is cut and scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerplexityOptions {
    /// Tokens of a window; at least 2, so that there is something to predict.
    pub window: usize,
    /// Position of a window from which on tokens predict scored ones. llama.cpp takes half of the window.
    pub first: usize,
    /// A token that takes the place of each window's first one.
    pub begin: Option<u32>,
}

impl PerplexityOptions {
    /// Windows of so many tokens, scored as llama.cpp does.
    pub fn new(window: usize) -> Self {
        PerplexityOptions {
            window,
            first: window / 2,
            begin: None,
        }
    }
}

/// A measurement under way: one [`Perplexity::step`] per window.
#[derive(Clone, Debug)]
pub struct Perplexity {
    tokens: Vec<u32>,
    options: PerplexityOptions,
    windows_done: usize,
    tokens_scored: usize,
    nll_sum: f64,
}

impl Perplexity {
    /// Measure with these tokens.
    pub fn new(tokens: Vec<u32>, options: PerplexityOptions) -> Self {
        Perplexity {
            tokens,
            options,
            windows_done: 0,
            tokens_scored: 0,
            nll_sum: 0.0,
        }
    }

    /// Whole windows that the text has.
    pub fn windows(&self) -> usize {
        self.tokens.len() / self.options.window.max(2)
    }

    /// Windows that were computed.
    pub fn windows_done(&self) -> usize {
        self.windows_done
    }

    /// Tokens whose probability was looked at.
    pub fn tokens_scored(&self) -> usize {
        self.tokens_scored
    }

    /// Mean negative log likelihood of a token, in nats; NaN before anything was scored.
    pub fn nll(&self) -> f64 {
        self.nll_sum / self.tokens_scored as f64
    }

    /// How many equally likely tokens would be as surprising.
    pub fn perplexity(&self) -> f64 {
        self.nll().exp()
    }

    /// Compute the next window in sequence 0. Gives false when there is none left. The model must give as many rows of
    /// logits as a step has tokens.
    pub async fn step(&mut self, engine: &mut Engine) -> Result<bool, RuntimeError> {
        engine.check_generates()?;
        let window = self.options.window.max(2);
        let start = self.windows_done * window;
        let Some(text) = self.tokens.get(start..start + window) else {
            return Ok(false);
        };
        let mut ids = text.to_vec();
        if let (Some(first), Some(begin)) = (ids.first_mut(), self.options.begin) {
            *first = begin;
        }
        let sequence = SequenceId(0);
        engine.truncate(sequence, 0);
        for start in (0..window).step_by(engine.chunk()) {
            let end = (start + engine.chunk()).min(window);
            let step: Vec<StepToken> = ids[start..end]
                .iter()
                .map(|&id| StepToken { id, sequence })
                .collect();
            // The last token of a window predicts one that is not there.
            let scored = start.max(self.options.first)..end.min(window - 1);
            let rows: Vec<usize> = scored.clone().map(|at| at - start).collect();
            let n_vocab = engine.info().n_vocab;
            let logits = engine.step(&step, &rows).await?;
            for (logits, at) in logits.chunks_exact(n_vocab).zip(scored) {
                self.nll_sum += negative_log_likelihood(logits, ids[at + 1]);
                self.tokens_scored += 1;
            }
        }
        self.windows_done += 1;
        Ok(true)
    }
}

/// `-ln(softmax(logits)[id])`, in nats; NaN for an id that has no logit.
pub fn negative_log_likelihood(logits: &[f32], id: u32) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let above = |logit: f32| f64::from(logit) - f64::from(max);
    let sum: f64 = logits.iter().map(|&logit| above(logit).exp()).sum();
    sum.ln() - logits.get(id as usize).map_or(f64::NAN, |&x| above(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_negative_log_of_the_softmax() {
        assert!((negative_log_likelihood(&[0.0; 8], 3) - 8f64.ln()).abs() < 1e-15);
        let logits = [1.0f32, 3.0, -2.0].map(|x| x + 1e4);
        let sum = 1f64.exp() + 3f64.exp() + (-2f64).exp();
        for (id, x) in [1.0, 3.0, -2.0].into_iter().enumerate() {
            assert!((negative_log_likelihood(&logits, id as u32) - (sum.ln() - x)).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_no_whole_window_is_not_counted() {
        let windows =
            |n, window| Perplexity::new(vec![0; n], PerplexityOptions::new(window)).windows();
        assert_eq!((windows(1023, 512), windows(1024, 512)), (1, 2));
        assert_eq!((windows(3, 0), windows(0, 512)), (1, 0));
    }
}
