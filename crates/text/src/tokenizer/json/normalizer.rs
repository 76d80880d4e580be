//! Normalizers: what is done to text before it is cut.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::super::{byte_level, unicode, wpm};
use super::error::TokenizerJsonError;
use super::read::{Node, Pattern};

/// One step, or several.
pub(super) enum Normalizer {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
    Lowercase,
    StripAccents,
    Nmt,
    ByteLevel,
    Strip { left: bool, right: bool },
    Prepend(String),
    Replace(Pattern, String),
    Bert(Bert),
    Sequence(Vec<Normalizer>),
}

/// `BertNormalizer`.
pub(super) struct Bert {
    clean_text: bool,
    chinese: bool,
    strip_accents: bool,
    lowercase: bool,
}

impl Normalizer {
    pub(super) fn read(node: Node<'_>) -> Result<Self, TokenizerJsonError> {
        Ok(match node.kind()? {
            "NFC" => Normalizer::Nfc,
            "NFD" => Normalizer::Nfd,
            "NFKC" => Normalizer::Nfkc,
            "NFKD" => Normalizer::Nfkd,
            "Lowercase" => Normalizer::Lowercase,
            "StripAccents" => Normalizer::StripAccents,
            "Nmt" => Normalizer::Nmt,
            "ByteLevel" => Normalizer::ByteLevel,
            "Strip" => Normalizer::Strip {
                left: node.flag("strip_left", true)?,
                right: node.flag("strip_right", true)?,
            },
            "Prepend" => Normalizer::Prepend(node.text("prepend")?.to_owned()),
            "Replace" => {
                Normalizer::Replace(node.pattern("pattern")?, node.text("content")?.to_owned())
            }
            "BertNormalizer" => {
                let lowercase = node.flag("lowercase", true)?;
                Normalizer::Bert(Bert {
                    clean_text: node.flag("clean_text", true)?,
                    chinese: node.flag("handle_chinese_chars", true)?,
                    strip_accents: node.flag("strip_accents", lowercase)?,
                    lowercase,
                })
            }
            "Sequence" => {
                let parts = node.list("normalizers")?.iter();
                let parts = parts.map(|value| Normalizer::read(Node { value, ..node }));
                Normalizer::Sequence(parts.collect::<Result<_, _>>()?)
            }
            other => return Err(node.unsupported(other)),
        })
    }

    /// What `text` becomes.
    pub(super) fn apply(&self, text: String) -> String {
        match self {
            Normalizer::Nfc => text.nfc().collect(),
            Normalizer::Nfd => text.nfd().collect(),
            Normalizer::Nfkc => text.nfkc().collect(),
            Normalizer::Nfkd => text.nfkd().collect(),
            Normalizer::Lowercase => lowercase(&text),
            Normalizer::StripAccents => text.chars().filter(|&c| !is_combining_mark(c)).collect(),
            Normalizer::Nmt => text
                .chars()
                .filter(|&c| !is_nmt_control(c))
                .map(nmt)
                .collect(),
            Normalizer::ByteLevel => text.bytes().map(byte_level::char_of).collect(),
            Normalizer::Strip { left, right } => {
                let text = if *left { text.trim_start() } else { &text };
                let text = if *right { text.trim_end() } else { text };
                text.to_owned()
            }
            Normalizer::Prepend(_) if text.is_empty() => text,
            Normalizer::Prepend(prefix) => [prefix, text.as_str()].concat(),
            Normalizer::Replace(pattern, content) => pattern.replace(&text, content),
            Normalizer::Bert(bert) => bert.apply(text),
            Normalizer::Sequence(parts) => parts.iter().fold(text, |text, part| part.apply(text)),
        }
    }
}

impl Bert {
    fn apply(&self, mut text: String) -> String {
        if self.clean_text {
            let kept = text.chars().filter(|&c| !is_bert_control(c));
            text = kept
                .map(|c| if c.is_whitespace() { ' ' } else { c })
                .collect();
        }
        if self.chinese {
            let mut spaced = String::with_capacity(text.len());
            for c in text.chars() {
                if wpm::is_chinese(c) {
                    spaced.extend([' ', c, ' ']);
                } else {
                    spaced.push(c);
                }
            }
            text = spaced;
        }
        if self.strip_accents {
            text = text
                .nfd()
                .filter(|&c| !unicode::is_nonspacing_mark(c))
                .collect();
        }
        if self.lowercase {
            text = lowercase(&text);
        }
        text
    }
}

/// Every character in small by itself: a Greek final sigma is not told apart.
fn lowercase(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn is_bert_control(c: char) -> bool {
    matches!(c, '\0' | '\u{FFFD}')
        || (!matches!(c, '\t' | '\n' | '\r') && unicode::is_assigned_other(c))
}

fn is_nmt_control(c: char) -> bool {
    matches!(
        c,
        '\u{1}'..='\u{8}' | '\u{B}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{8F}' | '\u{9F}'
    )
}

fn nmt(c: char) -> char {
    match c {
        '\u{9}'
        | '\u{A}'
        | '\u{C}'
        | '\u{D}'
        | '\u{1680}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2581}'
        | '\u{FEFF}'
        | '\u{FFFD}' => ' ',
        other => other,
    }
}
