//! Graphs of small files made here, and what is refused. Numbers are checked by `conformance`.

use hearth_gguf::{Gguf, GgufWriter, Value};
use hearth_graph::passes::{Activations, optimize, optimize_for_gpu};
use hearth_tensor::{DType, Shape};

use super::*;

/// A file's header, as keys and tensors, with zeros for data.
#[derive(Clone)]
struct File {
    keys: Vec<(String, Value)>,
    tensors: Vec<(String, DType, Vec<usize>)>,
}

impl File {
    /// One layer of 4 heads of 8, 2 of them keys and values.
    fn new(architecture: &str) -> Self {
        let mut file = File {
            keys: vec![("general.architecture".into(), architecture.into())],
            tensors: Vec::new(),
        };
        for (name, value) in [
            ("block_count", 1u32),
            ("embedding_length", 32),
            ("feed_forward_length", 64),
            ("attention.head_count", 4),
            ("attention.head_count_kv", 2),
            ("context_length", 128),
        ] {
            file.key(&format!("{architecture}.{name}"), value);
        }
        file.key(
            &format!("{architecture}.attention.layer_norm_rms_epsilon"),
            1e-5f32,
        );
        file.tensor("token_embd.weight", DType::Q8_0, &[96, 32]);
        file.tensor("output_norm.weight", DType::F32, &[32]);
        for (name, dtype, dims) in [
            ("attn_norm", DType::F32, &[32][..]),
            ("attn_q", DType::Q4_0, &[32, 32]),
            ("attn_k", DType::Q4_0, &[16, 32]),
            ("attn_v", DType::Q4_0, &[16, 32]),
            ("attn_output", DType::Q4_0, &[32, 32]),
            ("ffn_norm", DType::F32, &[32]),
            ("ffn_gate", DType::Q4_0, &[64, 32]),
            ("ffn_up", DType::Q4_0, &[64, 32]),
            ("ffn_down", DType::F16, &[32, 64]),
        ] {
            file.tensor(&format!("blk.0.{name}.weight"), dtype, dims);
        }
        file
    }

    fn key(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.retain(|(k, _)| k != key);
        self.keys.push((key.to_owned(), value.into()));
    }

    fn tensor(&mut self, name: &str, dtype: DType, dims: &[usize]) {
        self.tensors.retain(|(n, _, _)| n != name);
        self.tensors.push((name.to_owned(), dtype, dims.to_vec()));
    }

    fn without(mut self, name: &str) -> Self {
        self.tensors.retain(|(n, _, _)| n != name);
        self
    }

    fn build(&self) -> Result<Model, ModelError> {
        self.build_with(DType::F16)
    }

    fn build_with(&self, cache_dtype: DType) -> Result<Model, ModelError> {
        let mut writer = GgufWriter::new();
        for (key, value) in &self.keys {
            writer.metadata(key, value.clone()).expect("keys are sound");
        }
        for (name, dtype, dims) in &self.tensors {
            let shape = Shape::new(dims.clone());
            writer
                .tensor(name, *dtype, &shape)
                .expect("tensors are sound");
        }
        let mut body = writer.begin(Vec::new()).expect("memory takes everything");
        for (_, dtype, dims) in &self.tensors {
            let data = vec![
                0;
                dtype
                    .bytes_for(dims.iter().product())
                    .expect("whole blocks")
            ];
            body.append(&data).expect("memory takes everything");
        }
        let file = body.finish().expect("all data is there");
        let gguf = Gguf::parse(&file).expect("the writer's files parse");
        let options = BuildOptions {
            n_ctx: 64,
            n_sequences: 1,
            cache_dtype,
        };
        Description::read(&gguf)?.build(&gguf, options, &|info| {
            Ok(vec![2.0; info.shape.elems().unwrap_or(0)])
        })
    }
}

#[test]
fn caches_whose_blocks_heads_do_not_fill_are_errors() {
    let error = File::new("llama").build_with(DType::Q8_0);
    let told = error.map(|_| ()).expect_err("heads of 8").to_string();
    assert!(told.ends_with("have 8; choose an F16 cache"), "{told}");
}

#[test]
fn graphs_are_as_recorded() {
    let mut qwen3 = File::new("qwen3");
    qwen3.tensor("blk.0.attn_q_norm.weight", DType::F32, &[8]);
    qwen3.tensor("blk.0.attn_k_norm.weight", DType::F32, &[8]);
    let mut qwen2 = File::new("qwen2");
    qwen2.tensor("blk.0.attn_q.bias", DType::F16, &[32]);
    qwen2.tensor("output.weight", DType::Q8_0, &[96, 32]);
    for (name, file) in [
        ("llama", File::new("llama")),
        ("qwen2", qwen2),
        ("qwen3", qwen3),
    ] {
        let build = || file.build().unwrap_or_else(|e| panic!("{name}: {e}"));
        let verify = |graph| hearth_graph::verify(graph).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut model = build();
        optimize(&mut model.graph, Activations::Auto);
        verify(&model.graph);
        insta::assert_snapshot!(format!("{name}_optimized"), model.graph);
        let mut model = build();
        optimize_for_gpu(&mut model.graph, usize::MAX);
        verify(&model.graph);
        insta::assert_snapshot!(format!("{name}_for_gpu"), model.graph);
    }
}

#[test]
fn files_that_would_compute_something_else_are_refused() {
    let refused = |change: &dyn Fn(&mut File)| {
        let mut file = File::new("llama");
        change(&mut file);
        file.build().expect_err("the file is refused")
    };
    let text = |change: &dyn Fn(&mut File)| refused(change).to_string();

    let unknown = File::new("grok")
        .build()
        .expect_err("the file is refused")
        .to_string();
    assert!(
        unknown.contains("grok") && ARCHITECTURES.iter().all(|a| unknown.contains(a.name)),
        "{unknown}"
    );

    let missing = File::new("llama").without("blk.0.ffn_up.weight").build();
    assert!(
        matches!(missing, Err(ModelError::MissingTensor { name }) if name == "blk.0.ffn_up.weight")
    );

    let shape = refused(&|f| f.tensor("blk.0.attn_k.weight", DType::F32, &[32, 32]));
    assert!(matches!(shape, ModelError::WrongShape { .. }), "{shape}");

    let dtype = text(&|f| f.tensor("blk.0.attn_k.weight", DType::Q8_1, &[16, 32]));
    assert!(
        dtype.contains("Q8_1") && dtype.contains("blk.0.attn_k.weight"),
        "{dtype}"
    );

    let extra = refused(&|f| f.tensor("blk.0.attn_sinks.weight", DType::F32, &[4]));
    assert!(
        matches!(extra, ModelError::UnusedTensors { count: 1, .. }),
        "{extra}"
    );

    let scaling = refused(&|f| f.key("llama.rope.scaling.type", "dynamic"));
    assert!(
        matches!(scaling, ModelError::UnsupportedRopeScaling { .. }),
        "{scaling}"
    );

    for (key, value) in [
        ("block_count", 0u32),
        ("block_count", u32::MAX),
        ("attention.head_count_kv", 3),
        ("rope.dimension_count", 7),
        ("rope.dimension_count", 10),
        ("attention.value_length", 4),
        ("attention.head_count", 0),
    ] {
        let error = refused(&|f| f.key(&format!("llama.{key}"), value));
        assert!(
            matches!(error, ModelError::BadHyperparameter { .. }),
            "{key} = {value}: {error}"
        );
    }
    let nan = refused(&|f| f.key("llama.attention.layer_norm_rms_epsilon", f32::NAN));
    assert!(matches!(nan, ModelError::BadHyperparameter { .. }), "{nan}");
}

#[test]
fn linear_scaling_divides_the_frequencies() {
    let frequencies = |change: &dyn Fn(&mut File)| {
        let mut file = File::new("llama");
        change(&mut file);
        let model = file.build().expect("the file is sound");
        let mut constants = model.graph.values().iter().filter_map(|v| match &v.source {
            hearth_graph::Source::Constant(_, data) => Some(data.to_vec()),
            _ => None,
        });
        constants.next().expect("the frequencies are a constant")
    };
    let plain = frequencies(&|_| ());
    // base 10000, 8 dimensions: 10000^(-2i/8).
    for (got, want) in plain.iter().zip([1.0, 0.1, 0.01, 0.001]) {
        assert!((got - want).abs() < 1e-6 * want, "{plain:?}");
    }
    let half: Vec<f32> = plain.iter().map(|f| f / 2.0).collect();
    assert_eq!(
        frequencies(&|f| f.key("llama.rope.scaling.factor", 2.0f32)),
        half
    );
    // The test's reader gives 2 for every factor.
    assert_eq!(
        frequencies(&|f| f.tensor("rope_freqs.weight", DType::F32, &[4])),
        half
    );
    let none = frequencies(&|f| {
        f.key("llama.rope.scaling.factor", 2.0f32);
        f.key("llama.rope.scaling.type", "none");
    });
    assert_eq!(none, plain);
}
