//! Free text before, or around, what keeps to the grammar.
//!
//! In free text every token of text is admitted, and its mark is looked for. Where the grammar must follow, the model's end token is
//! taken for that mark, and so is the point beyond which too few tokens would be left for the answer.

use llguidance::toktrie::SimpleVob;

use super::{Constrained, Draw, FAR, NEAR};
use crate::constraint::{Constraint, FreeText, GrammarError};
use crate::vocabulary::Vocabulary;

/// What must follow is left this share of the tokens, or more.
const ANSWER_SHARE: usize = 4;

/// Where an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The next token decides whether free text is opened.
    Choice,
    Free,
    /// In text that keeps to the grammar.
    Bound,
}

/// Free text, and how far an answer has come with it.
#[derive(Debug)]
pub(super) struct Free {
    pub(super) place: Place,
    open: Vec<u32>,
    /// So many tokens open free text and begin an answer without it alike.
    alike: usize,
    without: Vec<u32>,
    close: Vec<u32>,
    mark: String,
    between: Vec<u32>,
    /// What may be chosen in free text.
    admitted: SimpleVob,
    /// The newest bytes of free text, fewer than the mark has.
    tail: Vec<u8>,
    /// Where free text comes again: the beginning of what keeps to the grammar.
    beginning: Option<Constraint>,
    /// So many tokens are left to what must follow.
    reserve: Option<usize>,
}

impl Free {
    pub(super) fn new(
        vocabulary: &Vocabulary,
        text: &FreeText,
        constraint: &Constraint,
    ) -> Result<Self, GrammarError> {
        let tokenizer = vocabulary.tokenizer();
        let tokens = vocabulary.tokens()?;
        let encode = |text: &str| tokenizer.encode_marks(text);
        let close = encode(&text.close);
        let mut admitted = SimpleVob::alloc(tokenizer.len());
        for id in 0..tokenizer.len() as u32 {
            let is_text = !tokens.bytes(id).is_empty() || tokenizer.is_end_of_generation(id);
            if text.returns || is_text || close.contains(&id) {
                admitted.allow_token(id);
            }
        }
        let open = text.open.as_deref().map(encode);
        let without = encode(&text.without);
        // A token that is no whole mark may begin many things, of which free text would be made.
        let is_mark = |open: &Vec<u32>| {
            let first = open.first().map(|&id| tokenizer.token_bytes(id));
            first.is_some_and(|text| matches!(&text[..], [b'<', .., b'>'] | [b'[', .., b']']))
        };
        let place = match &open {
            None => Place::Free,
            Some(open) if is_mark(open) => Place::Choice,
            Some(_) => Place::Bound,
        };
        let open = open.unwrap_or_default();
        let pairs = open.iter().zip(&without);
        Ok(Free {
            place,
            alike: pairs.take_while(|(a, b)| a == b).count(),
            open,
            without,
            close,
            mark: text.close.clone(),
            between: encode(&text.between),
            admitted,
            tail: Vec::new(),
            beginning: text.returns.then(|| constraint.clone()),
            reserve: None,
        })
    }

    /// The tokens that come before anything is chosen.
    pub(super) fn first(&self) -> &[u32] {
        match self.place {
            Place::Choice => self.without.get(..self.alike).unwrap_or_default(),
            Place::Free => &[],
            Place::Bound => &self.without,
        }
    }

    /// Whether it comes again after the end of the grammar.
    pub(super) fn comes_back(&self) -> bool {
        self.beginning.is_some()
    }

    /// The tokens left over from where a choice fell on the answer without free text.
    fn rest_without(&self) -> &[u32] {
        self.without.get(self.alike..).unwrap_or_default()
    }

    /// What follows the mark in the free text with these bytes, if they complete it.
    fn after_mark(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let text = [&self.tail, bytes].concat();
        let mark = self.mark.as_bytes();
        let at = text.windows(mark.len()).position(|part| part == mark)?;
        Some(text[at + mark.len()..].to_vec())
    }

    /// Keep what may be the beginning of the mark.
    fn keep(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        let surplus = (self.tail.len() + 1).saturating_sub(self.mark.len());
        self.tail.drain(..surplus.min(self.tail.len()));
    }

    /// What is missing of the mark.
    fn rest_of_mark(&self) -> &str {
        let ends = (0..self.mark.len()).rev();
        let written = ends
            .filter(|&end| self.mark.is_char_boundary(end))
            .find(|&end| self.tail.ends_with(&self.mark.as_bytes()[..end]));
        &self.mark[written.unwrap_or(0)..]
    }
}

impl Constrained {
    pub(super) fn place(&self) -> Place {
        self.free.as_ref().map_or(Place::Bound, |free| free.place)
    }

    /// After the end of the grammar, go on with free text where that comes again.
    pub(super) fn come_back(&mut self) {
        let Some(free) = &mut self.free else {
            return;
        };
        let is_over = free.place == Place::Bound && self.constraint.is_over();
        if let (true, Some(beginning)) = (is_over && self.forced.is_empty(), &free.beginning) {
            self.constraint = beginning.clone();
            free.place = Place::Free;
            (self.mask, self.way, self.slack, self.again) = (None, None, None, FAR);
        }
    }

    /// The token that decides whether free text is opened; `None` where that is clear without one.
    pub(super) fn next_choice(&mut self, draw: &mut Draw<'_>) -> Result<Option<u32>, GrammarError> {
        let needed = self.needed(draw.left)?;
        let Some(free) = &self.free else {
            return Ok(None);
        };
        let Some(&open) = free.open.get(free.alike) else {
            return self.bind(free.rest_without().to_vec()).map(|()| None);
        };
        let mut mask = match free.without.get(free.alike) {
            Some(&id) => {
                let mut only = SimpleVob::alloc(draw.logits.len());
                only.allow_token(id);
                only
            }
            None => self.constraint.mask()?,
        };
        if mask.is_allowed(open) || draw.left <= needed + free.open.len() {
            return self.bind(free.rest_without().to_vec()).map(|()| None);
        }
        mask.allow_token(open);
        let id = self.sample(&mask, draw);
        self.decide(id)?;
        Ok(Some(id))
    }

    /// Go on with a token that decides whether free text is opened.
    pub(super) fn decide(&mut self, id: u32) -> Result<(), GrammarError> {
        let Some(free) = &mut self.free else {
            return Ok(());
        };
        let opening = free.open.get(free.alike..).unwrap_or_default();
        if let Some(rest) = opening.strip_prefix(&[id]) {
            self.forced.extend(rest);
            free.place = Place::Free;
            return Ok(());
        }
        let direct = free.rest_without().strip_prefix(&[id]).map(<[u32]>::to_vec);
        free.place = Place::Bound;
        match direct {
            Some(rest) => self.bind(rest),
            None => self.go_on(id),
        }
    }

    /// The next token of free text, or the first one of its mark.
    pub(super) fn next_free(&mut self, draw: &mut Draw<'_>) -> Result<Option<u32>, GrammarError> {
        if draw.left <= self.needed(draw.left)? {
            return self.close();
        }
        let Some(free) = &mut self.free else {
            return Ok(None);
        };
        let admitted = std::mem::take(&mut free.admitted);
        let id = self.sample(&admitted, draw);
        let Some(free) = &mut self.free else {
            return Ok(None);
        };
        free.admitted = admitted;
        let tokenizer = self.vocabulary.tokenizer();
        let is_end = tokenizer.is_end_of_generation(id) && free.close.first() != Some(&id);
        let after = free.after_mark(&tokenizer.token_bytes(id));
        let is_odd = after.is_some_and(|after| !after.trim_ascii().is_empty());
        if is_odd || (is_end && !free.comes_back()) {
            return self.close();
        }
        self.follow(id)?;
        Ok(Some(id))
    }

    /// Go on with a token of free text.
    pub(super) fn follow_free(&mut self, id: u32) -> Result<(), GrammarError> {
        let Some(free) = &mut self.free else {
            return Ok(());
        };
        let tokenizer = self.vocabulary.tokenizer();
        let bytes = tokenizer.token_bytes(id);
        match free.after_mark(&bytes) {
            // White space after the mark stands for what would be put there.
            Some(after) if after.is_empty() => {
                let between = free.between.clone();
                self.bind(between)
            }
            Some(_) => self.bind(Vec::new()),
            None => {
                self.is_ending = free.comes_back() && tokenizer.is_end_of_generation(id);
                free.keep(&bytes);
                Ok(())
            }
        }
    }

    /// End free text: its mark follows, and what keeps to the grammar.
    fn close(&mut self) -> Result<Option<u32>, GrammarError> {
        let Some(free) = &self.free else {
            return Ok(None);
        };
        let rest = free.rest_of_mark();
        let mut ids = match rest.len() == free.mark.len() {
            true => free.close.clone(),
            false => self.vocabulary.tokenizer().encode_marks(rest),
        };
        ids.extend(&free.between);
        self.bind(ids)?;
        Ok(self.forced.pop_front())
    }

    /// What keeps to the grammar begins after these tokens.
    fn bind(&mut self, tokens: Vec<u32>) -> Result<(), GrammarError> {
        if let Some(free) = &mut self.free {
            free.place = Place::Bound;
            free.tail.clear();
        }
        self.forced.extend(tokens);
        self.force()
    }

    /// So many tokens must be left after free text: for its mark, and for what must follow.
    fn needed(&mut self, left: usize) -> Result<usize, GrammarError> {
        let Some(free) = &mut self.free else {
            return Ok(0);
        };
        if free.comes_back() {
            return Ok(0);
        }
        let reserve = match free.reserve {
            Some(reserve) => reserve,
            None => {
                let way = self
                    .constraint
                    .shortest_end(self.vocabulary.tokens()?, left.min(FAR))?;
                let way = way.map_or(0, |way| way.len() + NEAR);
                *free.reserve.insert(way.max(left / ANSWER_SHARE))
            }
        };
        Ok(reserve + free.close.len() + free.between.len())
    }
}
