//! A block of a transformer on the GPU and on the CPU, with weights of every type.

mod device;

use hearth_cpu::{CpuExecutor, Pool, Program};
use hearth_graph::passes::optimize_for_gpu;
use hearth_graph::{Bindings, Dim, Graph, OUTPUTS, TOKENS, ValueId, verify};
use hearth_kernels::attention::{Attention, Mask};
use hearth_kernels::embed::Embed;
use hearth_kernels::glu::Glu;
use hearth_kernels::gpu::{Arithmetic, GpuConfig, ProductVariant};
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::matmul::MatMul;
use hearth_kernels::rms_norm::RmsNorm;
use hearth_kernels::rope::{Rope, RopeLayout};
use hearth_kernels::weight::WeightBuilder;
use hearth_kernels::{Activation, CpuConfig, Elem, Isa, ValueType, dequantize, samples};
use hearth_tensor::DType;
use hearth_webgpu::{Gpu, GpuExecutor, GpuProgram, WeightPlan};

const N_VOCAB: usize = 12;
const N_EMBD: usize = 256;
const N_HEADS: usize = 8;
const N_KV_HEADS: usize = 4;
const HEAD_DIM: usize = 32;
const N_CTX: usize = 48;

fn block(dtype: DType, cache: DType) -> Graph {
    let mut g = Graph::new();
    let per_token =
        |g: &mut Graph, name: &str| g.input(name, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let [tokens, positions, sequences] =
        ["tokens", "positions", "sequences"].map(|name| per_token(&mut g, name));
    let table = g.weight("table", dtype, &[N_VOCAB, N_EMBD]);
    let norm = g.weight("norm", DType::F32, &[N_EMBD]);
    let q = g.weight("q", dtype, &[N_HEADS * HEAD_DIM, N_EMBD]);
    let [k, v] = ["k", "v"].map(|name| g.weight(name, dtype, &[N_KV_HEADS * HEAD_DIM, N_EMBD]));
    let [gate, up, down] =
        ["gate", "up", "down"].map(|name| g.weight(name, dtype, &[N_EMBD, N_EMBD]));
    let turns = (0..HEAD_DIM / 2)
        .map(|i| 1000f32.powf(-(i as f32) / 16.0))
        .collect();
    let turns = g.constant("turns", turns);
    let caches =
        ["keys", "values"].map(|name| g.state(name, cache, &[N_KV_HEADS, 2, N_CTX, HEAD_DIM]));
    let apply = |g: &mut Graph, x: ValueId, w: ValueId| {
        g.apply(MatMul::default(), &[x, w]).expect("product")
    };
    let x = g.apply(Embed, &[tokens, table]).expect("embed");
    let h = g.apply(RmsNorm { eps: 1e-6 }, &[x, norm]).expect("norm");
    let [q, k, v] = [q, k, v].map(|w| apply(&mut g, h, w));
    let rope = Rope {
        head_dim: HEAD_DIM,
        rotary_dims: HEAD_DIM,
        layout: RopeLayout::Halves,
        magnitude: 1.0,
    };
    let [q, k] = [q, k].map(|x| g.apply(rope.clone(), &[x, positions, turns]).expect("rope"));
    let [keys, values] = [(k, caches[0]), (v, caches[1])].map(|(rows, cache)| {
        g.apply(KvWrite, &[cache, rows, positions, sequences])
            .expect("cache")
    });
    let attention = Attention {
        n_heads: N_HEADS,
        n_kv_heads: N_KV_HEADS,
        head_dim: HEAD_DIM,
        scale: 0.2,
        mask: Mask::Causal { window: None },
        softcap: None,
        sinks: false,
    };
    let seen = g
        .apply(attention, &[q, keys, values, positions, sequences])
        .expect("attention");
    let [gate, up] = [gate, up].map(|w| apply(&mut g, seen, w));
    let gated = g
        .apply(Glu::new(Activation::Silu), &[gate, up])
        .expect("glu");
    let product = MatMul::new(false, true);
    let y = g.apply(product, &[gated, down, x]).expect("product");
    g.output("y", y);
    g
}

/// The bytes of each weight of a graph, by name.
fn bytes_of(name: &str, dtype: DType, n: usize, cols: usize) -> Vec<u8> {
    let seed = name
        .bytes()
        .fold(7, |seed: u64, byte| seed * 31 + u64::from(byte));
    samples::blocks(seed, dtype, n * cols / dtype.block_elems())
}

fn on_cpu(graph: Graph) -> CpuExecutor {
    let program = Program::new(graph, bounds(), CpuConfig { isa: Isa::best() }).expect("kernels");
    let plans = program.weights().to_vec();
    let mut executor = CpuExecutor::new(program, Pool::single());
    for (index, plan) in plans.into_iter().enumerate() {
        let spec = plan.spec;
        let mut builder = WeightBuilder::new(spec);
        builder
            .push_rows(&bytes_of(
                &plan.tensor.name,
                spec.dtype,
                spec.rows,
                spec.cols,
            ))
            .expect("whole rows");
        executor
            .set_weight(index, builder.finish().expect("all rows"))
            .expect("as planned");
    }
    executor
}

fn on_gpu(mut graph: Graph, gpu: Gpu, config: &GpuConfig, max_binding_bytes: usize) -> GpuExecutor {
    optimize_for_gpu(&mut graph, WeightPlan::max_whole_bytes(max_binding_bytes));
    verify(&graph).unwrap_or_else(|e| panic!("{e}"));
    let program = GpuProgram::new(graph, bounds(), config, max_binding_bytes).expect("kernels");
    let plans = program.weights().to_vec();
    let executor = pollster::block_on(GpuExecutor::new(gpu, program));
    let mut executor = executor.unwrap_or_else(|e| panic!("{e}"));
    for (index, plan) in plans.iter().enumerate() {
        let mut row = 0;
        for tensor in &plan.tensors {
            let name = &tensor.tensor.name;
            let elements: usize = tensor.dims.iter().product();
            let bytes = bytes_of(name, plan.dtype, elements / plan.cols, plan.cols);
            // In pieces, as files are read.
            for bytes in bytes.chunks(8 * plan.row_bytes) {
                executor.write_rows(index, row, bytes);
                row += bytes.len() / plan.row_bytes;
            }
        }
    }
    pollster::block_on(executor.ready()).unwrap_or_else(|e| panic!("{e}"));
    executor
}

fn bounds() -> Bindings {
    Bindings::default().with(TOKENS, 40).with(OUTPUTS, 1)
}

/// A prompt, a token more, and another sequence in between.
fn outputs(mut step: impl FnMut(&[i32], &[i32], &[i32]) -> Vec<f32>) -> Vec<Vec<f32>> {
    let prompt: Vec<i32> = (0..37).map(|i| i * 5 % N_VOCAB as i32).collect();
    let positions: Vec<i32> = (0..37).collect();
    vec![
        step(&prompt, &positions, &[0; 37]),
        step(&[3, 4], &[0, 1], &[1, 1]),
        step(&[7], &[37], &[0]),
        step(&[1, 2, 9], &[2, 38, 39], &[1, 0, 0]),
    ]
}

fn inputs<'a>(
    tokens: &'a [i32],
    positions: &'a [i32],
    sequences: &'a [i32],
) -> [(&'static str, &'a [i32]); 3] {
    [
        ("tokens", tokens),
        ("positions", positions),
        ("sequences", sequences),
    ]
}

/// Each element where arithmetic is exact. Of rounded activations the whole: scores are large with these weights, so that a small
/// difference lets attention see another key.
fn compare(name: &str, want: &[Vec<f32>], got: &[Vec<f32>], arithmetic: Arithmetic) {
    for (step, (want, got)) in want.iter().zip(got).enumerate() {
        let name = format!("{name}: step {step}");
        assert_eq!(want.len(), got.len(), "{name}");
        let largest = want.iter().fold(0f32, |m, v| m.max(v.abs()));
        assert!(largest > 0.0 && largest.is_finite(), "{name}: {largest}");
        if arithmetic != Arithmetic::F32 {
            let off: f32 = want.iter().zip(got).map(|(w, g)| (w - g).powi(2)).sum();
            let all: f32 = want.iter().map(|w| w.powi(2)).sum();
            let share = (off / all).sqrt();
            assert!(share < 0.1, "{name}: off by {share}");
            continue;
        }
        for (i, (w, g)) in want.iter().zip(got).enumerate() {
            let error = (w - g).abs() / largest;
            assert!(
                error < 2e-4,
                "{name}, element {i}: {g}, not {w} (of {largest})"
            );
        }
    }
}

fn run(dtype: DType, cache: DType, gpu: &Gpu, variant: ProductVariant, max_binding_bytes: usize) {
    let mut cpu = on_cpu(block(dtype, cache));
    let want = outputs(|tokens, positions, sequences| {
        let bindings = Bindings::default().with(TOKENS, tokens.len());
        cpu.run(&inputs(tokens, positions, sequences), &bindings)
            .expect("a step");
        cpu.output("y").to_vec()
    });
    let config = GpuConfig {
        in_step: variant.in_step,
        products: vec![(dtype, variant)],
    };
    let graph = block(dtype, cache);
    let mut device = on_gpu(graph, gpu.clone(), &config, max_binding_bytes);
    let got = outputs(|tokens, positions, sequences| {
        let bindings = Bindings::default().with(TOKENS, tokens.len());
        device
            .run(&inputs(tokens, positions, sequences), &bindings)
            .expect("a step");
        let output = pollster::block_on(device.output("y", &bindings));
        output.unwrap_or_else(|e| panic!("{e}")).to_vec()
    });
    let name = format!("{dtype}, cache {cache}, {variant:?}");
    compare(&name, &want, &got, variant.arithmetic);
}

#[test]
fn weights_of_every_type_give_what_the_cpu_gives() {
    let Some(gpu) = device::gpu("weights_of_every_type_give_what_the_cpu_gives") else {
        return;
    };
    let whole = gpu.max_binding_bytes();
    let plain = ProductVariant::PLAIN;
    for &dtype in dequantize::SUPPORTED {
        run(dtype, DType::F32, &gpu, plain, whole);
    }
    run(DType::Q4_0, DType::F16, &gpu, plain, whole);
}

#[test]
fn weights_may_lie_in_several_buffers() {
    let Some(gpu) = device::gpu("weights_may_lie_in_several_buffers") else {
        return;
    };
    // What the largest value but for weights takes: a cache.
    let limit = 4 * N_KV_HEADS * 2 * N_CTX * HEAD_DIM;
    let narrow = ProductVariant {
        in_step: 1,
        arithmetic: Arithmetic::PackedDot,
    };
    let plain = ProductVariant::PLAIN;
    for (dtype, variant) in [
        (DType::F32, plain),
        (DType::Q6_K, plain),
        (DType::Q8_0, narrow),
    ] {
        let matrix = dtype.bytes_for(N_EMBD * N_EMBD).expect("whole blocks");
        assert!(matrix > limit, "{dtype}: one buffer is enough");
        run(dtype, DType::F32, &gpu, variant, limit);
    }
}
