//! Guesses from the text itself. Answers quote their prompts: names, code, what is to be corrected or summed up. So what
//! followed the last tokens where they occurred before is likely to follow again.
//!
//! Of every n-gram of the text a table keeps where it ends last, so a token costs a few look-ups however long the text is.

use hashbrown::HashMap;

/// Tokens of the shortest n-gram: single tokens recur everywhere.
const SHORTEST: usize = 2;

/// The n-grams of a text that grows.
#[derive(Clone, Debug)]
pub(crate) struct NgramIndex {
    /// Where each n-gram ends last, by a hash of it.
    ends: HashMap<u64, usize>,
    /// For each length from the shortest on: where the last n-gram of the text ends before.
    earlier: Vec<Option<usize>>,
    /// So many tokens of the text are in the table.
    done: usize,
}

impl NgramIndex {
    /// An index of n-grams of up to `longest` tokens.
    pub(crate) fn new(longest: usize) -> Self {
        // Longer ones find nothing that shorter ones do not, and each length costs memory.
        const LONGEST: usize = 16;
        NgramIndex {
            ends: HashMap::new(),
            earlier: vec![None; longest.clamp(SHORTEST, LONGEST) + 1 - SHORTEST],
            done: 0,
        }
    }

    /// Begin anew, with another text.
    pub(crate) fn clear(&mut self) {
        self.ends.clear();
        self.earlier.fill(None);
        self.done = 0;
    }

    /// Take in what `text` has grown by.
    pub(crate) fn update(&mut self, text: &[u32]) {
        for end in self.done + 1..=text.len() {
            let text = &text[..end];
            for (n, earlier) in (SHORTEST..=end).zip(&mut self.earlier) {
                let ngram = &text[end - n..];
                let before = self.ends.insert(key(ngram), end);
                // Two n-grams may share a key: then neither is found, and nothing is lost but a guess.
                *earlier = before.filter(|&end| text[..end].ends_with(ngram));
            }
        }
        self.done = text.len();
    }

    /// Append up to `count` tokens to `draft` that may follow `text`: what followed the longest n-gram that occurred
    /// before; with `longest_only`, that of all n-grams which is least likely to be there by chance. A repetition
    /// that reaches up to the end of the text is gone on with.
    pub(crate) fn propose(
        &self,
        text: &[u32],
        longest_only: bool,
        count: usize,
        draft: &mut Vec<u32>,
    ) {
        let lengths = if longest_only { 1 } else { self.earlier.len() };
        let found = self.earlier.iter().rev().take(lengths).flatten().next();
        let Some(&start) = found.filter(|_| self.done == text.len()) else {
            return;
        };
        let first = draft.len();
        for at in start..start + count {
            let again = || draft[first + at - text.len()];
            draft.push(text.get(at).copied().unwrap_or_else(again));
        }
    }
}

/// A hash of an n-gram and its length.
fn key(ngram: &[u32]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, &id: &u32| (hash.rotate_left(23) ^ u64::from(id)).wrapping_mul(FACTOR);
    ngram.iter().fold(ngram.len() as u64, mix)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by looking everywhere.
    fn naive(text: &[u32], longest: usize, longest_only: bool, count: usize) -> Vec<u32> {
        let lengths = if longest_only { longest } else { SHORTEST }..=longest;
        for n in lengths.rev().filter(|&n| n < text.len()) {
            let ngram = &text[text.len() - n..];
            if let Some(end) = (n..text.len()).rev().find(|&e| text[..e].ends_with(ngram)) {
                let mut all = text.to_vec();
                for at in end..end + count {
                    all.push(all[at]);
                }
                return all[text.len()..].to_vec();
            }
        }
        Vec::new()
    }

    fn proposed(index: &NgramIndex, text: &[u32], longest_only: bool, count: usize) -> Vec<u32> {
        let mut draft = Vec::new();
        index.propose(text, longest_only, count, &mut draft);
        draft
    }

    proptest! {
        #[test]
        fn what_is_proposed_is_what_a_search_finds(
            text in prop::collection::vec(0u32..4, 0..200),
            steps in prop::collection::vec(1usize..6, 0..200),
            longest in 2usize..7,
            count in 0usize..12,
        ) {
            let mut index = NgramIndex::new(longest);
            let mut end = 0;
            for step in steps {
                end = (end + step).min(text.len());
                index.update(&text[..end]);
                for longest_only in [false, true] {
                    let want = naive(&text[..end], longest, longest_only, count);
                    prop_assert_eq!(proposed(&index, &text[..end], longest_only, count), want);
                }
            }
        }
    }

    #[test]
    fn a_repetition_goes_on() {
        let mut index = NgramIndex::new(4);
        let text = [7, 1, 2, 3, 1, 2, 3];
        index.update(&text);
        // "2 3" ended at 4 before; after it came "1 2 3", and then the same again.
        assert_eq!(proposed(&index, &text, false, 8), [1, 2, 3, 1, 2, 3, 1, 2]);
        assert!(proposed(&index, &text, true, 8).is_empty());
        assert!(proposed(&index, &[], false, 8).is_empty());
    }

    #[test]
    fn the_last_occurrence_counts() {
        let mut index = NgramIndex::new(2);
        let text = [1, 2, 3, 1, 2, 4, 1, 2];
        index.update(&text);
        assert_eq!(proposed(&index, &text, false, 2), [4, 1]);
    }
}
