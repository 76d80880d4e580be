//! The families of vocabularies: how each is built, its special tokens, and how a conversation is written with them.

/// A family of vocabularies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Qwen,
    Qwen35,
    Llama,
    Llama3,
    Gemma,
    Phi3,
    Lfm2,
    SmolLm,
    SmolLm3,
    Granite,
    GptOss,
    Bert,
}

/// How a vocabulary is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// SentencePiece: scores, and tokens for bytes without a piece.
    Spm,
    /// Byte-level BPE of this pre-tokenizer: merges.
    Bpe(&'static str),
    /// WordPiece: word starts and continuations.
    Wpm,
}

/// What a family is like.
pub(super) struct Traits {
    pub(super) model: Model,
    /// Special tokens. SentencePiece and WordPiece have them at the beginning, byte-level BPE at the end.
    pub(super) special: &'static [&'static str],
    /// Texts of the begin and end tokens.
    pub(super) bos: &'static str,
    pub(super) eos: &'static str,
    pub(super) add_bos: bool,
    pub(super) turns: Option<Turns>,
}

/// How a conversation is written: `begin role after_role content end`.
pub(super) struct Turns {
    pub(super) begin: &'static str,
    pub(super) after_role: &'static str,
    pub(super) end: &'static str,
    pub(super) assistant: &'static str,
}

const CHATML: Turns = Turns {
    begin: "<|im_start|>",
    after_role: "\\n",
    end: "<|im_end|>\\n",
    assistant: "assistant",
};
const CHATML_TOKENS: &[&str] = &["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

impl Family {
    /// What the family is like.
    pub(super) fn traits(self) -> Traits {
        let chatml = |pre, special| Traits {
            model: Model::Bpe(pre),
            special,
            bos: "<|endoftext|>",
            eos: "<|im_end|>",
            add_bos: false,
            turns: Some(CHATML),
        };
        match self {
            Family::Qwen => chatml("qwen2", CHATML_TOKENS),
            Family::Qwen35 => chatml("qwen35", CHATML_TOKENS),
            Family::SmolLm => chatml("smollm", CHATML_TOKENS),
            Family::SmolLm3 => chatml("llama-bpe", CHATML_TOKENS),
            Family::Lfm2 => Traits {
                bos: "<|startoftext|>",
                add_bos: true,
                ..chatml(
                    "lfm2",
                    &[
                        "<|pad|>",
                        "<|startoftext|>",
                        "<|endoftext|>",
                        "<|im_start|>",
                        "<|im_end|>",
                    ],
                )
            },
            Family::Llama3 => Traits {
                model: Model::Bpe("llama-bpe"),
                special: &[
                    "<|begin_of_text|>",
                    "<|end_of_text|>",
                    "<|start_header_id|>",
                    "<|end_header_id|>",
                    "<|eot_id|>",
                ],
                bos: "<|begin_of_text|>",
                eos: "<|eot_id|>",
                add_bos: true,
                turns: Some(Turns {
                    begin: "<|start_header_id|>",
                    after_role: "<|end_header_id|>\\n\\n",
                    end: "<|eot_id|>",
                    assistant: "assistant",
                }),
            },
            Family::Granite | Family::GptOss => self.with_roles(),
            other => other.with_scores(),
        }
    }

    /// The families that mark roles.
    fn with_roles(self) -> Traits {
        match self {
            Family::Granite => Traits {
                model: Model::Bpe("refact"),
                special: &["<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>"],
                bos: "<|end_of_text|>",
                eos: "<|end_of_text|>",
                add_bos: false,
                turns: Some(Turns {
                    begin: "<|start_of_role|>",
                    after_role: "<|end_of_role|>",
                    end: "<|end_of_text|>\\n",
                    assistant: "assistant",
                }),
            },
            _ => Traits {
                model: Model::Bpe("gpt-4o"),
                special: &[
                    "<|startoftext|>",
                    "<|endoftext|>",
                    "<|return|>",
                    "<|start|>",
                    "<|end|>",
                    "<|message|>",
                    "<|channel|>",
                    "<|call|>",
                ],
                bos: "<|startoftext|>",
                eos: "<|return|>",
                add_bos: false,
                turns: Some(Turns {
                    begin: "<|start|>",
                    after_role: "<|message|>",
                    end: "<|end|>",
                    assistant: "assistant",
                }),
            },
        }
    }

    /// The families without merges.
    fn with_scores(self) -> Traits {
        let named = |special, end| Traits {
            model: Model::Spm,
            special,
            bos: "<s>",
            eos: "</s>",
            add_bos: true,
            turns: Some(Turns {
                begin: "<|",
                after_role: "|>\\n",
                end,
                assistant: "assistant",
            }),
        };
        match self {
            Family::Gemma => Traits {
                model: Model::Spm,
                special: &[
                    "<pad>",
                    "<eos>",
                    "<bos>",
                    "<unk>",
                    "<start_of_turn>",
                    "<end_of_turn>",
                ],
                bos: "<bos>",
                eos: "<eos>",
                add_bos: true,
                turns: Some(Turns {
                    begin: "<start_of_turn>",
                    after_role: "\\n",
                    end: "<end_of_turn>\\n",
                    assistant: "model",
                }),
            },
            Family::Phi3 => named(
                &[
                    "<unk>",
                    "<s>",
                    "</s>",
                    "<|endoftext|>",
                    "<|assistant|>",
                    "<|user|>",
                    "<|system|>",
                    "<|end|>",
                ],
                "<|end|>\\n",
            ),
            Family::Bert => Traits {
                model: Model::Wpm,
                special: &["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
                bos: "[CLS]",
                eos: "[SEP]",
                add_bos: true,
                turns: None,
            },
            _ => named(&["<unk>", "<s>", "</s>"], "</s>\\n"),
        }
    }
}
