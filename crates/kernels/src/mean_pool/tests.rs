use hearth_tensor::{Dim, Symbol};

use super::reference::MEANS;
use super::{MeanPool, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::Partition;
use crate::cut::{configs, f32s, i32s, kernel, run_all};
use crate::testing::{WIDTHS, assert_close, random, rows_of_floats};

fn types(n: usize) -> [ValueType; 3] {
    let ids = |symbol| ValueType::new(Elem::I32, [Dim::symbol(Symbol(symbol))]);
    [rows_of_floats(n), ids(0), ids(1)]
}

#[test]
fn variants_match_reference() {
    // Two texts whose rows are interleaved, and one of a single row.
    let sequences = [3, 0, 3, 3, 7, 0];
    for config in configs() {
        for n in WIDTHS {
            let x = random(1, 6 * n, 4.0);
            for rows in [&[][..], &[4], &[5, 3, 4, 0]] {
                let context = format!("{config:?}, n={n}, {rows:?}");
                let y = run_all(
                    &context,
                    &*kernel(&MeanPool, &types(n), config),
                    &[
                        f32s(&[6, n], &x),
                        i32s(&[6], &sequences),
                        i32s(&[rows.len()], rows),
                    ],
                    (1, [rows.len(), n]),
                    &[Partition::Rows(1), Partition::Cols(16), Partition::Cols(3)],
                );
                let rows: Vec<usize> = rows.iter().map(|&r| r as usize).collect();
                let want = reference::mean_pool(&x, n, &sequences, &rows);
                assert_close(&context, &y[0], &want, MEANS);
            }
        }
    }
}

#[test]
fn other_sequences_do_not_count() {
    for config in configs() {
        let y = run_all(
            "by hand",
            &*kernel(&MeanPool, &types(1), config),
            &[
                f32s(&[4, 1], &[1.0, f32::NAN, 2.0, 6.0]),
                i32s(&[4], &[0, 1, 0, 0]),
                i32s(&[1], &[2]),
            ],
            (1, [1, 1]),
            &[],
        );
        assert_eq!(y[0], [3.0], "{config:?}");
    }
}

#[test]
#[should_panic(expected = "mean_pool: row 2 of 2 rows")]
fn row_out_of_range_panics() {
    let config = configs().next().expect("there is always one");
    let inputs = [
        f32s(&[2, 1], &[1.0, 2.0]),
        i32s(&[2], &[0, 0]),
        i32s(&[1], &[2]),
    ];
    let kernel = kernel(&MeanPool, &types(1), config);
    run_all("out of range", &*kernel, &inputs, (1, [1, 1]), &[]);
}

#[test]
fn broken_contracts_are_errors() {
    let [x, sequences, rows] = types(8);
    assert_eq!(
        MeanPool.infer(&[x.clone(), sequences.clone(), rows.clone()]),
        Ok(vec![ValueType::f32_rows(Dim::symbol(Symbol(1)), 8)])
    );
    assert!(matches!(
        MeanPool.infer(std::slice::from_ref(&x)),
        Err(ContractError::Arity { expected: 3, .. })
    ));
    for (inputs, at) in [
        ([sequences.clone(), sequences.clone(), rows.clone()], 0),
        ([x.clone(), rows.clone(), rows], 1),
        ([x.clone(), sequences, x], 2),
    ] {
        let error = MeanPool.infer(&inputs);
        assert!(matches!(error, Err(ContractError::Input { input, .. }) if input == at));
    }
}
