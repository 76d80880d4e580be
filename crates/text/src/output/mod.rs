//! What a model writes, told apart while it is written: reasoning, the answer, and calls of tools.
//!
//! | module | holds |
//! |---|---|
//! | [`format`](self::OutputFormat) | which family's marks to look for, told by its chat template |
//! | `parser` | [`OutputParser`]: pieces of text in, [`Event`]s out |
//! | `harmony`, `object`, `named`, `python`, `xml` | the families' ways to write a call |
//! | `json`, `literal` | arguments, character by character, to JSON text |
//!
//! The events do not depend on how the text was cut into pieces. Text that may be the beginning of a mark is held back
//! until it is clear; nothing is lost: what turns out to be no call is content.

#[cfg(test)]
mod case_tests;
mod format;
mod group;
mod harmony;
mod held;
mod json;
mod literal;
mod named;
mod object;
mod parser;
#[cfg(test)]
mod property_tests;
mod python;
#[cfg(test)]
mod tests;
mod xml;

pub use format::{OutputFormat, ReasoningFormat, ToolFormat};
pub use parser::OutputParser;

/// A part of the output. Texts come in pieces: those of neighbouring events of a kind belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What the model thinks before it answers.
    Reasoning(String),
    /// The answer.
    Content(String),
    /// A call of a tool begins.
    ToolCallStart {
        /// Its place among the calls of this output, from 0.
        index: usize,
        /// The tool.
        name: String,
    },
    /// The next piece of a call's arguments, as JSON text.
    ToolCallArguments {
        /// The call.
        index: usize,
        /// The piece.
        delta: String,
    },
    /// A call is complete: the pieces of its arguments together are one JSON object.
    ToolCallEnd {
        /// The call.
        index: usize,
    },
    /// A call that began is not completed: the text ended in it, or went on in a way that is no call. It must not be
    /// carried out.
    ToolCallIncomplete {
        /// The call.
        index: usize,
    },
}
