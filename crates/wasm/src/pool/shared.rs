//! The pool of a build with threads: nested Web Workers that share this memory.
//!
//! JavaScript starts the workers first and then makes a pool for those that answered, so the pool never waits for a
//! worker that did not start. Each of them takes one ticket.

use std::sync::{Mutex, PoisonError};

use hearth_runtime::{Pool, Worker};
use wasm_bindgen::prelude::*;

use crate::panic;

/// The workers that nobody runs yet, by ticket.
static WAITING: Mutex<Vec<Option<Worker>>> = Mutex::new(Vec::new());

/// The threads that compute.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmPool {
    pool: Pool,
    tickets: Vec<u32>,
}

#[wasm_bindgen]
impl WasmPool {
    /// A pool of `threads` members: the caller, and a worker for each ticket. Make it once per instance.
    #[wasm_bindgen(constructor)]
    pub fn new(threads: usize) -> WasmPool {
        let (pool, workers) = Pool::with_external_workers(threads);
        panic::poison_with(pool.poisoner());
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.len() as u32;
        let tickets = (first..).take(workers.len()).collect();
        waiting.extend(workers.into_iter().map(Some));
        WasmPool { pool, tickets }
    }

    /// Tickets for [`run_pool_worker`], one for each member but the caller.
    pub fn take_tickets(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.tickets)
    }
}

impl WasmPool {
    pub(crate) fn into_inner(self) -> Pool {
        self.pool
    }
}

/// Lets the calling worker compute for a pool until that is gone. A ticket that was used before does nothing.
#[wasm_bindgen]
pub fn run_pool_worker(ticket: u32) {
    let worker = {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get_mut(ticket as usize).and_then(Option::take)
    };
    if let Some(worker) = worker {
        worker.work();
    }
}

/// Tells the pool that one of its workers is dead, so that the others do not wait for it.
#[wasm_bindgen]
pub fn poison_pool() {
    panic::poison();
}
