//! Cuts text at the special tokens written in it.
//!
//! The longest token is looked for first, through the whole text, then the next one in what is left: the order of
//! llama.cpp, which is not the leftmost-longest order that other tokenizers use.

use memchr::memmem;

use super::attr::TokenAttr;

/// A special token to look for.
pub(crate) struct Searched<'a> {
    /// Its id.
    pub(crate) id: u32,
    /// What it looks like.
    pub(crate) text: &'a [u8],
    /// Whether it strips white space around it.
    pub(crate) attr: TokenAttr,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fragment<'t> {
    /// Ordinary text, not empty.
    Text(&'t str),
    /// A special token.
    Token(u32),
}

/// Cuts `text` at each of `tokens`, in their order.
pub(crate) fn partition<'t, 'a>(
    text: &'t str,
    tokens: impl Iterator<Item = Searched<'a>>,
) -> Vec<Fragment<'t>> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut fragments = vec![Fragment::Text(text)];
    for token in tokens {
        // One search through the whole text spares most tokens a search through every fragment.
        if token.text.is_empty() || memmem::find(text.as_bytes(), token.text).is_none() {
            continue;
        }
        let mut next = Vec::with_capacity(fragments.len() + 2);
        for fragment in fragments {
            match fragment {
                Fragment::Text(text) => cut(text, &token, &mut next),
                Fragment::Token(_) => next.push(fragment),
            }
        }
        fragments = next;
    }
    fragments
}

/// Appends the pieces of `text` around each occurrence of `token`.
fn cut<'t>(text: &'t str, token: &Searched<'_>, out: &mut Vec<Fragment<'t>>) {
    let mut rest = text;
    while let Some(at) = memmem::find(rest.as_bytes(), token.text) {
        let (Some(mut left), Some(mut right)) = (rest.get(..at), rest.get(at + token.text.len()..))
        else {
            break;
        };
        if token.attr.has(TokenAttr::LSTRIP) {
            left = left.trim_end_matches(is_c_space);
        }
        if token.attr.has(TokenAttr::RSTRIP) {
            right = right.trim_start_matches(is_c_space);
        }
        if !left.is_empty() {
            out.push(Fragment::Text(left));
        }
        out.push(Fragment::Token(token.id));
        rest = right;
    }
    if !rest.is_empty() {
        out.push(Fragment::Text(rest));
    }
}

/// `isspace` of the C locale.
fn is_c_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
}

#[cfg(test)]
mod tests {
    use super::Fragment::{Text, Token};
    use super::*;

    fn parts<'t>(text: &'t str, tokens: &[(&str, TokenAttr)]) -> Vec<Fragment<'t>> {
        let searched = (0..).zip(tokens).map(|(id, &(text, attr))| Searched {
            id,
            text: text.as_bytes(),
            attr,
        });
        partition(text, searched)
    }

    #[test]
    fn the_first_listed_token_wins_wherever_it_stands() {
        let none = TokenAttr::default();
        assert_eq!(
            parts("xabcab", &[("bc", none), ("ab", none)]),
            [Text("xa"), Token(0), Token(1)]
        );
        assert_eq!(parts("", &[("a", none)]), []);
        assert_eq!(parts("aa", &[("a", none)]), [Token(0), Token(0)]);
        assert_eq!(parts("é", &[("\u{c3}", none), ("", none)]), [Text("é")]);
    }

    #[test]
    fn white_space_is_stripped_on_the_side_asked_for() {
        assert_eq!(
            parts("a <m> b", &[("<m>", TokenAttr::LSTRIP)]),
            [Text("a"), Token(0), Text(" b")]
        );
        assert_eq!(
            parts("a <m> \n", &[("<m>", TokenAttr::RSTRIP)]),
            [Text("a "), Token(0)]
        );
        assert_eq!(
            parts(
                " <m>\u{a0}b",
                &[("<m>", TokenAttr::LSTRIP.with(TokenAttr::RSTRIP))]
            ),
            [Token(0), Text("\u{a0}b")]
        );
    }
}
