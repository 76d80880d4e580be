//! Pre-tokenizers: how text is cut into the words that the model sees.

use super::super::{byte_level, unicode};
use super::error::TokenizerJsonError;
use super::read::{Node, Pattern};

/// GPT-2's words.
const BYTE_LEVEL: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// A piece of text on its way to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether it begins where the whole text begins.
    pub(super) first: bool,
}

/// One step, or several.
pub(super) enum PreTokenizer {
    ByteLevel {
        add_prefix_space: bool,
        words: Option<Pattern>,
    },
    Split {
        pattern: Pattern,
        behavior: Behavior,
        invert: bool,
    },
    /// Cuts at single characters.
    Characters(fn(char) -> bool, Behavior),
    Delimiter(char),
    Metaspace {
        replacement: char,
        prepend: Prepend,
        split: bool,
    },
    Sequence(Vec<PreTokenizer>),
}

/// What becomes of the matches of a split.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// Where a space is put before text that has none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prepend {
    Always,
    First,
    Never,
}

impl Prepend {
    /// `prepend_scheme`, or its older form `add_prefix_space`.
    pub(super) fn read(node: Node<'_>) -> Result<Self, TokenizerJsonError> {
        if node.get("prepend_scheme").is_none() {
            let always = node.flag("add_prefix_space", true)?;
            return Ok(if always {
                Prepend::Always
            } else {
                Prepend::Never
            });
        }
        match node.text("prepend_scheme")? {
            "always" => Ok(Prepend::Always),
            "first" => Ok(Prepend::First),
            "never" => Ok(Prepend::Never),
            other => Err(node.unsupported(other)),
        }
    }
}

impl Behavior {
    fn read(node: Node<'_>) -> Result<Self, TokenizerJsonError> {
        match node.text("behavior")? {
            "Removed" => Ok(Behavior::Removed),
            "Isolated" => Ok(Behavior::Isolated),
            "MergedWithPrevious" => Ok(Behavior::MergedWithPrevious),
            "MergedWithNext" => Ok(Behavior::MergedWithNext),
            "Contiguous" => Ok(Behavior::Contiguous),
            other => Err(node.unsupported(other)),
        }
    }
}

impl PreTokenizer {
    pub(super) fn read(node: Node<'_>) -> Result<Self, TokenizerJsonError> {
        let words = |pattern| {
            Ok(PreTokenizer::Split {
                pattern: Pattern::regex(pattern)?,
                behavior: Behavior::Removed,
                invert: true,
            })
        };
        Ok(match node.kind()? {
            "ByteLevel" => PreTokenizer::ByteLevel {
                add_prefix_space: node.flag("add_prefix_space", true)?,
                words: match node.flag("use_regex", true)? {
                    true => Some(Pattern::regex(BYTE_LEVEL)?),
                    false => None,
                },
            },
            "Split" => PreTokenizer::Split {
                pattern: node.pattern("pattern")?,
                behavior: Behavior::read(node)?,
                invert: node.flag("invert", false)?,
            },
            "Whitespace" => words(r"\w+|[^\w\s]+")?,
            "WhitespaceSplit" => PreTokenizer::Characters(char::is_whitespace, Behavior::Removed),
            "BertPreTokenizer" => PreTokenizer::Sequence(vec![
                PreTokenizer::Characters(char::is_whitespace, Behavior::Removed),
                PreTokenizer::Characters(is_punctuation, Behavior::Isolated),
            ]),
            "Punctuation" => {
                let behavior = match node.get("behavior") {
                    None => Behavior::Isolated,
                    Some(_) => Behavior::read(node)?,
                };
                PreTokenizer::Characters(is_punctuation, behavior)
            }
            "Digits" => {
                let individual = node.flag("individual_digits", false)?;
                let behavior = if individual {
                    Behavior::Isolated
                } else {
                    Behavior::Contiguous
                };
                PreTokenizer::Characters(char::is_numeric, behavior)
            }
            "CharDelimiterSplit" => PreTokenizer::Delimiter(node.character("delimiter")?),
            "Metaspace" => PreTokenizer::Metaspace {
                replacement: node.character("replacement")?,
                prepend: Prepend::read(node)?,
                split: node.flag("split", true)?,
            },
            "Sequence" => {
                let parts = node.list("pretokenizers")?.iter();
                let parts = parts.map(|value| PreTokenizer::read(Node { value, ..node }));
                PreTokenizer::Sequence(parts.collect::<Result<_, _>>()?)
            }
            other => return Err(node.unsupported(other)),
        })
    }

    /// Cuts every piece; no piece that comes out is empty.
    pub(super) fn apply(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        if let PreTokenizer::Sequence(parts) = self {
            return parts.iter().fold(pieces, |pieces, part| part.apply(pieces));
        }
        let mut out = Vec::with_capacity(pieces.len() * 2);
        for piece in pieces {
            self.cut(piece, &mut out);
        }
        out.retain(|piece| !piece.text.is_empty());
        out
    }

    fn cut(&self, mut piece: Piece, out: &mut Vec<Piece>) {
        match self {
            PreTokenizer::ByteLevel {
                add_prefix_space,
                words,
            } => {
                if *add_prefix_space && !piece.text.starts_with(' ') {
                    piece.text.insert(0, ' ');
                }
                let from = out.len();
                match words {
                    Some(words) => {
                        let found = words.find(&piece.text);
                        split(&piece, &found, Behavior::Isolated, false, out);
                    }
                    None => out.push(piece),
                }
                for word in out.iter_mut().skip(from) {
                    word.text = word.text.bytes().map(byte_level::char_of).collect();
                }
            }
            PreTokenizer::Split {
                pattern,
                behavior,
                invert,
            } => split(&piece, &pattern.find(&piece.text), *behavior, *invert, out),
            PreTokenizer::Characters(is, behavior) => {
                split(&piece, &characters(&piece.text, is), *behavior, false, out);
            }
            PreTokenizer::Delimiter(delimiter) => {
                let found = characters(&piece.text, |c| c == *delimiter);
                split(&piece, &found, Behavior::Removed, false, out);
            }
            PreTokenizer::Metaspace {
                replacement,
                prepend,
                split: cuts,
            } => {
                piece.text = piece
                    .text
                    .replace(' ', replacement.encode_utf8(&mut [0; 4]));
                let wanted = match prepend {
                    Prepend::Always => true,
                    Prepend::First => piece.first,
                    Prepend::Never => false,
                };
                if wanted && !piece.text.starts_with(*replacement) {
                    piece.text.insert(0, *replacement);
                }
                if *cuts {
                    let found = characters(&piece.text, |c| c == *replacement);
                    split(&piece, &found, Behavior::MergedWithNext, false, out);
                } else {
                    out.push(piece);
                }
            }
            PreTokenizer::Sequence(_) => out.extend(self.apply(vec![piece])),
        }
    }
}

/// Punctuation in ASCII's and Unicode's sense.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || unicode::is_punctuation(c)
}

/// Where the characters are for which `is` holds.
fn characters(text: &str, is: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let found = text.char_indices().filter(|&(_, c)| is(c));
    found.map(|(at, c)| (at, at + c.len_utf8())).collect()
}

/// Cuts `piece` at `found`; `invert` takes what lies between for the matches.
fn split(
    piece: &Piece,
    found: &[(usize, usize)],
    behavior: Behavior,
    invert: bool,
    out: &mut Vec<Piece>,
) {
    let mut parts: Vec<(usize, usize, bool)> = Vec::with_capacity(found.len() * 2 + 1);
    let mut at = 0;
    for &(start, end) in found {
        if at < start {
            parts.push((at, start, invert));
        }
        parts.push((start, end, !invert));
        at = end;
    }
    if at < piece.text.len() {
        parts.push((at, piece.text.len(), invert));
    }
    let parts = match behavior {
        Behavior::Isolated => parts,
        Behavior::Removed => parts.into_iter().filter(|part| !part.2).collect(),
        Behavior::Contiguous => join(parts, |before, here| here == before),
        Behavior::MergedWithPrevious => join(parts, |before, here| here && !before),
        Behavior::MergedWithNext => {
            parts.reverse();
            let mut parts = join(parts, |before, here| here && !before);
            parts.reverse();
            parts
        }
    };
    out.extend(parts.into_iter().map(|(start, end, _)| Piece {
        text: piece.text.get(start..end).unwrap_or_default().to_owned(),
        first: piece.first && start == 0,
    }));
}

/// Joins a part to the last one where `joins` says so, given whether each of them is a match.
fn join(
    parts: Vec<(usize, usize, bool)>,
    joins: impl Fn(bool, bool) -> bool,
) -> Vec<(usize, usize, bool)> {
    let mut out: Vec<(usize, usize, bool)> = Vec::with_capacity(parts.len());
    let mut before = false;
    for (start, end, is_match) in parts {
        match out.last_mut().filter(|_| joins(before, is_match)) {
            Some(last) => (last.0, last.1) = (last.0.min(start), last.1.max(end)),
            None => out.push((start, end, is_match)),
        }
        before = is_match;
    }
    out
}
