//! One model in every quantisation: the exact path against f32 arithmetic on the dequantised weights, the fast path
//! within twice the root mean square that llama.cpp's own 8-bit activations show.

use std::path::{Path, PathBuf};

use hearth_conformance::backend::{Backend, greedy, logits};
use hearth_conformance::expected::{UNSUPPORTED_ARCHITECTURES, UNSUPPORTED_TYPES};
use hearth_conformance::reference::{
    f32_file, floats, folders, ids, json, max_abs, rms, robust_prefix, shared, text,
};
use hearth_runtime::Activations;
use serde_json::Value;

/// The references' own tolerance for f32 activations.
const EXACT: f32 = 1e-3;

/// A greedy token is compared while its lead over the second is several times the tolerance.
const ROBUST_MARGIN: f32 = 5.0 * EXACT;

struct Quant {
    dir: PathBuf,
    reference: Value,
    unsupported: bool,
}

fn quants() -> Vec<Quant> {
    let Some(zoo) = shared("zoo/quants") else {
        return Vec::new();
    };
    let read = |dir: PathBuf| {
        let reference = json(&dir.join("ref.json"));
        let types = reference["tensors_by_type"]
            .as_object()
            .expect("types by tensor");
        let unsupported = types
            .keys()
            .any(|t| UNSUPPORTED_TYPES.contains(&t.as_str()));
        Quant {
            dir,
            reference,
            unsupported,
        }
    };
    let base_supported =
        |q: &Quant| !UNSUPPORTED_ARCHITECTURES.contains(&text(&q.reference["base"]));
    folders(&zoo)
        .into_iter()
        .map(read)
        .filter(base_supported)
        .collect()
}

fn model(dir: &Path) -> PathBuf {
    dir.join("model.gguf")
}

fn check(quant: &Quant, backend: Backend) {
    let Quant { dir, reference, .. } = quant;
    let name = text(&reference["name"]);
    let mut engine = backend
        .load(&model(dir))
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let n_vocab = engine.info().n_vocab;
    let allowed_rms = reference["tolerance"]["suggest_int8_activation_engine_vs_deq_rms"].as_f64();
    for (index, set) in reference["sets"]["public"]
        .as_array()
        .expect("prompts")
        .iter()
        .enumerate()
    {
        let what = format!("{name}, prompt {index}, {backend}");
        let tokens = ids(&set["tokens"]);
        let got = logits(&mut engine, &tokens);
        let position = set["deq"]["position"].as_u64().expect("a number") as usize;
        let got = &got[position * n_vocab..][..n_vocab];
        let want = f32_file(&dir.join(text(&set["deq"]["file"])));
        if backend.activations == Activations::F32 {
            let worst = max_abs(got, &want);
            assert!(
                worst <= EXACT,
                "{what}: logits differ by {worst}, more than {EXACT}"
            );
            let n = robust_prefix(&floats(&set["deq"]["greedy_margin"]), ROBUST_MARGIN);
            let (greedy, _) = greedy(&mut engine, &tokens, n);
            assert_eq!(
                greedy,
                ids(&set["deq"]["greedy"])[..n],
                "{what}: greedy tokens"
            );
        } else {
            let allowed = allowed_rms.expect("a number") as f32;
            let rms = rms(got, &want);
            assert!(
                rms <= allowed,
                "{what}: root mean square difference {rms}, more than {allowed}"
            );
        }
    }
}

#[test]
fn exact_path_agrees() {
    for quant in quants().iter().filter(|q| !q.unsupported) {
        for backend in Backend::all(Activations::F32) {
            check(quant, backend);
        }
    }
}

#[test]
fn fast_path_agrees() {
    for quant in quants().iter().filter(|q| !q.unsupported) {
        for backend in Backend::all(Activations::Auto) {
            check(quant, backend);
        }
    }
}

#[test]
fn unsupported_types_are_clear_errors() {
    for quant in quants().iter().filter(|q| q.unsupported) {
        let loaded = Backend::all(Activations::F32)[0].load(&model(&quant.dir));
        let error = loaded.expect_err("a type on the list of expected failures works: take it off");
        assert_eq!(
            error.code(),
            "unsupported_type",
            "{}: {error}",
            quant.dir.display()
        );
    }
}
