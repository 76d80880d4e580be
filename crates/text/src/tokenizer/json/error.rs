//! What can be wrong with a `tokenizer.json`.

use thiserror::Error;

/// A `tokenizer.json` that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenizerJsonError {
    /// Not JSON.
    #[error("tokenizer.json is not JSON")]
    Json(#[source] serde_json::Error),
    /// A component that this build does not have.
    #[error("tokenizer.json: {part} `{name}` is not supported")]
    Unsupported {
        /// Which part of the file: `normalizer`, `model`, …
        part: &'static str,
        /// The component's `type`.
        name: String,
    },
    /// A field that is missing or of another type.
    #[error("tokenizer.json: {part}: `{field}` is missing or not {wanted}")]
    Field {
        /// Which part of the file.
        part: &'static str,
        /// The field's name.
        field: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// A merge that is not two tokens whose text together is a token.
    #[error("tokenizer.json: merge {index} is not two tokens that make a third")]
    Merge {
        /// Its place in the list.
        index: usize,
    },
    /// Ids with so large holes that the file is no vocabulary.
    #[error("tokenizer.json: token id {id} in a vocabulary of {tokens} tokens")]
    SparseIds {
        /// The id.
        id: u64,
        /// Number of tokens.
        tokens: usize,
    },
    /// No tokens at all.
    #[error("tokenizer.json: the vocabulary has no tokens")]
    NoTokens,
    /// A regular expression that does not compile.
    #[error("tokenizer.json: the pattern `{pattern}` does not compile")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        #[source]
        source: Box<fancy_regex::Error>,
    },
}
