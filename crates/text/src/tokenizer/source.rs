//! What a tokenizer is built from, and what can be wrong with it.

use thiserror::Error;

/// The vocabulary of a model file as plain data: the `tokenizer.ggml.*` metadata of a GGUF file, borrowed.
///
/// Every optional field that is `None` takes the default of the tokenizer model, as llama.cpp has it.
#[derive(Debug, Clone, Default)]
pub struct VocabSource<'a> {
    /// `tokenizer.ggml.model`: `llama`, `gpt2`, `gemma4`, `bert` or `t5`.
    pub model: String,
    /// `tokenizer.ggml.pre`: the pre-tokenizer family; only `gpt2` models use it.
    pub pre: Option<String>,
    /// `tokenizer.ggml.tokens`: one byte string per id.
    pub tokens: Vec<&'a [u8]>,
    /// `tokenizer.ggml.scores`: empty or one per token.
    pub scores: Vec<f32>,
    /// `tokenizer.ggml.token_type`: empty or one per token (1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte).
    pub token_types: Vec<i32>,
    /// `tokenizer.ggml.merges`: `left right`, best first; `gpt2` models need them.
    pub merges: Vec<&'a [u8]>,
    /// `general.name`: some models are told by it (phi-3 strips white space after its special tokens).
    pub model_name: Option<String>,
    /// `general.architecture`, for the same reason.
    pub architecture: Option<String>,
    /// `tokenizer.ggml.*_token_id`.
    pub special: SpecialIds,
    /// `tokenizer.ggml.add_bos_token`.
    pub add_bos: Option<bool>,
    /// `tokenizer.ggml.add_eos_token`.
    pub add_eos: Option<bool>,
    /// `tokenizer.ggml.add_space_prefix`.
    pub add_space_prefix: Option<bool>,
    /// `tokenizer.ggml.remove_extra_whitespaces`; only `t5` models use it.
    pub remove_extra_whitespaces: Option<bool>,
    /// `tokenizer.ggml.normalizer.lowercase`; only `bert` models use it.
    pub lowercase: Option<bool>,
    /// `tokenizer.ggml.normalizer.strip_accents`; only `bert` models use it.
    pub strip_accents: Option<bool>,
    /// `tokenizer.ggml.precompiled_charsmap`, or empty; only `t5` models use it.
    pub precompiled_charsmap: Vec<u8>,
}

/// The ids that a file gives by key (`tokenizer.ggml.bos_token_id` and so on).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpecialIds {
    /// `bos_token_id`: begin of sequence.
    pub bos: Option<u32>,
    /// `eos_token_id`: end of sequence.
    pub eos: Option<u32>,
    /// `eot_token_id`: end of turn.
    pub eot: Option<u32>,
    /// `eom_token_id`: end of message.
    pub eom: Option<u32>,
    /// `unknown_token_id`.
    pub unk: Option<u32>,
    /// `seperator_token_id` (spelt so in the files).
    pub sep: Option<u32>,
    /// `padding_token_id`.
    pub pad: Option<u32>,
    /// `cls_token_id`.
    pub cls: Option<u32>,
    /// `mask_token_id`.
    pub mask: Option<u32>,
    /// `fim_pre_token_id`, before it `prefix_token_id`.
    pub fim_pre: Option<u32>,
    /// `fim_suf_token_id`, before it `suffix_token_id`.
    pub fim_suf: Option<u32>,
    /// `fim_mid_token_id`, before it `middle_token_id`.
    pub fim_mid: Option<u32>,
    /// `fim_pad_token_id`.
    pub fim_pad: Option<u32>,
    /// `fim_rep_token_id`.
    pub fim_rep: Option<u32>,
    /// `fim_sep_token_id`.
    pub fim_sep: Option<u32>,
}

/// A vocabulary that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VocabError {
    /// `tokenizer.ggml.model` names something this build does not know.
    #[error("tokenizer model `{model}` is not supported; supported are: {}", .known.join(", "))]
    UnknownModel {
        /// What the file says.
        model: String,
        /// What would work.
        known: Vec<&'static str>,
    },
    /// `tokenizer.ggml.pre` names a family this build does not know.
    #[error("pre-tokenizer `{pre}` is not supported; supported are: {}", .known.join(", "))]
    UnknownPreTokenizer {
        /// What the file says.
        pre: String,
        /// What would work.
        known: Vec<&'static str>,
    },
    /// The file has no tokens.
    #[error("the vocabulary has no tokens: `tokenizer.ggml.tokens` is missing or empty")]
    NoTokens,
    /// More tokens than an id can count.
    #[error("the vocabulary has {tokens} tokens in {bytes} bytes: more than 32 bits can count")]
    TooLarge {
        /// Number of tokens and merges.
        tokens: usize,
        /// Sum of their lengths.
        bytes: usize,
    },
    /// A byte-level BPE vocabulary without merges.
    #[error("tokenizer model `{model}` needs `tokenizer.ggml.merges`, and the file has none")]
    NoMerges {
        /// The tokenizer model.
        model: String,
    },
    /// An array with fewer entries than there are tokens.
    #[error("`tokenizer.ggml.{key}` has {found} entries for {tokens} tokens")]
    ShortArray {
        /// The last part of the metadata key.
        key: &'static str,
        /// Entries found.
        found: usize,
        /// Tokens in the vocabulary.
        tokens: usize,
    },
    /// `tokenizer.ggml.precompiled_charsmap` is shorter than it says.
    #[error("`tokenizer.ggml.precompiled_charsmap` of {bytes} bytes is cut off")]
    BrokenCharsmap {
        /// Its length.
        bytes: usize,
    },
    /// A split pattern of the built-in table does not compile.
    #[error("the split pattern `{pattern}` of pre-tokenizer `{family}` does not compile")]
    Pattern {
        /// The family it belongs to.
        family: &'static str,
        /// The pattern.
        pattern: &'static str,
        /// Why.
        #[source]
        source: Box<fancy_regex::Error>,
    },
}
