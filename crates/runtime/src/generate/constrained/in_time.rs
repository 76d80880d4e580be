//! Ending in time: a way to the end is kept in sight, and taken while there are tokens left for it.

use std::sync::Arc;

use super::{Constrained, FAR, NEAR};
use crate::constraint::{Grammar, GrammarError};

/// What asks for several of something: a keyword of JSON Schema, or a repetition that is counted.
const MULTIPLIERS: [&str; 4] = ["\"minItems\":", "\"minLength\":", "\"minProperties\":", "{"];

impl Constrained {
    /// Whether to look for the end before taking a token. The first time tells how far it is.
    pub(super) fn should_look(&mut self, id: u32, left: usize) -> Result<bool, GrammarError> {
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
    pub(super) fn look(&mut self, id: u32, left: usize) -> Result<Option<u32>, GrammarError> {
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
}

/// By so many tokens one token may make the shortest way longer: by a text that the grammar spells out, as often as it says.
pub(super) fn jump(grammar: &Grammar) -> usize {
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
