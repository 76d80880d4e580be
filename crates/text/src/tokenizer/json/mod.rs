//! `tokenizer.json`: the pipeline of the `tokenizers` library, as models that are not GGUF bring it.
//!
//! ```text
//! text ─► added tokens ─► normalizer ─► added tokens ─► pre-tokenizer ─► model ─► post-processor ─► ids
//! ids ─► decoder ─► text
//! ```
//!
//! A component that is not here is an error that names it. `truncation` and `padding` are for batches and not read.
//! Patterns of the file may backtrack: one that takes too long finds nothing more in its text.

mod added;
mod decoder;
mod error;
mod model;
mod normalizer;
mod pre_tokenizer;
mod processor;
mod read;
#[cfg(test)]
mod tests;
mod vocab;

use serde_json::Value;

use super::EncodeOptions;
use super::strings::StringTable;
use added::{AddedTokens, Fragment};
use decoder::Decoder;
pub use error::TokenizerJsonError;
use model::Model;
use normalizer::Normalizer;
use pre_tokenizer::{Piece, PreTokenizer};
use processor::Around;
use read::Node;
use vocab::Vocab;

/// All components of a file.
pub(crate) struct Pipeline {
    vocab: Vocab,
    /// Looked for in the text as it comes.
    raw: AddedTokens,
    /// Looked for in the normalised text.
    normalized: AddedTokens,
    normalizer: Option<Normalizer>,
    pre_tokenizer: Option<PreTokenizer>,
    model: Model,
    around: Around,
    decoder: Option<Decoder>,
}

/// The added tokens of a file: id, and whether it is special.
pub(crate) type Added = Vec<(u32, bool)>;

impl Pipeline {
    /// Reads a file.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Pipeline, Added), TokenizerJsonError> {
        let file: Value = serde_json::from_slice(bytes).map_err(TokenizerJsonError::Json)?;
        let node = |part| {
            let value = file.get(part).filter(|value| !value.is_null())?;
            Some(Node { value, part })
        };
        let model = node("model").ok_or(TokenizerJsonError::Field {
            part: "file",
            field: "model",
            wanted: "an object",
        })?;
        let added = file.get("added_tokens").and_then(Value::as_array);
        let (vocab, added) = Vocab::read(model, added.map_or(&[], Vec::as_slice))?;
        let normalizer = node("normalizer").map(Normalizer::read).transpose()?;
        let ids = added
            .iter()
            .map(|token| (token.id, token.special))
            .collect();
        let (normalized, raw) = added.into_iter().partition(|token| token.normalized);
        let pipeline = Pipeline {
            model: Model::read(model, &vocab)?,
            raw: AddedTokens::new(raw, None),
            normalized: AddedTokens::new(normalized, normalizer.as_ref()),
            normalizer,
            pre_tokenizer: node("pre_tokenizer").map(PreTokenizer::read).transpose()?,
            around: node("post_processor")
                .map(Around::read)
                .transpose()?
                .unwrap_or_default(),
            decoder: node("decoder").map(Decoder::read).transpose()?,
            vocab,
        };
        Ok((pipeline, ids))
    }

    /// All tokens by id.
    pub(crate) fn strings(&self) -> &StringTable {
        self.vocab.strings()
    }

    /// The tokens that go before and after every text.
    pub(crate) fn around(&self) -> (&[u32], &[u32]) {
        (&self.around.before, &self.around.after)
    }

    /// The ids of `text`.
    pub(crate) fn encode(&self, text: &str, options: EncodeOptions) -> Vec<u32> {
        let EncodeOptions {
            add_special,
            parse_special,
        } = options;
        let mut out = Vec::with_capacity(text.len() / 4 + 2);
        let (before, after) = self.around();
        out.extend(before.iter().filter(|_| add_special));
        for fragment in self.raw.cut(text, parse_special) {
            match fragment {
                Fragment::Token(id) => out.push(id),
                Fragment::Text(text, at) => {
                    self.encode_text(text, at == 0, parse_special, &mut out)
                }
            }
        }
        out.extend(after.iter().filter(|_| add_special));
        out
    }

    fn encode_text(&self, text: &str, first: bool, parse_special: bool, out: &mut Vec<u32>) {
        let text = match &self.normalizer {
            Some(normalizer) => normalizer.apply(text.to_owned()),
            None => text.to_owned(),
        };
        for fragment in self.normalized.cut(&text, parse_special) {
            let piece = match fragment {
                Fragment::Token(id) => {
                    out.push(id);
                    continue;
                }
                Fragment::Text(text, at) => Piece {
                    text: text.to_owned(),
                    first: first && at == 0,
                },
            };
            let words = match &self.pre_tokenizer {
                Some(pre_tokenizer) => pre_tokenizer.apply(vec![piece]),
                None => vec![piece],
            };
            for word in words {
                self.model.encode(&self.vocab, &word.text, out);
            }
        }
    }

    /// The bytes of a whole text.
    pub(crate) fn decode(&self, ids: impl Iterator<Item = u32>) -> Vec<u8> {
        let pieces: Vec<Vec<u8>> = ids.map(|id| self.strings().get(id).to_vec()).collect();
        match &self.decoder {
            Some(decoder) => decoder.apply(pieces, true).concat(),
            None => pieces.join(&b' '),
        }
    }

    /// The bytes of a token inside a text.
    pub(crate) fn piece(&self, id: u32) -> Vec<u8> {
        let piece = self.strings().get(id).to_vec();
        match &self.decoder {
            Some(decoder) => decoder.apply(vec![piece], false).concat(),
            None => [b" ", piece.as_slice()].concat(),
        }
    }
}
