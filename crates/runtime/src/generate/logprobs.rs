//! How likely a token was: its log probability by the model itself, before biases, penalties, filters and temperature.

use serde::Serialize;

/// A token's log probability, and the likeliest tokens in its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TokenLogprobs {
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The likeliest tokens with theirs, likeliest first; as many as were asked for.
    pub top: Vec<(u32, f32)>,
}

/// A row of logits, on the way to log probabilities.
pub(super) struct LogSoftmax<'a> {
    logits: &'a [f32],
    /// Logarithm of the sum of all exponentials.
    log_sum: f32,
}

impl<'a> LogSoftmax<'a> {
    /// Of a row of logits. NaN counts as never.
    pub(super) fn new(logits: &'a [f32]) -> Self {
        let known = || logits.iter().copied().filter(|logit| !logit.is_nan());
        let max = known().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = known().map(|logit| f64::from((logit - max).exp())).sum();
        LogSoftmax {
            logits,
            log_sum: max + sum.ln() as f32,
        }
    }

    /// Of a token and of the `n` likeliest ones.
    pub(super) fn of(&self, id: u32, n: usize) -> TokenLogprobs {
        let logprob = |id: u32| {
            let logit = self.logits.get(id as usize).copied();
            logit.unwrap_or(f32::NEG_INFINITY) - self.log_sum
        };
        let mut ids: Vec<u32> = (0..self.logits.len() as u32)
            .filter(|&id| !logprob(id).is_nan())
            .collect();
        let likelier = |a: &u32, b: &u32| logprob(*b).total_cmp(&logprob(*a)).then(a.cmp(b));
        if n > 0 && n < ids.len() {
            ids.select_nth_unstable_by(n - 1, likelier);
        }
        ids.truncate(n);
        ids.sort_unstable_by(likelier);
        TokenLogprobs {
            logprob: logprob(id),
            top: ids.into_iter().map(|id| (id, logprob(id))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_come_back() {
        let shares = [0.25f32, 0.1, 0.5, 0.15];
        let logits: Vec<f32> = shares.iter().map(|p| p.ln() + 40.0).collect();
        let got = LogSoftmax::new(&logits).of(3, 2);
        assert!((got.logprob.exp() - 0.15).abs() < 1e-5);
        let ids: Vec<u32> = got.top.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [2, 0]);
        assert!((got.top[0].1.exp() - 0.5).abs() < 1e-5);
        assert_eq!(LogSoftmax::new(&logits).of(0, 9).top.len(), 4);
        assert!(LogSoftmax::new(&logits).of(0, 0).top.is_empty());
    }

    #[test]
    fn numbers_that_are_none_count_as_never() {
        let logits = [f32::NAN, 1.0, f32::NEG_INFINITY, 1.0];
        let got = LogSoftmax::new(&logits).of(1, 4);
        assert!((got.logprob - 0.5f32.ln()).abs() < 1e-6);
        assert_eq!(got.top[2], (2, f32::NEG_INFINITY));
        assert_eq!(got.top.len(), 3);
    }
}
