//! What the GPU writes into a cache, bit by bit.

mod device;

use device::{gpu, random};
use half::f16;
use hearth_graph::{Bindings, Dim, Graph, TOKENS};
use hearth_kernels::gpu::GpuConfig;
use hearth_kernels::kv_write::reference::q8_0_block;
use hearth_kernels::kv_write::{CacheShape, KvWrite};
use hearth_kernels::{Elem, ValueType};
use hearth_tensor::DType;
use hearth_webgpu::{Gpu, GpuExecutor, GpuProgram};

const N_CTX: usize = 10;
/// Neighbours and single cells, of two sequences.
const POSITIONS: [i32; 5] = [0, 1, 9, 4, 5];
const SEQUENCES: [i32; 5] = [0, 0, 0, 1, 1];

fn on_device(gpu: &Gpu, dims: [usize; 4], dtype: DType, x: &[f32], before: &[u8]) -> Vec<u8> {
    let mut g = Graph::new();
    let t = Dim::symbol(TOKENS);
    let places =
        ["positions", "sequences"].map(|name| g.input(name, ValueType::new(Elem::I32, [t])));
    let rows = g.input("x", ValueType::f32_rows(t, dims[0] * dims[3]));
    let cache = g.state("keys", dtype, &dims);
    let inputs = [cache, rows, places[0], places[1]];
    let after = g.apply(KvWrite, &inputs).expect("the contract holds");
    g.output("cache", after);
    let bindings = Bindings::default().with(TOKENS, POSITIONS.len());
    let program = GpuProgram::new(g, bindings, &GpuConfig::LEAST, gpu.max_binding_bytes());
    let program = program.unwrap_or_else(|e| panic!("{e}"));
    let executor = pollster::block_on(GpuExecutor::new(gpu.clone(), program));
    let mut executor = executor.unwrap_or_else(|e| panic!("{e}"));
    pollster::block_on(executor.ready()).unwrap_or_else(|e| panic!("{e}"));
    let (id, _) = executor.states().next().expect("there is one");
    executor.write_state(id, 0, before);
    let inputs = [
        ("positions", &POSITIONS[..]),
        ("sequences", &SEQUENCES),
        ("x", bytemuck::cast_slice(x)),
    ];
    executor.run(&inputs, &bindings).expect("a step");
    let read = pollster::block_on(executor.read_states(&[(id, 0..before.len())]));
    read.unwrap_or_else(|e| panic!("{e}"))
}

/// What is to be in the cache.
fn wanted(dims: [usize; 4], dtype: DType, x: &[f32], before: &[u8]) -> Vec<u8> {
    let shape = CacheShape::from_dims(dims);
    let bytes = dtype.bytes_for(shape.head_dim).expect("whole blocks");
    let mut after = before.to_vec();
    for (i, x) in x.chunks(shape.head_dim).enumerate() {
        let (token, head) = (i / shape.n_kv_heads, i % shape.n_kv_heads);
        let (s, p) = (SEQUENCES[token] as usize, POSITIONS[token] as usize);
        let cell = match dtype {
            DType::F32 => bytemuck::cast_slice(x).to_vec(),
            DType::F16 => x
                .iter()
                .flat_map(|&v| f16::from_f32(v).to_le_bytes())
                .collect(),
            _ => x.chunks(32).flat_map(q8_0_block).collect::<Vec<u8>>(),
        };
        after[shape.row(head, s, p) * bytes..][..bytes].copy_from_slice(&cell);
    }
    after
}

#[test]
fn caches_of_every_type_hold_what_the_reference_writes() {
    let Some(gpu) = gpu("caches_of_every_type_hold_what_the_reference_writes") else {
        return;
    };
    for (n_kv_heads, head_dim) in [(1, 2), (3, 6), (2, 32), (1, 64), (3, 96)] {
        for dtype in [DType::F32, DType::F16, DType::Q8_0] {
            let dims = [n_kv_heads, 2, N_CTX, head_dim];
            let Some(bytes) = dtype.bytes_for(dims.iter().product()) else {
                continue;
            };
            let before: Vec<u8> = (0..bytes).map(|i| i as u8 | 1).collect();
            let mut x = random(7, POSITIONS.len() * n_kv_heads * head_dim, 4.0);
            if dtype == DType::Q8_0 && n_kv_heads * head_dim >= 64 {
                // Blocks of zeros, of what is taken for 0, and of large numbers.
                let cols = n_kv_heads * head_dim;
                x[..32].fill(0.0);
                x[cols..cols + 32].fill(1e-37);
                x[2 * cols..2 * cols + 32].fill(-3e4);
            }
            let got = on_device(&gpu, dims, dtype, &x, &before);
            let want = wanted(dims, dtype, &x, &before);
            let other = got.iter().zip(&want).position(|(g, w)| g != w);
            assert_eq!(other, None, "{dims:?}, {dtype}: {got:?}, not {want:?}");
        }
    }
}

/// NaN among the elements of a block makes its scale NaN, as on the CPU.
#[test]
fn what_is_no_number_stays_none() {
    let Some(gpu) = gpu("what_is_no_number_stays_none") else {
        return;
    };
    let mut x = random(7, POSITIONS.len() * 64, 4.0);
    x[3] = f32::NAN;
    x[33] = f32::INFINITY;
    let before = vec![0; 2 * N_CTX * 68];
    let got = on_device(&gpu, [1, 2, N_CTX, 64], DType::Q8_0, &x, &before);
    for block in got[..68].chunks(34) {
        assert!(f16::from_le_bytes([block[0], block[1]]).is_nan());
        assert!(block[2..].iter().all(|code| *code == 0), "{block:?}");
    }
}
