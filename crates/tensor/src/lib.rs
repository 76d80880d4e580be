//! Element types, shapes and GGML block layouts of tensors. No arithmetic on elements lives here.
//!
//! | module | holds |
//! |---|---|
//! | [`dtype`] | every GGML element type with its block size |
//! | [`blocks`] | the byte layout of each block type, as plain-old-data structs |
//! | [`shape`] | row-major shapes |
//! | [`dim`] | dimensions that depend on a step, such as the number of tokens |

pub mod blocks;
pub mod dim;
pub mod dtype;
pub mod shape;

pub use dim::{Bindings, Dim, Symbol};
pub use dtype::{DType, UnknownDType};
pub use shape::Shape;
