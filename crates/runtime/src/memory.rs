//! What a model will need, told before anything is allocated.

use serde::Serialize;

/// Bytes by purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryEstimate {
    /// Weights in the layout that kernels read.
    pub weights_bytes: u64,
    /// KV cache and other state, for the whole context.
    pub state_bytes: u64,
    /// Intermediate values, scratch memory, the tokenizer, a generation's logits, and the buffer that reads go through.
    pub working_bytes: u64,
}

impl MemoryEstimate {
    /// The sum.
    pub fn total_bytes(&self) -> u64 {
        self.weights_bytes + self.state_bytes + self.working_bytes
    }
}

/// Bytes that this process may still take, where the system tells.
#[cfg(target_os = "linux")]
pub fn available_bytes() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Bytes that this process may still take, where the system tells.
#[cfg(target_family = "wasm")]
pub fn available_bytes() -> Option<u64> {
    // A 32-bit memory ends at 4 GiB; leave a little for the stacks of the threads.
    const RESERVED: u64 = 64 << 20;
    let used = (core::arch::wasm32::memory_size(0) as u64) << 16;
    Some((1u64 << 32).saturating_sub(used + RESERVED))
}

/// Bytes that this process may still take, where the system tells.
#[cfg(not(any(target_os = "linux", target_family = "wasm")))]
pub fn available_bytes() -> Option<u64> {
    None
}
