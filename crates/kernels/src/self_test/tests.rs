use std::collections::BTreeSet;
use std::path::Path;

use hearth_simd::Isa;

use super::value::{Data, Value};
use super::{Check, cases, run};

#[test]
fn every_kernel_of_this_machine_agrees_with_its_reference() {
    for &isa in Isa::available() {
        let failed: Vec<Check> = run(isa).filter(|check| !check.passed).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}

#[test]
fn every_operation_with_a_cpu_kernel_is_asked() {
    let asked: BTreeSet<String> = run(Isa::best())
        .map(|check| check.kernel.to_owned())
        .collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = std::fs::read_dir(source).expect("the source is there");
    let operations: BTreeSet<String> = folders
        .map(|folder| folder.expect("an entry").path())
        .filter(|folder| folder.join("cpu.rs").is_file())
        .map(|folder| folder.file_name().expect("a name").to_string_lossy().into())
        .collect();
    assert_eq!(asked, operations);
}

/// Does `harm` to the first element of the last output of every kernel, and finds out that each is said to be wrong.
fn every_kernel_fails(harm: impl Fn(&mut Value)) {
    let isa = Isa::best();
    for mut case in cases(isa) {
        let mut answers = case.answers(isa);
        harm(answers.last_mut().expect("there is an output"));
        let check = case.judge(isa, &answers);
        assert!(!check.passed, "{check:?}");
    }
}

#[test]
fn a_wrong_element_fails() {
    every_kernel_fails(|output| match &mut output.data {
        Data::F32(elements) => elements[0] = elements[0] * 1.25 + 0.25,
        Data::F16(elements) => elements[0] += half::f16::ONE,
        Data::I32(elements) => elements[0] += 1,
        // A code or, in the blocks of a cache, the lower half of a scale.
        Data::Bytes(bytes) => bytes[0] ^= 0x10,
        Data::Weight(_) | Data::InPlace => panic!("no output"),
    });
}

#[test]
fn what_a_kernel_leaves_out_fails() {
    every_kernel_fails(|output| match &mut output.data {
        Data::F32(elements) => elements[0] = f32::NAN,
        Data::F16(elements) => elements[0] = half::f16::NAN,
        Data::I32(elements) => elements[0] = i32::MAX,
        Data::Bytes(bytes) => bytes[..34].fill(0),
        Data::Weight(_) | Data::InPlace => panic!("no output"),
    });
}
