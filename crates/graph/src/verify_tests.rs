use std::sync::Arc;

use hearth_kernels::add::Add;
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::{Elem, ValueType};
use hearth_tensor::{DType, Dim};

use super::*;
use crate::{Node, TOKENS};

fn rows(graph: &mut Graph, cols: usize) -> ValueId {
    graph.input("x", ValueType::f32_rows(Dim::symbol(TOKENS), cols))
}

#[test]
fn use_before_definition_is_found() {
    let mut g = Graph::new();
    let x = rows(&mut g, 8);
    let y = g.apply(Add, &[x, x]).expect("the contract holds");
    g.apply(Add, &[y, x]).expect("the contract holds");
    g.nodes.swap(0, 1);
    assert!(matches!(
        verify(&g),
        Err(VerifyError::UseBeforeDefinition { .. })
    ));
}

#[test]
fn a_missing_result_is_found() {
    let mut g = Graph::new();
    let x = rows(&mut g, 8);
    let y = g.apply(Add, &[x, x]).expect("the contract holds");
    g.output("y", y);
    g.nodes.clear();
    assert!(matches!(
        verify(&g),
        Err(VerifyError::UseBeforeDefinition { op: "result", .. })
    ));
}

#[test]
fn broken_contracts_and_wrong_types_are_found() {
    let mut g = Graph::new();
    let (x, wide) = (rows(&mut g, 8), rows(&mut g, 9));
    let y = g.apply(Add, &[x, x]).expect("the contract holds");
    g.nodes[0].inputs[1] = wide;
    assert!(matches!(verify(&g), Err(VerifyError::Contract { .. })));
    g.nodes[0].inputs[1] = x;
    g.values[y.index()].ty = ValueType::f32_rows(Dim::symbol(TOKENS), 7);
    assert!(matches!(
        verify(&g),
        Err(VerifyError::WrongType { output: 0, .. })
    ));
    g.nodes[0].outputs.clear();
    assert!(matches!(
        verify(&g),
        Err(VerifyError::OutputCount {
            expected: 1,
            found: 0,
            ..
        })
    ));
}

#[test]
fn a_state_that_was_overwritten_cannot_be_used() {
    let mut g = Graph::new();
    let x = rows(&mut g, 8);
    let mut ids = |name| g.input(name, ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let (positions, sequences) = (ids("positions"), ids("sequences"));
    let state = g.state("cache", DType::F32, &[2, 1, 16, 4]);
    g.apply(KvWrite, &[state, x, positions, sequences])
        .expect("the contract holds");
    verify(&g).expect("one write is sound");
    let again = Node {
        op: Arc::new(KvWrite),
        inputs: vec![state, x, positions, sequences],
        outputs: vec![g.push_value(g.value(state).ty.clone(), Source::Node(NodeId(1), 0))],
        layer: None,
    };
    g.nodes.push(again);
    assert!(matches!(
        verify(&g),
        Err(VerifyError::StaleState { op: "kv_write", .. })
    ));
}
