//! Tokenizer and chat template of a model file. A file with a vocabulary only is enough.

use std::sync::{Arc, OnceLock};

use hearth_gguf::{Array, Gguf, Metadata};
use hearth_text::output::OutputFormat;
use hearth_text::{
    ChatTemplate, DecodeOptions, EncodeOptions, SpecialIds, TemplateInput, Tokenizer, VocabSource,
};

use crate::constraint::{GrammarError, Tokens};
use crate::error::RuntimeError;

/// The text side of a model.
pub struct Vocabulary {
    tokenizer: Arc<Tokenizer>,
    template: Option<String>,
    /// What grammars need of the tokens, made for the first of them.
    tokens: OnceLock<Result<Tokens, GrammarError>>,
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocabulary")
            .field("tokens", &self.tokenizer.len())
            .finish_non_exhaustive()
    }
}

impl Vocabulary {
    /// Read `tokenizer.*` of a file.
    pub fn read(gguf: &Gguf) -> Result<Self, RuntimeError> {
        let metadata = gguf.metadata();
        if metadata.get("tokenizer.ggml.model").is_none() {
            return Err(RuntimeError::NoVocabulary);
        }
        Ok(Vocabulary {
            tokenizer: Arc::new(Tokenizer::from_vocab(source(metadata))?),
            template: text(metadata, "tokenizer.chat_template"),
            tokens: OnceLock::new(),
        })
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The tokenizer alone.
    pub fn into_tokenizer(self) -> Arc<Tokenizer> {
        self.tokenizer
    }

    /// The tokens as grammars see them.
    pub(crate) fn tokens(&self) -> Result<&Tokens, GrammarError> {
        let made = self.tokens.get_or_init(|| Tokens::new(&self.tokenizer));
        made.as_ref().map_err(Clone::clone)
    }

    /// The chat template's source, if the file has one.
    pub fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }

    /// The form in which the model writes reasoning and calls of tools, as its chat template shows it.
    pub fn output_format(&self) -> OutputFormat {
        OutputFormat::detect(self.template().unwrap_or_default())
    }

    /// The text of the last tokens of a prompt: enough to see which part of the output it has opened.
    pub fn end_of(&self, prompt: &[u32]) -> String {
        const TOKENS: usize = 32;
        let options = DecodeOptions {
            special: true,
            ..DecodeOptions::default()
        };
        let last = &prompt[prompt.len().saturating_sub(TOKENS)..];
        String::from_utf8_lossy(&self.tokenizer.decode(last, options)).into_owned()
    }

    /// Ids of a prompt as a person writes it: begin and end tokens as the file says, special tokens in the text parsed.
    pub fn encode_prompt(&self, text: &str) -> Vec<u32> {
        let options = EncodeOptions {
            add_special: true,
            parse_special: true,
        };
        self.tokenizer.encode(text, options)
    }

    /// Text of a conversation by the file's template. Begin and end texts default to the vocabulary's.
    pub fn render_chat(&self, input: &TemplateInput) -> Result<String, RuntimeError> {
        let template = self.template().ok_or(RuntimeError::NoTemplate)?;
        Ok(ChatTemplate::parse(template)?.render(input)?)
    }

    /// Ids of a rendered conversation. A begin token that the template wrote is not added a second time.
    pub fn encode_chat(&self, rendered: &str) -> Vec<u32> {
        let starts_with_bos = self
            .tokenizer
            .bos()
            .map(|id| self.tokenizer.token_bytes(id))
            .is_some_and(|bos| !bos.is_empty() && rendered.as_bytes().starts_with(&bos));
        let options = EncodeOptions {
            add_special: !starts_with_bos,
            parse_special: true,
        };
        self.tokenizer.encode(rendered, options)
    }

    /// The text of a special token, as templates write it; empty if there is none.
    pub fn token_text(&self, id: Option<u32>) -> String {
        let bytes = id
            .map(|id| self.tokenizer.token_bytes(id))
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The `tokenizer.ggml.*` metadata as the tokenizer wants them.
fn source(metadata: &Metadata) -> VocabSource<'_> {
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    let id = |name: &str| metadata.get_u32(&key(&format!("{name}_token_id"))).ok();
    let flag = |name: &str| metadata.get_bool(&key(name)).ok();
    VocabSource {
        model: text(metadata, &key("model")).unwrap_or_default(),
        pre: text(metadata, &key("pre")),
        tokens: strings(metadata, &key("tokens")),
        scores: metadata
            .get_f32s(&key("scores"))
            .map(<[f32]>::to_vec)
            .unwrap_or_default(),
        token_types: metadata.get_i32s(&key("token_type")).unwrap_or_default(),
        merges: strings(metadata, &key("merges")),
        model_name: text(metadata, "general.name"),
        architecture: text(metadata, "general.architecture"),
        special: SpecialIds {
            bos: id("bos"),
            eos: id("eos"),
            eot: id("eot"),
            eom: id("eom"),
            unk: id("unknown"),
            sep: id("seperator"),
            pad: id("padding"),
            cls: id("cls"),
            mask: id("mask"),
            fim_pre: id("fim_pre").or(id("prefix")),
            fim_suf: id("fim_suf").or(id("suffix")),
            fim_mid: id("fim_mid").or(id("middle")),
            fim_pad: id("fim_pad"),
            fim_rep: id("fim_rep"),
            fim_sep: id("fim_sep"),
        },
        add_bos: flag("add_bos_token"),
        add_eos: flag("add_eos_token"),
        add_space_prefix: flag("add_space_prefix"),
        remove_extra_whitespaces: flag("remove_extra_whitespaces"),
        lowercase: flag("normalizer.lowercase"),
        strip_accents: flag("normalizer.strip_accents"),
        precompiled_charsmap: match metadata.get_array(&key("precompiled_charsmap")) {
            Ok(Array::U8(bytes)) => bytes.clone(),
            Ok(Array::I8(bytes)) => bytes.iter().map(|byte| byte.cast_unsigned()).collect(),
            _ => Vec::new(),
        },
    }
}

fn text(metadata: &Metadata, key: &str) -> Option<String> {
    metadata.get_str(key).ok().map(str::to_owned)
}

fn strings<'a>(metadata: &'a Metadata, key: &str) -> Vec<&'a [u8]> {
    metadata
        .get_strings(key)
        .map(|s| s.iter().collect())
        .unwrap_or_default()
}
