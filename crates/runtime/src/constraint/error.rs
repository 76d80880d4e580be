//! Why an answer cannot be held to a grammar.

/// A grammar is not usable, or not with this vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrammarError {
    /// The vocabulary has no tokens for what must follow.
    #[error(
        "the model's vocabulary has no token for what the grammar wants next; ask for another form, or load a model whose vocabulary can write it"
    )]
    Unwritable,
    /// It is longer than what is taken.
    #[error("the grammar has {bytes} bytes; at most {max} are taken: leave out what is not needed")]
    TooLong {
        /// Bytes of it.
        bytes: usize,
        /// Bytes taken.
        max: usize,
    },
    /// The schema is not JSON.
    #[error("the schema is not JSON: {message}")]
    NotJson {
        /// What is wrong, and where.
        message: String,
    },
    /// A keyword of the schema has a value of a wrong type.
    #[error("\"{keyword}\" at {place} must be {expected}")]
    BadValue {
        /// The keyword.
        keyword: String,
        /// Where in the schema, as a JSON pointer.
        place: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A part of JSON Schema that output cannot be held to.
    #[error("{what} at {place} is not supported: leave it out, or say it otherwise")]
    Unsupported {
        /// The keyword, with its value where that matters.
        what: String,
        /// Where in the schema, as a JSON pointer.
        place: String,
    },
    /// A pattern of a schema uses what cannot be checked while tokens are written.
    #[error("the pattern {pattern:?} is not supported: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is in it.
        why: &'static str,
    },
    /// A GBNF grammar has an error.
    #[error("line {line} of the grammar: {why}")]
    Gbnf {
        /// The line, from 1 on.
        line: usize,
        /// What is wrong there.
        why: &'static str,
    },
    /// A GBNF grammar uses a rule that it does not have.
    #[error("the grammar has no rule \"{name}\"")]
    NoRule {
        /// Its name.
        name: String,
    },
    /// A grammar cannot be compiled, nothing fulfils it, or it is too complex.
    #[error("the grammar is not usable: {message}")]
    Refused {
        /// What `llguidance` says.
        message: String,
    },
    /// The vocabulary is beyond what a token trie holds.
    #[error("this model's vocabulary is too large for grammars: {nodes} nodes")]
    Vocabulary {
        /// Nodes of the trie that it would need.
        nodes: usize,
    },
}

impl GrammarError {
    /// What `llguidance` says, without its own notes to developers.
    pub(super) fn refused(error: impl std::fmt::Display) -> Self {
        let text = error.to_string();
        let ends = ["\n<non-verbose/>", "\n<backtrace>", "\n<state>"];
        let end = ends.iter().filter_map(|mark| text.find(mark)).min();
        let message = text[..end.unwrap_or(text.len())].trim().to_owned();
        GrammarError::Refused { message }
    }
}
