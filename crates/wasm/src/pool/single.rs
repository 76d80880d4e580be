//! The pool of a build without threads: the calling thread.

use hearth_runtime::Pool;
use wasm_bindgen::prelude::*;

/// The threads that compute.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmPool(Pool);

#[wasm_bindgen]
impl WasmPool {
    /// A pool of `threads` members. This build has one, whatever is asked for.
    #[wasm_bindgen(constructor)]
    pub fn new(_threads: usize) -> WasmPool {
        WasmPool(Pool::single())
    }

    /// Tickets for [`run_pool_worker`], one for each member but the caller: none here.
    pub fn take_tickets(&mut self) -> Vec<u32> {
        Vec::new()
    }
}

impl WasmPool {
    pub(crate) fn into_inner(self) -> Pool {
        self.0
    }
}

/// Lets the calling worker compute for a pool until that is gone. This build has no tickets, so it returns at once.
#[wasm_bindgen]
pub fn run_pool_worker(_ticket: u32) {}

/// Tells the pool that one of its workers is dead. Nothing to do here.
#[wasm_bindgen]
pub fn poison_pool() {}
