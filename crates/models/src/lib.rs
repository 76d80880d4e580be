//! Model files to graphs: one short description per architecture over shared operations.
//!
//! | module | holds |
//! |---|---|
//! | [`architecture`] | the table of known architectures, and [`Description`], which becomes a graph |
//! | [`builder`] | what descriptions are made of: linear layers, norms, attention with its cache, experts |
//! | [`hyperparameters`], [`keys`] | the numbers in the metadata, checked |
//! | [`rotary`] | rotary frequencies and their scaling |
//! | `window` | which layers look only at the latest tokens |
//! | `gemma` | what the Gemma models share |
//! | all others | one description each |

pub mod architecture;
pub mod builder;
pub mod error;
pub mod hyperparameters;
pub mod keys;
pub mod rotary;

mod bert;
mod gemma;
mod gemma2;
mod gemma3;
mod gemma4;
mod gpt_oss;
mod granite;
mod lfm2;
mod llama;
mod mistral3;
mod nomic_bert;
mod olmo2;
mod phi3;
mod qwen2;
mod qwen3;
mod qwen35;
mod qwen3moe;
mod smollm3;
mod window;

pub use architecture::{ARCHITECTURES, Architecture, BuildOptions, Description, Model};
pub use error::ModelError;
pub use hyperparameters::{Hyperparameters, Pooling};

/// Names of a step's inputs: `[tokens]` each, and `[outputs]` for the rows whose results are wanted.
pub mod inputs {
    /// Token ids.
    pub const TOKENS: &str = "tokens";
    /// Position of each token in its sequence.
    pub const POSITIONS: &str = "positions";
    /// Sequence of each token.
    pub const SEQUENCES: &str = "sequences";
    /// Rows of the step for which results are computed: logits of a token, or the embedding of the text it belongs to.
    pub const OUTPUT_ROWS: &str = "output_rows";
}

/// Name of the result: logits `[outputs, n_vocab]`, or embeddings `[outputs, width]` if the model pools.
pub const RESULT: &str = "result";

#[cfg(test)]
mod tests;
