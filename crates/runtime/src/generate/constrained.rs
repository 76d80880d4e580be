//! A generation under a grammar: tokens are chosen among those that the grammar admits, tokens that it forces are taken without a
//! step of their own, and the answer ends while there are tokens left to complete it.
//!
//! **Forced tokens** are events like others. They wait in a queue, and all that has come since the last step goes into the next one
//! together.
//!
//! **Ending in time.** A model may go on with a text or a list for ever. So a way to the end is kept in sight: a token that would leave
//! fewer tokens than the shortest way from there takes is not taken, and the shortest way from before it is. Ways are looked for only
//! where what is left is not plainly enough, and only after tokens that may make the way longer.

use std::collections::VecDeque;
use std::sync::Arc;

use llguidance::toktrie::SimpleVob;

use super::logprobs::LogSoftmax;
use super::{Event, FinishReason, Generation, Stage};
use crate::constraint::{Constraint, Grammar, GrammarError};
use crate::engine::{Engine, StepToken};
use crate::error::RuntimeError;
use crate::sampling::Sampler;
use crate::vocabulary::Vocabulary;

/// Where more tokens are left, nobody looks for the end.
const FAR: usize = 4096;
/// Where so few are left beyond the shortest way, one looks after each token.
const NEAR: usize = 8;
/// What asks for several of something: a keyword of JSON Schema, or a repetition that is counted.
const MULTIPLIERS: [&str; 4] = ["\"minItems\":", "\"minLength\":", "\"minProperties\":", "{"];

/// A grammar, and how far an answer has come in it.
#[derive(Debug)]
pub(super) struct Constrained {
    vocabulary: Arc<Vocabulary>,
    constraint: Constraint,
    /// Tokens that follow, oldest first. The constraint is behind them already.
    forced: VecDeque<u32>,
    /// What may follow after them, where that is known.
    mask: Option<SimpleVob>,
    /// The logits of what may follow.
    row: Vec<f32>,
    /// The shortest way to the end, where it is known.
    way: Option<Vec<u32>>,
    /// So many more tokens are left than the shortest way takes, or more; `None` before anybody has looked.
    slack: Option<usize>,
    /// Where no way was found, nobody looks again before so few tokens are left.
    again: usize,
    /// By so many tokens one token may make the way longer, and whether only those of JSON's marks may.
    jump: usize,
    is_json: bool,
    /// Whether the tokens in the queue are the last ones.
    is_ending: bool,
}

impl Constrained {
    pub(super) fn start(
        vocabulary: Arc<Vocabulary>,
        grammar: &Grammar,
    ) -> Result<Self, GrammarError> {
        let mut constraint = Constraint::new(&vocabulary, grammar)?;
        let forced = constraint.take_forced(vocabulary.tokens()?)?;
        Ok(Constrained {
            forced: forced.into(),
            constraint,
            vocabulary,
            mask: None,
            row: Vec::new(),
            way: None,
            slack: None,
            again: FAR,
            jump: jump(grammar),
            is_json: matches!(grammar, Grammar::JsonSchema(_) | Grammar::JsonObject),
            is_ending: false,
        })
    }

    /// Find out what may follow, while a device computes.
    pub(super) fn prepare(&mut self) {
        if self.mask.is_none() && self.forced.is_empty() && !self.constraint.is_over() {
            // An error comes again when the mask is needed.
            self.mask = self.constraint.mask().ok();
        }
    }

    /// Whether nothing follows what was given.
    pub(super) fn is_done(&self) -> bool {
        self.forced.is_empty() && (self.is_ending || self.constraint.is_over())
    }

    /// Whether what was given is complete.
    pub(super) fn is_complete(&mut self) -> bool {
        self.forced.is_empty() && (self.is_ending || self.constraint.may_end())
    }

    /// Whether the next token is known without logits.
    pub(super) fn knows_next(&self) -> bool {
        !self.forced.is_empty()
    }

    /// The next token where `left` more may follow; `None` where the answer ends here.
    fn next(
        &mut self,
        logits: &[f32],
        sampler: &mut Sampler,
        (seen, place): (&[u32], usize),
        left: usize,
    ) -> Result<Option<u32>, GrammarError> {
        if let Some(id) = self.forced.pop_front() {
            return Ok(Some(id));
        }
        if self.is_ending || self.constraint.is_over() {
            return Ok(None);
        }
        let id = self.choose(logits, sampler, (seen, place))?;
        if !self.should_look(id, left)? {
            self.way = None;
            self.go_on(id)?;
            return Ok(Some(id));
        }
        self.look(id, left)
    }

    /// The token that is chosen among those that may follow.
    fn choose(
        &mut self,
        logits: &[f32],
        sampler: &mut Sampler,
        seen: (&[u32], usize),
    ) -> Result<u32, GrammarError> {
        let vocabulary = Arc::clone(&self.vocabulary);
        let tokens = vocabulary.tokens()?;
        let mut mask = match self.mask.take() {
            Some(mask) => mask,
            None => self.constraint.mask()?,
        };
        let mut admitted = mask.iter();
        match (admitted.next(), admitted.next()) {
            (None, _) => return Err(GrammarError::Unwritable),
            (Some(id), None) => return Ok(id),
            _ => {}
        }
        let id = self.sample(&mask, logits, sampler, seen);
        if !self.constraint.objects(tokens, id) {
            return Ok(id);
        }
        self.constraint.narrow(tokens, &mut mask);
        Ok(self.sample(&mask, logits, sampler, seen))
    }

    fn sample(
        &mut self,
        mask: &SimpleVob,
        logits: &[f32],
        sampler: &mut Sampler,
        (seen, place): (&[u32], usize),
    ) -> u32 {
        // What is not a number is never chosen.
        self.row.clear();
        self.row.resize(logits.len(), f32::NAN);
        mask.iter_set_entries(|id| {
            if let (Some(masked), Some(&logit)) = (self.row.get_mut(id), logits.get(id)) {
                *masked = logit;
            }
        });
        let id = sampler.sample(&mut self.row, seen, place);
        // Where no logit is a number, or all are minus infinity, nothing was chosen.
        let is_admitted = (id as usize) < mask.len() && mask.is_allowed(id);
        if is_admitted {
            id
        } else {
            mask.iter().next().unwrap_or(id)
        }
    }

    /// Whether to look for the end before taking a token. The first time tells how far it is.
    fn should_look(&mut self, id: u32, left: usize) -> Result<bool, GrammarError> {
        if left > self.again {
            return Ok(false);
        }
        let tokens = self.vocabulary.tokens()?;
        let slack = match self.slack {
            Some(slack) => slack,
            None => {
                let way = self.constraint.shortest_end(tokens, left)?;
                if way.is_none() {
                    self.again = left / 2;
                    return Ok(false);
                }
                let slack = way.as_ref().map_or(0, |way| left - way.len());
                self.way = way;
                *self.slack.insert(slack)
            }
        };
        let lengthens =
            !self.is_json || tokens.bytes(id).iter().any(|byte| b"{[,:\"".contains(byte));
        let cost = if lengthens { self.jump } else { 1 };
        let rest = slack.checked_sub(cost).filter(|&rest| rest > NEAR);
        if rest.is_some() {
            self.slack = rest;
        }
        Ok(rest.is_none())
    }

    /// Take a token if there is time to end after it, and otherwise the shortest way.
    fn look(&mut self, id: u32, left: usize) -> Result<Option<u32>, GrammarError> {
        let vocabulary = Arc::clone(&self.vocabulary);
        let tokens = vocabulary.tokens()?;
        let way = match self.way.take() {
            Some(way) => Some(way),
            None => self.constraint.shortest_end(tokens, left)?,
        };
        let before = self.constraint.clone();
        self.go_on(id)?;
        let taken = 1 + self.forced.len();
        if let Some(rest) = way.as_ref().filter(|way| way.first() == Some(&id)) {
            self.slack = Some(left - rest.len());
            self.way = rest.get(taken..).map(<[u32]>::to_vec);
            return Ok(Some(id));
        }
        let after = match left.checked_sub(taken) {
            Some(left) => self.constraint.shortest_end(tokens, left)?,
            None => None,
        };
        match (after, way) {
            (None, Some(way)) => {
                self.constraint = before;
                for &id in &way {
                    self.constraint.take(tokens, id)?;
                }
                self.forced = way.into();
                self.is_ending = true;
                Ok(self.forced.pop_front())
            }
            (after, _) => {
                if after.is_none() {
                    self.again = left / 2;
                }
                self.slack = after.as_ref().map(|way| left - taken - way.len());
                self.way = after;
                Ok(Some(id))
            }
        }
    }

    /// Take a token of an answer that was begun before.
    pub(super) fn replay(&mut self, id: u32) -> Result<(), GrammarError> {
        if self.forced.front() == Some(&id) {
            self.forced.pop_front();
            return Ok(());
        }
        self.mask = None;
        self.go_on(id)
    }

    /// Take a token, and what it forces.
    fn go_on(&mut self, id: u32) -> Result<(), GrammarError> {
        let tokens = self.vocabulary.tokens()?;
        // Where no token fits, the mask admits some that the grammar then refuses.
        let taken = self.constraint.take(tokens, id);
        taken.map_err(|_| GrammarError::Unwritable)?;
        self.forced.extend(self.constraint.take_forced(tokens)?);
        Ok(())
    }
}

/// By so many tokens one token may make the shortest way longer: by a text that the grammar spells out, as often as it says.
fn jump(grammar: &Grammar) -> usize {
    let text = match grammar {
        Grammar::JsonObject => return 2 * NEAR,
        Grammar::JsonSchema(text)
        | Grammar::Regex(text)
        | Grammar::Lark(text)
        | Grammar::Gbnf(text) => text,
    };
    let counts = MULTIPLIERS.iter().flat_map(|word| text.split(word).skip(1));
    let counts = counts.filter_map(|after| {
        let after = after.trim_start();
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        after[..digits].parse::<usize>().ok()
    });
    let times = counts.fold(1, usize::saturating_add);
    text.len().saturating_mul(times).min(FAR)
}

impl Generation {
    /// The next token of a constrained generation, or its end.
    pub(super) fn sample_constrained(&mut self, engine: &Engine) -> Result<Event, RuntimeError> {
        let left = self.tokens_left(engine);
        let Some(constrained) = &mut self.constrained else {
            return Ok(self.finish(engine, FinishReason::Stop));
        };
        let is_forced = constrained.knows_next();
        let place = (&self.seen[..], self.usage.completion_tokens);
        match constrained.next(&self.logits, &mut self.sampler, place, left)? {
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
    pub(super) async fn decode_constrained(
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
    pub(super) fn is_last(&self, id: u32) -> bool {
        match &self.constrained {
            Some(constrained) => constrained.is_done(),
            None => self.ends_with(id),
        }
    }

    /// Whether the answer ends with a token that is no part of its text.
    pub(super) fn ends_with(&self, id: u32) -> bool {
        let may_end = match &self.constrained {
            Some(constrained) => constrained.is_done(),
            None => !self.options.ignore_eos,
        };
        may_end && super::is_end(self.vocabulary.as_deref(), id)
    }

    /// How an answer ends for which no more tokens are left.
    pub(super) fn end_of_room(&mut self) -> Stage {
        let constrained = self.constrained.as_mut();
        let is_complete = constrained.is_some_and(Constrained::is_complete);
        Stage::Ending(if is_complete {
            FinishReason::Stop
        } else {
            FinishReason::Length
        })
    }
}
