//! Placeholder until merged.
use serde::{Deserialize, Serialize};
/// Grammar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Grammar {
    /// s
    JsonSchema(String),
    /// o
    JsonObject,
    /// r
    Regex(String),
    /// l
    Lark(String),
    /// g
    Gbnf(String),
}
