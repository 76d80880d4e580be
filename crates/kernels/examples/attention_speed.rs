//! Speed of attention on one thread:
//! `cargo run --release -p hearth-kernels --example attention_speed [-- "avx2 F16"]`, all or those whose name holds the
//! text.
//!
//! Prints gigabytes of cache read per second for one token behind a long text, whose caches are too large for the
//! processor's own, and billions of multiply-adds per second for the last tokens of a prompt, for each cache type and
//! instruction set.

use std::time::{Duration, Instant};

use half::f16;
use hearth_kernels::attention::{Attention, Mask};
use hearth_kernels::cpu::OperandData;
use hearth_kernels::{CpuConfig, CpuKernel, Elem, Operand, Operation, OutTile, TileMut, ValueType};
use hearth_simd::Isa;
use hearth_tensor::{DType, Dim};

const HEADS: usize = 16;
const KV_HEADS: usize = 8;
const HEAD_DIM: usize = 128;
const CONTEXT: usize = 2048;
const LAYERS: usize = 16;
const PROMPT: usize = 512;
const TOKENS: usize = 32;

fn main() {
    println!(
        "{KV_HEADS} heads of keys for {HEADS} of queries, {HEAD_DIM} wide, one thread, best of many runs"
    );
    for &isa in Isa::available() {
        for dtype in [DType::F32, DType::F16, DType::Q8_0] {
            report(isa, dtype);
        }
    }
}

fn report(isa: Isa, dtype: DType) {
    let name = format!("{isa} {dtype}");
    if !name.contains(&std::env::args().nth(1).unwrap_or_default()) {
        return;
    }
    let caches: Vec<Cache> = (0..LAYERS as u64)
        .map(|layer| Cache::new(layer, dtype))
        .collect();
    let deep = best(|| {
        for cache in &caches {
            cache.attend(isa, CONTEXT - 1..CONTEXT);
        }
    });
    let prompt = best(|| caches[0].attend(isa, PROMPT - TOKENS..PROMPT));
    let bytes = dtype
        .bytes_for(2 * LAYERS * KV_HEADS * CONTEXT * HEAD_DIM)
        .expect("whole blocks");
    println!(
        "{name:18} {:6.1} GB/s at 1 token, {:7.1} GMAC/s at {TOKENS}",
        bytes as f64 / deep.as_secs_f64() / 1e9,
        (2 * HEADS * HEAD_DIM * PROMPT * TOKENS) as f64 / prompt.as_secs_f64() / 1e9,
    );
}

/// The shortest of some runs.
fn best(mut run: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let runs = (0..200).take_while(|&i| i < 5 || begin.elapsed() < Duration::from_millis(600));
    let time = |_| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    runs.map(time).min().unwrap_or_default()
}

/// The keys and values of a layer.
struct Cache {
    dtype: DType,
    k: Cells,
    v: Cells,
}

impl Cache {
    fn new(layer: u64, dtype: DType) -> Self {
        Cache {
            dtype,
            k: Cells::random(2 * layer + 1, dtype),
            v: Cells::random(2 * layer + 2, dtype),
        }
    }

    /// One step with tokens at these positions.
    fn attend(&self, isa: Isa, positions: std::ops::Range<usize>) {
        let tokens = positions.len();
        let op = Attention {
            n_heads: HEADS,
            n_kv_heads: KV_HEADS,
            head_dim: HEAD_DIM,
            scale: 0.1,
            mask: Mask::Causal { window: None },
            softcap: None,
            sinks: false,
        };
        let (q_dims, ids) = ([tokens, HEADS * HEAD_DIM], [tokens]);
        let cache_dims = [KV_HEADS, 1, CONTEXT, HEAD_DIM];
        let cache = ValueType::new(Elem::State(self.dtype), cache_dims.map(Dim::Fixed));
        let per_token = ValueType::new(Elem::I32, ids.map(Dim::Fixed));
        let types = [
            ValueType::new(Elem::F32, q_dims.map(Dim::Fixed)),
            cache.clone(),
            cache,
            per_token.clone(),
            per_token,
        ];
        let kernel: Box<dyn CpuKernel> = op
            .cpu(&types, CpuConfig { isa })
            .expect("keeps the contract");
        let q: Vec<f32> = (0..tokens * HEADS * HEAD_DIM)
            .map(|i| (i as f32 * 0.37).sin())
            .collect();
        let positions: Vec<i32> = positions.map(|p| p as i32).collect();
        let sequences = vec![0; tokens];
        let operand = |dims, data| Operand { dims, data };
        let inputs = [
            operand(&q_dims[..], OperandData::F32(&q)),
            operand(&cache_dims[..], self.k.data()),
            operand(&cache_dims[..], self.v.data()),
            operand(&ids[..], OperandData::I32(&positions)),
            operand(&ids[..], OperandData::I32(&sequences)),
        ];
        let mut scratch = vec![0.0; kernel.scratch_floats(&inputs.map(|input| input.dims))];
        let mut y = vec![0.0; tokens * HEADS * HEAD_DIM];
        let tile = OutTile::F32(TileMut::whole(&mut y, HEADS * HEAD_DIM));
        kernel.run(&inputs, &mut [tile], &mut scratch);
    }
}

enum Cells {
    F32(Vec<f32>),
    F16(Vec<f16>),
    Q8_0(Vec<u8>),
}

impl Cells {
    /// Numbers between -1 and 1.
    fn random(seed: u64, dtype: DType) -> Self {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let elements = KV_HEADS * CONTEXT * HEAD_DIM;
        match dtype {
            DType::F32 => Cells::F32((0..elements).map(|_| next()).collect()),
            DType::F16 => Cells::F16((0..elements).map(|_| f16::from_f32(next())).collect()),
            _ => {
                let bytes = dtype.bytes_for(elements).expect("whole blocks");
                let mut cells: Vec<u8> = (0..bytes).map(|_| (next() * 127.0) as i8 as u8).collect();
                let scale = f16::from_f32(1.0 / 127.0).to_le_bytes();
                for block in cells.chunks_exact_mut(dtype.block_bytes()) {
                    block[..2].copy_from_slice(&scale);
                }
                Cells::Q8_0(cells)
            }
        }
    }

    fn data(&self) -> OperandData<'_> {
        match self {
            Cells::F32(cells) => OperandData::F32(cells),
            Cells::F16(cells) => OperandData::F16(cells),
            Cells::Q8_0(cells) => OperandData::Bytes(cells),
        }
    }
}
