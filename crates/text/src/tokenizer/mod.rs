//! Text to token ids and back, from the vocabulary in a model file.
//!
//! The ids are exactly llama.cpp's, for the vocabularies that it calls `llama` (SentencePiece-style), `gpt2`
//! (byte-level BPE), `gemma4`, `bert` (WordPiece) and `t5` (Unigram): GGUF files are made for it, and its rules for
//! special tokens, prefixes and ties are not those of other libraries. That is why the merging is written here, on
//! `fancy-regex` for cutting words, instead of being built on the `tokenizers` crate: that crate has no reader for GGUF
//! vocabularies, matches special tokens in another order, needs merges where an `llama` vocabulary has scores, and
//! costs more wasm than the rest of this crate.
//!
//! Two differences are meant. A vocabulary on which llama.cpp stops (a token listed twice, a byte without a token) is
//! read here: the last of equal tokens counts, and a byte without a token is the unknown token. And a token that holds
//! characters outside the byte alphabet decodes to them, not to a note about them.

mod attr;
mod bpe;
mod byte_level;
mod charsmap;
mod clean;
mod families;
mod json;
mod merge;
mod model;
mod partition;
mod pre;
mod prefix;
#[cfg(test)]
mod reference_tests;
mod source;
mod special;
mod spm;
mod strings;
#[cfg(test)]
mod tests;
mod ugm;
mod unicode;
mod wpm;

use attr::TokenAttr;
use bpe::Bpe;
use json::Pipeline;
pub use json::TokenizerJsonError;
use model::{Model, Settings};
use partition::{Fragment, Searched, partition};
pub use pre::pre_tokenizers;
pub use source::{SpecialIds, VocabError, VocabSource};
use special::{ModelNames, Tokens};
use spm::Spm;
use strings::StringTable;
use ugm::Unigram;
use wpm::WordPiece;

/// How text becomes ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncodeOptions {
    /// Adds the begin and end tokens where the vocabulary asks for them.
    pub add_special: bool,
    /// Reads special tokens written in the text (`<|im_end|>`) as those tokens. Never set this for text that a stranger
    /// wrote: it could end its own turn and speak as another role.
    pub parse_special: bool,
}

/// How ids become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeOptions {
    /// Shows control tokens too.
    pub special: bool,
    /// Lets the vocabulary's clean-up run, as llama.cpp's `llama_detokenize` does: older byte-level families drop the
    /// space before `.` or `'s`. It is not what the model wrote, and never part of streamed text.
    pub clean_spaces: bool,
}

/// What turns text into ids.
enum Algorithm {
    Spm(Spm),
    Bpe(Box<Bpe>),
    Wpm(WordPiece),
    Ugm(Box<Unigram>),
    Json(Box<Pipeline>),
}

/// A vocabulary, ready to use. Immutable: share it freely.
pub struct Tokenizer {
    strings: StringTable,
    attrs: Vec<TokenAttr>,
    algorithm: Algorithm,
    settings: Settings,
    special: SpecialIds,
    ends: Vec<u32>,
    /// Tokens looked for in the text before all else, longest first.
    searched: Vec<u32>,
}

impl Tokenizer {
    /// Builds the tokenizer that `source` describes.
    ///
    /// # Errors
    /// An unknown tokenizer model or pre-tokenizer family (the error lists those known), a vocabulary without tokens or,
    /// for `gpt2`, without merges, and arrays shorter than the vocabulary.
    pub fn from_vocab(source: VocabSource<'_>) -> Result<Tokenizer, VocabError> {
        check(&source)?;
        let model = Model::of(&source)?;
        let mut strings = read_tokens(&source.tokens);
        let mut attrs = vec![TokenAttr::NORMAL; strings.len()];
        for (attr, &token_type) in attrs.iter_mut().zip(&source.token_types) {
            *attr = TokenAttr::from_gguf(token_type);
        }
        let mut tokens = Tokens {
            strings: &strings,
            attrs: &mut attrs,
        };
        let special = tokens.complete(source.special, model.special_ids());
        let ends = tokens.end_of_generation(&special);
        let searched = tokens.searched();
        let names = ModelNames {
            model: &source
                .model_name
                .as_deref()
                .unwrap_or_default()
                .to_lowercase(),
            architecture: source.architecture.as_deref().unwrap_or_default(),
            pre: source.pre.as_deref().unwrap_or_default(),
        };
        tokens.set_strip(&searched, names);
        let settings = model.settings(&source);
        let algorithm = model.algorithm(&source, &mut strings, special.unk, &settings)?;
        Ok(Tokenizer {
            strings,
            attrs,
            algorithm,
            settings,
            special,
            ends,
            searched,
        })
    }

    /// Builds the tokenizer that a `tokenizer.json` describes, with the ids of the `tokenizers` library.
    ///
    /// Such a file does not say which token ends a generation: the well-known ones are found by their text. Begin and end
    /// of a sequence are what its post-processor puts around a text.
    ///
    /// # Errors
    /// Bytes that are not JSON, a component that this build does not have, fields that are missing or of a wrong type.
    pub fn from_json(bytes: &[u8]) -> Result<Tokenizer, TokenizerJsonError> {
        let (pipeline, added) = Pipeline::read(bytes)?;
        let strings = pipeline.strings().clone();
        let mut attrs = vec![TokenAttr::NORMAL; strings.len()];
        for (id, special) in added {
            if let Some(attr) = attrs.get_mut(id as usize) {
                *attr = if special {
                    TokenAttr::CONTROL
                } else {
                    TokenAttr::USER_DEFINED
                };
            }
        }
        let mut tokens = Tokens {
            strings: &strings,
            attrs: &mut attrs,
        };
        let (before, after) = pipeline.around();
        let ids = SpecialIds {
            bos: before.first().copied(),
            eos: after.last().copied(),
            ..SpecialIds::default()
        };
        let special = tokens.complete(ids, SpecialIds::default());
        let ends = tokens.end_of_generation(&special);
        let settings = Settings {
            add_bos: !before.is_empty(),
            add_eos: !after.is_empty(),
            add_space_prefix: false,
            clean_spaces: false,
        };
        Ok(Tokenizer {
            strings,
            attrs,
            algorithm: Algorithm::Json(Box::new(pipeline)),
            settings,
            special,
            ends,
            searched: Vec::new(),
        })
    }

    /// The ids of `text`.
    pub fn encode(&self, text: &str, options: EncodeOptions) -> Vec<u32> {
        if let Algorithm::Json(pipeline) = &self.algorithm {
            return pipeline.encode(text, options);
        }
        let EncodeOptions {
            add_special,
            parse_special,
        } = options;
        let mut out = Vec::with_capacity(text.len() / 4 + 2);
        let (before, after) = self.around();
        out.extend(before.filter(|_| add_special));
        let mut after_special = true;
        for fragment in partition(text, self.searched(parse_special)) {
            match fragment {
                Fragment::Token(id) => out.push(id),
                Fragment::Text(text) => self.encode_text(text, after_special, &mut out),
            }
            after_special = matches!(fragment, Fragment::Token(_));
        }
        out.extend(after.filter(|_| add_special));
        out
    }

    /// The ids of a text that goes on from another: nothing is put before it, and control tokens are not looked for.
    pub fn encode_inside(&self, text: &str) -> Vec<u32> {
        self.go_on(text, false)
    }

    /// The ids of a text that goes on from another and has control tokens in it.
    pub fn encode_marks(&self, text: &str) -> Vec<u32> {
        self.go_on(text, true)
    }

    fn go_on(&self, text: &str, parse_special: bool) -> Vec<u32> {
        if let Algorithm::Json(pipeline) = &self.algorithm {
            let options = EncodeOptions {
                parse_special,
                ..EncodeOptions::default()
            };
            return pipeline.encode(text, options);
        }
        let mut out = Vec::with_capacity(text.len() / 4 + 2);
        for fragment in partition(text, self.searched(parse_special)) {
            match fragment {
                Fragment::Token(id) => out.push(id),
                Fragment::Text(text) => self.encode_text(text, false, &mut out),
            }
        }
        out
    }

    /// The tokens that go before and after every text that asks for them.
    fn around(&self) -> (Option<u32>, Option<u32>) {
        match self.algorithm {
            Algorithm::Wpm(_) => (self.special.bos, self.special.sep),
            _ => (
                self.special.bos.filter(|_| self.settings.add_bos),
                self.special.eos.filter(|_| self.settings.add_eos),
            ),
        }
    }

    fn encode_text(&self, text: &str, after_special: bool, out: &mut Vec<u32>) {
        match &self.algorithm {
            Algorithm::Bpe(bpe) if bpe.is_byte_level() => bpe.encode(&self.strings, text, out),
            Algorithm::Bpe(bpe) => {
                bpe.encode(&self.strings, &text.replace(' ', spm::SPACE), out);
            }
            Algorithm::Wpm(pieces) => pieces.encode(&self.strings, text, out),
            Algorithm::Ugm(pieces) => pieces.encode(&self.strings, text, out),
            // A pipeline cuts its text itself.
            Algorithm::Json(_) => {}
            Algorithm::Spm(pieces) => {
                let prefix = after_special && self.settings.add_space_prefix;
                let prefix = if prefix { spm::SPACE } else { "" };
                let escaped = [prefix, &text.replace(' ', spm::SPACE)].concat();
                pieces.encode(&self.strings, &escaped, out);
            }
        }
    }

    /// The special tokens to look for. User-defined ones are text, and are found whether or not the others are.
    fn searched(&self, parse_special: bool) -> impl Iterator<Item = Searched<'_>> {
        let hidden = TokenAttr::CONTROL.with(TokenAttr::UNKNOWN);
        let searched = self.searched.iter().map(|&id| Searched {
            id,
            text: self.strings.get(id),
            attr: self.attr(id),
        });
        searched.filter(move |token| parse_special || !token.attr.has(hidden))
    }

    /// The bytes of `ids`: not always UTF-8, since a token may end inside a character.
    ///
    /// The space that the vocabulary puts before text is taken off the first token again. Ids that do not exist are
    /// nothing. For text that is still growing use [`StreamDecoder`](crate::StreamDecoder).
    pub fn decode(&self, ids: &[u32], options: DecodeOptions) -> Vec<u8> {
        if let Algorithm::Json(pipeline) = &self.algorithm {
            let shown =
                |id: &u32| (*id as usize) < self.len() && (options.special || !self.is_hidden(*id));
            return pipeline.decode(ids.iter().copied().filter(shown));
        }
        let mut out = Vec::with_capacity(ids.len() * 4);
        for (n, &id) in ids.iter().enumerate() {
            if !options.special && self.is_hidden(id) {
                continue;
            }
            let piece = self.token_bytes(id);
            let strip = n == 0 && self.settings.add_space_prefix;
            out.extend_from_slice(piece.strip_prefix(b" ").filter(|_| strip).unwrap_or(&piece));
        }
        if options.clean_spaces && self.settings.clean_spaces {
            clean::clean_spaces(&out)
        } else {
            out
        }
    }

    /// The bytes of one token, a control token's name included; nothing for unused ids and those that do not exist.
    pub fn token_bytes(&self, id: u32) -> Vec<u8> {
        let attr = self.attr(id);
        let text = self.strings.get(id);
        if attr.has(
            TokenAttr::CONTROL
                .with(TokenAttr::UNKNOWN)
                .with(TokenAttr::USER_DEFINED),
        ) {
            text.to_vec()
        } else if attr.has(TokenAttr::NORMAL) {
            match &self.algorithm {
                Algorithm::Bpe(bpe) if bpe.is_byte_level() => byte_level::decode(text),
                Algorithm::Json(pipeline) => pipeline.piece(id),
                _ => unescape_spaces(text),
            }
        } else if attr.has(TokenAttr::BYTE) {
            let hex = text.get(3..5).and_then(|hex| std::str::from_utf8(hex).ok());
            hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())
                .into_iter()
                .collect()
        } else {
            Vec::new()
        }
    }

    /// Whether a generation ends with this token: the end tokens of the file, and the well-known ones by their text.
    pub fn is_end_of_generation(&self, id: u32) -> bool {
        self.ends.binary_search(&id).is_ok()
    }

    /// The ids for which [`is_end_of_generation`](Self::is_end_of_generation) holds, in ascending order.
    pub fn end_of_generation(&self) -> &[u32] {
        &self.ends
    }

    /// Whether the token steers the model and is not text.
    pub fn is_control(&self, id: u32) -> bool {
        self.attr(id).has(TokenAttr::CONTROL)
    }

    /// Whether decoding shows this token only on demand.
    pub fn is_hidden(&self, id: u32) -> bool {
        self.attr(id)
            .has(TokenAttr::CONTROL.with(TokenAttr::UNKNOWN))
    }

    /// The id of a token by its text as the vocabulary has it (`<|im_end|>`, `Ġthe`).
    pub fn token_id(&self, text: &str) -> Option<u32> {
        self.strings
            .find(text.as_bytes())
            .filter(|&id| (id as usize) < self.len())
    }

    /// Begin of sequence.
    pub fn bos(&self) -> Option<u32> {
        self.special.bos
    }

    /// End of sequence.
    pub fn eos(&self) -> Option<u32> {
        self.special.eos
    }

    /// All special ids: those of the file, the defaults of its tokenizer model, and those found by their text.
    pub fn special_ids(&self) -> &SpecialIds {
        &self.special
    }

    /// Whether encoding with `add_special` begins with [`bos`](Self::bos).
    pub fn adds_bos(&self) -> bool {
        self.around().0.is_some()
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.attrs.len()
    }

    /// Never true: a vocabulary without tokens is an error.
    pub fn is_empty(&self) -> bool {
        self.attrs.is_empty()
    }

    fn attr(&self, id: u32) -> TokenAttr {
        self.attrs.get(id as usize).copied().unwrap_or_default()
    }
}

/// Checks the lengths of the arrays, and that 32-bit numbers can count what is in them.
fn check(source: &VocabSource<'_>) -> Result<(), VocabError> {
    let tokens = source.tokens.len();
    if tokens == 0 {
        return Err(VocabError::NoTokens);
    }
    for (key, found) in [
        ("scores", source.scores.len()),
        ("token_type", source.token_types.len()),
    ] {
        if found != 0 && found < tokens {
            return Err(VocabError::ShortArray { key, found, tokens });
        }
    }
    // A merge adds three strings of together twice its length at most; `NONE` is not a number.
    let sum = |strings: &[&[u8]]| {
        strings
            .iter()
            .map(|string| string.len() + 16)
            .sum::<usize>()
    };
    let bytes = sum(&source.tokens).saturating_add(sum(&source.merges).saturating_mul(3));
    if bytes >= u32::MAX as usize {
        return Err(VocabError::TooLarge {
            tokens: tokens + source.merges.len(),
            bytes,
        });
    }
    Ok(())
}

/// The tokens as a table; an empty one gets a name of its own, so that it is never found in a text.
fn read_tokens(tokens: &[&[u8]]) -> StringTable {
    let mut strings = StringTable::with_capacity(
        tokens.len() + 256,
        tokens.iter().map(|token| token.len()).sum(),
    );
    for (id, token) in tokens.iter().enumerate() {
        if token.is_empty() {
            strings.push(format!("[EMPTY_{id}]").as_bytes());
        } else {
            strings.push(token);
        }
    }
    strings
}

/// Makes [`spm::SPACE`] a space again.
fn unescape_spaces(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, spm::SPACE.as_bytes()) {
        out.extend_from_slice(rest.get(..at).unwrap_or(&[]));
        out.push(b' ');
        rest = rest.get(at + spm::SPACE.len()..).unwrap_or(&[]);
    }
    out.extend_from_slice(rest);
    out
}
