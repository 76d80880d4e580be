//! Why no graph can be made of a model file.

use hearth_gguf::MetadataError;
use hearth_graph::{GraphError, VerifyError};
use hearth_tensor::{DType, Shape};

/// Why no graph can be made of a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A metadata key is missing or has the wrong type.
    #[error("{0}")]
    Metadata(#[from] MetadataError),
    /// The architecture is not known.
    #[error("architecture \"{name}\" is not supported; known are: {}", known.join(", "))]
    UnknownArchitecture {
        /// What the file names.
        name: String,
        /// What this version knows.
        known: Vec<&'static str>,
    },
    /// A number in the metadata makes no sense.
    #[error("metadata {key} is {value}, but {reason}")]
    BadHyperparameter {
        /// The key.
        key: String,
        /// Its value.
        value: f64,
        /// Why it cannot be.
        reason: &'static str,
    },
    /// A way of scaling rotary positions that is not computed yet.
    #[error("RoPE scaling \"{kind}\" is not supported for this architecture yet")]
    UnsupportedRopeScaling {
        /// What the file names.
        kind: String,
    },
    /// The file lacks a tensor that the architecture has.
    #[error("tensor {name} is missing; the file is incomplete")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor has other dimensions than the metadata imply.
    #[error("tensor {name} (file offset {offset}) is {found}, expected {expected}")]
    WrongShape {
        /// Its name.
        name: String,
        /// Dimensions that the metadata imply, outermost first.
        expected: Shape,
        /// Dimensions in the file.
        found: Shape,
        /// Where its data starts.
        offset: u64,
    },
    /// A tensor has a type that nothing computes with.
    #[error(
        "tensor {name} (file offset {offset}) has type {dtype}, which is not supported yet; \
         choose the model in another quantisation, such as Q4_K_M or Q8_0"
    )]
    UnsupportedTensorType {
        /// Its name.
        name: String,
        /// Its type.
        dtype: DType,
        /// Where its data starts.
        offset: u64,
    },
    /// A small tensor that the description needs could not be read.
    #[error("tensor {name} (file offset {offset}) cannot be read; the file is damaged or gone")]
    UnreadableTensor {
        /// Its name.
        name: String,
        /// Where its data starts.
        offset: u64,
    },
    /// Tensors that this architecture's description does not use: computing without them would give wrong numbers.
    #[error(
        "the file has tensors that architecture \"{architecture}\" does not use (such as {example}, {count} in all); \
         it is of a variant that is not supported"
    )]
    UnusedTensors {
        /// The architecture.
        architecture: &'static str,
        /// The first of them.
        example: String,
        /// How many.
        count: usize,
    },
    /// A layer is to reuse the cache of an earlier layer of its kind, but there is none.
    #[error(
        "layer {layer} shares the keys and values of an earlier layer of its kind, but there is none; the file is of a variant that is not supported"
    )]
    NoCacheToShare {
        /// The layer.
        layer: usize,
    },
    /// The cache has a type of blocks that the model's heads do not fill.
    #[error(
        "the KV cache cannot be {dtype}: its blocks hold {block} elements, and the heads of layer {layer} have {head_dim}; \
         choose an F16 cache"
    )]
    CacheBlocks {
        /// The type that was chosen.
        dtype: DType,
        /// Elements of its blocks.
        block: usize,
        /// The layer.
        layer: usize,
        /// Elements of a head.
        head_dim: usize,
    },
    /// The description is wrong: a defect of this program.
    #[error("{0}")]
    Graph(#[from] GraphError),
    /// The description broke an invariant: a defect of this program.
    #[error("{0}")]
    Verify(#[from] VerifyError),
}
