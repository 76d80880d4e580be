//! `chat.completions`: a conversation is answered by the model's own chat template.
//!
//! | module | holds |
//! |---|---|
//! | [`message`] | the turns of a conversation |
//! | [`tool`] | tools, and which of them must be called |
//! | [`request`] | the request |
//! | `start` | from a request to a run |
//! | [`prompt`] | from a conversation to a prompt, and what makes way when it is too long |
//! | `grammar` | what the answer's form must be |
//! | [`answer`] | chunks, and the whole answer |
//! | [`writer`] | from a generation's events to chunks |

pub mod answer;
mod grammar;
pub mod message;
pub mod prompt;
pub mod request;
mod start;
pub mod tool;
pub mod writer;

pub use answer::{ChatCompletion, ChatCompletionChunk};
pub use message::ChatMessage;
pub use request::ChatRequest;
pub use writer::ChatWriter;
