//! What a panic leaves behind. It ends in a trap that says no more than `unreachable`, so the message is kept here,
//! where any thread of the instance can ask for it.

use std::sync::{Mutex, PoisonError};

use wasm_bindgen::prelude::*;

type Poison = Box<dyn Fn() + Send>;

/// The first panic's message; what follows on other threads is its consequence.
static FIRST: Mutex<Option<String>> = Mutex::new(None);
/// Wakes the threads that would wait for a dead one.
static POISON: Mutex<Option<Poison>> = Mutex::new(None);

/// Installs the hook when the module is instantiated, on each thread; installing it again changes nothing.
#[wasm_bindgen(start)]
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        FIRST
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| info.to_string());
        poison();
    }));
}

/// What the hook calls so that other threads do not wait for a dead one.
pub fn poison_with(poison: impl Fn() + Send + 'static) {
    *POISON.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(poison));
}

/// Calls what [`poison_with`] was given.
pub fn poison() {
    if let Some(poison) = &*POISON.lock().unwrap_or_else(PoisonError::into_inner) {
        poison();
    }
}

/// The message of the first panic of this instance, `undefined` if there was none.
#[wasm_bindgen]
pub fn panic_message() -> Option<String> {
    FIRST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
