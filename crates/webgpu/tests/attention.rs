//! Attention and the writing of its caches on the GPU, against the references of the operations.

mod device;

use device::{gpu, random};
use half::f16;
use hearth_graph::{Bindings, Dim, Graph, TOKENS, ValueId};
use hearth_kernels::attention::{Attention, DECODE_TOKENS, Mask, reference};
use hearth_kernels::dequantize::dequantize_row_into;
use hearth_kernels::gpu::GpuConfig;
use hearth_kernels::kv_write::CacheShape;
use hearth_kernels::kv_write::reference::q8_0_block;
use hearth_kernels::{Elem, ValueType};
use hearth_tensor::DType;
use hearth_webgpu::{Gpu, GpuExecutor, GpuProgram};

/// Scores lie within ±20, and an exponential on a GPU is off by up to 43 units in the last place there.
const TOLERANCE: f64 = 5e-5;
/// Several parts of keys.
const N_CTX: usize = 400;
const N_SEQUENCES: usize = 3;
const MAX_TOKENS: usize = 100;
const CAUSAL: Mask = Mask::Causal { window: None };

/// A token's sequence and position.
type Place = (i32, i32);

fn tokens(sequence: i32, positions: std::ops::Range<i32>) -> Vec<Place> {
    positions.map(|p| (sequence, p)).collect()
}

/// Around the borders of parts, of tiles of keys, and of tiles of queries.
fn steps() -> Vec<Vec<Place>> {
    vec![
        tokens(0, 0..1),
        tokens(2, 399..400),
        tokens(1, 250..266),
        tokens(0, 0..17),
        tokens(1, 200..265),
        vec![(0, 5), (1, 330), (2, 0), (0, 6), (0, 7)],
        [tokens(0, 100..130), tokens(2, 0..20)].concat(),
        (0..30).map(|i| (i % 3, i / 3 * 30)).collect(),
        (0..30).rev().map(|p| (1, p * 10)).collect(),
    ]
}

/// An operation over random caches on the device.
struct Attending {
    op: Attention,
    shape: CacheShape,
    sinks: Vec<f32>,
    /// What the elements of keys and values mean.
    cells: [Vec<f32>; 2],
    executor: GpuExecutor,
}

fn attention([n_heads, n_kv_heads, head_dim]: [usize; 3]) -> Attention {
    Attention {
        n_heads,
        n_kv_heads,
        head_dim,
        scale: 1.0 / (head_dim as f32).sqrt(),
        mask: CAUSAL,
        softcap: None,
        sinks: false,
    }
}

/// Random elements, as bytes of a type and as what these mean.
fn cache(seed: u64, dtype: DType, n: usize) -> (Vec<u8>, Vec<f32>) {
    let wide = random(seed, n, 2.0);
    let bytes: Vec<u8> = match dtype {
        DType::F32 => wide.iter().flat_map(|v| v.to_le_bytes()).collect(),
        DType::F16 => {
            let halves = wide.iter().map(|&v| f16::from_f32(v));
            halves.flat_map(f16::to_le_bytes).collect()
        }
        _ => wide.chunks(32).flat_map(q8_0_block).collect(),
    };
    let mut meant = vec![0.0; n];
    dequantize_row_into(dtype, &bytes, &mut meant).expect("whole blocks");
    (bytes, meant)
}

fn graph(op: &Attention, shape: CacheShape, dtype: DType) -> Graph {
    let mut g = Graph::new();
    let t = Dim::symbol(TOKENS);
    let places =
        ["positions", "sequences"].map(|name| g.input(name, ValueType::new(Elem::I32, [t])));
    let q = g.input("q", ValueType::f32_rows(t, op.n_heads * op.head_dim));
    let dims = [
        shape.n_kv_heads,
        shape.n_sequences,
        shape.n_ctx,
        shape.head_dim,
    ];
    let caches = ["keys", "values"].map(|name| g.state(name, dtype, &dims));
    let mut inputs = vec![q, caches[0], caches[1], places[0], places[1]];
    if op.sinks {
        inputs.push(g.weight("sinks", DType::F32, &[op.n_heads]));
    }
    let y = g.apply(op.clone(), &inputs).expect("the contract holds");
    g.output("y", y);
    g
}

fn executor(graph: Graph, gpu: &Gpu) -> GpuExecutor {
    let bounds = Bindings::default().with(TOKENS, MAX_TOKENS);
    let program = GpuProgram::new(graph, bounds, &GpuConfig::LEAST, gpu.max_binding_bytes());
    let program = program.unwrap_or_else(|e| panic!("{e}"));
    let executor = pollster::block_on(GpuExecutor::new(gpu.clone(), program));
    let mut executor = executor.unwrap_or_else(|e| panic!("{e}"));
    pollster::block_on(executor.ready()).unwrap_or_else(|e| panic!("{e}"));
    executor
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn states(executor: &GpuExecutor) -> Vec<ValueId> {
    executor.states().map(|(id, _)| id).collect()
}

impl Attending {
    fn new(gpu: &Gpu, op: Attention, n_ctx: usize, dtype: DType) -> Self {
        let dims = [op.n_kv_heads, N_SEQUENCES, n_ctx, op.head_dim];
        let shape = CacheShape::from_dims(dims);
        let mut executor = executor(graph(&op, shape, dtype), gpu);
        let sinks = random(4, if op.sinks { op.n_heads } else { 0 }, 4.0);
        if op.sinks {
            executor.write_rows(0, 0, bytemuck::cast_slice(&sinks));
        }
        let n = dims.iter().product();
        let cells = [1, 2].map(|seed| cache(seed, dtype, n));
        for (id, (bytes, _)) in states(&executor).into_iter().zip(&cells) {
            executor.write_state(id, 0, bytes);
        }
        Attending {
            op,
            shape,
            sinks,
            cells: cells.map(|(_, meant)| meant),
            executor,
        }
    }

    fn run(&mut self, places: &[Place], q: &[f32]) -> Vec<f32> {
        let bindings = Bindings::default().with(TOKENS, places.len());
        let (sequences, positions): (Vec<i32>, Vec<i32>) = places.iter().copied().unzip();
        let inputs = [
            ("positions", &positions[..]),
            ("sequences", &sequences),
            ("q", bytemuck::cast_slice(q)),
        ];
        self.executor.run(&inputs, &bindings).expect("a step");
        let output = pollster::block_on(self.executor.output("y", &bindings));
        output.unwrap_or_else(|e| panic!("{e}")).to_vec()
    }

    fn queries(&self, n: usize) -> Vec<f32> {
        random(3, n * self.op.n_heads * self.op.head_dim, 2.0)
    }

    fn check(&mut self, context: &str, places: &[Place]) {
        let q = self.queries(places.len());
        let got = self.run(places, &q);
        let numbers = |of: fn(&Place) -> i32| -> Vec<usize> {
            places.iter().map(|place| of(place) as usize).collect()
        };
        let [k, v] = [0, 1].map(|i| reference::Cache {
            shape: self.shape,
            data: &self.cells[i],
        });
        let places = [numbers(|p| p.1), numbers(|p| p.0)];
        let places = [&places[0][..], &places[1]];
        let want = reference::attention(&self.op, &q, [k, v], places, &self.sinks);
        assert_eq!(got.len(), want.len());
        for (i, (&g, &w)) in got.iter().zip(&want).enumerate() {
            let error = (f64::from(g) - w).abs();
            assert!(
                error <= TOLERANCE * (1.0 + w.abs()),
                "{context}, {} tokens: element {i} is {g}, not {w}",
                places[0].len()
            );
        }
    }
}

#[test]
fn heads_and_caches_of_all_kinds_match_the_reference() {
    let Some(gpu) = gpu("heads_and_caches_of_all_kinds_match_the_reference") else {
        return;
    };
    for heads in [
        [1, 1, 2],
        [2, 2, 16],
        [3, 3, 6],
        [8, 2, 64],
        [7, 1, 96],
        [11, 1, 128],
        [4, 1, 80],
        [10, 1, 256],
        [2, 2, 512],
    ] {
        for dtype in [DType::F32, DType::F16, DType::Q8_0] {
            if dtype.bytes_for(heads[2]).is_some() {
                let mut attending = Attending::new(&gpu, attention(heads), N_CTX, dtype);
                for step in [tokens(2, 299..300), tokens(1, 127..130), tokens(0, 30..63)] {
                    attending.check(&format!("{heads:?}, {dtype}"), &step);
                }
            }
        }
    }
}

#[test]
fn masks_soft_caps_and_sinks_match_the_reference() {
    let Some(gpu) = gpu("masks_soft_caps_and_sinks_match_the_reference") else {
        return;
    };
    let causal = |window| Mask::Causal { window };
    let both = |window| Mask::Bidirectional { window };
    for (mask, softcap, sinks, dtype) in [
        (causal(Some(0)), None, false, DType::F32),
        (causal(Some(1)), Some(1.5), true, DType::F16),
        (causal(Some(17)), None, true, DType::Q8_0),
        (causal(Some(130)), Some(20.0), false, DType::F32),
        (causal(Some(300)), None, true, DType::F16),
        (causal(None), Some(20.0), true, DType::F32),
        (both(None), None, false, DType::F16),
        (both(None), Some(1.5), true, DType::F32),
        (both(Some(9)), None, true, DType::F32),
        (both(Some(301)), None, false, DType::Q8_0),
        (both(Some(usize::MAX)), None, false, DType::F32),
    ] {
        let op = Attention {
            mask,
            softcap,
            sinks,
            ..attention([6, 2, 32])
        };
        let context = format!("{op:?}, {dtype}");
        let mut attending = Attending::new(&gpu, op, N_CTX, dtype);
        for step in steps() {
            attending.check(&context, &step);
        }
    }
}

/// One part of keys, whose output nothing is put together for.
#[test]
fn short_contexts_match_the_reference() {
    let Some(gpu) = gpu("short_contexts_match_the_reference") else {
        return;
    };
    let op = Attention {
        sinks: true,
        ..attention([6, 2, 32])
    };
    for (n_ctx, dtype) in [(1, DType::F32), (33, DType::F16), (128, DType::F32)] {
        let last = n_ctx as i32;
        let mut attending = Attending::new(&gpu, op.clone(), n_ctx, dtype);
        attending.check("short", &tokens(1, last - 1..last));
        attending.check("short", &tokens(0, 0..last.min(16)));
        attending.check("short", &tokens(2, (last - 90).max(0)..last));
    }
}

/// What tokens that are tried several at a time rest on.
#[test]
fn a_token_has_the_same_bits_alone_and_with_others() {
    let Some(gpu) = gpu("a_token_has_the_same_bits_alone_and_with_others") else {
        return;
    };
    for (mask, dtype) in [
        (CAUSAL, DType::F32),
        (CAUSAL, DType::Q8_0),
        (Mask::Causal { window: Some(200) }, DType::F16),
    ] {
        let op = Attention {
            mask,
            ..attention([6, 2, 32])
        };
        let mut attending = Attending::new(&gpu, op, N_CTX, dtype);
        let q = attending.queries(DECODE_TOKENS);
        let cols = q.len() / DECODE_TOKENS;
        for first in [0, 120, 250, 384] {
            let places = tokens(1, first..first + DECODE_TOKENS as i32);
            let alone: Vec<f32> = places
                .iter()
                .zip(q.chunks(cols))
                .flat_map(|(place, q)| attending.run(&[*place], q))
                .collect();
            for n in [2, 7, DECODE_TOKENS] {
                let together = attending.run(&places[..n], &q[..n * cols]);
                assert_eq!(bits(&together), bits(&alone[..n * cols]), "{n} of {first}");
            }
        }
    }
}

#[test]
fn what_a_step_costs_is_counted() {
    let Some(gpu) = gpu("what_a_step_costs_is_counted") else {
        return;
    };
    let mut attending = Attending::new(&gpu, attention([6, 2, 32]), N_CTX, DType::F32);
    let q = attending.queries(2);
    let places = tokens(0, 300..302);
    let plain = attending.run(&places, &q);
    attending.executor.set_profiling(true);
    let counted = attending.run(&places, &q);
    assert_eq!(bits(&counted), bits(&plain));
    attending.run(&places[..1], &q[..6 * 32]);
    let profile = pollster::block_on(attending.executor.profile());
    let profile = profile.expect("it is told").expect("it was asked for");
    let cost = profile.operations["attention"];
    // Parts, and what puts them together.
    assert_eq!((cost.calls, cost.dispatches), (2, 4));
    // Queries, outputs and places of three tokens.
    assert_eq!(cost.bytes, 3 * 4 * (2 * 6 * 32 + 2));
    assert!(profile.buffer_bytes > 2 * 4 * 2 * 3 * 400 * 32);
    assert!(cost.nanos > 0, "no times: {profile:?}");
    attending.executor.set_profiling(false);
    let off = pollster::block_on(attending.executor.profile());
    assert_eq!(off, Ok(None));
}

/// Neither cells behind the step's largest position nor those before a window may be looked at: they hold NaN.
#[test]
fn cells_that_nobody_sees_are_not_read() {
    let Some(gpu) = gpu("cells_that_nobody_sees_are_not_read") else {
        return;
    };
    let op = Attention {
        mask: Mask::Causal { window: Some(20) },
        ..attention([2, 1, 8])
    };
    let mut attending = Attending::new(&gpu, op, N_CTX, DType::F32);
    for (first, n) in [(290, 1), (250, 50)] {
        let seen = first as usize - 19..(first + n) as usize;
        let cell = |i: usize| {
            if seen.contains(&i) {
                [1f32; 8]
            } else {
                [f32::NAN; 8]
            }
        };
        let cells: Vec<f32> = (0..N_SEQUENCES * N_CTX)
            .flat_map(|i| cell(i % N_CTX))
            .collect();
        for id in states(&attending.executor) {
            attending
                .executor
                .write_state(id, 0, bytemuck::cast_slice(&cells));
        }
        let q = attending.queries(n as usize);
        let got = attending.run(&tokens(0, first..first + n), &q);
        assert!(got.iter().all(|v| (v - 1.0).abs() < 1e-5), "{got:?}");
    }
}
