//! Which tokens are special: ids by key, ids by text, the end of a generation, and a few models' own rules.
//!
//! Files often do not say which token ends a turn, so llama.cpp looks for well-known texts; these are its rules.

use super::attr::TokenAttr;
use super::source::SpecialIds;
use super::strings::StringTable;

/// What the rules read and change.
pub(crate) struct Tokens<'a> {
    /// The vocabulary, without the strings that only merges mention.
    pub(crate) strings: &'a StringTable,
    /// One entry per token.
    pub(crate) attrs: &'a mut [TokenAttr],
}

/// Tokens that end a turn: the first of them found is `eot` where the file names none.
const END_OF_TURN: &[&str] = &[
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "<｜end▁of▁sentence｜>",
    "<end_of_utterance>",
];
const END_OF_MESSAGE: &[&str] = &["<|eom_id|>"];
const FIM_PRE: &[&str] = &[
    "<|fim_prefix|>",
    "<fim-prefix>",
    "<fim_prefix>",
    "<｜fim▁begin｜>",
    "<PRE>",
    "▁<PRE>",
    "<|code_prefix|>",
    "<|prefix|>",
];
const FIM_SUF: &[&str] = &[
    "<|fim_suffix|>",
    "<fim-suffix>",
    "<fim_suffix>",
    "<｜fim▁hole｜>",
    "<SUF>",
    "▁<SUF>",
    "<|code_suffix|>",
    "<|suffix|>",
];
const FIM_MID: &[&str] = &[
    "<|fim_middle|>",
    "<fim-middle>",
    "<fim_middle>",
    "<｜fim▁end｜>",
    "<MID>",
    "▁<MID>",
    "<|code_middle|>",
    "<|middle|>",
];
const FIM_PAD: &[&str] = &["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"];
const FIM_REP: &[&str] = &[
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
];
const FIM_SEP: &[&str] = &["<|file_sep|>"];

/// Every one of these ends a generation, and is a control token whatever the file says.
const END_OF_GENERATION: &[&str] = &[
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<|tool_response>",
    "<｜end▁of▁sentence｜>",
    "[e~[",
];

/// Control tokens of the harmony format that are shown all the same.
const ALWAYS_SHOWN: &[&str] = &["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"];

impl Tokens<'_> {
    fn find(&self, text: &str) -> Option<u32> {
        self.strings.find(text.as_bytes())
    }

    fn update(&mut self, id: u32, change: impl FnOnce(TokenAttr) -> TokenAttr) {
        if let Some(attr) = self.attrs.get_mut(id as usize) {
            *attr = change(*attr);
        }
    }

    /// `known`, or the first of `texts` in the vocabulary, which then is a control token.
    fn known_or_found(&mut self, known: Option<u32>, texts: &[&str]) -> Option<u32> {
        if known.is_some() {
            return known;
        }
        let id = texts.iter().find_map(|text| self.find(text))?;
        self.update(id, |attr| attr.with(TokenAttr::CONTROL));
        Some(id)
    }

    /// Drops ids that are out of range and looks for those that the file does not name.
    pub(crate) fn complete(&mut self, ids: SpecialIds, defaults: SpecialIds) -> SpecialIds {
        let len = self.attrs.len();
        let pick = |id: Option<u32>, default: Option<u32>| {
            let in_range = |id: &u32| (*id as usize) < len;
            id.filter(in_range).or(default.filter(in_range))
        };
        SpecialIds {
            bos: pick(ids.bos, defaults.bos),
            eos: pick(ids.eos, defaults.eos),
            unk: pick(ids.unk, defaults.unk),
            sep: pick(ids.sep, defaults.sep),
            pad: pick(ids.pad, defaults.pad),
            cls: pick(ids.cls, defaults.cls),
            mask: pick(ids.mask, defaults.mask),
            eot: self.known_or_found(pick(ids.eot, None), END_OF_TURN),
            eom: self.known_or_found(pick(ids.eom, None), END_OF_MESSAGE),
            fim_pre: self.known_or_found(pick(ids.fim_pre, None), FIM_PRE),
            fim_suf: self.known_or_found(pick(ids.fim_suf, None), FIM_SUF),
            fim_mid: self.known_or_found(pick(ids.fim_mid, None), FIM_MID),
            fim_pad: self.known_or_found(pick(ids.fim_pad, None), FIM_PAD),
            fim_rep: self.known_or_found(pick(ids.fim_rep, None), FIM_REP),
            fim_sep: self.known_or_found(pick(ids.fim_sep, None), FIM_SEP),
        }
    }

    /// The ids that end a generation, sorted.
    pub(crate) fn end_of_generation(&mut self, ids: &SpecialIds) -> Vec<u32> {
        let mut out: Vec<u32> = [ids.fim_pad, ids.fim_rep, ids.fim_sep]
            .into_iter()
            .flatten()
            .collect();
        for id in END_OF_GENERATION
            .iter()
            .filter_map(|text| self.find(text))
            .collect::<Vec<_>>()
        {
            self.update(id, |attr| attr.with(TokenAttr::CONTROL));
            out.push(id);
        }
        for id in ALWAYS_SHOWN
            .iter()
            .filter_map(|text| self.find(text))
            .collect::<Vec<_>>()
        {
            self.update(id, |_| TokenAttr::USER_DEFINED);
        }
        out.extend([ids.eos, ids.eot, ids.eom].into_iter().flatten());
        self.except_ends(&mut out);
        out.sort_unstable();
        out.dedup();
        out
    }

    /// In the harmony and solar formats `<|end|>` only ends a message; in gemma 4 `</s>` is ordinary text.
    fn except_ends(&mut self, ends: &mut Vec<u32>) {
        let is_end = |text: &str| self.find(text).filter(|id| ends.contains(id));
        let call = is_end("<|call|>").or(is_end("<|calls|>"));
        let several_ends =
            call.is_some() && (is_end("<|return|>").is_some() || is_end("<|flush|>").is_some());
        let end_of_message = is_end("<|end|>").filter(|_| several_ends);
        let plain_s = is_end("<|tool_response>")
            .or(is_end("<|plamo:eos|>"))
            .and(is_end("</s>"));
        if let Some(id) = end_of_message {
            ends.retain(|&end| end != id);
            self.update(id, |_| TokenAttr::USER_DEFINED);
        }
        if let Some(id) = plain_s {
            ends.retain(|&end| end != id);
            self.update(id, |_| TokenAttr::NORMAL);
        }
    }

    /// White space that special tokens swallow. GGUF does not carry this, so it is told by the model's name.
    pub(crate) fn set_strip(&mut self, special: &[u32], names: ModelNames<'_>) {
        let contains = |text: &str, parts: &[&str]| parts.iter().any(|part| text.contains(part));
        if contains(names.pre, &["jina-v2-de", "jina-v2-es", "jina-v2-code"])
            || contains(names.architecture, &["nomic-bert-moe", "jina-bert-v3"])
        {
            self.set_by_text("<mask>", |attr| attr.with(TokenAttr::LSTRIP));
        } else if contains(names.model, &["phi-3", "phi3"]) {
            for &id in special {
                self.update(id, |attr| attr.with(TokenAttr::RSTRIP));
            }
            self.set_by_text("</s>", |attr| attr.with(TokenAttr::RSTRIP));
            for text in ["<unk>", "<s>", "<|endoftext|>"] {
                self.set_by_text(text, |attr| attr.without(TokenAttr::RSTRIP));
            }
        } else if contains(names.model, &["modern-bert"]) {
            self.set_by_text("[MASK]", |attr| attr.with(TokenAttr::LSTRIP));
        }
    }

    fn set_by_text(&mut self, text: &str, change: impl FnOnce(TokenAttr) -> TokenAttr) {
        if let Some(id) = self.find(text) {
            self.update(id, change);
        }
    }

    /// The tokens that are looked for in the text before anything else, longest first.
    pub(crate) fn searched(&self) -> Vec<u32> {
        let wanted = TokenAttr::CONTROL
            .with(TokenAttr::USER_DEFINED)
            .with(TokenAttr::UNKNOWN);
        let mut out: Vec<u32> = (0..)
            .zip(self.attrs.iter())
            .filter(|(_, attr)| attr.has(wanted))
            .map(|(id, _)| id)
            .collect();
        out.sort_by_key(|&id| std::cmp::Reverse(self.strings.get(id).len()));
        out
    }
}

/// The names by which [`Tokens::set_strip`] tells models apart.
#[derive(Clone, Copy)]
pub(crate) struct ModelNames<'a> {
    /// `general.name` in lower case.
    pub(crate) model: &'a str,
    /// `general.architecture`.
    pub(crate) architecture: &'a str,
    /// `tokenizer.ggml.pre`.
    pub(crate) pre: &'a str,
}
