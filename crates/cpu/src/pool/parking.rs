//! Waiting for a word of memory to change: spin briefly, then sleep.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use std::sync::{Condvar, Mutex, PoisonError};

/// Rounds of spinning before a waiter sleeps: some 20 microseconds, longer than most phases of a decode step. Where the
/// processor has an instruction for waiting, a round of it takes some ten nanoseconds; WebAssembly has none.
#[cfg(not(target_family = "wasm"))]
const SPIN_ROUNDS: u32 = 1_000;
/// See above.
#[cfg(target_family = "wasm")]
const SPIN_ROUNDS: u32 = 10_000;

/// A number that threads wait on.
#[derive(Debug, Default)]
pub(super) struct Watched {
    value: AtomicU64,
    /// Threads that sleep or are about to.
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    condvar: Condvar,
}

impl Watched {
    /// The number.
    #[inline]
    pub(super) fn get(&self) -> u64 {
        self.value.load(SeqCst)
    }

    /// Change it; sleepers are told by [`Watched::wake`].
    #[inline]
    pub(super) fn set(&self, value: u64) {
        self.value.store(value, SeqCst);
    }

    /// Change it from `old` to `new`, if it is `old`.
    #[inline]
    pub(super) fn replace(&self, old: u64, new: u64) -> bool {
        let replaced = self.value.compare_exchange(old, new, SeqCst, Relaxed);
        replaced.is_ok()
    }

    /// Wake the sleepers. Takes the lock only if there are any.
    ///
    /// A sleeper announces itself before it looks at the number, a waker changes the number before it looks for
    /// sleepers, both sequentially consistent: one of them sees the other.
    pub(super) fn wake(&self) {
        if self.sleepers.load(SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.condvar.notify_all();
        }
    }

    /// Wait until the number is no longer `old`, or `give_up` says so. A change that nobody was woken for may be
    /// missed until the next one.
    pub(super) fn wait(&self, old: u64, give_up: impl Fn() -> bool) {
        let waiting = || self.get() == old && !give_up();
        for _ in 0..SPIN_ROUNDS {
            if !waiting() {
                return;
            }
            std::hint::spin_loop();
        }
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, SeqCst);
        while waiting() {
            lock = self
                .condvar
                .wait(lock)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }
}
