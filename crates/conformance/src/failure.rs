//! Why a backend gave nothing.

use std::path::PathBuf;

use hearth_gguf::GgufError;
use hearth_models::ModelError;
use hearth_runtime::RuntimeError;

/// A backend could not load or compute a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The model file cannot be opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no usable GGUF file.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// No graph can be made of the file.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine refused.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The interpreter has no arm for an operation.
    #[error("the interpreter does not know the operation {name}")]
    UnknownOperation {
        /// The operation.
        name: &'static str,
    },
    /// The graph names no result, or one of another kind.
    #[error("the graph gives no result")]
    NoResult,
    /// A browser could not load or compute the model.
    #[error("{message}")]
    Browser {
        /// What it said.
        message: String,
    },
    /// A browser's record lacks something.
    #[error("the browser recorded no {what}")]
    NotRecorded {
        /// What is missing.
        what: String,
    },
}
