//! Text that is still growing: tokens to whole characters, and stop strings that never leak.

mod decoder;
mod stop;

pub use decoder::StreamDecoder;
pub use stop::{Emit, StopMatcher};
