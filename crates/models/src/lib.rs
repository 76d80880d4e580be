//! Model files to graphs: one short description per architecture over shared operations.
//!
//! | module | holds |
//! |---|---|
//! | [`architecture`] | the table of known architectures, and [`Description`], which becomes a graph |
//! | [`builder`] | what descriptions are made of: linear layers, norms, attention with its cache |
//! | [`hyperparameters`] | the numbers in the metadata, checked |
//! | [`rotary`] | rotary frequencies and their scaling |
//! | `llama`, `qwen2`, `qwen3` | the descriptions |

pub mod architecture;
pub mod builder;
pub mod error;
pub mod hyperparameters;
pub mod rotary;

mod llama;
mod qwen2;
mod qwen3;

pub use architecture::{ARCHITECTURES, Architecture, BuildOptions, Description, Model};
pub use error::ModelError;
pub use hyperparameters::Hyperparameters;

/// Names of a step's inputs: `[tokens]` each, and `[outputs]` for the rows whose logits are wanted.
pub mod inputs {
    /// Token ids.
    pub const TOKENS: &str = "tokens";
    /// Position of each token in its sequence.
    pub const POSITIONS: &str = "positions";
    /// Sequence of each token.
    pub const SEQUENCES: &str = "sequences";
    /// Rows of the step for which logits are computed.
    pub const OUTPUT_ROWS: &str = "output_rows";
}

/// Name of the result: logits `[outputs, n_vocab]`.
pub const LOGITS: &str = "logits";

#[cfg(test)]
mod tests;
