//! The choice of the next token on the device that computed the logits, so that a token is all that comes back.
//!
//! | file | holds |
//! |---|---|
//! | `gpu.rs` | the dispatches of a choice |
//! | `adjust.wgsl` | logit bias and penalties, in place |
//! | `largest.wgsl`, `winner.wgsl` | the likeliest token; `best.wgsl` is their reduction |
//! | `narrow.wgsl` | a pass of a selection; `resolve.wgsl` is what a pass has found |
//! | `occurrences.wgsl`, `pick.wgsl` | the token with the chosen logit |
//! | `reference.rs` | the same with a sorted list, in `f64` |
//!
//! Logits `[n_vocab]`, f32, are changed: `l += bias`, then for each token of the penalty window
//! `l = r(l - frequency - presence) - (times - 1) * frequency`, where `r` divides positive numbers by the repetition penalty and
//! multiplies others. At temperature 0 the largest is chosen, the first of equals; otherwise tokens in the order of their logits,
//! equal ones in that of their ids, are kept by top-k, then by top-p (until the probabilities of those kept reach it), then by
//! min-p (a share of the likeliest one's probability). At the asked temperature the first is chosen at which the sum of
//! probabilities exceeds the number drawn. NaN is never chosen; where there is nothing else, token 0 is.
//!
//! **Nothing is sorted.** All three are prefixes of one order, so each is a search for the logit at which it ends: four passes over a
//! histogram of one byte of the logits' keys, whose order is that of the logits. Weights are counted in whole numbers of 39 bits, so that the sums
//! do not depend on the order in which invocations come.
//!
//! The tokens seen lately, those chosen on the device among them, lie in a ring of [`RECENT`] words: token number `i` of the text at
//! `i % RECENT`. A choice writes its token there, and the next step reads it there.
//!
//! Sources: those of the sampler in `hearth-runtime`, whose order this is.

mod gpu;
pub mod reference;

#[cfg(test)]
mod tests;

pub use gpu::{Buffer, ChoiceKernel};

/// Words of the ring of tokens seen lately.
pub const RECENT: usize = 1024;
/// Entries of a logit bias at most.
pub const MAX_BIAS: usize = 1024;
/// Logits at most: sums of their weights are whole numbers of 32 bits.
const MAX_VOCAB: usize = 1 << 18;
/// Colder than this, logits divided by it may be too large for a number.
const COLDEST: f32 = 1e-3;

/// How tokens are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Logits of a row.
    pub n_vocab: usize,
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f32,
    /// Keep the so many likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keep the likeliest tokens until their probabilities reach this; 1 keeps all.
    pub top_p: f32,
    /// Keep tokens of at least this share of the likeliest one's probability; 0 keeps all.
    pub min_p: f32,
    /// Divides positive and multiplies negative logits of tokens seen lately; 1 does nothing.
    pub repetition_penalty: f32,
    /// Subtracted from a logit for each time its token was seen lately.
    pub frequency_penalty: f32,
    /// Subtracted once from the logit of every token seen lately.
    pub presence_penalty: f32,
    /// "Lately": so many of the newest tokens.
    pub penalty_window: usize,
    /// Added to the logits of single tokens.
    pub logit_bias: Vec<(u32, f32)>,
}

impl Settings {
    /// Whether this can be done here.
    pub fn is_supported(&self) -> bool {
        (1..=MAX_VOCAB).contains(&self.n_vocab)
            && (self.is_greedy() || self.temperature >= COLDEST)
            && (!self.penalizes() || self.penalty_window <= RECENT)
            && self.logit_bias.len() <= MAX_BIAS
    }

    /// Whether the likeliest token is taken.
    pub fn is_greedy(&self) -> bool {
        self.temperature == 0.0
    }

    /// Whether tokens seen lately count.
    pub fn penalizes(&self) -> bool {
        self.repetition_penalty != 1.0
            || self.frequency_penalty != 0.0
            || self.presence_penalty != 0.0
    }
}

/// One choice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Choice {
    /// Tokens of the text so far: the chosen one has this number.
    pub seen: usize,
    /// A number drawn from 0 to below 1; not used where the likeliest token is taken.
    pub draw: f32,
}
