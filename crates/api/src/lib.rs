//! OpenAI's shapes over a loaded model: requests in, chunks and answers out.
//!
//! | module | holds |
//! |---|---|
//! | [`chat`] | `chat.completions`: messages, tools, formats of answers |
//! | [`completion`] | `completions`: text that goes on |
//! | [`embedding`] | `embeddings`, and `rerank` by embeddings |
//! | [`parameters`] | how tokens are chosen, in every request that generates |
//! | [`progress`] | how much of a prompt is computed |
//! | [`run`] | a request under way: a state machine that gives chunks |
//! | [`usage`] | tokens and times |
//! | [`error`] | every failure, as OpenAI's error objects |
//!
//! The shapes are those of OpenAI's API reference, with fields of llama.cpp's server where OpenAI has none (`top_k`, `min_p`,
//! `grammar`, `return_progress`, `chat_template_kwargs`, `timings`). A parameter that is not known is an error, never ignored; those
//! that are about OpenAI's service (`store`, `user`, …) are taken and do nothing.

#![forbid(unsafe_code)]

pub mod chat;
pub mod completion;
pub mod embedding;
pub mod error;
pub mod parameters;
pub mod progress;
pub mod run;
pub mod usage;

pub use error::ApiError;
pub use run::{Run, RunHead, Step};
