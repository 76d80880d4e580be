//! Byte-level BPE: words are merged pair by pair, the best-ranked pair first and the leftmost of equal ones.
//!
//! All strings that take part (tokens, and whatever merges make on the way) are numbered once at load, so that a merge
//! is a look-up of two numbers. Time: O(n log n) in the length of a word.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use super::byte_level;
use super::pre::{Family, Splitter};
use super::source::VocabError;
use super::strings::StringTable;

/// No symbol: the end of the list, or one that was merged away.
const NONE: u32 = u32::MAX;

/// What a pair of symbols becomes.
#[derive(Clone, Copy)]
struct Merge {
    rank: u32,
    symbol: u32,
}

/// The merges of a vocabulary and the pre-tokenizer before them.
pub(crate) struct Bpe {
    splitter: Splitter,
    ignore_merges: bool,
    merges: HashMap<(u32, u32), Merge>,
    /// The symbol of each byte, by its character.
    byte_symbols: Vec<u32>,
    /// Symbols below this are tokens; those above are strings that only merges mention.
    n_tokens: u32,
}

/// A symbol in the list that a word is.
#[derive(Clone, Copy)]
struct Link {
    symbol: u32,
    prev: u32,
    next: u32,
}

/// A pair that may be merged, unless one of its sides has changed by then.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rank: u32,
    left: u32,
    right: u32,
    symbols: (u32, u32),
    merged: u32,
}

/// Buffers that are kept from word to word.
#[derive(Default)]
struct Scratch {
    links: Vec<Link>,
    queue: BinaryHeap<Reverse<Candidate>>,
    encoded: Vec<u8>,
}

impl Bpe {
    /// Numbers the strings of `merges` (appending new ones to `strings`, which holds the tokens) and ranks the pairs.
    pub(crate) fn new(
        family: &Family,
        strings: &mut StringTable,
        merges: &[&[u8]],
    ) -> Result<Self, VocabError> {
        let n_tokens = strings.len() as u32;
        let mut buffer = [0; 4];
        let byte_symbols = (0..=255u8)
            .map(|byte| {
                strings.intern(
                    byte_level::char_of(byte)
                        .encode_utf8(&mut buffer)
                        .as_bytes(),
                )
            })
            .collect();
        let mut ranks = HashMap::with_capacity(merges.len());
        let mut joined = Vec::new();
        for (rank, merge) in (0..).zip(merges) {
            // The space that separates is never the first byte: a side may begin with one.
            let Some(at) = memchr::memchr(b' ', merge.get(1..).unwrap_or(&[])).map(|at| at + 1)
            else {
                continue;
            };
            let (left, right) = (
                merge.get(..at).unwrap_or(&[]),
                merge.get(at + 1..).unwrap_or(&[]),
            );
            joined.clear();
            joined.extend_from_slice(left);
            joined.extend_from_slice(right);
            let pair = (strings.intern(left), strings.intern(right));
            let symbol = strings.intern(&joined);
            ranks.entry(pair).or_insert(Merge { rank, symbol });
        }
        Ok(Bpe {
            splitter: Splitter::new(family)?,
            ignore_merges: family.ignore_merges,
            merges: ranks,
            byte_symbols,
            n_tokens,
        })
    }

    /// Appends the ids of `text` to `out`.
    pub(crate) fn encode(&self, strings: &StringTable, text: &str, out: &mut Vec<u32>) {
        let mut scratch = Scratch::default();
        for word in self.splitter.split(text) {
            self.encode_word(strings, word.as_bytes(), &mut scratch, out);
        }
    }

    fn encode_word(
        &self,
        strings: &StringTable,
        word: &[u8],
        scratch: &mut Scratch,
        out: &mut Vec<u32>,
    ) {
        if self.ignore_merges {
            scratch.encoded.clear();
            for symbol in word
                .iter()
                .filter_map(|&byte| self.byte_symbols.get(usize::from(byte)))
            {
                scratch.encoded.extend_from_slice(strings.get(*symbol));
            }
            if let Some(id) = strings
                .find(&scratch.encoded)
                .filter(|&id| id < self.n_tokens)
            {
                out.push(id);
                return;
            }
        }
        self.link(word, scratch);
        self.merge(scratch);
        let symbols = scratch
            .links
            .iter()
            .map(|link| link.symbol)
            .filter(|&symbol| symbol != NONE);
        for symbol in symbols {
            if symbol < self.n_tokens {
                out.push(symbol);
            } else {
                // As llama.cpp has it: byte by byte where a single byte is a token, else dropped.
                let bytes = strings.get(symbol).chunks(1);
                out.extend(
                    bytes
                        .filter_map(|byte| strings.find(byte))
                        .filter(|&id| id < self.n_tokens),
                );
            }
        }
    }

    /// Makes `word` a list of one symbol per byte, and queues all neighbours that merge.
    fn link(&self, word: &[u8], scratch: &mut Scratch) {
        scratch.queue.clear();
        scratch.links.clear();
        let len = word.len() as u32;
        scratch.links.extend((0..len).zip(word).map(|(at, &byte)| {
            Link {
                symbol: self
                    .byte_symbols
                    .get(usize::from(byte))
                    .copied()
                    .unwrap_or(NONE),
                prev: at.checked_sub(1).unwrap_or(NONE),
                next: if at + 1 < len { at + 1 } else { NONE },
            }
        }));
        for right in 1..len {
            self.queue_pair(scratch, right - 1, right);
        }
    }

    fn queue_pair(&self, scratch: &mut Scratch, left: u32, right: u32) {
        let symbol = |at: u32| scratch.links.get(at as usize).map(|link| link.symbol);
        let (Some(a), Some(b)) = (symbol(left), symbol(right)) else {
            return;
        };
        if let Some(&Merge {
            rank,
            symbol: merged,
        }) = self.merges.get(&(a, b))
        {
            scratch.queue.push(Reverse(Candidate {
                rank,
                left,
                right,
                symbols: (a, b),
                merged,
            }));
        }
    }

    fn merge(&self, scratch: &mut Scratch) {
        while let Some(Reverse(candidate)) = scratch.queue.pop() {
            let Candidate {
                left,
                right,
                symbols,
                merged,
                ..
            } = candidate;
            let at = |at: u32| scratch.links.get(at as usize).copied();
            let (Some(l), Some(r)) = (at(left), at(right)) else {
                continue;
            };
            if (l.symbol, r.symbol) != symbols || l.next != right {
                continue;
            }
            if let Some(link) = scratch.links.get_mut(right as usize) {
                link.symbol = NONE;
            }
            if let Some(link) = scratch.links.get_mut(left as usize) {
                *link = Link {
                    symbol: merged,
                    prev: l.prev,
                    next: r.next,
                };
            }
            if let Some(link) = scratch.links.get_mut(r.next as usize) {
                link.prev = left;
            }
            self.queue_pair(scratch, l.prev, left);
            self.queue_pair(scratch, left, r.next);
        }
    }
}
