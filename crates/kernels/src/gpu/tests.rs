//! Every shader of every operation, without a GPU: it parses and validates, and what it declares is what the host side says.

use std::collections::HashSet;

use hearth_tensor::{DType, Dim, Symbol};
use naga::{AddressSpace, StorageAccess};

use super::*;
use crate::activation::Activation;
use crate::add::Add;
use crate::add_rms_norm::AddRmsNorm;
use crate::attention::{Attention, Mask};
use crate::contract::{Elem, Operation, ValueType};
use crate::dequantize::SUPPORTED;
use crate::embed::Embed;
use crate::expert_matmul::ExpertMatMul;
use crate::expert_sum::ExpertSum;
use crate::gated_delta_net::GatedDeltaNet;
use crate::gather_rows::GatherRows;
use crate::glu::{Glu, GluForm};
use crate::kv_write::KvWrite;
use crate::layer_norm::LayerNorm;
use crate::map::{Map, MapFunction};
use crate::matmul::MatMul;
use crate::mean_pool::MeanPool;
use crate::position_scale::PositionScale;
use crate::rms_norm::RmsNorm;
use crate::rope::{Rope, RopeLayout};
use crate::rope_write::RopeWrite;
use crate::route::Route;
use crate::sample::{ChoiceKernel, Settings};
use crate::short_conv::ShortConv;
use crate::slice_cols::SliceCols;
use crate::softmax::Softmax;

/// Bytes from one dispatch's parameters to the next one's, on the device that wants most.
const MAX_PARAMS_BYTES: usize = 256;
/// Storage buffers that every WebGPU device binds at once.
const MAX_STORAGE_BUFFERS: usize = 8;

#[test]
fn grids_cover_their_number_within_the_limits() {
    for n in [0, 1, 65_535, 65_536, 1_000_000, 4_000_000_000] {
        let [x, y, _] = grid(n);
        assert!(x <= MAX_WORKGROUPS && y <= MAX_WORKGROUPS, "{n}: {x} x {y}");
        assert!(u64::from(x) * u64::from(y) >= n as u64);
    }
}

const T: Dim = Dim::symbol(Symbol(0));

fn floats(cols: usize) -> ValueType {
    ValueType::f32_rows(T, cols)
}

fn weight(dtype: DType, dims: &[usize]) -> ValueType {
    ValueType::new(Elem::Weight(dtype), dims.iter().map(|&d| Dim::Fixed(d)))
}

fn vector(n: usize) -> ValueType {
    weight(DType::F32, &[n])
}

fn state(dtype: DType, dims: &[usize]) -> ValueType {
    ValueType::new(Elem::State(dtype), dims.iter().map(|&d| Dim::Fixed(d)))
}

fn integers() -> ValueType {
    ValueType::new(Elem::I32, [T])
}

/// An operation and its inputs.
type Case = (Box<dyn Operation>, Vec<ValueType>);

/// Every operation with every choice that changes a shader's text.
fn cases() -> Vec<Case> {
    let mut cases = plain();
    recurrent(&mut cases);
    caches(&mut cases);
    weights(&mut cases);
    cases
}

fn plain() -> Vec<Case> {
    let mut cases: Vec<Case> = vec![
        (Box::new(Add), vec![floats(8), floats(8)]),
        (
            Box::new(AddRmsNorm { eps: 1e-6 }),
            vec![floats(8), floats(8), vector(8)],
        ),
        (Box::new(RmsNorm { eps: 1e-6 }), vec![floats(8), vector(4)]),
        (
            Box::new(LayerNorm { eps: 1e-6 }),
            vec![floats(8), vector(8), vector(8)],
        ),
        (Box::new(Softmax), vec![floats(8)]),
        (Box::new(GatherRows), vec![floats(8), integers()]),
        (Box::new(MeanPool), vec![floats(8), integers(), integers()]),
        (
            Box::new(PositionScale {
                beta: 0.1,
                n_ctx_original: 64,
            }),
            vec![floats(8), integers()],
        ),
        (Box::new(SliceCols { start: 2, len: 4 }), vec![floats(8)]),
        (
            Box::new(ExpertSum),
            vec![
                ValueType::new(Elem::F32, [T, 2.into(), 8.into()]),
                floats(2),
            ],
        ),
    ];
    for scaled in [false, true] {
        let mut inputs = vec![floats(8)];
        inputs.extend(scaled.then(|| vector(8)));
        cases.push((Box::new(Route { n_used: 2, scaled }), inputs));
    }
    for function in Activation::ALL {
        cases.push((Box::new(Glu::new(function)), vec![floats(8), floats(8)]));
        let function = MapFunction::Activation(function);
        cases.push((Box::new(Map { function }), vec![floats(8)]));
    }
    let form = GluForm::ClampedSwish {
        alpha: 1.702,
        limit: 7.0,
    };
    cases.push((Box::new(Glu { form }), vec![floats(8), floats(8)]));
    for function in [MapFunction::Scale(0.5), MapFunction::SoftCap(30.0)] {
        cases.push((Box::new(Map { function }), vec![floats(8)]));
    }
    for layout in [RopeLayout::Interleaved, RopeLayout::Halves] {
        let op = Rope {
            head_dim: 8,
            rotary_dims: 6,
            layout,
            magnitude: 1.2,
        };
        cases.push((Box::new(op), vec![floats(16), integers(), vector(3)]));
    }
    cases
}

fn recurrent(cases: &mut Vec<Case>) {
    let op = ShortConv;
    let inputs = vec![
        state(DType::F32, &[2, 2, 8]),
        floats(8),
        weight(DType::F32, &[8, 3]),
        integers(),
        integers(),
    ];
    cases.push((Box::new(op), inputs));
    let op = GatedDeltaNet {
        n_k_heads: 2,
        n_v_heads: 4,
        k_dim: 8,
        v_dim: 4,
        eps: 1e-6,
    };
    let inputs = vec![
        state(DType::F32, &[2, 8, 16]),
        floats(48),
        floats(4),
        floats(4),
        vector(4),
        vector(4),
        integers(),
        integers(),
    ];
    cases.push((Box::new(op), inputs));
}

/// Heads that have keys of their own and share them, more than a workgroup takes; sizes of all kinds; contexts of one part and of several.
const HEADS: [([usize; 3], usize); 8] = [
    ([4, 2, 8], 16),
    ([4, 2, 6], 2048),
    ([32, 8, 128], 4096),
    ([64, 64, 32], 128),
    ([30, 2, 96], 1 << 20),
    ([16, 2, 256], 256),
    ([16, 1, 512], 1024),
    ([71, 1, 64], 512),
];

fn caches(cases: &mut Vec<Case>) {
    let dtypes = [DType::F32, DType::F16, DType::Q8_0];
    for (heads, n_ctx) in HEADS {
        for dtype in dtypes {
            if dtype.bytes_for(heads[2]).is_some() {
                cache(cases, dtype, heads, n_ctx);
            }
        }
    }
}

fn rope_write(
    [n_heads, n_kv_heads, head_dim]: [usize; 3],
    cache: &ValueType,
    values: bool,
    norm: Option<f32>,
) -> Case {
    let rope = Rope {
        head_dim,
        rotary_dims: 6,
        layout: RopeLayout::Halves,
        magnitude: 1.2,
    };
    let op = RopeWrite {
        rope,
        n_heads,
        norm,
        values,
    };
    let heads = n_heads + n_kv_heads * (1 + usize::from(values));
    let mut inputs = vec![floats(heads * head_dim), integers(), integers(), vector(3)];
    inputs.extend(vec![cache.clone(); 1 + usize::from(values)]);
    inputs.extend(norm.map(|_| vector(2 * head_dim)));
    (Box::new(op), inputs)
}

fn cache(
    cases: &mut Vec<Case>,
    dtype: DType,
    [n_heads, n_kv_heads, head_dim]: [usize; 3],
    n_ctx: usize,
) {
    let cache = state(dtype, &[n_kv_heads, 2, n_ctx, head_dim]);
    let inputs = vec![
        cache.clone(),
        floats(n_kv_heads * head_dim),
        integers(),
        integers(),
    ];
    cases.push((Box::new(KvWrite), inputs));
    for (values, norm) in [(true, Some(1e-6)), (true, None), (false, Some(1e-6))] {
        let heads = [n_heads, n_kv_heads, head_dim];
        cases.push(rope_write(heads, &cache, values, norm));
    }
    let masks = [
        Mask::Causal { window: None },
        Mask::Causal { window: Some(5) },
        Mask::Bidirectional { window: None },
        Mask::Bidirectional { window: Some(4) },
    ];
    for mask in masks {
        for more in [false, true] {
            let op = Attention {
                n_heads,
                n_kv_heads,
                head_dim,
                scale: 0.35,
                mask,
                softcap: more.then_some(20.0),
                sinks: more,
            };
            let mut inputs = vec![
                floats(n_heads * head_dim),
                cache.clone(),
                cache.clone(),
                integers(),
                integers(),
            ];
            inputs.extend(more.then(|| vector(n_heads)));
            cases.push((Box::new(op), inputs));
        }
    }
}

fn weights(cases: &mut Vec<Case>) {
    for &dtype in SUPPORTED {
        let k = 256;
        for (bias, residual) in [(false, false), (true, true)] {
            let mut inputs = vec![floats(k), weight(dtype, &[8, k])];
            inputs.extend(bias.then(|| vector(8)));
            inputs.extend(residual.then(|| floats(8)));
            cases.push((Box::new(MatMul::new(bias, residual)), inputs));
        }
        let fused = MatMul {
            norm: Some(1e-6),
            glu: Some(GluForm::Activation(Activation::Silu)),
            ..MatMul::default()
        };
        let inputs = vec![floats(k), weight(dtype, &[8, k]), vector(k)];
        cases.push((Box::new(fused), inputs));
        cases.push((Box::new(Embed), vec![integers(), weight(dtype, &[8, k])]));
        let ids = ValueType::new(Elem::I32, [T, 2.into()]);
        let mut inputs = vec![floats(k), weight(dtype, &[4, 8, k]), ids];
        let bias = dtype == DType::Q4_0;
        inputs.extend(bias.then(|| weight(DType::F32, &[4, 8])));
        cases.push((Box::new(ExpertMatMul { bias }), inputs));
    }
}

/// What devices may have: nothing, all in either arithmetic, and few or many invocations in step.
fn configs() -> Vec<GpuConfig> {
    let config = |in_step, arithmetic| {
        let variant = ProductVariant {
            in_step,
            arithmetic,
        };
        GpuConfig {
            in_step,
            products: SUPPORTED.iter().map(|&dtype| (dtype, variant)).collect(),
        }
    };
    vec![
        GpuConfig::LEAST,
        config(1, Arithmetic::F16),
        config(4, Arithmetic::PackedDot),
        config(32, Arithmetic::F16),
        config(128, Arithmetic::F32),
    ]
}

#[test]
fn shaders_are_what_the_host_says() {
    for (op, inputs) in cases() {
        let mut seen = HashSet::new();
        for config in configs() {
            let kernel = op.gpu(&inputs, &config);
            let kernel = kernel.unwrap_or_else(|e| panic!("{op:?}: {e}"));
            let new = kernel.stages().iter();
            let new = new.filter(|stage| seen.insert(stage.shader.clone()));
            new.for_each(check);
        }
    }
}

/// Tokens of a step that is larger than any: an axis of a dispatch does not take them.
const TOKENS: usize = 70_001;

#[test]
fn no_launch_is_beyond_the_limits_of_the_smallest_device() {
    let dims = |ty: &ValueType| -> Vec<usize> {
        let dim = |d: &Dim| d.fixed().unwrap_or(TOKENS);
        ty.dims.iter().map(dim).collect()
    };
    for (op, inputs) in cases() {
        for config in configs() {
            let kernel = op.gpu(&inputs, &config);
            let kernel = kernel.unwrap_or_else(|e| panic!("{op:?}: {e}"));
            let outputs = op.infer(&inputs);
            let output = dims(&outputs.unwrap_or_else(|e| panic!("{op:?}: {e}"))[0]);
            let inputs: Vec<Vec<usize>> = inputs.iter().map(dims).collect();
            let inputs: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
            let call = Call {
                inputs: &inputs,
                output: &output,
                rows: None,
            };
            for (number, stage) in kernel.stages().iter().enumerate() {
                let Launch { params, grid } = kernel.launch(number, &call);
                let name = &stage.shader.name;
                assert!(
                    grid.iter().all(|&n| n <= MAX_WORKGROUPS),
                    "{name}: {grid:?}"
                );
                assert!(4 * params.len() <= MAX_PARAMS_BYTES, "{name}: {params:?}");
            }
        }
    }
}

#[test]
fn shaders_that_choose_are_what_the_host_says() {
    for temperature in [0.0, 1.0] {
        let kernel = ChoiceKernel::new(Settings {
            n_vocab: 1000,
            temperature,
            top_k: 5,
            top_p: 0.5,
            min_p: 0.1,
            repetition_penalty: 1.1,
            frequency_penalty: 0.1,
            presence_penalty: 0.1,
            penalty_window: 64,
            logit_bias: vec![(1, 1.0)],
        });
        kernel.stages().iter().for_each(check);
    }
}

/// WGSL says that such a variable is 0 each time its line is reached. In Chromium's software GPU it keeps what it held in the iteration
/// of the loop before.
fn check_initial_values(name: &str, source: &str) {
    for line in source.lines().map(str::trim_start) {
        let is_local = line.starts_with("var ");
        assert!(
            !is_local || line.contains('='),
            "{name}: no initial value: {line}"
        );
    }
}

fn check(stage: &Stage) {
    let Shader {
        name,
        source,
        bindings,
        workgroup_size,
    } = &stage.shader;
    check_initial_values(name, source);
    let fail = |text: String| -> ! { panic!("{name}: {text}\n{source}") };
    // As a device does that has it.
    let enabled = format!("enable f16;\n{source}");
    let module =
        naga::front::wgsl::parse_str(&enabled).unwrap_or_else(|e| fail(e.emit_to_string(&enabled)));
    let flags = naga::valid::ValidationFlags::all();
    // `unpack2x16float`, which is in WGSL itself.
    let capabilities = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32
        | naga::valid::Capabilities::SHADER_FLOAT16
        | naga::valid::Capabilities::SUBGROUP;
    naga::valid::Validator::new(flags, capabilities)
        .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
        .subgroup_operations(naga::valid::SubgroupOperationSet::all())
        .validate(&module)
        .unwrap_or_else(|e| fail(e.emit_to_string(source)));
    let entry = &module.entry_points[0];
    assert_eq!(entry.name, "main", "{name}");
    assert_eq!(entry.workgroup_size, *workgroup_size, "{name}");
    let invocations: u32 = workgroup_size.iter().product();
    assert!(invocations <= MAX_INVOCATIONS, "{name}");
    assert!(
        bindings.len() <= MAX_STORAGE_BUFFERS,
        "{name}: {} buffers",
        bindings.len()
    );
    assert_eq!(bindings.len(), stage.binds.len(), "{name}");
    let mut bound = Vec::new();
    let mut shared = 0;
    for (_, variable) in module.global_variables.iter() {
        let binding = match variable.space {
            AddressSpace::Uniform => None,
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => {
                Some(Binding::ReadWrite)
            }
            AddressSpace::Storage { .. } => Some(Binding::Read),
            AddressSpace::WorkGroup => {
                shared += module.types[variable.ty].inner.size(module.to_ctx());
                continue;
            }
            other => fail(format!("{other:?} cannot be bound")),
        };
        let place = variable.binding.as_ref().map(|b| (b.group, b.binding));
        bound.push((place.unwrap_or_default(), binding));
    }
    assert!(shared <= MAX_WORKGROUP_BYTES, "{name}: {shared} bytes");
    bound.sort_by_key(|(place, _)| *place);
    let storages = bindings.iter().map(|&binding| Some(binding));
    let want: Vec<_> = (0..)
        .map(|number| (0, number))
        .zip(std::iter::once(None).chain(storages))
        .collect();
    assert_eq!(bound, want, "{name}");
}
