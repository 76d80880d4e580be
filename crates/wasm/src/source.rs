//! Model bytes that JavaScript reads, piece by piece and synchronously, straight into this memory.

use std::error::Error;
use std::fmt;

use hearth_runtime::gguf::{ReadAt, ReadError};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const BYTE_SOURCE: &str = r#"
/** Bytes of a model file, read at any offset. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Fills `into` with the bytes from `offset` on; throws an `Error`, with a `code` if it can, when it cannot. */
  read(offset: number, into: Uint8Array): void;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// An object of JavaScript that reads bytes.
    #[wasm_bindgen(typescript_type = "ByteSource")]
    #[derive(Debug)]
    pub type ByteSource;

    #[wasm_bindgen(method, getter, js_name = sizeBytes)]
    fn size_bytes(this: &ByteSource) -> f64;

    #[wasm_bindgen(method, catch)]
    fn read(this: &ByteSource, offset: f64, into: &Uint8Array) -> Result<(), JsValue>;
}

/// A [`ByteSource`] for the engine.
#[derive(Debug)]
pub struct JsSource(pub ByteSource);

/// What JavaScript threw.
#[derive(Debug)]
struct Thrown(String);

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Thrown {}

impl ReadAt for JsSource {
    fn size_bytes(&self) -> u64 {
        // A size is an integer below 2^53; what is not saturates.
        self.0.size_bytes() as u64
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let len = into.len();
        // SAFETY: the view is handed to one synchronous call and dropped after it, while `into` is borrowed mutably,
        // and that call does not enter this instance, so the memory is neither moved nor looked at meanwhile.
        let view = unsafe { Uint8Array::view_mut_raw(into.as_mut_ptr(), len) };
        self.0
            .read(offset as f64, &view)
            .map_err(|thrown| ReadError::Source {
                offset,
                len,
                code: "javascript",
                source: Box::new(Thrown(message_of(&thrown))),
            })
    }
}

/// The message of an `Error`, or whatever else was thrown, as text.
fn message_of(thrown: &JsValue) -> String {
    Reflect::get(thrown, &JsValue::from_str("message"))
        .ok()
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{thrown:?}"))
}
