//! Merging neighbours by rank: the best-ranked pair first, the leftmost of equal ones. Time: O(n log n) in the length of
//! a word.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

/// No symbol: the end of the list, or one that was merged away.
const NONE: u32 = u32::MAX;

/// Stands for text that is no symbol; it never merges.
pub(crate) const UNKNOWN: u32 = u32::MAX - 1;

/// What a pair of symbols becomes.
#[derive(Clone, Copy)]
struct Merge {
    rank: u32,
    symbol: u32,
}

/// All pairs that merge.
pub(crate) struct Merges {
    pairs: HashMap<(u32, u32), Merge>,
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

/// A word while it is merged; kept from word to word for its buffers.
#[derive(Default)]
pub(crate) struct Word {
    links: Vec<Link>,
    queue: BinaryHeap<Reverse<Candidate>>,
}

impl Word {
    /// What is left: each symbol with the place, in the symbols that were given, of the first one in it.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = (usize, u32)> {
        let symbols = self.links.iter().map(|link| link.symbol).enumerate();
        symbols.filter(|&(_, symbol)| symbol != NONE)
    }

    fn set(&mut self, symbols: impl Iterator<Item = u32>) {
        self.queue.clear();
        self.links.clear();
        self.links
            .extend((0..).zip(symbols).map(|(at, symbol)| Link {
                symbol,
                prev: u32::checked_sub(at, 1).unwrap_or(NONE),
                next: at + 1,
            }));
        if let Some(last) = self.links.last_mut() {
            last.next = NONE;
        }
    }
}

impl Merges {
    /// No pairs, with room for `capacity`.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Merges {
            pairs: HashMap::with_capacity(capacity),
        }
    }

    /// Makes `pair` become `symbol`, unless it is known already.
    pub(crate) fn insert(&mut self, pair: (u32, u32), rank: u32, symbol: u32) {
        self.pairs.entry(pair).or_insert(Merge { rank, symbol });
    }

    /// Merges `symbols` as far as they go; the result is in `word`.
    pub(crate) fn run(&self, symbols: impl Iterator<Item = u32>, word: &mut Word) {
        word.set(symbols);
        for right in 1..word.links.len() as u32 {
            self.queue_pair(word, right - 1, right);
        }
        while let Some(Reverse(candidate)) = word.queue.pop() {
            let Candidate {
                left,
                right,
                symbols,
                merged,
                ..
            } = candidate;
            let at = |at: u32| word.links.get(at as usize).copied();
            let (Some(l), Some(r)) = (at(left), at(right)) else {
                continue;
            };
            if (l.symbol, r.symbol) != symbols || l.next != right {
                continue;
            }
            if let Some(link) = word.links.get_mut(right as usize) {
                link.symbol = NONE;
            }
            if let Some(link) = word.links.get_mut(left as usize) {
                *link = Link {
                    symbol: merged,
                    prev: l.prev,
                    next: r.next,
                };
            }
            if let Some(link) = word.links.get_mut(r.next as usize) {
                link.prev = left;
            }
            self.queue_pair(word, l.prev, left);
            self.queue_pair(word, left, r.next);
        }
    }

    fn queue_pair(&self, word: &mut Word, left: u32, right: u32) {
        let symbol = |at: u32| word.links.get(at as usize).map(|link| link.symbol);
        let (Some(a), Some(b)) = (symbol(left), symbol(right)) else {
            return;
        };
        if let Some(&Merge { rank, symbol }) = self.pairs.get(&(a, b)) {
            word.queue.push(Reverse(Candidate {
                rank,
                left,
                right,
                symbols: (a, b),
                merged: symbol,
            }));
        }
    }
}
