use hearth_tensor::{DType, Dim, Symbol};

use super::{Add, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::{REORDERED_F32, WIDTHS, assert_close, random};

fn rows(n: usize) -> ValueType {
    ValueType::f32_rows(Dim::symbol(Symbol(0)), n)
}

fn bias(n: usize) -> ValueType {
    ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(n)])
}

const CUTS: [Partition; 3] = [Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)];

#[test]
fn variants_match_reference() {
    for config in configs() {
        for n in WIDTHS {
            for t in [0, 1, 3] {
                let a = random(1, t * n, 4.0);
                for b_dims in [vec![t, n], vec![n]] {
                    let b = random(2, b_dims.iter().product(), 4.0);
                    let b_type = if b_dims.len() == 1 { bias(n) } else { rows(n) };
                    let context = format!("{config:?}, [{t}, {n}] + {b_dims:?}");
                    let y = run_all(
                        &context,
                        &*kernel(&Add, &[rows(n), b_type], config),
                        &[f32s(&[t, n], &a), f32s(&b_dims, &b)],
                        (1, [t, n]),
                        &CUTS,
                    );
                    assert_close(&context, &y[0], &reference::add(&a, &b), REORDERED_F32);
                }
            }
        }
    }
}

#[test]
fn broken_contracts_are_errors() {
    assert_eq!(Add.infer(&[rows(8), bias(8)]), Ok(vec![rows(8)]));
    assert!(matches!(
        Add.infer(&[rows(8)]),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    for b in [rows(9), bias(9), ValueType::f32_rows(Dim::Fixed(1), 8)] {
        assert!(matches!(
            Add.infer(&[rows(8), b]),
            Err(ContractError::Input { input: 1, .. })
        ));
    }
}

#[test]
fn few_rows_are_cut_by_columns() {
    let [config, ..] = configs().collect::<Vec<_>>()[..] else {
        panic!("there is always an instruction set");
    };
    let kernel = kernel(&Add, &[rows(64), rows(64)], config);
    assert_eq!(kernel.partition(&[1, 64], 4), Partition::Cols(16));
    assert_eq!(kernel.partition(&[4, 64], 4), Partition::Rows(1));
}
