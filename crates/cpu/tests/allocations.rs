//! A step allocates nothing, whatever its threads and its number of tokens.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use hearth_cpu::{CpuExecutor, Pool, Program};
use hearth_graph::passes::{Activations, optimize};
use hearth_graph::{Bindings, Dim, Graph, TOKENS, ValueId};
use hearth_kernels::attention::{Attention, Mask};
use hearth_kernels::embed::Embed;
use hearth_kernels::glu::Glu;
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::matmul::MatMul;
use hearth_kernels::rms_norm::RmsNorm;
use hearth_kernels::weight::WeightBuilder;
use hearth_kernels::{Activation, CpuConfig, Elem, Isa, ValueType};
use hearth_tensor::DType;

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is the system allocator's with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above, and the pointer came from there.
        unsafe { System.dealloc(pointer, layout) }
    }
}

const N_VOCAB: usize = 11;
const N_EMBD: usize = 64;
const N_FF: usize = 128;
const N_HEADS: usize = 4;
const HEAD_DIM: usize = 16;
const N_CTX: usize = 32;

/// A block of a transformer without positions.
fn block(dtype: DType) -> Graph {
    let mut g = Graph::new();
    let per_token =
        |g: &mut Graph, name: &str| g.input(name, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let [tokens, positions, sequences] =
        ["tokens", "positions", "sequences"].map(|name| per_token(&mut g, name));
    let table = g.weight("table", DType::F32, &[N_VOCAB, N_EMBD]);
    let norm = g.weight("norm", DType::F32, &[N_EMBD]);
    let [q, k, v, o] = ["q", "k", "v", "o"].map(|name| g.weight(name, dtype, &[N_EMBD, N_EMBD]));
    let [gate, up] = ["gate", "up"].map(|name| g.weight(name, dtype, &[N_FF, N_EMBD]));
    let down = g.weight("down", dtype, &[N_EMBD, N_FF]);
    let caches =
        ["keys", "values"].map(|name| g.state(name, DType::F32, &[N_HEADS, 1, N_CTX, HEAD_DIM]));
    let x = g.apply(Embed, &[tokens, table]).expect("embed");
    let h = g.apply(RmsNorm { eps: 1e-6 }, &[x, norm]).expect("norm");
    let product = |g: &mut Graph, x: ValueId, w: ValueId| {
        let product = g.apply(MatMul::default(), &[x, w]);
        product.expect("product")
    };
    let [q, k, v] = [q, k, v].map(|w| product(&mut g, h, w));
    let [keys, values] = [(k, caches[0]), (v, caches[1])].map(|(rows, cache)| {
        let inputs = [cache, rows, positions, sequences];
        g.apply(KvWrite, &inputs).expect("cache")
    });
    let attention = Attention {
        n_heads: N_HEADS,
        n_kv_heads: N_HEADS,
        head_dim: HEAD_DIM,
        scale: 0.25,
        mask: Mask::Causal { window: None },
        softcap: None,
        sinks: false,
    };
    let inputs = [q, keys, values, positions, sequences];
    let seen = g.apply(attention, &inputs).expect("attention");
    let o = product(&mut g, seen, o);
    let [gate, up] = [gate, up].map(|w| product(&mut g, o, w));
    let gated = g.apply(Glu::new(Activation::Silu), &[gate, up]);
    let y = product(&mut g, gated.expect("glu"), down);
    g.output("y", y);
    g
}

fn executor(dtype: DType, isa: Isa, threads: usize) -> CpuExecutor {
    let mut graph = block(dtype);
    optimize(&mut graph, Activations::Auto);
    let bounds = Bindings::default().with(TOKENS, 16);
    let program = Program::new(graph, bounds, CpuConfig { isa }).expect("there are kernels");
    let plans = program.weights().to_vec();
    let mut executor = CpuExecutor::new(program, Pool::new(threads).expect("threads start"));
    for (index, plan) in plans.into_iter().enumerate() {
        let spec = plan.spec;
        let row = spec.dtype.bytes_for(spec.cols).expect("whole blocks");
        let mut builder = WeightBuilder::new(spec);
        builder
            .push_rows(&vec![0; spec.rows * row])
            .expect("whole rows");
        let weight = builder.finish().expect("all rows");
        executor.set_weight(index, weight).expect("as planned");
    }
    executor
}

fn step(executor: &mut CpuExecutor, tokens: usize, at: usize) {
    let positions: [i32; 16] = std::array::from_fn(|i| (at + i) as i32);
    let zeros = [0; 16];
    let inputs = [
        ("tokens", &zeros[..tokens]),
        ("positions", &positions[..tokens]),
        ("sequences", &zeros[..tokens]),
    ];
    let bindings = Bindings::default().with(TOKENS, tokens);
    executor.run(&inputs, &bindings).expect("the step fits");
}

/// Allocations of sixteen steps of one token, and one of sixteen.
fn round(executor: &mut CpuExecutor) -> usize {
    let before = ALLOCATIONS.load(SeqCst);
    for at in 0..16 {
        step(executor, 1, at);
    }
    step(executor, 16, 16);
    ALLOCATIONS.load(SeqCst) - before
}

#[test]
fn a_step_allocates_nothing() {
    for &isa in Isa::available() {
        for dtype in [DType::Q4_0, DType::Q8_0, DType::F32] {
            for threads in [1, 2, 3] {
                let mut executor = executor(dtype, isa, threads);
                executor.tune_threads().expect("all weights are there");
                // The first steps of a size make room for the inputs.
                step(&mut executor, 16, 0);
                // The threads of the pool before this one may still be ending, so the least of some rounds counts.
                let allocations = (0..5).map(|_| round(&mut executor)).min();
                assert_eq!(allocations, Some(0), "{isa} {dtype} {threads} threads");
            }
        }
    }
}
