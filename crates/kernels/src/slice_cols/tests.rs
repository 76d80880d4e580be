use hearth_tensor::{Dim, Symbol};

use super::{SliceCols, reference};
use crate::contract::{ContractError, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, kernel, run_all};
use crate::testing::random;

fn rows(d: usize) -> ValueType {
    ValueType::f32_rows(Dim::symbol(Symbol(0)), d)
}

#[test]
fn columns_are_copied() {
    for config in configs() {
        for (d, start, len) in [(1, 0, 1), (7, 2, 0), (20, 3, 17), (64, 16, 32)] {
            for t in [0, 1, 5] {
                let x = random(1, t * d, 4.0);
                let y = run_all(
                    &format!("{config:?}, {t} rows, {start} + {len} of {d}"),
                    &*kernel(&SliceCols { start, len }, &[rows(d)], config),
                    &[f32s(&[t, d], &x)],
                    (1, [t, len]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                assert_eq!(y[0], reference::slice_cols(&x, d, start, len));
            }
        }
    }
}

#[test]
fn columns_beyond_the_last_are_errors() {
    let slice = |start, len| SliceCols { start, len }.infer(&[rows(8)]);
    assert_eq!(slice(3, 5), Ok(vec![rows(5)]));
    for (start, len) in [(4, 5), (9, 0), (usize::MAX, 2)] {
        assert!(matches!(
            slice(start, len),
            Err(ContractError::Input { input: 0, .. })
        ));
    }
}
