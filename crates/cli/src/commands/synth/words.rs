//! Invented words for a vocabulary: strings of letters, some after a space, the likeliest letters first. Every word
//! comes after the word without its last letter, so that merging can build it up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Letters, the likeliest in English first.
const LETTERS: &[u8; 26] = b"etaoinshrdlcumwfgypbvkjxqz";
/// What a letter costs beyond its place in the list: more makes words shorter.
const LETTER_COST: u32 = 3;
/// What the space costs.
const SPACE_COST: u32 = 1;
/// Letters of a word at most, which five bits each keep in 64 bits.
const MAX_LETTERS: u32 = 11;
/// The number that stands for a space; letters count from 1.
const SPACE: u64 = 27;

/// All words of two characters and more, by what their letters cost.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// Cost, and the numbers of the characters, five bits each, the last one lowest.
    open: BinaryHeap<Reverse<(u32, u64)>>,
}

impl Words {
    pub(super) fn new() -> Self {
        let first = LETTER_COST + 1;
        let alone = Reverse((first, 1));
        let after_space = Reverse((first + SPACE_COST, SPACE << 5 | 1));
        Words {
            open: [alone, after_space].into(),
        }
    }
}

impl Iterator for Words {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let Reverse((cost, word)) = self.open.pop()?;
            let last = word & 31;
            if last < LETTERS.len() as u64 {
                self.open.push(Reverse((cost + 1, word + 1)));
            }
            if word >> (5 * MAX_LETTERS) == 0 {
                self.open
                    .push(Reverse((cost + LETTER_COST + 1, word << 5 | 1)));
            }
            if word > 31 {
                return Some(spelt(word));
            }
        }
    }
}

fn spelt(mut word: u64) -> String {
    let mut reversed = Vec::new();
    while word > 0 {
        reversed.push(match word & 31 {
            SPACE => ' ',
            letter => char::from(LETTERS[(letter - 1) as usize]),
        });
        word >>= 5;
    }
    reversed.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_are_distinct_and_built_up() {
        let mut seen: HashSet<String> = HashSet::new();
        for word in Words::new().take(50_000) {
            let (_, letter) = word.split_at(word.len() - 1);
            let before = &word[..word.len() - 1];
            assert!(before.len() < 2 || seen.contains(before), "{word:?}");
            assert!(letter != " " && !word[1..].contains(' '), "{word:?}");
            assert!(seen.insert(word));
        }
        for word in ["the", " the", " and", "ion"] {
            assert!(seen.contains(word), "{word:?}");
        }
    }
}
