//! A layer of experts through graph, passes, program and pool: values of three dimensions, a node with two outputs of
//! which one is integers, stacked weights in rows and in tiles.

use hearth_cpu::{CpuExecutor, Pool, Program};
use hearth_graph::passes::{Activations, optimize};
use hearth_graph::{Bindings, Dim, Graph, GraphError, TOKENS, verify};
use hearth_kernels::embed::Embed;
use hearth_kernels::expert_matmul::ExpertMatMul;
use hearth_kernels::expert_matmul::reference::{Experts, expert_matmul};
use hearth_kernels::expert_sum::{ExpertSum, reference::expert_sum};
use hearth_kernels::glu::{Glu, reference::glu};
use hearth_kernels::matmul::{MatMul, reference::matmul};
use hearth_kernels::route::{Route, reference::route};
use hearth_kernels::weight::WeightBuilder;
use hearth_kernels::{Activation, CpuConfig, Elem, Isa, ValueType, dequantize};
use hearth_tensor::DType;

const N_VOCAB: usize = 13;
const N_EMBD: usize = 64;
const N_EXPERTS: usize = 5;
const N_USED: usize = 2;
const N_FF: usize = 32;
const IDS: [i32; 7] = [3, 0, 12, 7, 7, 1, 9];

/// Names, types and dimensions of the weights; `experts` is the type of the experts' matrices.
fn tensors(experts: DType) -> [(&'static str, DType, Vec<usize>); 6] {
    [
        ("table", DType::F32, vec![N_VOCAB, N_EMBD]),
        ("router", DType::F32, vec![N_EXPERTS, N_EMBD]),
        ("gate", experts, vec![N_EXPERTS, N_FF, N_EMBD]),
        ("gate.bias", DType::F32, vec![N_EXPERTS, N_FF]),
        ("up", experts, vec![N_EXPERTS, N_FF, N_EMBD]),
        ("down", experts, vec![N_EXPERTS, N_EMBD, N_FF]),
    ]
}

fn layer(experts: DType) -> Result<Graph, GraphError> {
    let mut g = Graph::new();
    let ids = g.input("tokens", ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let [table, router, gate, bias, up, down] =
        tensors(experts).map(|(name, dtype, dims)| g.weight(name, dtype, &dims));
    let x = g.apply(Embed, &[ids, table])?;
    let logits = g.apply(MatMul::default(), &[x, router])?;
    let routed = g.apply_all(
        Route {
            n_used: N_USED,
            scaled: false,
        },
        &[logits],
    )?;
    let (chosen, weights) = (routed[0], routed[1]);
    let gate = g.apply(ExpertMatMul { bias: true }, &[x, gate, chosen, bias])?;
    let up = g.apply(ExpertMatMul::default(), &[x, up, chosen])?;
    let gated = g.apply(Glu::new(Activation::Silu), &[gate, up])?;
    let outputs = g.apply(ExpertMatMul::default(), &[gated, down, chosen])?;
    let y = g.apply(ExpertSum, &[outputs, weights])?;
    g.output("y", y);
    Ok(g)
}

/// The bytes of a tensor: elements of some tenths, different for each name.
fn raw(name: &str, dtype: DType, dims: &[usize]) -> Vec<u8> {
    let mut state = name
        .bytes()
        .fold(1u32, |h, b| h.wrapping_mul(31) + u32::from(b));
    let mut code = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as i8
    };
    let elems: usize = dims.iter().product();
    match dtype {
        DType::F32 => (0..elems)
            .flat_map(|_| (f32::from(code()) / 256.0).to_le_bytes())
            .collect(),
        DType::Q8_0 => (0..elems / 32)
            .flat_map(|_| {
                // 2^-9 in half precision.
                let scale = 0x1800u16.to_le_bytes();
                let codes: [u8; 32] = std::array::from_fn(|_| code().max(-127) as u8);
                [&scale[..], &codes].concat()
            })
            .collect(),
        other => panic!("no tensor here is {other}"),
    }
}

fn executor(experts: DType, activations: Activations, isa: Isa, threads: usize) -> CpuExecutor {
    let mut graph = layer(experts).expect("the contracts hold");
    optimize(&mut graph, activations);
    verify(&graph).expect("the graph is sound");
    let bounds = Bindings::default().with(TOKENS, IDS.len());
    let program = Program::new(graph, bounds, CpuConfig { isa }).expect("there are kernels");
    let plans = program.weights().to_vec();
    let mut executor = CpuExecutor::new(program, Pool::new(threads).expect("threads start"));
    for (index, plan) in plans.into_iter().enumerate() {
        let (name, dtype, dims) = tensors(experts)
            .into_iter()
            .find(|(name, ..)| **name == *plan.tensor.name)
            .expect("the weight has a tensor");
        let mut builder = WeightBuilder::new(plan.spec);
        builder.push_rows(&raw(name, dtype, &dims)).expect("rows");
        let weight = builder.finish().expect("all rows");
        executor.set_weight(index, weight).expect("as planned");
    }
    executor
}

fn step(executor: &mut CpuExecutor, ids: &[i32]) -> Vec<f32> {
    let bindings = Bindings::default().with(TOKENS, ids.len());
    executor
        .run(&[("tokens", ids)], &bindings)
        .expect("the step fits");
    executor.output("y").to_vec()
}

/// The layer by the operations' formulas.
fn reference(experts: DType) -> Vec<f64> {
    let [table, router, gate, bias, up, down] = tensors(experts).map(|(name, dtype, dims)| {
        let bytes = raw(name, dtype, &dims);
        dequantize::reference::dequantize(dtype, &bytes).expect("supported")
    });
    let doubles = |v: &[f32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
    let singles = |v: &[f64]| v.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let rows = IDS
        .iter()
        .map(|&id| &table[id as usize * N_EMBD..][..N_EMBD]);
    let x = doubles(&rows.collect::<Vec<_>>().concat());
    let logits = singles(&matmul(&x, &doubles(&router), N_EMBD));
    let (ids, weights) = route(&logits, None, N_EXPERTS, N_USED);
    let product = |x: &[f64], per_x, w: &[f32], bias: Option<&[f64]>, [n, k]: [usize; 2]| {
        let w = &doubles(w);
        expert_matmul(x, per_x, Experts { w, bias, n, k }, &ids)
    };
    let bias = doubles(&bias);
    let gate = product(&x, N_USED, &gate, Some(&bias), [N_FF, N_EMBD]);
    let up = product(&x, N_USED, &up, None, [N_FF, N_EMBD]);
    let form = Glu::new(Activation::Silu).form;
    let gated = glu(form, &singles(&gate), &singles(&up));
    let outputs = product(&gated, 1, &down, None, [N_EMBD, N_FF]);
    expert_sum(&singles(&outputs), N_EMBD, &singles(&weights), N_USED)
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for v in values {
        sum += v * v;
        count += 1.0;
    }
    f64::sqrt(sum / count)
}

#[test]
fn a_layer_of_experts_matches_the_formulas() {
    // Eight bits of activations are good to some thousandths.
    for (experts, activations, tolerance) in [
        (DType::F32, Activations::F32, 1e-6),
        (DType::Q8_0, Activations::F32, 1e-6),
        (DType::F32, Activations::Auto, 1e-6),
        (DType::Q8_0, Activations::Auto, 1e-2),
    ] {
        let want = reference(experts);
        let size = root_mean_square(want.iter().copied());
        for &isa in Isa::available() {
            let got = step(&mut executor(experts, activations, isa, 1), &IDS);
            let errors = got.iter().zip(&want).map(|(&g, w)| f64::from(g) - w);
            let error = root_mean_square(errors) / size;
            assert!(
                error <= tolerance,
                "{experts} {activations:?} {isa}: {error}"
            );
        }
    }
}

#[test]
fn neither_threads_nor_tokens_of_a_step_change_a_bit() {
    for (experts, activations) in [
        (DType::F32, Activations::F32),
        (DType::Q8_0, Activations::Auto),
    ] {
        for &isa in Isa::available() {
            let all = step(&mut executor(experts, activations, isa, 1), &IDS);
            for threads in [1, 2, 3] {
                let mut executor = executor(experts, activations, isa, threads);
                assert_eq!(step(&mut executor, &IDS), all, "{isa}, {threads} threads");
                for (token, want) in IDS.iter().zip(all.chunks_exact(N_EMBD)) {
                    let alone = step(&mut executor, std::slice::from_ref(token));
                    assert_eq!(alone, want, "{isa}, {threads} threads, {token} alone");
                }
            }
        }
    }
}
