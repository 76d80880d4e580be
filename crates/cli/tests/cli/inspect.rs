//! `inspect`: files that run, files that do not, parts.

use hearth_runtime::DType;

use crate::fixture::{Model, N_VOCAB, folder};
use crate::hearth;
use crate::process::shared;

#[test]
fn a_model_is_described() {
    let folder = folder();
    let model = Model {
        dtype: DType::Q8_0,
        ..Model::default()
    }
    .write(&folder, "m.gguf");
    let said = hearth!("inspect", model, "--context", "32", "--json").json();
    assert_eq!(
        (&said["architecture"], &said["quantization"]),
        (&"llama".into(), &"Q8_0".into())
    );
    assert_eq!(
        (&said["supported"], &said["memory"]["context"]),
        (&true.into(), &32.into())
    );
    assert_eq!(said["metadata"]["llama.block_count"], 2);
    let tokens = &said["metadata"]["tokenizer.ggml.tokens"];
    assert_eq!(
        (&tokens["type"], &tokens["length"]),
        (&"string".into(), &N_VOCAB.into())
    );
    let tensors = said["tensors"].as_array().expect("a list");
    assert_eq!(tensors.len(), 2 + 2 * 9);
    assert_eq!(tensors[0]["name"], "token_embd.weight");
    assert_eq!(
        (&tensors[0]["type"], &tensors[0]["shape"][1]),
        (&"Q8_0".into(), &64.into())
    );
    let memory = &said["memory"];
    let bytes = if memory["cache_type"] == "F32" { 4 } else { 2 };
    // Keys and values of 32 tokens, 2 layers, 2 heads of 16.
    assert_eq!(memory["state_bytes"], 2 * 32 * 2 * 2 * 16 * bytes);
    let all = hearth!("inspect", model, "--full", "--json").json();
    assert_eq!(
        all["metadata"]["tokenizer.ggml.tokens"]
            .as_array()
            .map(Vec::len),
        Some(N_VOCAB)
    );
    let text = hearth!("inspect", model);
    for word in [
        "llama",
        "Q8_0",
        "blk.1.ffn_down.weight",
        "supported     yes",
        "64 × 128",
    ] {
        assert!(text.text().contains(word), "{word} in {}", text.text());
    }
}

#[test]
fn what_does_not_run_is_described_too() {
    let folder = folder();
    let unknown = Model {
        architecture: "mystery",
        ..Model::default()
    }
    .write(&folder, "u.gguf");
    let said = hearth!("inspect", unknown, "--json").json();
    assert_eq!(
        (&said["supported"], &said["code"]),
        (&false.into(), &"unknown_architecture".into())
    );
    let reason = said["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("mystery") && reason.contains("llama"),
        "{reason}"
    );
    let vocabulary = Model {
        has_tensors: false,
        ..Model::default()
    }
    .write(&folder, "v.gguf");
    assert_eq!(
        hearth!("inspect", vocabulary, "--json").json()["supported"],
        false
    );
    assert!(
        hearth!("inspect", unknown)
            .text()
            .contains("supported     no: ")
    );
}

#[test]
fn the_real_model_is_described() {
    let Some(shared) = shared("the_real_model_is_described") else {
        return;
    };
    let model = shared.join("models/llm/tinystories656K-Q8_0.gguf");
    let said = hearth!("inspect", model, "--json").json();
    assert_eq!(
        (&said["supported"], &said["quantization"]),
        (&true.into(), &"Q8_0".into())
    );
    assert_eq!(said["tensors"].as_array().map(Vec::len), Some(20));
    assert_eq!(said["size_bytes"], 749_344);
}
