//! The contract. What the shader gives is compared with the reference on a device, by the tests of `hearth-webgpu`.

use hearth_tensor::{DType, Dim, Symbol};

use super::{RopeWrite, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::CpuConfig;
use crate::rope::{Rope, RopeLayout};

const HEAD_DIM: usize = 8;
const N_KV_HEADS: usize = 2;

fn op() -> RopeWrite {
    RopeWrite {
        rope: Rope {
            head_dim: HEAD_DIM,
            rotary_dims: 6,
            layout: RopeLayout::Halves,
            magnitude: 1.0,
        },
        n_heads: 4,
        norm: Some(1e-6),
        values: true,
    }
}

fn inputs() -> Vec<ValueType> {
    let t = Dim::symbol(Symbol(0));
    let vector = |n| ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(n)]);
    let cache = ValueType::new(
        Elem::State(DType::F16),
        [N_KV_HEADS, 1, 16, HEAD_DIM].map(Dim::Fixed),
    );
    vec![
        ValueType::f32_rows(t, (4 + 2 * N_KV_HEADS) * HEAD_DIM),
        ValueType::new(Elem::I32, [t]),
        ValueType::new(Elem::I32, [t]),
        vector(3),
        cache.clone(),
        cache,
        vector(2 * HEAD_DIM),
    ]
}

#[test]
fn it_gives_the_states_and_the_queries() {
    let types = inputs();
    let outputs = op().infer(&types).expect("the contract holds");
    assert_eq!(outputs[..2], types[4..6]);
    assert_eq!(outputs[2].cols(), Some(4 * HEAD_DIM));
    assert_eq!(op().states_written(), [4, 5]);

    let keys_alone = RopeWrite {
        values: false,
        norm: None,
        ..op()
    };
    let mut types = types[..5].to_vec();
    types[0] = ValueType::f32_rows(Dim::symbol(Symbol(0)), (4 + N_KV_HEADS) * HEAD_DIM);
    let outputs = keys_alone.infer(&types).expect("the contract holds");
    assert_eq!(outputs.len(), 2);
    assert_eq!(keys_alone.states_written(), [4]);
}

#[test]
fn broken_contracts_are_errors() {
    let broken = |input: usize, value: ValueType| {
        let mut types = inputs();
        types[input] = value;
        match op().infer(&types) {
            Err(ContractError::Input { input: found, .. }) => assert_eq!(found, input),
            other => panic!("input {input}: {other:?}"),
        }
    };
    let types = inputs();
    broken(0, ValueType::f32_rows(Dim::symbol(Symbol(0)), HEAD_DIM));
    broken(1, types[0].clone());
    broken(2, types[3].clone());
    broken(3, types[6].clone());
    broken(4, types[0].clone());
    let mut other = types[5].clone();
    other.elem = Elem::State(DType::F32);
    broken(5, other);
    broken(6, types[3].clone());
    assert!(op().infer(&types[..6]).is_err());
}

#[test]
fn there_is_no_cpu_kernel() {
    let isa = hearth_simd::Isa::available()[0];
    let error = op().cpu(&inputs(), CpuConfig { isa });
    assert!(matches!(error, Err(ContractError::NoCpuKernel { .. })));
}

#[test]
fn the_reference_turns_queries_and_keys_and_keeps_values() {
    let rope = Rope {
        head_dim: 2,
        rotary_dims: 2,
        layout: RopeLayout::Interleaved,
        magnitude: 1.0,
    };
    let op = RopeWrite {
        rope,
        n_heads: 1,
        norm: None,
        values: true,
    };
    // A quarter turn: (a, b) becomes (-b, a).
    let quarter = std::f32::consts::FRAC_PI_2;
    let row = reference::row(&op, 1, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1, &[quarter], &[]);
    let close = |got: &[f64], want: [f64; 2]| {
        assert!(
            got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-6),
            "{got:?}"
        );
    };
    close(&row.queries, [-2.0, 1.0]);
    close(&row.keys, [-4.0, 3.0]);
    close(&row.values, [5.0, 6.0]);
}
