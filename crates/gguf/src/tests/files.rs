//! Real files, their descriptions compared with what other implementations read from them.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use crate::{Gguf, ValueRef};

/// The folder of test data, or a line that says that the test is skipped.
fn shared(test: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var_os("HEARTH_SHARED").map_or_else(|| default.into(), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: {test}: no test data at {}", root.display());
    None
}

/// All files under `folder` whose name ends in `.gguf`.
fn gguf_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("test data is readable") {
            let path = entry.expect("test data is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "gguf") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn reference(path: &Path) -> Option<Json> {
    let text = fs::read(path.with_file_name("ref.json")).ok()?;
    Some(serde_json::from_slice(&text).expect("references are JSON"))
}

#[test]
fn every_file_is_described_as_by_its_reference() {
    let Some(root) = shared("every_file_is_described_as_by_its_reference") else {
        return;
    };
    let paths: Vec<PathBuf> = ["models", "zoo/models", "zoo/quants"]
        .iter()
        .flat_map(|folder| gguf_files(&root.join(folder)))
        .collect();
    let (mut keys, mut tensors, mut types) = (0, 0, 0);
    for path in &paths {
        let file = File::open(path).expect("test data is readable");
        let gguf = Gguf::parse(&file).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(gguf.metadata().get_str("general.architecture").is_ok());
        let Some(reference) = reference(path) else {
            continue;
        };
        let context = path.display().to_string();
        if let Some(want) = reference["gguf_kv"].as_object() {
            compare_metadata(&context, &gguf, want);
            keys += want.len();
        }
        if let Some(want) = reference["tensors"].as_array() {
            assert_eq!(gguf.tensors().len(), want.len(), "{context}");
            want.iter()
                .for_each(|want| compare_tensor(&context, &gguf, want));
            tensors += want.len();
        }
        if let Some(want) = reference["tensors_by_type"].as_object() {
            compare_types(&context, &gguf, want);
            types += 1;
        }
    }
    eprintln!(
        "{} files, {keys} keys, {tensors} tensors, {types} type tables agree",
        paths.len()
    );
    assert!(keys > 0 && tensors > 0 && types > 0, "references are gone");
}

fn compare_metadata(context: &str, gguf: &Gguf, want: &serde_json::Map<String, Json>) {
    let got: Vec<&str> = gguf.metadata().iter().map(|(key, _)| key).collect();
    let want_keys: Vec<&str> = want.keys().map(String::as_str).collect();
    assert_eq!(got, want_keys, "{context}");
    for (key, want) in want {
        let value = gguf.metadata().get(key).expect("keys agree");
        assert_value(&format!("{context}: {key}"), value.view(), want);
    }
}

/// The references write long arrays and strings as `<array of 5>` and `<string of 5 bytes>`; the latter really
/// counts characters.
fn assert_value(context: &str, got: ValueRef<'_>, want: &Json) {
    let summary = want.as_str().filter(|text| text.starts_with('<'));
    let same = match (got, want) {
        (ValueRef::Array(array), _) if summary.is_some() => {
            summary == Some(&format!("<array of {}>", array.len()))
        }
        (ValueRef::Text(text), _) if summary.is_some() => {
            let chars = String::from_utf8_lossy(text).chars().count();
            summary == Some(&format!("<string of {chars} bytes>"))
        }
        (ValueRef::Unsigned(x), _) => want.as_u64() == Some(x),
        (ValueRef::Signed(x), _) => want.as_i64() == Some(x),
        (ValueRef::Float(x), _) => want.as_f64() == Some(x),
        (ValueRef::Bool(x), _) => want.as_bool() == Some(x),
        (ValueRef::Text(x), _) => want.as_str().map(str::as_bytes) == Some(x),
        (ValueRef::Array(array), Json::Array(want)) => {
            assert_eq!(array.len(), want.len(), "{context}");
            for (got, want) in array.iter().zip(want) {
                assert_value(context, got, want);
            }
            true
        }
        (ValueRef::Array(_), _) => false,
    };
    assert!(same, "{context}: got {got}, want {want}");
}

fn compare_tensor(context: &str, gguf: &Gguf, want: &Json) {
    let name = want["name"].as_str().expect("references name tensors");
    let info = gguf
        .tensor(name)
        .unwrap_or_else(|| panic!("{context}: no tensor {name}"));
    assert_eq!(want["type"], info.dtype.name(), "{context}: {name}");
    let ne: Vec<usize> = info.shape.dims().iter().rev().copied().collect();
    assert_eq!(want["ne"], Json::from(ne), "{context}: {name}");
}

fn compare_types(context: &str, gguf: &Gguf, want: &serde_json::Map<String, Json>) {
    let mut got: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for info in gguf.tensors() {
        got.entry(info.dtype.name()).or_default().push(&info.name);
    }
    for names in got.values_mut() {
        names.sort_unstable();
    }
    let sorted = |names: &Json| {
        let mut names: Vec<String> = serde_json::from_value(names.clone()).expect("names");
        names.sort_unstable();
        names
    };
    let want: BTreeMap<&str, Vec<String>> = want
        .iter()
        .map(|(t, names)| (t.as_str(), sorted(names)))
        .collect();
    let got: BTreeMap<&str, Vec<String>> = got
        .into_iter()
        .map(|(t, names)| (t, names.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(got, want, "{context}");
}
