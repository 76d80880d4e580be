//! SentencePiece-style BPE: characters are merged pair by pair into the token of the highest score, the leftmost of
//! equal ones; characters that are no token become bytes.
//!
//! There is no list of merges: any two neighbours whose text together is a token may merge.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::strings::StringTable;

/// Stands for a space in the vocabulary.
pub(crate) const SPACE: &str = "\u{2581}";

/// No symbol: the end of the list.
const NONE: u32 = u32::MAX;

/// Scores and byte tokens of a vocabulary.
pub(crate) struct Spm {
    scores: Vec<f32>,
    /// The token of each byte.
    byte_tokens: Vec<Option<u32>>,
}

/// A part of the text in the list that the text is; merged away when `len` is 0.
#[derive(Clone, Copy)]
struct Link {
    start: u32,
    len: u32,
    prev: u32,
    next: u32,
}

/// A pair that may be merged, unless one of its sides has changed by then.
#[derive(Clone, Copy)]
struct Candidate {
    score: f32,
    left: u32,
    right: u32,
    len: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl Spm {
    /// Takes one score per token (missing ones are 0) and looks up the byte tokens; bytes without one become `unknown`.
    pub(crate) fn new(strings: &StringTable, scores: &[f32], unknown: Option<u32>) -> Self {
        // Adding 0 makes -0 equal to 0; NaN never wins.
        let clean = |score: f32| {
            if score.is_nan() {
                f32::NEG_INFINITY
            } else {
                score + 0.0
            }
        };
        let byte_tokens = (0..=255u8)
            .map(|byte| {
                let by_name = strings.find(format!("<0x{byte:02X}>").as_bytes());
                by_name.or_else(|| strings.find(&[byte])).or(unknown)
            })
            .collect();
        Spm {
            scores: scores.iter().copied().map(clean).collect(),
            byte_tokens,
        }
    }

    /// Appends the ids of `text`, in which spaces are already [`SPACE`], to `out`.
    pub(crate) fn encode(&self, strings: &StringTable, text: &str, out: &mut Vec<u32>) {
        let bytes = text.as_bytes();
        let mut links = link(text);
        let mut queue = BinaryHeap::with_capacity(links.len());
        for right in 1..links.len() as u32 {
            queue.extend(self.candidate(strings, bytes, &links, right - 1, right));
        }
        while let Some(Candidate {
            left, right, len, ..
        }) = queue.pop()
        {
            let at = |at: u32| links.get(at as usize).copied();
            let (Some(l), Some(r)) = (at(left), at(right)) else {
                continue;
            };
            if l.len == 0 || r.len == 0 || l.len + r.len != len {
                continue;
            }
            if let Some(link) = links.get_mut(right as usize) {
                link.len = 0;
            }
            if let Some(link) = links.get_mut(left as usize) {
                *link = Link {
                    len,
                    next: r.next,
                    ..l
                };
            }
            if let Some(link) = links.get_mut(r.next as usize) {
                link.prev = left;
            }
            queue.extend(self.candidate(strings, bytes, &links, l.prev, left));
            queue.extend(self.candidate(strings, bytes, &links, left, r.next));
        }
        for part in links
            .iter()
            .filter_map(|link| part(bytes, link.start, link.len))
        {
            match strings.find(part) {
                Some(id) => out.push(id),
                None => out.extend(part.iter().filter_map(|&byte| {
                    self.byte_tokens.get(usize::from(byte)).copied().flatten()
                })),
            }
        }
    }

    fn candidate(
        &self,
        strings: &StringTable,
        text: &[u8],
        links: &[Link],
        left: u32,
        right: u32,
    ) -> Option<Candidate> {
        let (l, r) = (links.get(left as usize)?, links.get(right as usize)?);
        let len = l.len + r.len;
        let id = strings.find(part(text, l.start, len)?)?;
        let score = self.scores.get(id as usize).copied().unwrap_or(0.0);
        Some(Candidate {
            score,
            left,
            right,
            len,
        })
    }
}

/// One link per character.
fn link(text: &str) -> Vec<Link> {
    let mut links: Vec<Link> = (0u32..)
        .zip(text.char_indices())
        .map(|(at, (start, character))| Link {
            start: start as u32,
            len: character.len_utf8() as u32,
            prev: at.checked_sub(1).unwrap_or(NONE),
            next: at + 1,
        })
        .collect();
    if let Some(last) = links.last_mut() {
        last.next = NONE;
    }
    links
}

/// `text[start..start + len]`, unless that is empty.
fn part(text: &[u8], start: u32, len: u32) -> Option<&[u8]> {
    text.get(start as usize..start as usize + len as usize)
        .filter(|part| !part.is_empty())
}
