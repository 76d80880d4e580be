//! General categories of Unicode, from the tables that regular expressions bring along.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, HirKind};

/// A set of characters as sorted ranges.
pub(crate) struct CharSet {
    ranges: Vec<(char, char)>,
}

impl CharSet {
    /// The set of a regular expression that is one character class; any other expression is the empty set.
    fn of(pattern: &str) -> CharSet {
        let class = regex_syntax::parse(pattern).ok();
        let ranges = match class.as_ref().map(|hir| hir.kind()) {
            Some(HirKind::Class(Class::Unicode(class))) => class
                .ranges()
                .iter()
                .map(|range| (range.start(), range.end()))
                .collect(),
            _ => Vec::new(),
        };
        CharSet { ranges }
    }

    fn contains(&self, c: char) -> bool {
        let at = self.ranges.partition_point(|&(_, end)| end < c);
        self.ranges.get(at).is_some_and(|&(start, _)| start <= c)
    }
}

/// Whether `c` is punctuation (`\p{P}`).
pub(crate) fn is_punctuation(c: char) -> bool {
    static SET: OnceLock<CharSet> = OnceLock::new();
    SET.get_or_init(|| CharSet::of(r"\p{P}")).contains(c)
}

/// Whether `c` is a combining mark (`\p{M}`).
pub(crate) fn is_mark(c: char) -> bool {
    static SET: OnceLock<CharSet> = OnceLock::new();
    SET.get_or_init(|| CharSet::of(r"\p{M}")).contains(c)
}

/// Whether `c` is a mark without width of its own (`\p{Mn}`).
pub(crate) fn is_nonspacing_mark(c: char) -> bool {
    static SET: OnceLock<CharSet> = OnceLock::new();
    SET.get_or_init(|| CharSet::of(r"\p{Mn}")).contains(c)
}

/// Whether `c` is part of a word (`\w`).
pub(crate) fn is_word(c: char) -> bool {
    static SET: OnceLock<CharSet> = OnceLock::new();
    SET.get_or_init(|| CharSet::of(r"\w")).contains(c)
}

/// Whether `c` is a control, a format character or private, and assigned.
pub(crate) fn is_assigned_other(c: char) -> bool {
    static SET: OnceLock<CharSet> = OnceLock::new();
    SET.get_or_init(|| CharSet::of(r"[\p{C}--\p{Cn}]"))
        .contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_those_of_unicode() {
        assert!(is_punctuation('!') && is_punctuation('\u{3001}') && !is_punctuation('$'));
        assert!(is_mark('\u{301}') && is_nonspacing_mark('\u{301}') && !is_mark('a'));
        assert!(is_mark('\u{903}') && !is_nonspacing_mark('\u{903}'));
        assert!(is_word('a') && is_word('_') && is_word('\u{301}') && !is_word('-'));
        assert!(is_assigned_other('\u{AD}') && !is_assigned_other('\u{378}'));
    }
}
