//! What runs, by the program and by the README.

use std::path::Path;

use crate::hearth;

const BEGIN: &str = "<!-- from the code's tables: cargo xtask readme -->\n";
const END: &str = "<!-- end -->";

#[test]
fn the_readme_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).expect("there is a README");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has the mark");
    let (written, after) = rest.split_once(END).expect("the README has the end mark");
    let ended = hearth!("supported");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    if std::env::var_os("HEARTH_WRITE_README").is_some() {
        let new = format!("{before}{BEGIN}{}{END}{after}", ended.text());
        std::fs::write(&path, new).expect("the README can be written");
        return;
    }
    assert_eq!(written, ended.text(), "run `cargo xtask readme`");
}

#[test]
fn json_lists_what_is_known() {
    let value = hearth!("supported", "--json").json();
    let names = |key: &str| -> Vec<String> {
        let entries = value[key].as_array().expect("a list");
        let name = |e: &serde_json::Value| e["name"].as_str().map(str::to_owned);
        entries.iter().filter_map(name).collect()
    };
    for name in ["llama", "qwen35", "gemma4", "gpt-oss", "bert"] {
        assert!(names("architectures").iter().any(|n| n == name), "{name}");
    }
    for name in ["F32", "Q4_K", "IQ1_M", "MXFP4", "NVFP4"] {
        assert!(names("types").iter().any(|n| n == name), "{name}");
    }
}
