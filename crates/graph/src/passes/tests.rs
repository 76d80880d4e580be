//! Golden files for passes. Bless a change with `INSTA_UPDATE=always cargo test -p hearth-graph`.

use hearth_kernels::add::Add;
use hearth_kernels::attention::{Attention, Mask};
use hearth_kernels::embed::Embed;
use hearth_kernels::expert_matmul::ExpertMatMul;
use hearth_kernels::glu::Glu;
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::matmul::MatMul;
use hearth_kernels::quantize_rows::{Blocks, QuantizeRows};
use hearth_kernels::rms_norm::RmsNorm;
use hearth_kernels::rope::{Rope, RopeLayout};
use hearth_kernels::route::Route;
use hearth_kernels::{Activation, Elem, ValueType};
use hearth_tensor::{Bindings, DType, Dim};

use super::*;
use crate::{MemoryPlan, TOKENS, ValueId, value_bytes, verify};

/// An embedding computed twice, a biased product, a gated MLP with its residual, a norm, and a node that nobody uses.
fn block() -> Graph {
    let mut g = Graph::new();
    let ids = g.input("tokens", ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let table = g.weight("token_embd.weight", DType::Q8_0, &[96, 64]);
    let weight = |g: &mut Graph, name: &str, rows: usize, cols: usize| {
        g.weight(name, DType::Q4_0, &[rows, cols])
    };
    let apply = |r: Result<ValueId, _>| r.expect("the contracts hold");

    let x = apply(g.apply(Embed, &[ids, table]));
    let same = apply(g.apply(Embed, &[ids, table]));
    g.set_layer(Some(0));
    let (q, bias) = (
        weight(&mut g, "q", 64, 64),
        g.weight("q.bias", DType::F32, &[64]),
    );
    let a = apply(g.apply(MatMul::default(), &[x, q]));
    let a = apply(g.apply(Add, &[a, bias]));
    let sum = apply(g.apply(Add, &[a, x]));
    let gate_weight = weight(&mut g, "gate", 128, 64);
    let gate = apply(g.apply(MatMul::default(), &[sum, gate_weight]));
    let up_weight = g.weight("up", DType::F32, &[128, 64]);
    let up = apply(g.apply(MatMul::default(), &[sum, up_weight]));
    let gated = apply(g.apply(Glu::new(Activation::Silu), &[gate, up]));
    let down_weight = weight(&mut g, "down", 64, 128);
    let down = apply(g.apply(MatMul::default(), &[gated, down_weight]));
    let branch = apply(g.apply(Add, &[down, sum]));
    let total = apply(g.apply(Add, &[branch, same]));
    let norm = g.weight("norm", DType::F32, &[64]);
    apply(g.apply(RmsNorm { eps: 1e-6 }, &[x, norm]));
    let y = apply(g.apply(RmsNorm { eps: 1e-6 }, &[total, norm]));
    let z = apply(g.apply(Add, &[y, total]));
    g.set_layer(None);
    g.output("y", z);
    g
}

#[test]
fn passes_rewrite_as_recorded() {
    let mut graph = block();
    verify(&graph).expect("the graph as built is sound");
    insta::assert_snapshot!("block_built", graph);
    for (name, pass) in PASSES {
        pass(&mut graph);
        verify(&graph).unwrap_or_else(|e| panic!("after {name}: {e}\n{graph}"));
        insta::assert_snapshot!(format!("block_{name}"), graph);
    }
    quantize_activations(&mut graph);
    verify(&graph).unwrap_or_else(|e| panic!("after quantize_activations: {e}\n{graph}"));
    merge_equal_nodes(&mut graph);
    remove_dead_code(&mut graph);
    verify(&graph).unwrap_or_else(|e| panic!("at the end: {e}\n{graph}"));
    insta::assert_snapshot!("block_quantize_activations", graph);
}

#[test]
fn passes_change_nothing_the_second_time() {
    let mut once = block();
    optimize(&mut once, Activations::Auto);
    let mut twice = once.clone();
    optimize(&mut twice, Activations::Auto);
    assert_eq!(once.to_string(), twice.to_string());
}

#[test]
fn activations_are_rounded_in_the_blocks_of_their_weights() {
    let mut g = Graph::new();
    let ids = g.input("tokens", ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let table = g.weight("token_embd.weight", DType::F32, &[96, 256]);
    let x = g.apply(Embed, &[ids, table]).expect("embeddings");
    for dtype in [DType::Q4_K, DType::Q8_0, DType::Q6_K] {
        let w = g.weight(&format!("{dtype}"), dtype, &[16, 256]);
        let y = g.apply(MatMul::default(), &[x, w]).expect("products");
        g.output(&format!("{dtype} out"), y);
    }
    optimize(&mut g, Activations::Auto);
    verify(&g).unwrap_or_else(|e| panic!("{e}\n{g}"));
    let nodes = g.nodes().iter();
    let blocks: Vec<Blocks> = nodes
        .filter_map(|node| node.op.downcast_ref::<QuantizeRows>())
        .map(|op| op.blocks)
        .collect();
    // Both K-quants share one.
    assert_eq!(blocks, [Blocks::Of256, Blocks::Of32], "{g}");
}

/// Experts whose matrices have `n` rows, of 64 columns.
fn experts(dtype: DType, n: usize) -> Graph {
    let mut g = Graph::new();
    let ids = g.input("tokens", ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let table = g.weight("token_embd.weight", DType::F32, &[96, 64]);
    let x = g.apply(Embed, &[ids, table]).expect("embeddings");
    let router = g.weight("router", DType::F32, &[4, 64]);
    let logits = g.apply(MatMul::default(), &[x, router]).expect("logits");
    let routed = g
        .apply_all(
            Route {
                n_used: 2,
                scaled: false,
            },
            &[logits],
        )
        .expect("experts");
    let w = g.weight("experts", dtype, &[4, n, 64]);
    let product = g.apply(ExpertMatMul::default(), &[x, w, routed[0]]);
    g.output("y", product.expect("products"));
    g
}

#[test]
fn experts_take_quantized_rows_where_no_tile_belongs_to_two() {
    for (dtype, n, quantized) in [
        (DType::Q4_0, 16, true),
        (DType::Q4_0, 12, false),
        (DType::F16, 16, false),
    ] {
        let mut graph = experts(dtype, n);
        optimize(&mut graph, Activations::Auto);
        verify(&graph).unwrap_or_else(|e| panic!("{dtype} {n}: {e}\n{graph}"));
        let names: Vec<&str> = graph.nodes().iter().map(|node| node.op.name()).collect();
        let rest = ["expert_matmul"];
        let start = ["embed", "matmul", "route"];
        let between = if quantized {
            &["quantize_rows"][..]
        } else {
            &[]
        };
        assert_eq!(names, [&start[..], between, &rest].concat(), "{dtype} {n}");
    }
}

#[test]
fn values_that_live_together_do_not_overlap() {
    for activations in [Activations::F32, Activations::Auto] {
        let mut graph = block();
        optimize(&mut graph, activations);
        let bounds = Bindings::default().with(TOKENS, 5);
        let plan = MemoryPlan::new(&graph, &bounds);
        // The nodes at which each value is live, by the definition: from its producer to its last user.
        let live = |id: ValueId| {
            let uses = |n: &crate::Node| n.outputs.contains(&id) || n.inputs.contains(&id);
            let mut nodes: Vec<usize> = (0..graph.nodes().len())
                .filter(|&i| uses(&graph.nodes()[i]))
                .collect();
            if graph.outputs().iter().any(|(_, out)| *out == id) {
                nodes.push(graph.nodes().len());
            }
            nodes[0]..=nodes[nodes.len() - 1]
        };
        let placed: Vec<ValueId> = graph
            .nodes()
            .iter()
            .flat_map(|n| n.outputs.clone())
            .collect();
        for (i, &a) in placed.iter().enumerate() {
            let bytes = |id: ValueId| value_bytes(&graph.value(id).ty, &bounds);
            let start = |id: ValueId| plan.offset(id).expect("intermediate values are planned");
            assert!(start(a) + bytes(a) <= plan.arena_bytes);
            for &b in &placed[i + 1..] {
                let together = live(a).start() <= live(b).end() && live(b).start() <= live(a).end();
                let apart = start(a) + bytes(a) <= start(b) || start(b) + bytes(b) <= start(a);
                assert!(!together || apart, "{a:?} and {b:?} overlap\n{graph}");
            }
        }
        let sum: usize = placed
            .iter()
            .map(|&id| value_bytes(&graph.value(id).ty, &bounds))
            .sum();
        assert!(plan.arena_bytes < sum, "lifetimes share memory");
    }
}

/// Attention over normalised, turned queries and keys, and a gated unit, as in Qwen 3. `values` is the type of the values'
/// weight.
fn layer(values: DType) -> Graph {
    let mut g = Graph::new();
    let per_token =
        |g: &mut Graph, name: &str| g.input(name, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let [ids, positions, sequences] =
        ["tokens", "positions", "sequences"].map(|name| per_token(&mut g, name));
    let apply = |r: Result<ValueId, _>| r.expect("the contracts hold");
    let product = |g: &mut Graph, x: ValueId, name: &str, dtype: DType, [n, k]: [usize; 2]| {
        let w = g.weight(name, dtype, &[n, k]);
        apply(g.apply(MatMul::default(), &[x, w]))
    };
    let norm = |g: &mut Graph, x: ValueId, name: &str, n: usize| {
        let w = g.weight(name, DType::F32, &[n]);
        apply(g.apply(RmsNorm { eps: 1e-6 }, &[x, w]))
    };
    let table = g.weight("token_embd.weight", DType::Q8_0, &[96, 64]);
    let x = apply(g.apply(Embed, &[ids, table]));
    g.set_layer(Some(0));
    let h = norm(&mut g, x, "attn_norm", 64);
    let q = product(&mut g, h, "q", DType::Q4_0, [64, 64]);
    let k = product(&mut g, h, "k", DType::Q4_0, [32, 64]);
    let v = product(&mut g, h, "v", values, [32, 64]);
    let turns = g.constant("turns", vec![1.0; 8]);
    let rope = Rope {
        head_dim: 16,
        rotary_dims: 16,
        layout: RopeLayout::Halves,
        magnitude: 1.0,
    };
    let q = norm(&mut g, q, "q_norm", 16);
    let k = norm(&mut g, k, "k_norm", 16);
    let [q, k] = [q, k].map(|x| apply(g.apply(rope.clone(), &[x, positions, turns])));
    let cache = |g: &mut Graph, name: &str, x: ValueId| {
        let state = g.state(name, DType::F16, &[2, 1, 32, 16]);
        apply(g.apply(KvWrite, &[state, x, positions, sequences]))
    };
    let (keys, values) = (cache(&mut g, "keys", k), cache(&mut g, "values", v));
    let attention = Attention {
        n_heads: 4,
        n_kv_heads: 2,
        head_dim: 16,
        scale: 0.25,
        mask: Mask::Causal { window: None },
        softcap: None,
        sinks: false,
    };
    let seen = apply(g.apply(attention, &[q, keys, values, positions, sequences]));
    let out = product(&mut g, seen, "o", DType::Q4_0, [64, 64]);
    let x = apply(g.apply(Add, &[out, x]));
    let h = norm(&mut g, x, "ffn_norm", 64);
    let gate = product(&mut g, h, "gate", DType::Q4_0, [128, 64]);
    let up = product(&mut g, h, "up", DType::Q4_0, [128, 64]);
    let gated = apply(g.apply(Glu::new(Activation::Silu), &[gate, up]));
    let down = product(&mut g, gated, "down", DType::Q4_0, [64, 128]);
    let y = apply(g.apply(Add, &[down, x]));
    g.set_layer(None);
    g.output("y", y);
    g
}

#[test]
fn layers_for_a_gpu_are_as_recorded() {
    for (name, values) in [("alike", DType::Q4_0), ("mixed", DType::F16)] {
        let mut graph = layer(values);
        verify(&graph).expect("the graph as built is sound");
        optimize_for_gpu(&mut graph, usize::MAX);
        verify(&graph).unwrap_or_else(|e| panic!("{name}: {e}\n{graph}"));
        insta::assert_snapshot!(format!("layer_for_gpu_{name}"), graph);
        let once = graph.to_string();
        optimize_for_gpu(&mut graph, usize::MAX);
        assert_eq!(graph.to_string(), once);
    }
}

#[test]
fn weights_that_would_have_to_be_cut_are_not_joined() {
    let mut graph = layer(DType::Q4_0);
    optimize_for_gpu(&mut graph, 64 * 64 / 2);
    verify(&graph).unwrap_or_else(|e| panic!("{e}\n{graph}"));
    let is_joined = |value: &crate::Value| {
        matches!(value.source, crate::Source::Joined(_)) && value.ty.dims.len() == 2
    };
    assert!(!graph.values().iter().any(is_joined), "{graph}");
}
