//! Answers that keep to a grammar: a JSON schema, a regular expression, Lark or GBNF.
//!
//! | module | holds |
//! |---|---|
//! | `tokens` | the vocabulary as a trie of bytes, made once for a model |
//! | `schema` | JSON schemas made ready for `llguidance`: patterns, formats and references as the specification means them |
//! | `pattern` | ECMAScript's regular expressions in `llguidance`'s dialect |
//! | `format` | the formats of JSON Schema as patterns |
//! | `lark` | Lark grammars: tokens by their names, schemas inside |
//! | `gbnf` | llama.cpp's grammars, as Lark |
//! | `watch` | what no grammar can say of JSON: names that differ, numbers that a double holds |
//! | `ending` | the shortest way to an end |
//! | `words` | the words that a text may have to have before it may end |
//! | `free_text` | text before, or around, what keeps to a grammar |
//!
//! `llguidance` (Earley's parser over lexemes that are derivatives of regular expressions) says which tokens may follow, and which
//! must. It bounds its own work: a grammar that would take too long or too much memory is an error.

mod ending;
mod error;
mod format;
mod free_text;
mod gbnf;
mod lark;
mod pattern;
mod schema;
mod tokens;
mod watch;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use llguidance::Matcher;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::SimpleVob;
use serde::{Deserialize, Serialize};

use crate::vocabulary::Vocabulary;
use watch::Watch;
use words::Words;

pub use error::GrammarError;
pub use free_text::FreeText;
pub(crate) use tokens::Tokens;

/// Longer grammars are refused before anybody reads them.
const MAX_BYTES: usize = 1 << 20;

/// What an answer must keep to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "text", rename_all = "snake_case")]
pub enum Grammar {
    /// JSON that is valid under a schema (draft 2020-12 unless it says otherwise), given as JSON.
    JsonSchema(String),
    /// Any JSON object.
    JsonObject,
    /// A text that a regular expression matches as a whole, in the syntax of Rust's `regex`.
    Regex(String),
    /// A grammar in `llguidance`'s dialect of Lark. `<name>` is a token of the vocabulary, `%json {…}` a schema.
    Lark(String),
    /// A grammar in llama.cpp's form; it begins with the rule `root`.
    Gbnf(String),
}

/// Where an answer is in its grammar.
#[derive(Clone)]
pub(crate) struct Constraint {
    matcher: Matcher,
    watch: Option<Watch>,
    /// Of each pattern the words that it spells out.
    words: Arc<[Words]>,
}

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Constraint").finish_non_exhaustive()
    }
}

impl Constraint {
    /// The beginning of an answer that keeps to `grammar`.
    pub(crate) fn new(vocabulary: &Vocabulary, grammar: &Grammar) -> Result<Self, GrammarError> {
        let tokens = vocabulary.tokens()?;
        let (compiled, words) = compile(tokens, grammar)?;
        let parser = tokens.factory().create_parser(compiled);
        let mut matcher = Matcher::new(parser);
        if let Some(message) = matcher.get_error() {
            return Err(GrammarError::refused(message));
        }
        // A grammar that nothing fulfils shows here.
        matcher
            .compute_mask_or_eos()
            .map_err(GrammarError::refused)?;
        let has_json = match grammar {
            Grammar::JsonSchema(_) | Grammar::JsonObject => true,
            Grammar::Lark(text) => text.contains("%json"),
            Grammar::Regex(_) | Grammar::Gbnf(_) => false,
        };
        let watch = has_json.then(Watch::default);
        Ok(Constraint {
            matcher,
            watch,
            words: words.into(),
        })
    }

    /// The tokens that may follow. There is at least one until [`Constraint::is_over`].
    pub(crate) fn mask(&mut self) -> Result<SimpleVob, GrammarError> {
        self.matcher
            .compute_mask_or_eos()
            .map_err(GrammarError::refused)
    }

    /// Whether a token that the mask admits should be left to others all the same.
    pub(crate) fn objects(&self, tokens: &Tokens, id: u32) -> bool {
        let watch = self.watch.as_ref();
        watch.is_some_and(|watch| watch.objects(tokens.bytes(id)))
    }

    /// Whether after this token nothing can follow that should not be left to others: a name that only can become one that was there.
    pub(crate) fn is_trap(&self, tokens: &Tokens, id: u32) -> Result<bool, GrammarError> {
        let watch = self.watch.as_ref();
        if !watch.is_some_and(|watch| watch.is_further_name(tokens.bytes(id))) {
            return Ok(false);
        }
        let mut ahead = self.clone();
        ahead.take(tokens, id)?;
        for forced in ahead.matcher.compute_ff_tokens() {
            if ahead.objects(tokens, forced) {
                return Ok(true);
            }
            if ahead.take(tokens, forced).is_err() {
                return Ok(false);
            }
        }
        if ahead.is_over() {
            return Ok(false);
        }
        let mask = ahead.mask()?;
        Ok(mask.iter().all(|id| ahead.objects(tokens, id)))
    }

    /// Leave only what nobody objects to, if that is anything.
    pub(crate) fn narrow(&self, tokens: &Tokens, mask: &mut SimpleVob) {
        if self.watch.is_none() {
            return;
        }
        let mut narrowed = mask.clone();
        let objected: Vec<u32> = mask.iter().filter(|&id| self.objects(tokens, id)).collect();
        objected
            .into_iter()
            .for_each(|id| narrowed.disallow_token(id));
        if !narrowed.is_zero() {
            *mask = narrowed;
        }
    }

    /// Go on with a token.
    pub(crate) fn take(&mut self, tokens: &Tokens, id: u32) -> Result<(), GrammarError> {
        self.matcher
            .consume_token(id)
            .map_err(GrammarError::refused)?;
        if let Some(watch) = &mut self.watch {
            watch.push(tokens.bytes(id));
        }
        Ok(())
    }

    /// Go on with all tokens that must follow, and give them.
    pub(crate) fn take_forced(&mut self, tokens: &Tokens) -> Result<Vec<u32>, GrammarError> {
        if self.is_over() {
            return Ok(Vec::new());
        }
        let forced = self.matcher.compute_ff_tokens();
        for &id in &forced {
            // Tokens that are not what is forced come of a text that the vocabulary cannot write.
            self.take(tokens, id)
                .map_err(|_| GrammarError::Unwritable)?;
        }
        Ok(forced)
    }

    /// Whether the answer may end here.
    pub(crate) fn may_end(&mut self) -> bool {
        self.is_over() || self.matcher.is_accepting().unwrap_or(false)
    }

    /// Whether nothing may follow.
    pub(crate) fn is_over(&self) -> bool {
        self.matcher.is_stopped()
    }
}

/// The grammar, and the words of its patterns.
type Compiled = (TopLevelGrammar, Vec<Words>);

fn compile(tokens: &Tokens, grammar: &Grammar) -> Result<Compiled, GrammarError> {
    let text = match grammar {
        Grammar::JsonObject => r#"{"type":"object"}"#,
        Grammar::JsonSchema(text)
        | Grammar::Regex(text)
        | Grammar::Lark(text)
        | Grammar::Gbnf(text) => text,
    };
    let (bytes, max) = (text.len(), MAX_BYTES);
    if bytes > max {
        return Err(GrammarError::TooLong { bytes, max });
    }
    let mut words = Vec::new();
    let compiled = match grammar {
        Grammar::JsonSchema(_) | Grammar::JsonObject => {
            let schema = schema::read(text)?;
            words = words::of_schema(&schema);
            TopLevelGrammar::from_json_schema(schema)
        }
        Grammar::Regex(_) => {
            words = words::of_regex(text);
            TopLevelGrammar::from_regex(text)
        }
        Grammar::Lark(_) => {
            let (text, found) = lark::prepare(tokens.tokenizer(), text)?;
            words = found;
            TopLevelGrammar::from_lark(text)
        }
        Grammar::Gbnf(_) => TopLevelGrammar::from_lark(gbnf::to_lark(text)?),
    };
    Ok((compiled, words))
}
