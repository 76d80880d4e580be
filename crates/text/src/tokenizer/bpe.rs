//! BPE with ranked merges: words are merged pair by pair, the best-ranked pair first and the leftmost of equal ones.
//!
//! All strings that take part (tokens, and whatever merges make on the way) are numbered once at load, so that a merge
//! is a look-up of two numbers. Most vocabularies write bytes as characters (GPT-2's alphabet); in gemma 4's, symbols
//! are characters, and those without a token become bytes `<0xXX>`.

use super::byte_level;
use super::families::Family;
use super::merge::{Merges, UNKNOWN, Word};
use super::pre::Splitter;
use super::source::VocabError;
use super::strings::StringTable;

/// The merges of a vocabulary and the pre-tokenizer before them.
pub(crate) struct Bpe {
    splitter: Splitter,
    ignore_merges: bool,
    whole_line_breaks: bool,
    merges: Merges,
    alphabet: Alphabet,
    /// Symbols below this are tokens; those above are strings that only merges mention.
    n_tokens: u32,
}

/// What a word is made of before merging.
enum Alphabet {
    /// Bytes; the symbol of each, by its character.
    Bytes(Vec<u32>),
    /// Characters; the token `<0xXX>` of each byte for those that are no token.
    Characters(Vec<Option<u32>>),
}

/// Buffers that are kept from word to word.
#[derive(Default)]
struct Scratch {
    word: Word,
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
        let alphabet = if family.byte_level {
            let mut buffer = [0; 4];
            let symbol = |byte| {
                let character = byte_level::char_of(byte).encode_utf8(&mut buffer);
                strings.intern(character.as_bytes())
            };
            Alphabet::Bytes((0..=255u8).map(symbol).collect())
        } else {
            let token = |byte: u8| strings.find(format!("<0x{byte:02X}>").as_bytes());
            Alphabet::Characters((0..=255u8).map(token).collect())
        };
        let mut pairs = Merges::with_capacity(merges.len());
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
            pairs.insert(pair, rank, strings.intern(&joined));
        }
        Ok(Bpe {
            splitter: Splitter::new(family)?,
            ignore_merges: family.ignore_merges,
            whole_line_breaks: family.gemma4,
            merges: pairs,
            alphabet,
            n_tokens,
        })
    }

    /// Whether the vocabulary writes bytes as characters.
    pub(crate) fn is_byte_level(&self) -> bool {
        matches!(self.alphabet, Alphabet::Bytes(_))
    }

    /// Appends the ids of `text` to `out`.
    pub(crate) fn encode(&self, strings: &StringTable, text: &str, out: &mut Vec<u32>) {
        let mut scratch = Scratch::default();
        for word in self.splitter.split(text) {
            if let Some(id) = self.whole_word(strings, word, &mut scratch.encoded) {
                out.push(id);
                continue;
            }
            match &self.alphabet {
                Alphabet::Bytes(symbols) => {
                    self.encode_bytes(strings, word, symbols, &mut scratch, out);
                }
                Alphabet::Characters(byte_tokens) => {
                    self.encode_characters(strings, word, byte_tokens, &mut scratch, out);
                }
            }
        }
    }

    /// The token that `word` is as a whole, where that goes before merging.
    fn whole_word(&self, strings: &StringTable, word: &str, encoded: &mut Vec<u8>) -> Option<u32> {
        let line_breaks = self.whole_line_breaks && word.bytes().all(|byte| byte == b'\n');
        if !self.ignore_merges && !line_breaks {
            return None;
        }
        let text = match &self.alphabet {
            Alphabet::Bytes(symbols) => {
                encoded.clear();
                for symbol in word
                    .bytes()
                    .filter_map(|byte| symbols.get(usize::from(byte)))
                {
                    encoded.extend_from_slice(strings.get(*symbol));
                }
                encoded.as_slice()
            }
            Alphabet::Characters(_) => word.as_bytes(),
        };
        self.token(strings, text)
    }

    fn token(&self, strings: &StringTable, text: &[u8]) -> Option<u32> {
        strings.find(text).filter(|&id| id < self.n_tokens)
    }

    fn encode_bytes(
        &self,
        strings: &StringTable,
        word: &str,
        symbols: &[u32],
        scratch: &mut Scratch,
        out: &mut Vec<u32>,
    ) {
        let start = |byte| symbols.get(usize::from(byte)).copied().unwrap_or(UNKNOWN);
        self.merges.run(word.bytes().map(start), &mut scratch.word);
        for (_, symbol) in scratch.word.symbols() {
            if symbol < self.n_tokens {
                out.push(symbol);
            } else {
                // As llama.cpp has it: byte by byte where a single byte is a token, else dropped.
                let bytes = strings.get(symbol).chunks(1);
                out.extend(bytes.filter_map(|byte| self.token(strings, byte)));
            }
        }
    }

    fn encode_characters(
        &self,
        strings: &StringTable,
        word: &str,
        byte_tokens: &[Option<u32>],
        scratch: &mut Scratch,
        out: &mut Vec<u32>,
    ) {
        let start = |(at, c): (usize, char)| {
            let character = word.get(at..at + c.len_utf8())?;
            strings.find(character.as_bytes())
        };
        let symbols = word.char_indices().map(|c| start(c).unwrap_or(UNKNOWN));
        self.merges.run(symbols, &mut scratch.word);
        let mut characters = word.chars().enumerate();
        for (at, symbol) in scratch.word.symbols() {
            let mut buffer = [0; 4];
            let text = if symbol < self.n_tokens {
                out.push(symbol);
                continue;
            } else if symbol == UNKNOWN {
                let character = characters.find(|(place, _)| *place == at);
                character.map_or(&[][..], |(_, c)| c.encode_utf8(&mut buffer).as_bytes())
            } else {
                strings.get(symbol)
            };
            let byte_token = |byte: &u8| byte_tokens.get(usize::from(*byte)).copied().flatten();
            out.extend(text.iter().filter_map(byte_token));
        }
    }
}
