//! A generation under a grammar: tokens are chosen among those that the grammar admits, tokens that it forces are taken without a
//! step of their own, and the answer ends while there are tokens left to complete it.
//!
//! **Forced tokens** are events like others. They wait in a queue, and all that has come since the last step goes into the next one
//! together.
//!
//! **Ending in time** (`in_time`). A model may go on with a text or a list for ever. So a way to the end is kept in sight: a token that
//! would leave fewer tokens than the shortest way from there takes is not taken, and the shortest way from before it is. Ways are looked
//! for only where what is left is not plainly enough, and only after tokens that may make the way longer.
//!
//! **Free text** (`free`) may stand before what keeps to the grammar, or around it.

mod free;
mod in_time;
mod steps;

use std::collections::VecDeque;
use std::sync::Arc;

use llguidance::toktrie::SimpleVob;

use crate::constraint::{Constraint, FreeText, Grammar, GrammarError};
use crate::sampling::Sampler;
use crate::vocabulary::Vocabulary;
use free::{Free, Place};
use in_time::jump;

/// Where more tokens are left, nobody looks for the end.
const FAR: usize = 4096;
/// So many tokens are passed over at most that lead nowhere.
const MOST_TRAPS: usize = 32;
/// Where so few are left beyond the shortest way, one looks after each token.
const NEAR: usize = 8;

/// What a token is drawn from, and by.
pub(super) struct Draw<'a> {
    pub(super) logits: &'a [f32],
    pub(super) sampler: &'a mut Sampler,
    /// All tokens so far, and how many of them are the answer's.
    pub(super) seen: (&'a [u32], usize),
    /// So many more tokens may follow, this one among them.
    pub(super) left: usize,
}

/// A grammar, and how far an answer has come in it.
#[derive(Debug)]
pub(super) struct Constrained {
    vocabulary: Arc<Vocabulary>,
    constraint: Constraint,
    free: Option<Free>,
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
        free_text: Option<&FreeText>,
    ) -> Result<Self, GrammarError> {
        let constraint = Constraint::new(&vocabulary, grammar)?;
        let free = free_text.map(|text| Free::new(&vocabulary, text, &constraint));
        let free = free.transpose()?;
        let mut constrained = Constrained {
            forced: free.iter().flat_map(Free::first).copied().collect(),
            free,
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
        };
        if constrained.place() == Place::Bound {
            constrained.force()?;
        }
        Ok(constrained)
    }

    /// Find out what may follow, while a device computes.
    pub(super) fn prepare(&mut self) {
        let is_bound = self.place() == Place::Bound && !self.constraint.is_over();
        if self.mask.is_none() && self.forced.is_empty() && is_bound {
            // An error comes again when the mask is needed.
            self.mask = self.constraint.mask().ok();
        }
    }

    /// Whether nothing follows what was given.
    pub(super) fn is_done(&self) -> bool {
        let comes_back = self.free.as_ref().is_some_and(Free::comes_back);
        let is_over = self.place() == Place::Bound && self.constraint.is_over() && !comes_back;
        self.forced.is_empty() && (self.is_ending || is_over)
    }

    /// Whether what was given is complete.
    pub(super) fn is_complete(&mut self) -> bool {
        let may_end = self.place() == Place::Bound && self.constraint.may_end();
        self.forced.is_empty() && (self.is_ending || may_end)
    }

    /// Whether the next token is known without logits.
    pub(super) fn knows_next(&self) -> bool {
        !self.forced.is_empty()
    }

    /// The next token; `None` where the answer ends here.
    fn next(&mut self, draw: &mut Draw<'_>) -> Result<Option<u32>, GrammarError> {
        if let Some(id) = self.forced.pop_front() {
            return Ok(Some(id));
        }
        if self.is_ending {
            return Ok(None);
        }
        self.come_back();
        match self.place() {
            Place::Choice => match self.next_choice(draw)? {
                Some(id) => Ok(Some(id)),
                None => self.next(draw),
            },
            Place::Free => self.next_free(draw),
            Place::Bound => self.next_bound(draw),
        }
    }

    fn next_bound(&mut self, draw: &mut Draw<'_>) -> Result<Option<u32>, GrammarError> {
        if self.constraint.is_over() {
            return Ok(None);
        }
        let id = self.choose(draw)?;
        if !self.should_look(id, draw.left)? {
            self.way = None;
            self.go_on(id)?;
            return Ok(Some(id));
        }
        self.look(id, draw.left)
    }

    /// The token that is chosen among those that may follow.
    fn choose(&mut self, draw: &mut Draw<'_>) -> Result<u32, GrammarError> {
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
        let mut id = self.sample(&mask, draw);
        if self.constraint.objects(tokens, id) {
            self.constraint.narrow(tokens, &mut mask);
            id = self.sample(&mask, draw);
        }
        for _ in 0..MOST_TRAPS {
            if mask.num_set() < 2 || !self.constraint.is_trap(tokens, id)? {
                break;
            }
            mask.disallow_token(id);
            id = self.sample(&mask, draw);
        }
        Ok(id)
    }

    fn sample(&mut self, mask: &SimpleVob, draw: &mut Draw<'_>) -> u32 {
        let logits = draw.logits;
        // What is not a number is never chosen.
        self.row.clear();
        self.row.resize(logits.len(), f32::NAN);
        mask.iter_set_entries(|id| {
            if let (Some(masked), Some(&logit)) = (self.row.get_mut(id), logits.get(id)) {
                *masked = logit;
            }
        });
        let (seen, place) = draw.seen;
        let id = draw.sampler.sample(&mut self.row, seen, place);
        // Where no logit is a number, or all are minus infinity, nothing was chosen.
        let is_admitted = (id as usize) < mask.len() && mask.is_allowed(id);
        if is_admitted {
            id
        } else {
            mask.iter().next().unwrap_or(id)
        }
    }

    /// Take a token of an answer that was begun before.
    pub(super) fn replay(&mut self, id: u32) -> Result<(), GrammarError> {
        if self.forced.front() == Some(&id) {
            self.forced.pop_front();
            return Ok(());
        }
        self.mask = None;
        self.come_back();
        self.follow(id)
    }

    /// Take a token wherever the answer is, and what it forces.
    fn follow(&mut self, id: u32) -> Result<(), GrammarError> {
        match self.place() {
            Place::Choice => self.decide(id),
            Place::Free => self.follow_free(id),
            Place::Bound => self.go_on(id),
        }
    }

    /// Take a token of what keeps to the grammar, and what it forces.
    fn go_on(&mut self, id: u32) -> Result<(), GrammarError> {
        let tokens = self.vocabulary.tokens()?;
        // Where no token fits, the mask admits some that the grammar then refuses.
        let taken = self.constraint.take(tokens, id);
        taken.map_err(|_| GrammarError::Unwritable)?;
        self.force()
    }

    /// Take what the grammar forces.
    fn force(&mut self) -> Result<(), GrammarError> {
        let tokens = self.vocabulary.tokens()?;
        self.forced.extend(self.constraint.take_forced(tokens)?);
        Ok(())
    }
}
