//! `rope_write` on the GPU against its reference.

mod device;

use hearth_graph::{Bindings, Dim, Graph, TOKENS};
use hearth_kernels::embed::Embed;
use hearth_kernels::gpu::GpuConfig;
use hearth_kernels::rope::{Rope, RopeLayout};
use hearth_kernels::rope_write::{RopeWrite, reference};
use hearth_kernels::{Elem, ValueType};
use hearth_tensor::DType;
use hearth_webgpu::{Gpu, GpuExecutor, GpuProgram};

const N_KV_HEADS: usize = 2;
const N_CTX: usize = 24;
const TOKEN: [i32; 3] = [2, 0, 1];
const POSITION: [i32; 3] = [5, 0, 17];
const SEQUENCE: [i32; 3] = [0, 1, 0];
/// Positions below 20 times frequencies of at most 1: the angle is exact to some 1e-6.
const TURNED: f64 = 1e-5;
/// Half precision, of numbers below 8.
const HALF: f64 = 4e-3;
/// Half a code, and the scale in half precision, in units of a block's largest element.
const BYTE: f64 = 0.6 / 127.0;

struct Case {
    op: RopeWrite,
    cache: DType,
}

impl Case {
    fn cols(&self) -> usize {
        let kv = N_KV_HEADS * (1 + usize::from(self.op.values));
        (self.op.n_heads + kv) * self.op.rope.head_dim
    }

    fn frequencies(&self) -> Vec<f32> {
        let pairs = self.op.rope.rotary_dims / 2;
        (0..pairs).map(|i| 0.7f32.powi(i as i32)).collect()
    }

    fn graph(&self) -> Graph {
        let mut g = Graph::new();
        let [tokens, positions, sequences] = ["tokens", "positions", "sequences"]
            .map(|name| g.input(name, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)])));
        let table = g.weight("table", DType::F32, &[3, self.cols()]);
        let x = g.apply(Embed, &[tokens, table]).expect("embed");
        let turns = g.constant("turns", self.frequencies());
        let head_dim = self.op.rope.head_dim;
        let mut inputs = vec![x, positions, sequences, turns];
        for name in ["keys", "values"]
            .iter()
            .take(1 + usize::from(self.op.values))
        {
            inputs.push(g.state(name, self.cache, &[N_KV_HEADS, 2, N_CTX, head_dim]));
        }
        if self.op.norm.is_some() {
            inputs.push(g.weight("norms", DType::F32, &[2 * head_dim]));
        }
        let outputs = g.apply_all(self.op.clone(), &inputs).expect("rope_write");
        g.output("queries", *outputs.last().expect("queries"));
        g
    }

    fn executor(&self, gpu: Gpu) -> GpuExecutor {
        let bounds = Bindings::default().with(TOKENS, TOKEN.len());
        let (config, limit) = (GpuConfig::LEAST, gpu.max_binding_bytes());
        let program = GpuProgram::new(self.graph(), bounds, &config, limit).expect("kernels");
        let plans = program.weights().to_vec();
        let mut executor = pollster::block_on(GpuExecutor::new(gpu, program)).expect("memory");
        for (index, plan) in plans.iter().enumerate() {
            let floats = numbers(&plan.name(), plan.rows * plan.cols);
            executor.write_rows(index, 0, bytemuck::cast_slice(&floats));
        }
        pollster::block_on(executor.ready()).expect("pipelines");
        executor
    }
}

fn numbers(name: &str, n: usize) -> Vec<f32> {
    let seed = name.len() as f32;
    (0..n)
        .map(|i| ((i as f32 * 0.37 + seed).sin() * 43.0).fract() * 3.0)
        .collect()
}

fn rope(head_dim: usize, rotary_dims: usize, layout: RopeLayout) -> Rope {
    Rope {
        head_dim,
        rotary_dims,
        layout,
        magnitude: 1.25,
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for cache in [DType::F32, DType::F16, DType::Q8_0] {
        for layout in [RopeLayout::Halves, RopeLayout::Interleaved] {
            for (values, norm) in [(true, Some(1e-5)), (true, None), (false, Some(1e-5))] {
                for (head_dim, rotary_dims) in [(8, 6), (32, 32), (128, 64)] {
                    let op = RopeWrite {
                        rope: rope(head_dim, rotary_dims, layout),
                        n_heads: 4,
                        norm,
                        values,
                    };
                    if cache.bytes_for(head_dim).is_some() {
                        cases.push(Case { op, cache });
                    }
                }
            }
        }
    }
    cases
}

fn compare(context: &str, got: impl IntoIterator<Item = f64>, want: &[f64], tolerance: f64) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), want.len(), "{context}");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!(
            (got - want).abs() <= tolerance,
            "{context}: element {i}: {got}, not {want}"
        );
    }
}

/// A scale and 32 codes.
fn block(bytes: &[u8]) -> Vec<f64> {
    let scale = half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f64();
    let codes = bytes[2..].iter();
    codes.map(|&code| f64::from(code as i8) * scale).collect()
}

/// The cell of a head, as numbers.
fn cell(bytes: &[u8], cache: DType) -> Vec<f64> {
    match cache {
        DType::F16 => bytes
            .chunks_exact(2)
            .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f64())
            .collect(),
        DType::Q8_0 => bytes.chunks_exact(34).flat_map(block).collect(),
        _ => bytemuck::pod_collect_to_vec::<u8, f32>(bytes)
            .into_iter()
            .map(f64::from)
            .collect(),
    }
}

#[test]
fn heads_are_turned_and_written_as_the_reference_says() {
    let Some(gpu) = device::gpu("heads_are_turned_and_written_as_the_reference_says") else {
        return;
    };
    for case in cases() {
        check(&case, gpu.clone());
    }
}

fn check(case: &Case, gpu: Gpu) {
    let context = format!("{:?}, {}", case.op, case.cache);
    let mut executor = case.executor(gpu);
    let bindings = Bindings::default().with(TOKENS, TOKEN.len());
    let inputs: [(&str, &[i32]); 3] = [
        ("tokens", &TOKEN),
        ("positions", &POSITION),
        ("sequences", &SEQUENCE),
    ];
    executor.run(&inputs, &bindings).expect("a step");
    let queries = pollster::block_on(executor.output("queries", &bindings)).expect("queries");
    let queries = queries.to_vec();
    let (head_dim, cols) = (case.op.rope.head_dim, case.cols());
    let cell_bytes = case.cache.bytes_for(head_dim).expect("whole elements");
    let states: Vec<_> = executor.states().map(|(id, _)| id).collect();
    let all = N_KV_HEADS * 2 * N_CTX * cell_bytes;
    let read = |id| pollster::block_on(executor.read_states(&[(id, 0..all)])).expect("states");
    let states: Vec<Vec<u8>> = states.into_iter().map(read).collect();

    let table = numbers("table", 3 * cols);
    let norms = match case.op.norm {
        Some(_) => numbers("norms", 2 * head_dim),
        None => Vec::new(),
    };
    for i in 0..TOKEN.len() {
        let x = &table[TOKEN[i] as usize * cols..][..cols];
        let turns = case.frequencies();
        let want = reference::row(&case.op, N_KV_HEADS, x, POSITION[i], &turns, &norms);
        let width = case.op.n_heads * head_dim;
        let got = queries[i * width..][..width].iter().map(|&v| f64::from(v));
        compare(&context, got, &want.queries, TURNED);
        for (state, want) in states.iter().zip([&want.keys, &want.values]) {
            for head in 0..N_KV_HEADS {
                let row = (head * 2 + SEQUENCE[i] as usize) * N_CTX + POSITION[i] as usize;
                let got = cell(&state[row * cell_bytes..][..cell_bytes], case.cache);
                let want = &want[head * head_dim..][..head_dim];
                let largest = want.iter().fold(0f64, |m, v| m.max(v.abs()));
                let tolerance = match case.cache {
                    DType::F16 => HALF,
                    DType::Q8_0 => BYTE * largest,
                    _ => TURNED,
                };
                compare(&context, got, want, tolerance);
            }
        }
    }
}
