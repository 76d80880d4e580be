//! WordPiece: text is normalised and cut into words, and each word is cut from the left into the longest tokens.
//!
//! In GGUF files the pieces that begin a word start with [`SPACE`], and those inside a word stand as they are.

use unicode_normalization::char::decompose_canonical;

use super::prefix::PrefixIndex;
use super::spm::SPACE;
use super::strings::StringTable;
use super::unicode;

/// How text is normalised before it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Normalizer {
    /// Makes letters small.
    pub(crate) lowercase: bool,
    /// Drops marks, also those that are part of a letter.
    pub(crate) strip_accents: bool,
}

/// A vocabulary for WordPiece.
pub(crate) struct WordPiece {
    index: PrefixIndex,
    unknown: Option<u32>,
    normalizer: Normalizer,
}

impl WordPiece {
    /// Takes all strings of `strings` as pieces; a word that cannot be cut into them is `unknown`.
    pub(crate) fn new(strings: &StringTable, unknown: Option<u32>, normalizer: Normalizer) -> Self {
        WordPiece {
            index: PrefixIndex::new(strings, 0..strings.len() as u32),
            unknown,
            normalizer,
        }
    }

    /// Appends the ids of `text` to `out`.
    pub(crate) fn encode(&self, strings: &StringTable, text: &str, out: &mut Vec<u32>) {
        for word in self.normalizer.words(text) {
            let start = out.len();
            let marked = [SPACE, &word].concat();
            let mut rest = marked.as_bytes();
            while !rest.is_empty() {
                let Some((len, id)) = self.index.matches(strings, rest).last() else {
                    break;
                };
                out.push(id);
                rest = rest.get(len..).unwrap_or(&[]);
            }
            if !rest.is_empty() {
                out.truncate(start);
                out.extend(self.unknown);
            }
        }
    }
}

impl Normalizer {
    /// The words of `text`: what white space separates, and every punctuation mark and Chinese character alone.
    fn words(self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = String::new();
        for character in text.chars() {
            let c = if self.strip_accents {
                first_of_decomposition(character)
            } else {
                character
            };
            if c.is_whitespace() {
                end(&mut word, &mut words);
                continue;
            }
            let is_dropped = matches!(c, '\0' | '\u{FFFD}') || unicode::is_assigned_other(c);
            if is_dropped || (self.strip_accents && unicode::is_mark(c)) {
                continue;
            }
            let alone = unicode::is_punctuation(c) || is_ascii_symbol(c) || is_chinese(c);
            if alone {
                end(&mut word, &mut words);
            }
            word.push(if self.lowercase { lower(c) } else { c });
            if alone {
                end(&mut word, &mut words);
            }
        }
        end(&mut word, &mut words);
        words
    }
}

/// Moves `word` to `words`, unless it is empty.
fn end(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// The letter without what is put on it; of a Hangul syllable its first sound, as llama.cpp has it.
fn first_of_decomposition(c: char) -> char {
    let mut first = None;
    decompose_canonical(c, |part| {
        first.get_or_insert(part);
    });
    first.unwrap_or(c)
}

/// The one character that is `c` in small.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn is_ascii_symbol(c: char) -> bool {
    matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~')
}

/// The blocks that BERT takes for Chinese.
pub(crate) fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::PLAIN;
    use super::super::{DecodeOptions, EncodeOptions, SpecialIds, Tokenizer, VocabSource};
    use super::*;

    #[test]
    fn words_are_normalised_and_cut() {
        let both = Normalizer {
            lowercase: true,
            strip_accents: true,
        };
        assert_eq!(
            both.words(" Élan-vital\u{AD}\u{0} $5 中文a\u{301} "),
            ["elan", "-", "vital", "$", "5", "中", "文", "a"]
        );
        let cased = Normalizer {
            lowercase: false,
            strip_accents: false,
        };
        assert_eq!(cased.words("Élan\tX"), ["Élan", "X"]);
        assert!(both.words(" \u{3000}").is_empty());
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        let tokens = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "able", "▁a", "b", "▁!", "a",
        ];
        let source = VocabSource {
            model: "bert".into(),
            tokens: tokens.iter().map(|token| token.as_bytes()).collect(),
            token_types: vec![3, 3, 3, 3, 1, 1, 1, 1, 1, 1],
            special: SpecialIds {
                bos: Some(2),
                sep: Some(3),
                unk: Some(1),
                ..SpecialIds::default()
            },
            ..VocabSource::default()
        };
        let tokenizer = Tokenizer::from_vocab(source).unwrap();
        assert_eq!(tokenizer.encode("Unable  AB!", PLAIN), [4, 5, 6, 7, 8]);
        // A word that cannot be cut as a whole is unknown.
        assert_eq!(tokenizer.encode("unx a", PLAIN), [1, 6]);
        let special = EncodeOptions {
            add_special: true,
            parse_special: true,
        };
        assert_eq!(tokenizer.encode("a[SEP]b", special), [2, 6, 3, 1, 3]);
        let text = tokenizer.decode(&[4, 5, 8], DecodeOptions::default());
        assert_eq!(text, b" unable !");
    }
}
