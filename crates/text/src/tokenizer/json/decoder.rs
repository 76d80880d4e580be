//! Decoders: how tokens become text again. They work on bytes, since a token may end inside a character.

use serde_json::Value;

use super::super::byte_level;
use super::error::TokenizerJsonError;
use super::pre_tokenizer::Prepend;
use super::read::{Node, Pattern};

/// One step, or several. Every step maps a list of pieces to another.
pub(super) enum Decoder {
    ByteLevel,
    ByteFallback,
    Fuse,
    WordPiece {
        prefix: String,
        cleanup: bool,
    },
    Bpe {
        suffix: String,
    },
    Metaspace {
        replacement: char,
        prepend: Prepend,
    },
    Replace(Pattern, String),
    Strip {
        content: char,
        start: usize,
        stop: usize,
    },
    Sequence(Vec<Decoder>),
}

impl Decoder {
    pub(super) fn read(node: Node<'_>) -> Result<Self, TokenizerJsonError> {
        let number = |field| {
            let number = node.get(field).and_then(Value::as_u64);
            let number = number.and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| node.wrong(field, "a number"))
        };
        Ok(match node.kind()? {
            "ByteLevel" => Decoder::ByteLevel,
            "ByteFallback" => Decoder::ByteFallback,
            "Fuse" => Decoder::Fuse,
            "WordPiece" => Decoder::WordPiece {
                prefix: node.text("prefix")?.to_owned(),
                cleanup: node.flag("cleanup", true)?,
            },
            "BPEDecoder" => Decoder::Bpe {
                suffix: node.text("suffix")?.to_owned(),
            },
            "Metaspace" => Decoder::Metaspace {
                replacement: node.character("replacement")?,
                prepend: Prepend::read(node)?,
            },
            "Replace" => {
                Decoder::Replace(node.pattern("pattern")?, node.text("content")?.to_owned())
            }
            "Strip" => Decoder::Strip {
                content: node.character("content")?,
                start: number("start")?,
                stop: number("stop")?,
            },
            "Sequence" => {
                let parts = node.list("decoders")?.iter();
                let parts = parts.map(|value| Decoder::read(Node { value, ..node }));
                Decoder::Sequence(parts.collect::<Result<_, _>>()?)
            }
            other => return Err(node.unsupported(other)),
        })
    }

    /// What `pieces` become. Where they are the middle of a text and not all of it, what only concerns its ends is
    /// left out.
    pub(super) fn apply(&self, pieces: Vec<Vec<u8>>, whole: bool) -> Vec<Vec<u8>> {
        let first = |at: usize| at == 0 && whole;
        let count = pieces.len();
        let each = pieces.into_iter();
        match self {
            Decoder::ByteLevel => each.map(byte_level_piece).collect(),
            Decoder::ByteFallback => each.map(byte_piece).collect(),
            Decoder::Fuse => vec![each.flatten().collect()],
            Decoder::WordPiece { prefix, cleanup } => each
                .enumerate()
                .map(|(at, piece)| {
                    let piece = word_piece(piece, prefix, first(at));
                    if *cleanup { clean_up(&piece) } else { piece }
                })
                .collect(),
            Decoder::Bpe { suffix } => each
                .enumerate()
                .map(|(at, piece)| {
                    let end = if at + 1 == count && whole { "" } else { " " };
                    on_text(piece, |text| text.replace(suffix.as_str(), end))
                })
                .collect(),
            Decoder::Metaspace {
                replacement,
                prepend,
            } => each
                .enumerate()
                .map(|(at, piece)| {
                    let drop = first(at) && *prepend != Prepend::Never;
                    on_text(piece, |text| {
                        let text = text
                            .strip_prefix(*replacement)
                            .filter(|_| drop)
                            .unwrap_or(text);
                        text.replace(*replacement, " ")
                    })
                })
                .collect(),
            Decoder::Replace(pattern, content) => each
                .map(|piece| on_text(piece, |text| pattern.replace(text, content)))
                .collect(),
            Decoder::Strip {
                content,
                start,
                stop,
            } => each
                .map(|piece| on_text(piece, |text| strip(text, *content, *start, *stop)))
                .collect(),
            Decoder::Sequence(parts) => {
                let mut fused = false;
                parts.iter().fold(each.collect(), |pieces, part| {
                    fused |= matches!(part, Decoder::Fuse);
                    // After fusing, stripping concerns the ends of the text only.
                    if fused && !whole && matches!(part, Decoder::Strip { .. }) {
                        return pieces;
                    }
                    part.apply(pieces, whole)
                })
            }
        }
    }
}

/// Applies `change` to a piece that is text; other bytes stay as they are.
fn on_text(piece: Vec<u8>, change: impl FnOnce(&str) -> String) -> Vec<u8> {
    match std::str::from_utf8(&piece) {
        Ok(text) => change(text).into_bytes(),
        Err(_) => piece,
    }
}

/// The bytes of a token in GPT-2's alphabet; a token with other characters in it is taken as it is.
fn byte_level_piece(piece: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&piece).ok();
    let bytes = text.and_then(|text| text.chars().map(byte_level::byte_of).collect());
    bytes.unwrap_or(piece)
}

/// The byte of `<0xXX>`.
fn byte_piece(piece: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&piece).ok();
    let hex = text.and_then(|text| text.strip_prefix("<0x")?.strip_suffix('>'));
    let hex = hex.filter(|hex| hex.len() == 2);
    match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
        Some(byte) => vec![byte],
        None => piece,
    }
}

fn word_piece(piece: Vec<u8>, prefix: &str, first: bool) -> Vec<u8> {
    if first {
        return piece;
    }
    match piece.strip_prefix(prefix.as_bytes()) {
        Some(rest) => rest.to_vec(),
        None => [b" ", piece.as_slice()].concat(),
    }
}

/// The English clean-up, piece by piece.
fn clean_up(piece: &[u8]) -> Vec<u8> {
    let changes = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" do not", " don't"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    on_text(piece.to_vec(), |text| {
        let clean = |text: String, (from, to): (&str, &str)| text.replace(from, to);
        changes.into_iter().fold(text.to_owned(), clean)
    })
}

/// Drops up to `start` and `stop` times `content` at the ends.
fn strip(text: &str, content: char, start: usize, stop: usize) -> String {
    let mut text = text;
    for _ in 0..start.min(text.len()) {
        text = text.strip_prefix(content).unwrap_or(text);
    }
    for _ in 0..stop.min(text.len()) {
        text = text.strip_suffix(content).unwrap_or(text);
    }
    text.to_owned()
}
