//! A vocabulary of the right size: all bytes, so that every text can be written, invented words, and the special tokens
//! of the family.

use hearth_runtime::gguf::{Array, Strings, Value};

use super::families::{Family, Model, Traits, Turns};
use super::words::Words;

/// Types of tokens in a file.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const BYTE: i32 = 6;

/// The tokens so far.
#[derive(Default)]
struct Tokens {
    texts: Strings,
    types: Vec<i32>,
    merges: Strings,
}

impl Tokens {
    fn push(&mut self, text: &str, kind: i32) {
        self.texts.push(text.as_bytes());
        self.types.push(kind);
    }

    fn special(&mut self, texts: &[&str]) {
        for text in texts {
            let unknown = ["<unk>", "[UNK]"].contains(text);
            self.push(text, if unknown { UNKNOWN } else { CONTROL });
        }
    }

    fn words(&mut self, n_vocab: usize, mut push: impl FnMut(&mut Self, &str)) {
        for word in Words::new() {
            if self.texts.len() >= n_vocab {
                return;
            }
            push(self, &word);
        }
    }
}

/// The metadata of a vocabulary with `n_vocab` entries, and the chat template.
pub(super) fn metadata(family: Family, n_vocab: usize) -> Vec<(String, Value)> {
    let traits = family.traits();
    let mut tokens = Tokens::default();
    let mut keys: Vec<(&str, Value)> = Vec::new();
    match traits.model {
        Model::Spm => {
            spm(&mut tokens, &traits, n_vocab);
            let scores: Vec<f32> = (0..n_vocab).map(|i| -(i as f32)).collect();
            keys.push(("model", "llama".into()));
            keys.push(("pre", "default".into()));
            keys.push(("scores", Array::from(scores).into()));
            keys.push(("add_space_prefix", (family != Family::Gemma).into()));
        }
        Model::Bpe(pre) => {
            bpe(&mut tokens, &traits, n_vocab);
            keys.push(("model", "gpt2".into()));
            keys.push(("pre", pre.into()));
        }
        Model::Wpm => {
            wpm(&mut tokens, &traits, n_vocab);
            keys.push(("model", "bert".into()));
            keys.push(("pre", "bert-bge".into()));
            keys.push(("token_type_count", 2u32.into()));
        }
    }
    let id = |text: &str| {
        tokens
            .texts
            .iter()
            .position(|token| token == text.as_bytes())
    };
    let roles = [
        ("bos_token_id", traits.bos),
        ("eos_token_id", traits.eos),
        ("unknown_token_id", "<unk>"),
        ("unknown_token_id", "[UNK]"),
        ("padding_token_id", "[PAD]"),
        ("padding_token_id", "<pad>"),
        ("padding_token_id", "<|endoftext|>"),
        ("cls_token_id", "[CLS]"),
        ("seperator_token_id", "[SEP]"),
        ("mask_token_id", "[MASK]"),
    ];
    for (key, text) in roles {
        let id = id(text).and_then(|id| u32::try_from(id).ok());
        if let Some(id) = id
            && keys.iter().all(|(other, _)| *other != key)
        {
            keys.push((key, id.into()));
        }
    }
    if traits.model != Model::Wpm {
        keys.push(("add_bos_token", traits.add_bos.into()));
        keys.push(("add_eos_token", false.into()));
    }
    keys.push(("tokens", Array::from(tokens.texts).into()));
    keys.push(("token_type", Array::from(tokens.types).into()));
    if !tokens.merges.is_empty() {
        keys.push(("merges", Array::from(tokens.merges).into()));
    }
    let named = keys
        .into_iter()
        .map(|(key, value)| (format!("tokenizer.ggml.{key}"), value));
    let template = traits.turns.map(|turns| template(&turns, traits.add_bos));
    let template = template.map(|text| ("tokenizer.chat_template".to_owned(), text.into()));
    named.chain(template).collect()
}

fn spm(tokens: &mut Tokens, traits: &Traits, n_vocab: usize) {
    tokens.special(traits.special);
    for byte in 0..=u8::MAX {
        tokens.push(&format!("<0x{byte:02X}>"), BYTE);
    }
    tokens.push("▁", NORMAL);
    for c in '!'..='~' {
        tokens.push(c.encode_utf8(&mut [0; 4]), NORMAL);
    }
    tokens.words(n_vocab, |tokens, word| {
        tokens.push(&word.replace(' ', "▁"), NORMAL)
    });
}

fn bpe(tokens: &mut Tokens, traits: &Traits, n_vocab: usize) {
    for byte in 0..=u8::MAX {
        tokens.push(shown(byte).encode_utf8(&mut [0; 4]), NORMAL);
    }
    let n_special = traits.special.len();
    tokens.words(n_vocab.saturating_sub(n_special), |tokens, word| {
        let word: String = word.bytes().map(shown).collect();
        let last = word.char_indices().last().map_or(0, |(at, _)| at);
        let (left, right) = word.split_at(last);
        tokens.merges.push(format!("{left} {right}").as_bytes());
        tokens.push(&word, NORMAL);
    });
    tokens.special(traits.special);
}

fn wpm(tokens: &mut Tokens, traits: &Traits, n_vocab: usize) {
    tokens.special(traits.special);
    for c in ('!'..='~').filter(|c| !c.is_ascii_uppercase()) {
        tokens.push(&format!("▁{c}"), NORMAL);
        tokens.push(c.encode_utf8(&mut [0; 4]), NORMAL);
    }
    tokens.words(n_vocab, |tokens, word| {
        // A space and one letter are there already.
        if word.chars().count() > 2 || !word.starts_with(' ') {
            tokens.push(&word.replace(' ', "▁"), NORMAL);
        }
    });
}

/// The character that byte-level BPE shows for a byte: itself where it can be seen, else one of those from U+0100 on.
fn shown(byte: u8) -> char {
    let is_seen = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if is_seen(byte) {
        return char::from(byte);
    }
    let hidden_before = (0..byte).filter(|&other| !is_seen(other)).count();
    char::from_u32(0x100 + hidden_before as u32).unwrap_or('\u{100}')
}

/// A template that writes the turns one after the other.
fn template(turns: &Turns, has_bos: bool) -> String {
    let Turns {
        begin,
        after_role,
        end,
        assistant,
    } = turns;
    let bos = if has_bos { "{{ bos_token }}" } else { "" };
    format!(
        "{bos}{{% for message in messages %}}\
         {{% set role = '{assistant}' if message.role == 'assistant' else message.role %}}\
         {{{{ '{begin}' + role + '{after_role}' + message.content + '{end}' }}}}\
         {{% endfor %}}\
         {{% if add_generation_prompt %}}{{{{ '{begin}{assistant}{after_role}' }}}}{{% endif %}}"
    )
}
