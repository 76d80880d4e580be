//! The GPU of this browser, and what a model is loaded for.

use hearth_runtime::{Gpu, GpuError, Hardware, read_speed};
use wasm_bindgen::prelude::*;

use crate::error::runtime_error;
use crate::pool::WasmPool;

/// A GPU that computes, for one model.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmGpu(Gpu);

#[wasm_bindgen]
impl WasmGpu {
    /// Opens the fastest one, with what [`crate::WasmEngine::gpu_record`] gave before. A driver may never answer: give up after a
    /// while.
    pub async fn open(record: Option<String>) -> Result<WasmGpu, JsValue> {
        let gpu = Gpu::open().await;
        let gpu = gpu.map_err(|error| runtime_error(&error.into()))?;
        if let Some(record) = record {
            gpu.remember(&record);
        }
        Ok(WasmGpu(gpu))
    }
}

/// What a model is loaded for.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmHardware(Hardware);

#[wasm_bindgen]
impl WasmHardware {
    /// The threads of a pool.
    pub fn cpu(pool: WasmPool) -> WasmHardware {
        WasmHardware(pool.into_inner().into())
    }

    /// A GPU, and nothing else.
    pub fn gpu(gpu: WasmGpu) -> WasmHardware {
        WasmHardware(gpu.0.into())
    }

    /// A GPU, or a pool's threads where the GPU cannot compute the model.
    pub fn gpu_or_cpu(gpu: WasmGpu, pool: WasmPool) -> WasmHardware {
        WasmHardware(Hardware::GpuOrCpu(Ok(gpu.0), pool.into_inner()))
    }

    /// The threads of a pool, because there is no GPU, for this reason.
    pub fn cpu_for_want_of_gpu(reason: String, pool: WasmPool) -> WasmHardware {
        let missing = GpuError::NoAdapter { reason };
        WasmHardware(Hardware::GpuOrCpu(Err(missing), pool.into_inner()))
    }

    /// Bytes of weights that are read per second while a model writes, found out with made-up ones.
    pub async fn read_speed(self) -> Result<f64, JsValue> {
        let measured = read_speed::measure(self.0).await;
        measured.map_err(|error| runtime_error(&error))
    }
}

impl WasmHardware {
    pub(crate) fn into_inner(self) -> Hardware {
        self.0
    }
}
