//! The shortest way to an end: the tokens that complete what is written so far.
//!
//! Found by trying, without the model: at each place the token is taken that most likely closes something. That is exact for JSON, where
//! closing marks and scalars are never longer than what they stand for, and a good guess for other grammars. Two ways of choosing are
//! tried, and the shorter result counts. Where neither comes to an end, the words that the patterns spell out are tried as well.

use std::sync::Arc;

use llguidance::toktrie::SimpleVob;

use super::error::GrammarError;
use super::watch::{Situation, Watch};
use super::{Constraint, Tokens};

/// Longer fillers help no more, and are the odd ends of a vocabulary.
const LONGEST_FILLER: usize = 16;

/// So often something else is tried before something is opened.
const DETOUR: u16 = 16;

/// What has just become possible counts as if it had been used half as many times less.
const NEWS: u8 = 8;
/// A closing mark that was used so often gives way to others.
const OFTEN: u16 = 32;

/// In so many places words are tried.
const MOST_TRIES: usize = 64;

/// How a way is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taste {
    /// What has just become possible comes first: it is progress where a repetition is not.
    News,
    /// The longest filler comes first: for texts of a least length.
    Long,
    /// As with news, but words after which something may close come before all else.
    Words,
}

impl Constraint {
    /// At most `limit` tokens after which the answer may end; `None` where no such way is found.
    pub(crate) fn shortest_end(
        &self,
        tokens: &Tokens,
        limit: usize,
    ) -> Result<Option<Vec<u32>>, GrammarError> {
        let first = self.way(tokens, limit, Taste::News)?;
        let limit = first
            .as_ref()
            .map_or(limit, |way| way.len().saturating_sub(1));
        // A way of a few tokens is hardly made shorter.
        if first.as_ref().is_some_and(|way| way.len() < 4) {
            return Ok(first);
        }
        let way = self.way(tokens, limit, Taste::Long)?.or(first);
        if way.is_some() || self.words.is_empty() {
            return Ok(way);
        }
        self.way(tokens, limit, Taste::Words)
    }

    fn way(
        &self,
        tokens: &Tokens,
        limit: usize,
        taste: Taste,
    ) -> Result<Option<Vec<u32>>, GrammarError> {
        let mut trial = self.clone();
        let mut way = trial.take_forced(tokens)?;
        let mut before: Option<SimpleVob> = None;
        let mut used = [0_u16; 256];
        let mut tries = 0;
        while !trial.may_end() {
            if way.len() >= limit {
                return Ok(None);
            }
            let mut mask = trial.mask()?;
            if mask.num_set() > 1 {
                trial.narrow(tokens, &mut mask);
            }
            if taste == Taste::Words && tries < MOST_TRIES && !trial.may_close(tokens, &mask) {
                tries += 1;
                if let Some((ahead, words)) = trial.by_words(tokens)? {
                    trial = ahead;
                    way.extend(words);
                    before = None;
                    continue;
                }
            }
            let choice = Choice {
                tokens,
                before: before.as_ref(),
                used: &used,
                taste,
                situation: trial.watch.as_ref().map(Watch::situation),
            };
            let Some(id) = mask.iter().min_by_key(|&id| choice.key(id)) else {
                return Ok(None);
            };
            if let Some(&byte) = tokens.bytes(id).first() {
                used[usize::from(byte)] = used[usize::from(byte)].saturating_add(1);
            }
            if trial.take(tokens, id).is_err() {
                // What must follow cannot be written in this vocabulary.
                return Ok(None);
            }
            way.push(id);
            way.extend(trial.take_forced(tokens)?);
            before = Some(mask);
        }
        Ok(Some(way).filter(|way| way.len() <= limit))
    }
}

impl Constraint {
    /// The state after words after which something may close, and their tokens.
    fn by_words(
        &mut self,
        tokens: &Tokens,
    ) -> Result<Option<(Constraint, Vec<u32>)>, GrammarError> {
        let words = Arc::clone(&self.words);
        // The last words of a pattern first: those before them may be written already.
        let starts = words
            .iter()
            .flat_map(|words| (0..words.len()).rev().map(move |start| &words[start..]));
        for words in starts {
            let mut ahead = self.clone();
            let mut taken = Vec::new();
            for word in words {
                let ids = tokens.of_text(word);
                if ahead.matcher.validate_tokens(&ids).unwrap_or(0) < ids.len() {
                    continue;
                }
                for &id in &ids {
                    ahead.take(tokens, id)?;
                }
                taken.extend(ids);
                taken.extend(ahead.take_forced(tokens)?);
                if ahead.is_near(tokens)? {
                    return Ok(Some((ahead, taken)));
                }
            }
        }
        Ok(None)
    }

    /// Whether the answer may end, or something may close.
    fn is_near(&mut self, tokens: &Tokens) -> Result<bool, GrammarError> {
        if self.may_end() {
            return Ok(true);
        }
        let mask = self.mask()?;
        Ok(self.may_close(tokens, &mask))
    }

    /// Whether one of these tokens closes something.
    fn may_close(&self, tokens: &Tokens, mask: &SimpleVob) -> bool {
        let situation = self.watch.as_ref().map(Watch::situation);
        mask.iter().any(|id| {
            let bytes = tokens.bytes(id);
            let kind =
                situation.map_or_else(|| kind(bytes), |situation| json_kind(bytes, situation));
            kind == Kind::Closes
        })
    }
}

/// What a token is chosen by.
struct Choice<'a> {
    tokens: &'a Tokens,
    /// What might have been chosen the last time.
    before: Option<&'a SimpleVob>,
    /// How often a token with such a first byte was.
    used: &'a [u16; 256],
    taste: Taste,
    /// Where one is, in JSON.
    situation: Option<Situation>,
}

impl Choice<'_> {
    /// Of the token to go on with it is the least.
    fn key(&self, id: u32) -> (u16, u8, u8, usize) {
        let bytes = self.tokens.bytes(id);
        let kind = match self.situation {
            Some(situation) => json_kind(bytes, situation),
            None => kind(bytes),
        };
        let uses = bytes
            .first()
            .map_or(0, |&byte| self.used[usize::from(byte)]);
        let len = bytes.len().min(LONGEST_FILLER);
        let is_odd = bytes.len() > LONGEST_FILLER;
        let is_news = self.before.is_some_and(|before| !before.is_allowed(id));
        let is_text = !matches!(self.situation, Some(Situation::Between | Situation::Number));
        match (kind, self.taste) {
            // A mark that was used often may close nothing. Of equal ones the token that closes most comes first.
            (Kind::Closes, _) => (
                0,
                (uses / OFTEN).min(255) as u8,
                mark(bytes),
                LONGEST_FILLER - len,
            ),
            (_, Taste::News | Taste::Words) if is_text => {
                let detour = if kind == Kind::Opens { DETOUR } else { 0 };
                let news = 2 * uses.min(100) as u8 + u8::from(!is_news) * NEWS;
                (1 + uses / DETOUR + detour, news, kind as u8, len)
            }
            (_, Taste::News | Taste::Words) => (kind as u16, 0, 0, len),
            (_, Taste::Long) => (kind as u16, u8::from(is_odd), 0, LONGEST_FILLER - len),
        }
    }
}

/// Which closing mark is tried first.
fn mark(bytes: &[u8]) -> u8 {
    match bytes.first() {
        Some(b'"') => 0,
        Some(b'}' | b']') => 1,
        _ => 2,
    }
}

/// What a token does, most welcome first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Nothing but closing marks.
    Closes = 1,
    /// Text.
    Filler,
    /// Something that has to be followed by more.
    Continues,
    /// Something that has to be closed.
    Opens,
}

/// What a token does in some text.
fn kind(bytes: &[u8]) -> Kind {
    let closes = |b: &u8| b"\"}])'>".contains(b);
    if bytes.is_empty() {
        return Kind::Continues;
    }
    if bytes.iter().all(closes) {
        return Kind::Closes;
    }
    if bytes.iter().any(|b| b"{[(<".contains(b)) && !bytes.last().is_some_and(closes) {
        return Kind::Opens;
    }
    if bytes.iter().any(|b| b",:\\ \n\r\t".contains(b)) {
        return Kind::Continues;
    }
    Kind::Filler
}

/// What a token does in a JSON text.
fn json_kind(bytes: &[u8], situation: Situation) -> Kind {
    let Some(first) = bytes.first() else {
        return Kind::Continues;
    };
    let rest = match situation {
        Situation::Text if *first == b'"' => &bytes[1..],
        Situation::Text if bytes.contains(&b'"') => return Kind::Continues,
        Situation::Text => return Kind::Filler,
        Situation::Between | Situation::Number => bytes,
    };
    if rest.iter().all(|b| b"}]".contains(b)) {
        return Kind::Closes;
    }
    if matches!(bytes, b"\"\"" | b"[]" | b"{}") {
        return Kind::Filler;
    }
    let has = |marks: &[u8]| rest.iter().any(|b| marks.contains(b));
    match situation {
        // The next value is nearer than the end of this one.
        Situation::Number if bytes == b"," => Kind::Filler,
        Situation::Number => Kind::Continues,
        _ if has(b"{[") => Kind::Opens,
        _ if has(b"\",:- \n\r\t") => Kind::Continues,
        _ => Kind::Filler,
    }
}
