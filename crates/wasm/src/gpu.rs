//! The GPU of this browser.

use hearth_runtime::Gpu;
use wasm_bindgen::prelude::*;

use crate::error::runtime_error;

/// A GPU that computes, for one model.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmGpu(Gpu);

#[wasm_bindgen]
impl WasmGpu {
    /// Opens the fastest one. A driver may never answer: give up after a while.
    pub async fn open() -> Result<WasmGpu, JsValue> {
        let opened = Gpu::open().await;
        opened
            .map(WasmGpu)
            .map_err(|error| runtime_error(&error.into()))
    }
}

impl WasmGpu {
    pub(crate) fn into_inner(self) -> Gpu {
        self.0
    }
}
