//! Small models of each architecture against llama.cpp in f32: logits, greedy tokens, and the decode path.

use std::path::Path;

use hearth_conformance::backend::{Backend, extend, greedy, logits};
use hearth_conformance::expected::UNSUPPORTED_ARCHITECTURES;
use hearth_conformance::reference::{f32_file, folders, ids, json, max_abs, rms, shared, text};
use hearth_runtime::{Activations, RuntimeError};
use serde_json::Value;

/// The references' own tolerance for f32 activations: llama.cpp and HF transformers differ by up to 2.9e-4.
const EXACT: f32 = 1e-3;

/// For 8-bit activations where the reference measured no root mean square: the zoo's README, "int8 activations
/// measured rms 0.07-0.4", twice its upper end.
const FAST_RMS: f32 = 0.8;

fn models() -> Vec<std::path::PathBuf> {
    let Some(zoo) = shared("zoo/models") else {
        return Vec::new();
    };
    let supported = |p: &std::path::PathBuf| {
        let reference = json(&p.join("ref.json"));
        !UNSUPPORTED_ARCHITECTURES.contains(&text(&reference["arch"]))
            && reference["pooling"].is_null()
    };
    folders(&zoo).into_iter().filter(supported).collect()
}

fn check(dir: &Path, backend: Backend) {
    let reference = json(&dir.join("ref.json"));
    let name = text(&reference["name"]);
    let exact = backend.activations == Activations::F32;
    let mut engine = backend
        .load(&dir.join(text(&reference["file"])))
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let n_vocab = engine.info().n_vocab;
    for (index, prompt) in reference["prompts"]
        .as_array()
        .expect("prompts")
        .iter()
        .enumerate()
    {
        let what = format!("{name}, prompt {index}, {backend}");
        let tokens = ids(&prompt["tokens"]);
        let got = logits(&mut engine, &tokens);
        let want = f32_file(&dir.join(text(&prompt["logits"]["file"])));
        for (row, &position) in ids(&prompt["logits"]["positions"]).iter().enumerate() {
            let got = &got[position as usize * n_vocab..][..n_vocab];
            compare(
                &format!("{what}, position {position}"),
                got,
                &want[row * n_vocab..][..n_vocab],
                exact,
            );
        }
        if exact {
            check_greedy(&what, dir, prompt, &mut engine, &tokens);
        }
    }
}

fn check_greedy(
    what: &str,
    dir: &Path,
    prompt: &Value,
    engine: &mut hearth_runtime::Engine,
    tokens: &[u32],
) {
    let want = ids(&prompt["greedy"]);
    let robust = prompt["greedy_robust_prefix"].as_u64().expect("a number") as usize;
    let (got, _) = greedy(engine, tokens, robust);
    assert_eq!(got, want[..robust], "{what}: greedy tokens");

    logits(engine, tokens);
    let n_vocab = engine.info().n_vocab;
    let mut last = Vec::new();
    for token in &want {
        last = extend(engine, &[*token]);
    }
    let reference = f32_file(&dir.join(text(&prompt["logits_after_greedy"]["file"])));
    compare(
        &format!("{what}, after decoding"),
        &last[last.len() - n_vocab..],
        &reference,
        true,
    );
}

fn compare(what: &str, got: &[f32], want: &[f32], exact: bool) {
    if exact {
        let worst = max_abs(got, want);
        assert!(
            worst <= EXACT,
            "{what}: logits differ by {worst}, more than {EXACT}"
        );
    } else {
        let rms = rms(got, want);
        assert!(
            rms <= FAST_RMS,
            "{what}: root mean square difference {rms}, more than {FAST_RMS}"
        );
    }
}

#[test]
fn exact_path_agrees() {
    for dir in models() {
        for backend in Backend::all(Activations::F32) {
            check(&dir, backend);
        }
    }
}

#[test]
fn fast_path_agrees() {
    for dir in models() {
        for backend in Backend::all(Activations::Auto) {
            check(&dir, backend);
        }
    }
}

#[test]
fn unsupported_architectures_are_clear_errors() {
    let Some(zoo) = shared("zoo/models") else {
        return;
    };
    for dir in folders(&zoo) {
        let reference = json(&dir.join("ref.json"));
        let arch = text(&reference["arch"]);
        if UNSUPPORTED_ARCHITECTURES.contains(&arch) {
            let loaded =
                Backend::all(Activations::F32)[0].load(&dir.join(text(&reference["file"])));
            let error = loaded
                .expect_err("an architecture on the list of expected failures works: take it off");
            let message = error.to_string();
            assert_eq!(error.code(), "unknown_architecture", "{arch}: {message}");
            assert!(
                message.contains(arch) && message.contains("qwen3"),
                "{message}"
            );
            assert!(matches!(error, RuntimeError::Model(_)));
        }
    }
}
