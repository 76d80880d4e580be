//! Whether the kernels compute what they should.

use crate::hearth;

#[test]
fn the_kernels_of_this_machine_are_right() {
    let ended = hearth!("self-test");
    assert_eq!(ended.code, Some(0), "{}{}", ended.text(), ended.stderr);
    let last = ended.text().lines().last().expect("a table");
    assert!(
        last.ends_with("kernels agree with their references"),
        "{last}"
    );
    assert!(!ended.text().contains("WRONG"));
}

#[test]
fn json_names_the_kernels_and_the_instruction_set() {
    let value = hearth!("self-test", "--json").json();
    assert_eq!(value["passed"], true);
    assert!(value["isa"].is_string());
    let checks = value["checks"].as_array().expect("a list");
    let is_asked = |kernel: &str, dtype: &str, variant: &str| {
        let found = |check: &&serde_json::Value| {
            check["kernel"] == kernel && check["dtype"] == dtype && check["variant"] == variant
        };
        checks
            .iter()
            .find(found)
            .is_some_and(|check| check["passed"] == true)
    };
    for dtype in ["Q4_K", "Q8_0", "MXFP4"] {
        for variant in ["exact", "one_row", "many_rows"] {
            assert!(is_asked("matmul", dtype, variant), "{dtype} {variant}");
        }
    }
    assert!(is_asked("attention", "Q8_0", "prompt"));
}
