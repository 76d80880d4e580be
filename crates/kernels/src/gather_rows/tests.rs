use hearth_tensor::{Dim, Symbol};

use super::{GatherRows, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, i32s, kernel, run_all};
use crate::testing::{WIDTHS, random};

fn types(d: usize) -> [ValueType; 2] {
    [
        ValueType::f32_rows(Dim::symbol(Symbol(0)), d),
        ValueType::new(Elem::I32, [Dim::symbol(Symbol(1))]),
    ]
}

#[test]
fn rows_are_copied() {
    for config in configs() {
        for d in WIDTHS {
            let x = random(1, 5 * d, 4.0);
            for rows in [&[][..], &[4], &[2, 0, 2, 4]] {
                let y = run_all(
                    &format!("{config:?}, d={d}, {rows:?}"),
                    &*kernel(&GatherRows, &types(d), config),
                    &[f32s(&[5, d], &x), i32s(&[rows.len()], rows)],
                    (1, [rows.len(), d]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let rows: Vec<usize> = rows.iter().map(|&r| r as usize).collect();
                assert_eq!(y[0], reference::gather_rows(&x, d, &rows));
            }
        }
    }
}

#[test]
fn output_has_a_row_per_number() {
    assert_eq!(
        GatherRows.infer(&types(8)),
        Ok(vec![ValueType::f32_rows(Dim::symbol(Symbol(1)), 8)])
    );
}

#[test]
#[should_panic(expected = "gather_rows: row 2 of 2 rows")]
fn row_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    let kernel = kernel(&GatherRows, &types(1), config);
    let inputs = [f32s(&[2, 1], &[1.0, 2.0]), i32s(&[1], &[2])];
    run_all("out of range", &*kernel, &inputs, (1, [1, 1]), &[]);
}

#[test]
fn broken_contracts_are_errors() {
    let [x, rows] = types(8);
    assert!(matches!(
        GatherRows.infer(std::slice::from_ref(&x)),
        Err(ContractError::Arity { expected: 2, .. })
    ));
    assert!(matches!(
        GatherRows.infer(&[x.clone(), x]),
        Err(ContractError::Input { input: 1, .. })
    ));
    assert!(matches!(
        GatherRows.infer(&[rows.clone(), rows]),
        Err(ContractError::Input { input: 0, .. })
    ));
}
