//! The models of a `tokenizer.json`: how a word becomes ids.

use hashbrown::HashMap;
use serde_json::Value;

use super::super::merge::{Merges, Word};
use super::super::prefix::PrefixIndex;
use super::super::strings::StringTable;
use super::super::ugm::Pieces;
use super::error::TokenizerJsonError;
use super::read::Node;
use super::vocab::Vocab;

/// How far an unknown character is below the worst piece.
const UNKNOWN_PENALTY: f64 = 10.0;

/// One of the four models.
pub(super) enum Model {
    Bpe(Box<Bpe>),
    WordPiece(WordPiece),
    Unigram(Unigram),
    WordLevel { unknown: Option<u32> },
}

/// Merges by rank.
pub(super) struct Bpe {
    merges: Merges,
    unknown: Option<u32>,
    /// Several unknown characters are one token.
    fuse_unknown: bool,
    byte_tokens: Option<HashMap<u8, u32>>,
    continuing_prefix: String,
    end_suffix: String,
    ignore_merges: bool,
}

/// The longest piece first.
pub(super) struct WordPiece {
    /// Pieces that begin a word; with those inside one, which have the prefix.
    index: PrefixIndex,
    prefix: String,
    unknown: Option<u32>,
    max_characters: usize,
    /// Bytes of the longest token.
    longest: usize,
}

/// The best sum of scores.
pub(super) struct Unigram {
    pieces: Pieces,
    unknown: Option<u32>,
    byte_tokens: Option<HashMap<u8, u32>>,
}

impl Model {
    pub(super) fn read(node: Node<'_>, vocab: &Vocab) -> Result<Self, TokenizerJsonError> {
        let unknown = || {
            node.get("unk_token")
                .and_then(Value::as_str)
                .and_then(|text| vocab.find(text))
        };
        match kind(node)? {
            "BPE" => Bpe::read(node, vocab, unknown()).map(|model| Model::Bpe(Box::new(model))),
            "WordPiece" => {
                let max = node.get("max_input_chars_per_word").and_then(Value::as_u64);
                let prefix = node
                    .get("continuing_subword_prefix")
                    .and_then(Value::as_str);
                Ok(Model::WordPiece(WordPiece {
                    index: vocab.index(),
                    longest: vocab.longest(),
                    prefix: prefix.unwrap_or("##").to_owned(),
                    unknown: unknown(),
                    max_characters: usize::try_from(max.unwrap_or(100)).unwrap_or(usize::MAX),
                }))
            }
            "Unigram" => Unigram::read(node, vocab).map(Model::Unigram),
            "WordLevel" => Ok(Model::WordLevel { unknown: unknown() }),
            other => Err(node.unsupported(other)),
        }
    }

    /// Appends the ids of `word` to `out`.
    pub(super) fn encode(&self, vocab: &Vocab, word: &str, out: &mut Vec<u32>) {
        match self {
            Model::Bpe(model) => model.encode(vocab, word, out),
            Model::WordPiece(model) => model.encode(vocab, word, out),
            Model::Unigram(model) => model.encode(vocab, word, out),
            Model::WordLevel { unknown } => out.extend(vocab.find(word).or(*unknown)),
        }
    }
}

/// The model's `type`; older files have none, and are told by their fields.
pub(super) fn kind(node: Node<'_>) -> Result<&str, TokenizerJsonError> {
    if node.get("type").is_some() {
        return node.kind();
    }
    let is_list = node.get("vocab").is_some_and(Value::is_array);
    let has = |field| node.get(field).is_some();
    Ok(
        match (has("merges"), is_list, has("max_input_chars_per_word")) {
            (true, _, _) => "BPE",
            (_, true, _) => "Unigram",
            (_, _, true) => "WordPiece",
            _ => "WordLevel",
        },
    )
}

/// The tokens `<0xXX>`, where the model falls back to them.
fn byte_tokens(
    node: Node<'_>,
    vocab: &Vocab,
) -> Result<Option<HashMap<u8, u32>>, TokenizerJsonError> {
    if !node.flag("byte_fallback", false)? {
        return Ok(None);
    }
    let token = |byte| Some((byte, vocab.find(&format!("<0x{byte:02X}>"))?));
    Ok(Some((0..=255u8).filter_map(token).collect()))
}

/// The byte tokens of `text`, if every byte has one.
fn bytes_of(tokens: Option<&HashMap<u8, u32>>, text: &str) -> Option<Vec<u32>> {
    let tokens = tokens?;
    text.bytes()
        .map(|byte| tokens.get(&byte).copied())
        .collect()
}

impl Bpe {
    fn read(
        node: Node<'_>,
        vocab: &Vocab,
        unknown: Option<u32>,
    ) -> Result<Self, TokenizerJsonError> {
        // Dropout cuts the same text differently each time.
        if node
            .get("dropout")
            .and_then(Value::as_f64)
            .is_some_and(|share| share != 0.0)
        {
            return Err(node.unsupported("BPE with dropout"));
        }
        let text = |field| node.get(field).and_then(Value::as_str).unwrap_or_default();
        let prefix = text("continuing_subword_prefix");
        let list = node.list("merges")?;
        let mut merges = Merges::with_capacity(list.len());
        for (index, merge) in list.iter().enumerate() {
            let wrong = TokenizerJsonError::Merge { index };
            let sides = match merge {
                Value::String(merge) => merge.split_once(' '),
                Value::Array(sides) => match sides.as_slice() {
                    [Value::String(left), Value::String(right)] => {
                        Some((left.as_str(), right.as_str()))
                    }
                    _ => None,
                },
                _ => None,
            };
            let Some((left, right)) = sides else {
                return Err(wrong);
            };
            let joined = [left, right.strip_prefix(prefix).unwrap_or(right)].concat();
            let ids = (vocab.find(left), vocab.find(right), vocab.find(&joined));
            let (Some(a), Some(b), Some(symbol)) = ids else {
                return Err(wrong);
            };
            merges.insert((a, b), u32::try_from(index).unwrap_or(u32::MAX), symbol);
        }
        Ok(Bpe {
            merges,
            unknown,
            fuse_unknown: node.flag("fuse_unk", false)?,
            byte_tokens: byte_tokens(node, vocab)?,
            continuing_prefix: prefix.to_owned(),
            end_suffix: text("end_of_word_suffix").to_owned(),
            ignore_merges: node.flag("ignore_merges", false)?,
        })
    }

    fn encode(&self, vocab: &Vocab, word: &str, out: &mut Vec<u32>) {
        if let Some(id) = vocab.find(word).filter(|_| self.ignore_merges) {
            out.push(id);
            return;
        }
        let mut symbols = Vec::with_capacity(word.len());
        let mut after_unknown = false;
        for (at, c) in word.char_indices() {
            let end = at + c.len_utf8();
            let character = word.get(at..end).unwrap_or_default();
            let prefix = if at > 0 {
                self.continuing_prefix.as_str()
            } else {
                ""
            };
            let suffix = if end == word.len() {
                self.end_suffix.as_str()
            } else {
                ""
            };
            let known = if prefix.is_empty() && suffix.is_empty() {
                vocab.find(character)
            } else {
                vocab.find(&[prefix, character, suffix].concat())
            };
            let is_unknown = match known {
                Some(id) => {
                    symbols.push(id);
                    false
                }
                None => match bytes_of(self.byte_tokens.as_ref(), character) {
                    Some(bytes) => {
                        symbols.extend(bytes);
                        false
                    }
                    None => {
                        let fused = after_unknown && self.fuse_unknown;
                        symbols.extend(self.unknown.filter(|_| !fused));
                        true
                    }
                },
            };
            after_unknown = is_unknown;
        }
        let mut merged = Word::default();
        self.merges.run(symbols.into_iter(), &mut merged);
        out.extend(merged.symbols().map(|(_, id)| id));
    }
}

impl WordPiece {
    fn encode(&self, vocab: &Vocab, word: &str, out: &mut Vec<u32>) {
        let from = out.len();
        let mut rest = word;
        let mut is_cut = word.chars().count() <= self.max_characters;
        while is_cut && !rest.is_empty() {
            let inside = rest.len() < word.len();
            let prefix = if inside { self.prefix.as_str() } else { "" };
            // No more than the longest piece: a long word is not copied for every piece of it.
            let rest_bytes = rest.as_bytes();
            let head = rest_bytes.get(..self.longest).unwrap_or(rest_bytes);
            let marked = [prefix.as_bytes(), head].concat();
            let found = self.index.matches(vocab.strings(), &marked).last();
            match found.filter(|(len, _)| *len > prefix.len()) {
                Some((len, id)) => {
                    out.push(id);
                    rest = rest.get(len - prefix.len()..).unwrap_or_default();
                }
                None => is_cut = false,
            }
        }
        if !is_cut {
            out.truncate(from);
            out.extend(self.unknown);
        }
    }
}

impl Unigram {
    fn read(node: Node<'_>, vocab: &Vocab) -> Result<Self, TokenizerJsonError> {
        let score = |entry: &Value| entry.get(1).and_then(Value::as_f64);
        let list = node.list("vocab")?;
        let scores: Option<Vec<f64>> = list.iter().map(score).collect();
        let scores = scores.ok_or_else(|| node.wrong("vocab", "a list of pieces with scores"))?;
        let unknown = node.get("unk_id").and_then(Value::as_u64);
        let unknown = unknown.and_then(|id| u32::try_from(id).ok());
        let unknown = unknown.filter(|&id| (id as usize) < list.len());
        let worst = scores.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(Unigram {
            // Without an unknown token such characters are dropped; the number only marks them.
            pieces: Pieces::new(
                vocab.index(),
                scores,
                unknown.unwrap_or(u32::MAX),
                worst - UNKNOWN_PENALTY,
            ),
            unknown,
            byte_tokens: byte_tokens(node, vocab)?,
        })
    }

    fn encode(&self, vocab: &Vocab, word: &str, out: &mut Vec<u32>) {
        let strings: &StringTable = vocab.strings();
        let mut steps = self.pieces.cut_backwards(strings, word.as_bytes());
        let unknown = self.unknown.unwrap_or(u32::MAX);
        steps.reverse();
        let mut steps = steps.into_iter().peekable();
        while let Some(step) = steps.next() {
            if step.id != unknown {
                out.push(step.id);
                continue;
            }
            // Neighbouring unknown characters are one piece, which may be a token after all.
            let mut end = step.end;
            while let Some(next) = steps.next_if(|next| next.id == unknown) {
                end = next.end;
            }
            let text = word.get(step.start..end).unwrap_or_default();
            if let Some(id) = vocab.find(text) {
                out.push(id);
            } else if let Some(bytes) = bytes_of(self.byte_tokens.as_ref(), text) {
                out.extend(bytes);
            } else {
                out.extend(self.unknown);
            }
        }
    }
}
