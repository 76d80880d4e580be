//! What tests on a device share.

use hearth_webgpu::{Gpu, GpuError};

/// A device, or `None`, with a line that says so, where there is none.
pub(crate) fn gpu(test: &str) -> Option<Gpu> {
    match pollster::block_on(Gpu::open()) {
        Ok(gpu) => Some(gpu),
        Err(error @ GpuError::NoAdapter { .. }) => {
            eprintln!("SKIPPED: {test}: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Deterministic values in `[-scale, scale)`.
#[allow(dead_code, reason = "not every test takes random numbers")]
pub(crate) fn random(seed: u64, n: usize, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2) + 1;
    let mut next = || {
        state = state
            .wrapping_mul(0x5851_F42D_4C95_7F2D)
            .wrapping_add(0x1405_7B7E_F767_814F);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..n).map(|_| (next() * 2.0 - 1.0) * scale).collect()
}
