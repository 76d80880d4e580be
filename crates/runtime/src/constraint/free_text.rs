//! Text before, or around, what keeps to a grammar.

use serde::{Deserialize, Serialize};

/// Text in which the model is free, with the mark after which the answer keeps to the grammar: reasoning before an answer, or the text
/// around calls of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeText {
    /// What opens it: the model may begin with that, or at once with what keeps to the grammar. `None` where the answer begins inside.
    pub open: Option<String>,
    /// The mark that ends it.
    pub close: String,
    /// What then stands before the text that keeps to the grammar.
    pub between: String,
    /// What stands before that text where the model does not open free text.
    pub without: String,
    /// Whether free text comes again after the end of the grammar, and may end the answer. Otherwise the grammar must follow, and free
    /// text is ended in time for that.
    pub returns: bool,
}
