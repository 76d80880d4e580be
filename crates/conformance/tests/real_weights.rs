//! Models with real weights: the text they write, token for token, and their likeliest tokens.

use std::path::{Path, PathBuf};

use hearth_conformance::backend::{Backend, greedy, logits};
use hearth_conformance::expected::{UNSUPPORTED_ARCHITECTURES, UNSUPPORTED_TYPES};
use hearth_conformance::reference::{files, floats, ids, json, max_abs, shared, text};
use hearth_runtime::Activations;
use serde_json::Value;

/// For references printed with five decimals.
const EXACT: f32 = 1e-3;

/// llama.cpp's 8-bit activations differ from the exact path by up to 0.55 on these models (their README).
const FAST: f32 = 0.6;

/// Models with their references, without those that are expected to fail.
fn models(folder: &str) -> Vec<(PathBuf, Value)> {
    let Some(dir) = shared(folder) else {
        return Vec::new();
    };
    let references = files(&dir, ".gguf.ref.json").into_iter();
    let read = |path: PathBuf| {
        let reference = json(&path);
        (dir.join(text(&reference["file"])), reference)
    };
    let supported = |(path, _): &(PathBuf, Value)| {
        let name = path
            .file_stem()
            .expect("a file name")
            .to_string_lossy()
            .into_owned();
        !UNSUPPORTED_TYPES.iter().any(|t| name.ends_with(t))
            && !UNSUPPORTED_ARCHITECTURES
                .iter()
                .any(|a| name.contains(&format!("-{a}-")))
    };
    references.map(read).filter(supported).collect()
}

/// The likeliest tokens of one row against `[[id, logit], …]`.
fn check_top5(what: &str, row: &[f32], want: &Value, tolerance: f32) {
    for pair in want.as_array().expect("five pairs") {
        let (id, want) = (
            pair[0].as_u64().expect("an id") as usize,
            pair[1].as_f64().expect("a logit") as f32,
        );
        let got = row[id];
        assert!(
            (got - want).abs() <= tolerance,
            "{what}: token {id} has logit {got}, expected {want}"
        );
    }
}

fn check_tokens(path: &Path, reference: &Value, backend: Backend) {
    let what = format!("{}, {backend}", path.display());
    let mut engine = backend.load(path).unwrap_or_else(|e| panic!("{what}: {e}"));
    let vocabulary = engine.vocabulary().expect("these models have vocabularies");
    let prompt = vocabulary.encode_prompt(text(&reference["prompt"]));
    assert_eq!(prompt, ids(&reference["prompt_ids"]), "{what}: prompt");
    assert_eq!(
        vocabulary.encode_prompt(text(&reference["text"])),
        ids(&reference["text_ids"]),
        "{what}: text"
    );

    // The exact path is compared with the exact reference where there is one: near ties may fall the other way.
    let exact = backend.activations == Activations::F32;
    let dequantised = &reference["numpy_dequant_reference"];
    let want = if exact && dequantised.is_object() {
        dequantised
    } else {
        reference
    };
    let (greedy64, _) = greedy(&mut engine, &prompt, 64);
    assert_eq!(
        greedy64,
        ids(&want["greedy64_ids"]),
        "{what}: greedy tokens"
    );

    let (n_vocab, got) = (engine.info().n_vocab, logits(&mut engine, &prompt));
    let tolerance = if exact { EXACT } else { FAST };
    check_top5(&what, &got[..n_vocab], &want["top5_position0"], tolerance);
    let last = &got[got.len() - n_vocab..];
    check_top5(&what, last, &want["top5_last_prompt_position"], tolerance);
    if exact && reference["logits_last_prompt_position"].is_array() {
        let worst = max_abs(last, &floats(&reference["logits_last_prompt_position"]));
        assert!(
            worst <= EXACT,
            "{what}: logits differ by {worst}, more than {EXACT}"
        );
    }
}

#[test]
fn exact_path_writes_the_same() {
    for (path, reference) in models("models/llm").iter().chain(&models("models/arch")) {
        for backend in Backend::all(Activations::F32) {
            check_tokens(path, reference, backend);
        }
    }
}

#[test]
fn the_main_model_writes_the_same_on_the_fast_path() {
    for (path, reference) in models("models/llm") {
        if path.ends_with("tinystories656K-Q8_0.gguf") {
            for backend in Backend::all(Activations::Auto) {
                check_tokens(&path, &reference, backend);
                let mut engine = backend.load(&path).expect("it loaded a moment ago");
                let (_, generated) = greedy(&mut engine, &ids(&reference["prompt_ids"]), 64);
                let whole = format!("{}{generated}", text(&reference["prompt"]));
                assert_eq!(whole, text(&reference["greedy64_text"]), "{backend}");
            }
        }
    }
}

#[test]
fn a_story_from_nothing_but_the_begin_token() {
    let Some(path) = shared("models/llm/stories260K-from-bos.ref.json") else {
        return;
    };
    let want = ids(&json(&path)["ids"]);
    let mut engine = Backend::all(Activations::F32)[0]
        .load(&path.with_file_name("stories260K-F32.gguf"))
        .expect("the model loads");
    let (got, _) = greedy(&mut engine, &want[..1], want.len() - 1);
    assert_eq!(got, want[1..]);
}
