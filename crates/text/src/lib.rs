//! Text ↔ token ids, and chat templates: everything between what a person reads and what a model computes.
//!
//! | module | holds |
//! |---|---|
//! | [`tokenizer`] | [`Tokenizer`]: vocabularies of GGUF files, with llama.cpp's ids, and `tokenizer.json` |
//! | [`stream`] | [`StreamDecoder`]: tokens to whole characters, and [`StopMatcher`]: stop strings that never leak |
//! | [`output`] | [`OutputParser`]: reasoning, answer and calls of tools told apart while a model writes |
//! | [`template`] | [`ChatTemplate`]: conversations to prompts, by the model's own Jinja template, in a sandbox |
//!
//! Vocabularies and templates come with the model and are untrusted: whatever they hold, the functions here return.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

#[cfg(any(test, feature = "fuzzing"))]
pub mod oracle;
pub mod output;
pub mod stream;
pub mod template;
pub mod tokenizer;

pub use output::{Event, OutputFormat, OutputParser};
pub use stream::{Emit, StopMatcher, StreamDecoder};
pub use template::{ChatTemplate, DateTime, TemplateError, TemplateInput};
pub use tokenizer::{
    DecodeOptions, EncodeOptions, SpecialIds, Tokenizer, TokenizerJsonError, VocabError,
    VocabSource, pre_tokenizers,
};
