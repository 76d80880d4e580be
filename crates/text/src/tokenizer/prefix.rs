//! Which tokens a text begins with: the tokens in alphabetical order, narrowed byte by byte.

use super::strings::StringTable;

/// Ids in the order of their strings, each string once.
pub(crate) struct PrefixIndex {
    sorted: Vec<u32>,
}

impl PrefixIndex {
    /// Sorts `ids` by their strings; of equal ones the last id stays, as it is the one that `strings` finds. Empty
    /// strings are left out.
    pub(crate) fn new(strings: &StringTable, ids: impl Iterator<Item = u32>) -> Self {
        let mut sorted: Vec<u32> = ids.filter(|&id| !strings.get(id).is_empty()).collect();
        sorted.sort_unstable_by(|&a, &b| strings.get(a).cmp(strings.get(b)).then(b.cmp(&a)));
        sorted.dedup_by(|later, earlier| strings.get(*later) == strings.get(*earlier));
        PrefixIndex { sorted }
    }

    /// The strings that `text` begins with, the shortest first: their lengths and ids.
    pub(crate) fn matches<'a>(&'a self, strings: &'a StringTable, text: &'a [u8]) -> Matches<'a> {
        Matches {
            strings,
            candidates: &self.sorted,
            text,
            depth: 0,
        }
    }

    /// How many bytes of `text` are the beginning of some string.
    pub(crate) fn longest_beginning(&self, strings: &StringTable, text: &[u8]) -> usize {
        let mut walk = self.matches(strings, text);
        while walk.descend() {}
        walk.depth
    }
}

/// See [`PrefixIndex::matches`].
pub(crate) struct Matches<'a> {
    strings: &'a StringTable,
    /// The strings that begin with `text[..depth]`.
    candidates: &'a [u32],
    text: &'a [u8],
    depth: usize,
}

impl Matches<'_> {
    /// Takes one more byte; false where no string goes on with it.
    fn descend(&mut self) -> bool {
        let Some(byte) = self.text.get(self.depth) else {
            return false;
        };
        let at = |id: &u32| self.strings.get(*id).get(self.depth);
        let from = self.candidates.partition_point(|id| at(id) < Some(byte));
        let rest = self.candidates.get(from..).unwrap_or(&[]);
        let len = rest.partition_point(|id| at(id) == Some(byte));
        let rest = rest.get(..len).unwrap_or(&[]);
        if rest.is_empty() {
            return false;
        }
        self.candidates = rest;
        self.depth += 1;
        true
    }
}

impl Iterator for Matches<'_> {
    type Item = (usize, u32);

    fn next(&mut self) -> Option<(usize, u32)> {
        while self.descend() {
            // The shortest of the strings that begin alike comes first.
            let id = self.candidates.first().copied()?;
            if self.strings.get(id).len() == self.depth {
                return Some((self.depth, id));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_beginnings_are_found_the_shortest_first() {
        let mut strings = StringTable::with_capacity(0, 0);
        for string in ["ab", "a", "abcd", "b", "", "a"] {
            strings.push(string.as_bytes());
        }
        let index = PrefixIndex::new(&strings, 0..6);
        let matches = |text: &str| -> Vec<_> { index.matches(&strings, text.as_bytes()).collect() };
        assert_eq!(matches("abcx"), [(1, 5), (2, 0)]);
        assert_eq!(matches("abcd"), [(1, 5), (2, 0), (4, 2)]);
        assert_eq!(matches("x"), []);
        assert_eq!(matches(""), []);
        assert_eq!(index.longest_beginning(&strings, b"abcx"), 3);
        assert_eq!(index.longest_beginning(&strings, b"x"), 0);
    }
}
