//! `perplexity`: its windows, and figures of an independent implementation.

use serde_json::Value;

use crate::fixture::{Model, N_VOCAB, folder};
use crate::hearth;
use crate::process::shared;

/// `-ln(softmax(row)[id])`.
fn surprise(row: &[f32], id: usize) -> f64 {
    let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
    sum.ln() - f64::from(row[id])
}

/// Logits of every token, `[n, N_VOCAB]`.
fn logits(model: &std::path::Path, tokens: &[usize]) -> Vec<f32> {
    let out = model.with_extension("logits");
    let ids: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    let ended = hearth!(
        "logits",
        model,
        "--tokens",
        ids.join(","),
        "--out",
        out,
        "--activations",
        "f32"
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let bytes = std::fs::read(&out).expect("written");
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

#[test]
fn the_second_half_of_each_window_counts() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let text = folder.path().join("text");
    std::fs::write(
        &text,
        "the ant and the hen ate at ten, then an ant ate the hen!\n",
    )
    .expect("written");
    let tokens = hearth!("tokenize", model, "--text-file", text, "--json").json()["tokens"].clone();
    let tokens: Vec<usize> = serde_json::from_value(tokens).expect("ids");
    let (window, mut sum, mut count) = (10, 0.0, 0);
    assert!(tokens.len() > 2 * window && !tokens.len().is_multiple_of(window));
    for text in tokens.chunks_exact(window) {
        // The begin token takes the place of the first.
        let text = [&[1], &text[1..]].concat();
        let rows = logits(&model, &text);
        for at in window / 2..window - 1 {
            sum += surprise(&rows[at * N_VOCAB..][..N_VOCAB], text[at + 1]);
            count += 1;
        }
    }
    for chunk in ["1", "7", "128"] {
        let made = hearth!(
            "perplexity",
            model,
            text,
            "--window",
            "10",
            "--json",
            "--activations",
            "f32",
            "--chunk",
            chunk
        )
        .json();
        let number = |key: &str| made[key].as_f64().expect("a number");
        assert_eq!(made["windows"], tokens.len() / window);
        assert_eq!(made["tokens"], count);
        assert!((number("nll") - sum / f64::from(count)).abs() < 1e-5);
        assert!((number("perplexity").ln() - number("nll")).abs() < 1e-9);
        assert!(number("seconds") > 0.0);
    }
    let one = hearth!(
        "perplexity",
        model,
        text,
        "--window",
        "10",
        "--limit",
        "1",
        "--json"
    )
    .json();
    assert_eq!((&one["windows"], &one["tokens"]), (&1.into(), &4.into()));
    let plain = hearth!("perplexity", model, text, "--window", "10");
    assert!(plain.text().starts_with("perplexity "), "{}", plain.text());
}

/// The mean over a whole text, of references made by numpy on the dequantised weights.
#[test]
fn likelihoods_of_real_models_are_the_references() {
    let Some(shared) = shared("likelihoods_of_real_models_are_the_references") else {
        return;
    };
    let folder = folder();
    let text = folder.path().join("text");
    for name in [
        "stories260K-F16",
        "stories260K-Q4_0",
        "tinystories656K-F32",
        "tinystories656K-Q8_0",
    ] {
        let model = shared.join(format!("models/llm/{name}.gguf"));
        let reference = std::fs::read(model.with_extension("gguf.ref.json")).expect("a reference");
        let reference: Value = serde_json::from_slice(&reference).expect("JSON");
        std::fs::write(&text, reference["text"].as_str().expect("text")).expect("written");
        let n = reference["text_ids"].as_array().expect("ids").len();
        let made = hearth!(
            "perplexity",
            model,
            text,
            "--window",
            n.to_string(),
            "--score-from",
            "0",
            "--json",
            "--activations",
            "f32"
        )
        .json();
        assert_eq!(
            (&made["windows"], &made["tokens"]),
            (&1.into(), &(n - 1).into())
        );
        let exact = &reference["numpy_dequant_reference"]["text_mean_nll"];
        let exact = exact.as_f64().expect("a number");
        let nll = made["nll"].as_f64().expect("a number");
        assert!((nll - exact).abs() < 1e-4, "{name}: {nll} {exact}");
    }
}

#[test]
fn texts_that_are_too_short_are_told_what_is_needed() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let text = folder.path().join("text");
    std::fs::write(&text, "the ant and the hen ate").expect("written");
    let ended = hearth!("perplexity", model, text, "--json");
    assert_eq!(ended.code, Some(1));
    for word in ["1024", "512", "--window"] {
        assert!(ended.stderr.contains(word), "{}", ended.stderr);
    }
    let wrong = hearth!(
        "perplexity",
        model,
        text,
        "--window",
        "8",
        "--score-from",
        "7"
    );
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
}
