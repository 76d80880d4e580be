//! `embed`: against references where there are some.

use serde_json::Value;

use crate::fixture::{Model, folder};
use crate::hearth;
use crate::process::shared;

/// For exact arithmetic against HF transformers in f64; the raw elements are about 1.
const TOLERANCE: f32 = 5e-4;

fn rows(value: &Value) -> Vec<Vec<f32>> {
    serde_json::from_value(value["embeddings"].clone()).expect("rows of numbers")
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn embeddings_are_the_references() {
    let Some(shared) = shared("embeddings_are_the_references") else {
        return;
    };
    for name in ["bert", "embeddinggemma", "qwen3-embed"] {
        let folder = shared.join("zoo/models").join(name);
        let text = std::fs::read(folder.join("ref.json")).expect("a reference");
        let reference: Value = serde_json::from_slice(&text).expect("JSON");
        let model = folder.join(reference["file"].as_str().expect("a name"));
        for prompt in reference["prompts"].as_array().expect("a list") {
            let ids: Vec<String> = prompt["tokens"]
                .as_array()
                .expect("ids")
                .iter()
                .map(ToString::to_string)
                .collect();
            let made = |flag: &str| {
                let ids = ids.join(",");
                let twice = ["--tokens", &ids, "--tokens", &ids];
                let [a, b, c, d] = twice;
                let made = hearth!(
                    "embed",
                    model,
                    a,
                    b,
                    c,
                    d,
                    flag,
                    "--json",
                    "--activations=f32"
                );
                let made = rows(&made.json());
                assert_eq!(made.len(), 2);
                assert_eq!(made[0], made[1], "a text does not depend on the one before");
                made[0].clone()
            };
            let file = prompt["embd_hf_f64"]["file"].as_str().expect("a name");
            let expected = floats(&std::fs::read(folder.join(file)).expect("a reference"));
            let raw = made("--raw");
            let difference = largest_difference(&raw, &expected[..raw.len()]);
            assert!(difference < TOLERANCE, "{name}: {difference}");
            let unit = made("--cache-type=f32");
            let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
            let scaled: Vec<f32> = raw.iter().map(|x| x / length).collect();
            assert!(largest_difference(&unit, &scaled) < 1e-6, "{name}");
        }
    }
}

#[test]
fn texts_get_the_tokens_that_the_file_asks_for() {
    let Some(shared) = shared("texts_get_the_tokens_that_the_file_asks_for") else {
        return;
    };
    let model = shared.join("zoo/models/embeddinggemma/model.q8_0.gguf");
    let made = hearth!(
        "embed", model, "--text", "the ant", "--text", "a hen", "--json"
    )
    .json();
    let made = rows(&made);
    for (text, row) in ["the ant", "a hen"].into_iter().zip(&made) {
        let ids = hearth!("tokenize", model, "--text", text);
        let by_ids = hearth!("embed", model, "--tokens", ids.text().trim_end(), "--json").json();
        assert_eq!(&rows(&by_ids)[0], row);
    }
    assert!(largest_difference(&made[0], &made[1]) > 1e-3);
    let plain = hearth!("embed", model, "--text", "the ant");
    let numbers = plain.text().trim_end().split(' ').map(|x| x.parse());
    assert_eq!(
        numbers.collect::<Result<Vec<f32>, _>>().as_ref(),
        Ok(&made[0])
    );
}

#[test]
fn models_that_generate_give_no_embeddings() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let ended = hearth!("embed", model, "--tokens", "1,2", "--json");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("gives no embeddings"),
        "{}",
        ended.stderr
    );
}
