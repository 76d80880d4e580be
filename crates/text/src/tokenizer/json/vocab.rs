//! The tokens of a `tokenizer.json`: the model's, and those added to them.

use serde_json::Value;

use super::super::prefix::PrefixIndex;
use super::super::strings::StringTable;
use super::error::TokenizerJsonError;
use super::read::Node;

/// Ids may have holes, but no more of them than this beyond twice the number of tokens.
const MOST_HOLES: usize = 1 << 16;

/// An entry of `added_tokens`.
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    /// Not text, but a mark.
    pub(super) special: bool,
    /// Looked for in the normalised text.
    pub(super) normalized: bool,
    /// Only where no letter stands beside it.
    pub(super) single_word: bool,
    /// Takes the white space before it.
    pub(super) lstrip: bool,
    /// Takes the white space after it.
    pub(super) rstrip: bool,
}

/// All tokens by id, and which of them the model knows.
pub(super) struct Vocab {
    strings: StringTable,
    in_model: Vec<bool>,
}

impl AddedToken {
    fn read(value: &Value) -> Result<(u64, AddedToken), TokenizerJsonError> {
        let node = Node {
            value,
            part: "added_tokens",
        };
        let id = node.get("id").and_then(Value::as_u64);
        let id = id.ok_or_else(|| node.wrong("id", "a number"))?;
        let special = node.flag("special", false)?;
        let token = AddedToken {
            id: u32::try_from(id).unwrap_or(u32::MAX),
            content: node.text("content")?.to_owned(),
            special,
            normalized: node.flag("normalized", !special)?,
            single_word: node.flag("single_word", false)?,
            lstrip: node.flag("lstrip", false)?,
            rstrip: node.flag("rstrip", false)?,
        };
        Ok((id, token))
    }
}

impl Vocab {
    /// Reads `model.vocab` and `added_tokens`.
    pub(super) fn read(
        model: Node<'_>,
        added: &[Value],
    ) -> Result<(Vocab, Vec<AddedToken>), TokenizerJsonError> {
        let added: Vec<_> = added
            .iter()
            .map(AddedToken::read)
            .collect::<Result<_, _>>()?;
        let of_model = model_tokens(model)?;
        let count = of_model.len() + added.len();
        if count == 0 {
            return Err(TokenizerJsonError::NoTokens);
        }
        let ids = of_model.iter().map(|(_, id)| *id);
        let highest = ids
            .chain(added.iter().map(|(id, _)| *id))
            .max()
            .unwrap_or_default();
        let len = usize::try_from(highest)
            .ok()
            .and_then(|id| id.checked_add(1));
        let len = len.filter(|&len| len / 2 <= count + MOST_HOLES);
        let Some(len) = len.filter(|&len| u32::try_from(len).is_ok()) else {
            return Err(TokenizerJsonError::SparseIds {
                id: highest,
                tokens: count,
            });
        };
        let mut texts: Vec<Option<&str>> = vec![None; len];
        let mut in_model = vec![false; len];
        let mut set = |id: u64, text, model| {
            let at = usize::try_from(id).unwrap_or(usize::MAX);
            if let (Some(slot), Some(flag)) = (texts.get_mut(at), in_model.get_mut(at)) {
                *slot = Some(text);
                *flag |= model;
            }
        };
        for (id, token) in &added {
            set(*id, token.content.as_str(), false);
        }
        for (text, id) in &of_model {
            set(*id, text, true);
        }
        let bytes = texts.iter().flatten().map(|text| text.len()).sum();
        let mut strings = StringTable::with_capacity(len, bytes);
        for (id, text) in texts.iter().enumerate() {
            // A hole gets a name of its own, so that it is never found.
            match text {
                Some(text) => strings.push(text.as_bytes()),
                None => strings.push(format!("[EMPTY_{id}]").as_bytes()),
            };
        }
        let added = added.into_iter().map(|(_, token)| token).collect();
        Ok((Vocab { strings, in_model }, added))
    }

    /// All tokens by id.
    pub(super) fn strings(&self) -> &StringTable {
        &self.strings
    }

    /// The model's token with this text.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.strings
            .find(text.as_bytes())
            .filter(|&id| self.has(id))
    }

    /// The model's tokens, to be found by their beginnings.
    pub(super) fn index(&self) -> PrefixIndex {
        let ids = 0..self.strings.len() as u32;
        PrefixIndex::new(&self.strings, ids.filter(|&id| self.has(id)))
    }

    /// Bytes of the longest token.
    pub(super) fn longest(&self) -> usize {
        let ids = 0..self.strings.len() as u32;
        ids.map(|id| self.strings.get(id).len()).max().unwrap_or(0)
    }

    fn has(&self, id: u32) -> bool {
        self.in_model.get(id as usize).copied().unwrap_or(false)
    }
}

/// `vocab`: an object of ids by text, or a list of texts with scores.
fn model_tokens<'a>(model: Node<'a>) -> Result<Vec<(&'a str, u64)>, TokenizerJsonError> {
    let wrong = || model.wrong("vocab", "tokens with ids, or pieces with scores");
    let tokens: Option<Vec<(&'a str, u64)>> = match model.get("vocab") {
        Some(Value::Object(tokens)) => tokens
            .iter()
            .map(|(text, id)| Some((text.as_str(), id.as_u64()?)))
            .collect(),
        Some(Value::Array(pieces)) => (0..)
            .zip(pieces)
            .map(|(id, piece)| Some((piece.get(0)?.as_str()?, id)))
            .collect(),
        _ => None,
    };
    tokens.ok_or_else(wrong)
}
