//! From logits to a token: bias, penalties, filters, temperature, choice.
//!
//! The order is llama.cpp's: logit bias, penalties, top-k, typical, top-p, min-p, temperature. Each filter works on
//! the probabilities that the ones before it left. Temperature 0 takes the likeliest token, after bias and penalties.
//!
//! Sources: Holtzman et al. 2020 (top-p), Meister et al. 2023 (typical), Nguyen et al. 2024 (min-p), Keskar et al.
//! 2019 (repetition penalty), the OpenAI API (frequency and presence penalty).

use serde::{Deserialize, Serialize};

/// How tokens are chosen. The default takes the likeliest token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f32,
    /// Keep the so many likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keep the likeliest tokens until their probabilities reach this; 1 keeps all.
    pub top_p: f32,
    /// Keep tokens of at least this share of the likeliest one's probability; 0 keeps all.
    pub min_p: f32,
    /// Keep the tokens whose surprise is nearest the expected one until their probabilities reach this; 1 keeps all.
    pub typical_p: f32,
    /// Divides positive and multiplies negative logits of tokens seen lately; 1 does nothing.
    pub repetition_penalty: f32,
    /// Subtracted from a logit for each time its token was seen lately.
    pub frequency_penalty: f32,
    /// Subtracted once from the logit of every token seen lately.
    pub presence_penalty: f32,
    /// "Lately": so many of the newest tokens, prompt included.
    pub penalty_window: usize,
    /// Added to the logits of single tokens.
    pub logit_bias: Vec<(u32, f32)>,
    /// Same seed, same choices.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            penalty_window: 64,
            logit_bias: Vec::new(),
            seed: 0,
        }
    }
}

/// A sampling parameter is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, but must be {range}")]
pub struct BadSampling {
    /// Parameter.
    pub name: &'static str,
    /// Its value.
    pub value: f32,
    /// What it must be.
    pub range: &'static str,
}

impl Sampling {
    /// Check every range.
    pub fn check(&self) -> Result<(), BadSampling> {
        let positive = |v: f32| v.is_finite() && v > 0.0;
        let share = |v: f32| (0.0..=1.0).contains(&v);
        let checks = [
            (
                "temperature",
                self.temperature,
                self.temperature.is_finite() && self.temperature >= 0.0,
                "0 or more",
            ),
            ("top_p", self.top_p, share(self.top_p), "between 0 and 1"),
            ("min_p", self.min_p, share(self.min_p), "between 0 and 1"),
            (
                "typical_p",
                self.typical_p,
                share(self.typical_p),
                "between 0 and 1",
            ),
            (
                "repetition_penalty",
                self.repetition_penalty,
                positive(self.repetition_penalty),
                "more than 0",
            ),
            (
                "frequency_penalty",
                self.frequency_penalty,
                self.frequency_penalty.is_finite(),
                "a finite number",
            ),
            (
                "presence_penalty",
                self.presence_penalty,
                self.presence_penalty.is_finite(),
                "a finite number",
            ),
        ];
        match checks.into_iter().find(|(_, _, ok, _)| !ok) {
            Some((name, value, _, range)) => Err(BadSampling { name, value, range }),
            None => Ok(()),
        }
    }
}

/// Chooses tokens. Keeps its buffers between calls. The number that a token is chosen by is a function of the seed and of the
/// token's place among those generated, so a generation can be taken up anywhere.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    candidates: Vec<Candidate>,
}

/// Sets the states of neighbouring places far apart: 2^64 divided by the golden ratio.
const PLACE_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A token that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    id: u32,
    logit: f32,
    /// Probability among the candidates; valid after [`normalize`].
    p: f32,
}

impl Sampler {
    /// A sampler for these parameters.
    pub fn new(sampling: Sampling) -> Result<Self, BadSampling> {
        sampling.check()?;
        Ok(Sampler {
            candidates: Vec::new(),
            sampling,
        })
    }

    /// Choose the token of place `place`, counted from 0, by its logit. `seen` are the tokens so far, oldest first, those of
    /// the prompt included. Changes `logits`. NaN counts as never.
    pub fn sample(&mut self, logits: &mut [f32], seen: &[u32], place: usize) -> u32 {
        self.bias(logits);
        self.penalize(logits, seen);
        if self.sampling.temperature == 0.0 {
            return arg_max(logits);
        }
        self.collect(logits);
        self.keep_typical();
        self.keep_top_p();
        self.keep_min_p();
        self.choose(place)
    }

    /// The number in [0, 1) that the choice at a place is made by, for who makes it elsewhere too.
    pub(crate) fn draw(&self, place: usize) -> f32 {
        let state = (place as u64).wrapping_mul(PLACE_STEP);
        fastrand::Rng::with_seed(self.sampling.seed.wrapping_add(state)).f32()
    }

    fn bias(&self, logits: &mut [f32]) {
        for &(id, bias) in &self.sampling.logit_bias {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit += bias;
            }
        }
    }

    fn penalize(&self, logits: &mut [f32], seen: &[u32]) {
        let s = &self.sampling;
        if s.repetition_penalty == 1.0 && s.frequency_penalty == 0.0 && s.presence_penalty == 0.0 {
            return;
        }
        let window = &seen[seen.len().saturating_sub(s.penalty_window)..];
        for (i, id) in window.iter().enumerate() {
            let Some(logit) = logits.get_mut(*id as usize) else {
                continue;
            };
            *logit -= s.frequency_penalty;
            if !window[..i].contains(id) {
                *logit -= s.presence_penalty;
                *logit = if *logit > 0.0 {
                    *logit / s.repetition_penalty
                } else {
                    *logit * s.repetition_penalty
                };
            }
        }
    }

    /// The candidates that top-k keeps, likeliest first.
    fn collect(&mut self, logits: &[f32]) {
        let all = logits.iter().enumerate().filter(|(_, l)| !l.is_nan());
        self.candidates.clear();
        self.candidates.extend(all.map(|(id, &logit)| Candidate {
            id: id as u32,
            logit,
            p: 0.0,
        }));
        let k = self.sampling.top_k;
        if k > 0 && k < self.candidates.len() {
            self.candidates.select_nth_unstable_by(k - 1, likelier);
            self.candidates.truncate(k);
        }
        self.candidates.sort_unstable_by(likelier);
        normalize(&mut self.candidates);
    }

    fn keep_typical(&mut self) {
        if self.sampling.typical_p >= 1.0 {
            return;
        }
        let surprise = |c: &Candidate| if c.p > 0.0 { -c.p.ln() } else { f32::INFINITY };
        let entropy: f32 = self
            .candidates
            .iter()
            .filter(|c| c.p > 0.0)
            .map(|c| c.p * surprise(c))
            .sum();
        let distance = |c: &Candidate| (surprise(c) - entropy).abs();
        self.candidates
            .sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        truncate_at_mass(&mut self.candidates, self.sampling.typical_p);
        self.candidates.sort_unstable_by(likelier);
        normalize(&mut self.candidates);
    }

    fn keep_top_p(&mut self) {
        if self.sampling.top_p < 1.0 {
            truncate_at_mass(&mut self.candidates, self.sampling.top_p);
            normalize(&mut self.candidates);
        }
    }

    fn keep_min_p(&mut self) {
        if let Some(first) = self.candidates.first() {
            let least = first.p * self.sampling.min_p;
            self.candidates.retain(|c| c.p >= least);
        }
    }

    fn choose(&mut self, place: usize) -> u32 {
        for candidate in &mut self.candidates {
            candidate.logit /= self.sampling.temperature;
        }
        normalize(&mut self.candidates);
        let mut left = self.draw(place);
        for candidate in &self.candidates {
            left -= candidate.p;
            if left < 0.0 {
                return candidate.id;
            }
        }
        // Rounding may leave a little; no candidate at all means that every logit was NaN.
        self.candidates.last().map_or(0, |c| c.id)
    }
}

/// Position of the largest logit; the first of equals. NaN counts as never.
pub fn arg_max(logits: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (id, &logit) in logits.iter().enumerate() {
        if logit > best.1 {
            best = (id as u32, logit);
        }
    }
    best.0
}

fn likelier(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id))
}

/// Softmax over the candidates.
fn normalize(candidates: &mut [Candidate]) {
    let max = candidates
        .iter()
        .fold(f32::NEG_INFINITY, |m, c| m.max(c.logit));
    let mut sum = 0.0;
    for c in candidates.iter_mut() {
        c.p = if c.logit == max {
            1.0
        } else {
            (c.logit - max).exp()
        };
        sum += c.p;
    }
    for c in candidates {
        c.p /= sum;
    }
}

/// Keep candidates, in their order, until their probabilities reach `mass`; at least one.
fn truncate_at_mass(candidates: &mut Vec<Candidate>, mass: f32) {
    let mut sum = 0.0;
    let reached = candidates.iter().position(|c| {
        sum += c.p;
        sum >= mass
    });
    if let Some(last) = reached {
        candidates.truncate(last + 1);
    }
}

#[cfg(test)]
#[path = "sampling_tests.rs"]
mod tests;
