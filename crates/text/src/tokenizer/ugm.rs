//! Unigram (T5, XLM-R): of all ways to cut the text into tokens the one with the highest sum of scores.
//!
//! Viterbi over the bytes of the normalised text; time O(n · longest token).

use super::charsmap::Charsmap;
use super::prefix::PrefixIndex;
use super::spm::SPACE;
use super::strings::StringTable;

/// How far an unknown character is below the worst token.
const UNKNOWN_PENALTY: f32 = 10.0;

/// What the file says about white space.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WhiteSpace {
    /// Puts a space before the text.
    pub(crate) prefix: bool,
    /// Takes several spaces for one, and none at the ends.
    pub(crate) merge: bool,
}

/// Tokens with scores, and the search for the best cut.
pub(crate) struct Pieces {
    index: PrefixIndex,
    /// One per token.
    scores: Vec<f64>,
    unknown: u32,
    unknown_score: f64,
}

/// A step of the best cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// The token, or the unknown one for a character that no token has.
    pub(crate) id: u32,
    /// Where it begins.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

/// The best way to cut what is before a place.
#[derive(Clone, Copy)]
struct Best {
    id: u32,
    start: usize,
    score: f64,
}

impl Pieces {
    /// The pieces of a GGUF vocabulary: normal, user-defined (score 0, so that they win) and unused tokens.
    pub(crate) fn of_gguf(
        strings: &StringTable,
        scores: &[f32],
        token_types: &[i32],
        unknown: u32,
    ) -> Self {
        let len = strings.len() as u32;
        let type_of = |id: u32| type_of(token_types, id);
        let score_of = |id: u32| scores.get(id as usize).copied().unwrap_or(0.0);
        let worst = (0..len)
            .filter(|&id| type_of(id) == 1)
            .map(score_of)
            .fold(f32::MAX, f32::min);
        let score = |id| match type_of(id) {
            4 => 0.0,
            _ => f64::from(score_of(id)),
        };
        let index = PrefixIndex::new(
            strings,
            (0..len).filter(|&id| matches!(type_of(id), 1 | 4 | 5)),
        );
        let scores = (0..len).map(score).collect();
        Self::new(index, scores, unknown, f64::from(worst - UNKNOWN_PENALTY))
    }

    /// The tokens of `index` with one score per id. A character without a token costs `unknown_score`.
    pub(crate) fn new(
        index: PrefixIndex,
        scores: Vec<f64>,
        unknown: u32,
        unknown_score: f64,
    ) -> Self {
        Pieces {
            index,
            scores,
            unknown,
            unknown_score,
        }
    }

    /// The best cut of `text`, from its end to its beginning.
    pub(crate) fn cut_backwards(&self, strings: &StringTable, text: &[u8]) -> Vec<Step> {
        let best = self.search(strings, text);
        let mut steps = Vec::new();
        let mut end = text.len();
        while let Some(&Best { id, start, .. }) = best.get(end).filter(|_| end > 0) {
            steps.push(Step { id, start, end });
            end = start;
        }
        steps
    }

    /// The best way to reach every place of `text`.
    fn search(&self, strings: &StringTable, text: &[u8]) -> Vec<Best> {
        let nowhere = Best {
            id: self.unknown,
            start: 0,
            score: f64::MIN,
        };
        let mut best = vec![nowhere; text.len() + 1];
        if let Some(first) = best.first_mut() {
            first.score = 0.0;
        }
        let mut start = 0;
        while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
            let so_far = best.get(start).map_or(f64::MIN, |best| best.score);
            let mut offer = |len: usize, id, score: f64| {
                let score = so_far + score;
                if let Some(place) = best.get_mut(start + len).filter(|best| score > best.score) {
                    *place = Best { id, start, score };
                }
            };
            let character = character_len(rest);
            let mut has_token = false;
            for (len, id) in self.index.matches(strings, rest) {
                has_token |= len == character;
                offer(
                    len,
                    id,
                    self.scores.get(id as usize).copied().unwrap_or(0.0),
                );
            }
            if !has_token {
                offer(character, self.unknown, self.unknown_score);
            }
            start += character;
        }
        best
    }
}

/// A GGUF vocabulary with its normalisation.
pub(crate) struct Unigram {
    pieces: Pieces,
    user_defined: PrefixIndex,
    charsmap: Option<Charsmap>,
    white_space: WhiteSpace,
}

impl Unigram {
    /// `token_types` are those of GGUF; where there are none, all tokens are normal.
    pub(crate) fn new(
        strings: &StringTable,
        pieces: Pieces,
        token_types: &[i32],
        charsmap: Option<Charsmap>,
        white_space: WhiteSpace,
    ) -> Self {
        let ids = 0..strings.len() as u32;
        let user_defined = ids.filter(|&id| type_of(token_types, id) == 4);
        Unigram {
            pieces,
            user_defined: PrefixIndex::new(strings, user_defined),
            charsmap,
            white_space,
        }
    }

    /// Appends the ids of `text` to `out`.
    pub(crate) fn encode(&self, strings: &StringTable, text: &str, out: &mut Vec<u32>) {
        let text = self.normalize(strings, text);
        let mut ids: Vec<u32> = self
            .pieces
            .cut_backwards(strings, &text)
            .iter()
            .map(|step| step.id)
            .collect();
        // Neighbouring unknown characters are one unknown token.
        ids.dedup_by(|a, b| a == b && *a == self.pieces.unknown);
        out.extend(ids.iter().rev());
    }

    /// Applies the charsmap, and makes spaces [`SPACE`].
    fn normalize(&self, strings: &StringTable, text: &str) -> Vec<u8> {
        let WhiteSpace { prefix, merge } = self.white_space;
        let mut out = Vec::with_capacity(text.len() + text.len() / 2);
        let (mut has_prefix, mut in_word) = (false, false);
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (len, replacement) = self.normalize_beginning(strings, rest);
            for &byte in replacement {
                if byte == b' ' {
                    in_word = false;
                    if !merge {
                        out.extend_from_slice(SPACE.as_bytes());
                    }
                    continue;
                }
                if !in_word {
                    in_word = true;
                    if (prefix && !has_prefix) || merge {
                        out.extend_from_slice(SPACE.as_bytes());
                        has_prefix = true;
                    }
                }
                out.push(byte);
            }
            rest = rest.get(len..).unwrap_or(&[]);
        }
        out
    }

    /// How much of the beginning of `text` is taken at once, and what it becomes. Even the beginning of a user-defined
    /// token is left as it is, as llama.cpp has it.
    fn normalize_beginning<'a>(
        &'a self,
        strings: &StringTable,
        text: &'a [u8],
    ) -> (usize, &'a [u8]) {
        let as_it_is = |len: usize| (len, text.get(..len).unwrap_or(&[]));
        let kept = self.user_defined.longest_beginning(strings, text);
        if kept > 0 {
            return as_it_is(kept);
        }
        let replaced = self
            .charsmap
            .as_ref()
            .and_then(|map| map.longest_match(text));
        replaced.unwrap_or_else(|| as_it_is(character_len(text)))
    }
}

/// The GGUF type of a token; normal where the file has no types.
fn type_of(token_types: &[i32], id: u32) -> i32 {
    token_types.get(id as usize).copied().unwrap_or(1)
}

/// The length of the first character of `text`, by its first byte.
fn character_len(text: &[u8]) -> usize {
    let len = match text.first() {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..) => 4,
        _ => 1,
    };
    len.min(text.len())
}

#[cfg(test)]
mod tests {
    use super::super::tests::PLAIN;
    use super::super::{EncodeOptions, Tokenizer, VocabSource};

    fn unigram(change: impl FnOnce(&mut VocabSource<'_>)) -> Tokenizer {
        let pieces: [(&str, f32, i32); 9] = [
            ("<pad>", 0.0, 3),
            ("</s>", 0.0, 3),
            ("<unk>", 0.0, 2),
            ("▁", -3.0, 1),
            ("a", -2.0, 1),
            ("b", -2.5, 1),
            ("ab", -4.0, 1),
            ("▁a", -2.2, 1),
            ("x y", 0.0, 4),
        ];
        let mut source = VocabSource {
            model: "t5".into(),
            tokens: pieces.iter().map(|(text, ..)| text.as_bytes()).collect(),
            scores: pieces.iter().map(|piece| piece.1).collect(),
            token_types: pieces.iter().map(|piece| piece.2).collect(),
            add_space_prefix: Some(true),
            remove_extra_whitespaces: Some(true),
            ..VocabSource::default()
        };
        change(&mut source);
        Tokenizer::from_vocab(source).unwrap()
    }

    #[test]
    fn the_best_sum_of_scores_wins() {
        let tokenizer = unigram(|_| {});
        // ▁a + b (-4.7) before ▁ + ab (-7).
        assert_eq!(tokenizer.encode("ab", PLAIN), [7, 5]);
        // ▁ + b + ab (-9.5) before ▁ + b + a + b (-10).
        assert_eq!(tokenizer.encode("  bab ", PLAIN), [3, 5, 6]);
        // Neighbouring unknown characters are one token.
        assert_eq!(tokenizer.encode("aé中b", PLAIN), [7, 2, 5]);
        assert!(tokenizer.encode("", PLAIN).is_empty());
        let ends = EncodeOptions {
            add_special: true,
            ..PLAIN
        };
        assert_eq!(tokenizer.encode("a", ends), [7, 1]);
        assert_eq!(tokenizer.encode("ax ya", PLAIN), [7, 8, 7]);
    }

    #[test]
    fn a_charsmap_replaces_text_and_a_broken_one_is_an_error() {
        // `A` becomes `aa`; see the tests of the map.
        let nodes = [0x40 << 10, 2 << 10 | 1 << 8 | u32::from(b'A'), 0, 1 << 31];
        let mut blob = 16u32.to_le_bytes().to_vec();
        blob.extend(nodes.iter().flat_map(|node| node.to_le_bytes()));
        blob.extend(b"aa\0");
        let tokenizer = unigram(|source| source.precompiled_charsmap = blob.clone());
        assert_eq!(tokenizer.encode("A", PLAIN), [7, 4]);
        let broken = VocabSource {
            model: "t5".into(),
            tokens: vec![b"a", b"b", b"c"],
            precompiled_charsmap: vec![255; 8],
            ..VocabSource::default()
        };
        let error = Tokenizer::from_vocab(broken).err().unwrap().to_string();
        assert!(error.contains("8 bytes"), "{error}");
    }
}
