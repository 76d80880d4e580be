//! What this machine can do at best: memory read per second, and operations per second on registers.
//!
//! A share of a ceiling says how far from the machine's limit a model runs; the loops here are the simplest that reach it
//! and compute nothing of use. A multiplication with an addition counts as two operations. Each figure is the best of
//! several runs, because whatever disturbs a run makes it slower.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::PoisonError;

use hearth_simd::{Isa, Kernel, Simd};
use web_time::Instant;

use crate::pool::{Pool, Team};

/// Bytes that are read: much more than any cache holds, and little enough for a 32-bit memory.
pub const MEMORY_BYTES: usize = if cfg!(target_family = "wasm") {
    512 << 20
} else {
    1 << 30
};

/// Runs of which the best counts.
const RUNS: usize = 7;
/// Rounds of a run on registers; some tens of milliseconds.
const DOT_ROUNDS: usize = 1_000_000;
const MUL_ADD_ROUNDS: usize = 4_000_000;
/// Vectors that are added up side by side.
const READ_SUMS: usize = 8;
/// Sums that do not wait for each other: enough to hide the latency of an addition.
const DOT_SUMS: usize = 8;
const MUL_ADD_SUMS: usize = 12;
/// Bytes of the widest vector, and of the four that a dot product takes.
const VECTOR_BYTES: usize = 64;
const QUAD_BYTES: usize = 4 * VECTOR_BYTES;
/// Quads of activations.
const QUADS: usize = 7;

/// Ceilings of a team of threads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceilings {
    /// Bytes read from memory per second.
    pub memory_bytes_per_s: f64,
    /// Operations per second on 8-bit integers, by the instructions of [`Simd::dot_codes`] for 4-bit codes.
    pub int8_ops_per_s: f64,
    /// Operations per second on f32, by [`Simd::mul_add`].
    pub f32_ops_per_s: f64,
}

impl Ceilings {
    /// Measure with all threads of `pool`.
    pub fn measure(pool: &mut Pool, isa: Isa) -> Self {
        // Written once, so that every page is there before it is read.
        let memory = vec![1.0_f32; MEMORY_BYTES / size_of::<f32>()];
        let members = pool.threads();
        let read = best_seconds(pool, |team| {
            let len = memory.len().div_ceil(members);
            let part = memory.chunks(len).nth(team.index).unwrap_or(&[]);
            isa.run(Read(part))
        });
        drop(memory);
        let dot = best_seconds(pool, |_| isa.run(Dot(DOT_ROUNDS)));
        let mul_add = best_seconds(pool, |_| isa.run(MulAdd(MUL_ADD_ROUNDS)));
        let ops = |lanes: usize| (2 * lanes * members) as f64;
        let lanes = isa.run(Lanes);
        Ceilings {
            memory_bytes_per_s: MEMORY_BYTES as f64 / read,
            // Four vectors of four bytes a lane.
            int8_ops_per_s: ops(16 * lanes) * (DOT_SUMS * DOT_ROUNDS) as f64 / dot,
            f32_ops_per_s: ops(lanes) * (MUL_ADD_SUMS * MUL_ADD_ROUNDS) as f64 / mul_add,
        }
    }
}

/// Seconds of the best run; the first one warms up. What `work` gives is used, so that it is not left out.
fn best_seconds(pool: &mut Pool, work: impl Fn(Team) -> f64 + Sync) -> f64 {
    let used = Mutex::new(0.0);
    let run = |pool: &mut Pool| {
        let started = Instant::now();
        pool.run(&|team| {
            let result = work(team);
            *used.lock().unwrap_or_else(PoisonError::into_inner) += result;
        });
        started.elapsed().as_secs_f64()
    };
    run(pool);
    let best = (0..RUNS).map(|_| run(pool)).fold(f64::INFINITY, f64::min);
    black_box(used);
    best.max(1e-9)
}

/// The sum of all numbers.
struct Read<'a>(&'a [f32]);

impl Kernel for Read<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        let mut sums = [simd.splat(0.0); READ_SUMS];
        for chunk in self.0.chunks_exact(READ_SUMS * S::LANES) {
            for (sum, x) in sums.iter_mut().zip(chunk.chunks_exact(S::LANES)) {
                *sum = simd.add(*sum, simd.load(x));
            }
        }
        let mut total = 0.0;
        for sum in sums {
            total += f64::from(simd.sum(sum));
        }
        total
    }
}

/// So many rounds of sums of products of codes that are in the first cache. The sums may overflow: they mean nothing.
struct Dot(usize);

impl Kernel for Dot {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        // The compiler must not know them, or it computes them once.
        let codes = black_box([3_u8; DOT_SUMS * QUAD_BYTES]);
        let activations = black_box([5_u8; 16 * QUADS]);
        let mut sums = [simd.dot_zero(); DOT_SUMS];
        for round in 0..self.0 {
            for n in 0..4 {
                let quad = simd.load_quad(&activations[16 * (round % 4 + n)..]);
                for (sum, codes) in sums.iter_mut().zip(codes.chunks_exact(QUAD_BYTES)) {
                    let codes = simd.load_codes(&codes[n * VECTOR_BYTES..]);
                    *sum = simd.dot_codes(4, *sum, codes, quad);
                }
            }
        }
        let mut total = 0.0;
        for sum in sums {
            total += f64::from(simd.sum(simd.to_f32(simd.dot_sum(4, sum))));
        }
        total
    }
}

/// So many rounds of `x * a + b`, which go to 1.
struct MulAdd(usize);

impl Kernel for MulAdd {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        let a = simd.splat(black_box(0.5));
        let b = simd.splat(black_box(0.5));
        let mut values = [simd.splat(black_box(1.5)); MUL_ADD_SUMS];
        // Each its own, or the compiler computes one for all.
        for (index, value) in values.iter_mut().enumerate() {
            *value = simd.splat(black_box(index as f32));
        }
        for _ in 0..self.0 {
            for value in &mut values {
                *value = simd.mul_add(*value, a, b);
            }
        }
        let mut total = 0.0;
        for value in values {
            total += f64::from(simd.sum(value));
        }
        total
    }
}

/// Lanes of f32.
struct Lanes;

impl Kernel for Lanes {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        S::LANES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_is_right() {
        let numbers: Vec<f32> = (1..=256).map(|n| n as f32).collect();
        for isa in Isa::available() {
            assert_eq!(isa.run(Read(&numbers)), 32896.0, "{isa}");
            let lanes = isa.run(Lanes) as f64;
            // Sixteen products of 3 and 5 in each lane.
            let dot = isa.run(Dot(5));
            assert_eq!(dot, 5.0 * 16.0 * 15.0 * lanes * DOT_SUMS as f64, "{isa}");
            // The fixed point of x / 2 + 1 / 2.
            let sum = isa.run(MulAdd(60));
            assert!(
                (sum - lanes * MUL_ADD_SUMS as f64).abs() < 1e-3,
                "{isa}: {sum}"
            );
        }
    }

    #[test]
    fn the_fastest_run_counts() {
        let mut pool = Pool::new(2).expect("threads can be spawned");
        let seconds = best_seconds(&mut pool, |team| team.index as f64);
        assert!(seconds < 1.0);
    }
}
