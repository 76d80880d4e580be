//! Added tokens: found in the text before anything else, the leftmost first and of those the longest.

use super::super::prefix::PrefixIndex;
use super::super::strings::StringTable;
use super::super::unicode;
use super::normalizer::Normalizer;
use super::vocab::AddedToken;

/// A piece of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fragment<'t> {
    /// Text, and where it begins.
    Text(&'t str, usize),
    Token(u32),
}

/// The added tokens that are looked for at the same time.
pub(super) struct AddedTokens {
    tokens: Vec<AddedToken>,
    /// What each of them looks like.
    contents: StringTable,
    index: PrefixIndex,
}

impl AddedTokens {
    /// `tokens`, as they look after `normalizer`.
    pub(super) fn new(tokens: Vec<AddedToken>, normalizer: Option<&Normalizer>) -> Self {
        let mut contents = StringTable::with_capacity(tokens.len(), 0);
        for token in &tokens {
            let content = token.content.clone();
            let content = match normalizer {
                Some(normalizer) => normalizer.apply(content),
                None => content,
            };
            contents.push(content.as_bytes());
        }
        let index = PrefixIndex::new(&contents, 0..tokens.len() as u32);
        AddedTokens {
            tokens,
            contents,
            index,
        }
    }

    /// Cuts `text` at the tokens in it; special ones count only if `special`.
    pub(super) fn cut<'t>(&self, text: &'t str, special: bool) -> Vec<Fragment<'t>> {
        let mut out = Vec::new();
        let (mut done, mut at) = (0, 0);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((len, token)) = self.longest(rest) else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            let (mut start, mut end) = (at, at + len);
            at = end;
            let (before, after) = (text.get(done..start), text.get(end..));
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            let beside_word =
                before.ends_with(unicode::is_word) || after.starts_with(unicode::is_word);
            if (token.special && !special) || (token.single_word && beside_word) {
                continue;
            }
            if token.lstrip {
                start = done + before.trim_end().len();
            }
            if token.rstrip {
                end += after.len() - after.trim_start().len();
            }
            push_text(text, done, start, &mut out);
            out.push(Fragment::Token(token.id));
            (done, at) = (end, end);
        }
        push_text(text, done, text.len(), &mut out);
        out
    }

    fn longest(&self, text: &str) -> Option<(usize, &AddedToken)> {
        let (len, index) = self.index.matches(&self.contents, text.as_bytes()).last()?;
        Some((len, self.tokens.get(index as usize)?))
    }
}

fn push_text<'t>(text: &'t str, start: usize, end: usize, out: &mut Vec<Fragment<'t>>) {
    if let Some(piece) = text.get(start..end).filter(|piece| !piece.is_empty()) {
        out.push(Fragment::Text(piece, start));
    }
}
