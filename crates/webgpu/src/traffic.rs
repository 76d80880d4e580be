//! What goes to and fro between the device and the host, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since an executor was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Steps that were computed.
    pub steps: u64,
    /// Times that somebody waited for results.
    pub waits: u64,
    /// Bytes of results and states that came back.
    pub read_bytes: u64,
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    steps: AtomicU64,
    waits: AtomicU64,
    read_bytes: AtomicU64,
}

impl Counters {
    /// A step was given to the device.
    pub(crate) fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// So many bytes were waited for.
    pub(crate) fn read(&self, bytes: u64) {
        self.waits.fetch_add(1, Ordering::Relaxed);
        self.read_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// All counts.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            steps: self.steps.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            read_bytes: self.read_bytes.load(Ordering::Relaxed),
        }
    }
}
