//! Models with real weights, and the same in other architectures' containers: their likeliest tokens and 64 greedy ones.

use std::path::Path;

use serde_json::Value;

use super::{Bound, Case, EXACT, Prompt, Results, Row, Wanted};
use crate::reference::{files, floats, ids, json, shared, text};

/// llama.cpp's 8-bit activations differ from the exact path by up to 0.55 on these models (their README).
const FAST: f32 = 0.6;

/// Of `random-gemma3`: llama.cpp and HF transformers differ by 0.009 there, as llama.cpp looks GELU up in a table of f16.
const GELU_TABLE: f32 = 2e-2;

/// The models beside the zoo.
pub fn trained() -> Vec<Case> {
    let of = |what| {
        let dir = shared(what)?;
        Some(files(&dir, ".gguf.ref.json"))
    };
    let paths = ["models/llm", "models/arch"].into_iter().filter_map(of);
    paths.flatten().map(|path| case(&path)).collect()
}

fn case(path: &Path) -> Case {
    let reference = json(path);
    let file = text(&reference["file"]);
    let name = file.strip_suffix(".gguf").unwrap_or(file);
    let prompts = vec![prompt(name, &reference)];
    Case::new(name, path.with_file_name(file), prompts)
}

fn prompt(name: &str, reference: &Value) -> Prompt {
    let tokens = ids(&reference["prompt_ids"]);
    // The exact path is compared with the exact reference where there is one: near ties may fall the other way.
    let dequantised = &reference["numpy_dequant_reference"];
    let exact = if dequantised.is_object() {
        dequantised
    } else {
        reference
    };
    let gelu = name.contains("gemma");
    Prompt {
        exact: Wanted {
            results: rows(exact, reference, tokens.len()),
            bound: Bound::MaxAbs(if gelu { GELU_TABLE } else { EXACT }),
            greedy: ids(&exact["greedy64_ids"]),
            decoded: None,
        },
        fast: Wanted {
            results: rows(reference, reference, tokens.len()),
            bound: Bound::MaxAbs(FAST),
            // Their margins are not known; `real_weights` compares those that llama.cpp's rounding cannot change.
            greedy: Vec::new(),
            decoded: None,
        },
        tokens,
    }
}

/// The likeliest tokens at both ends of the prompt, and all logits of the last one where the reference tells them.
fn rows(of: &Value, reference: &Value, n_tokens: usize) -> Results {
    let likeliest = |value: &Value| {
        let pairs = value.as_array().expect("five pairs").iter();
        let pair = |pair: &Value| {
            let id = pair[0].as_u64().expect("an id") as usize;
            (id, pair[1].as_f64().expect("a logit") as f32)
        };
        Row::Some(pairs.map(pair).collect())
    };
    let mut rows = vec![
        (0, likeliest(&of["top5_position0"])),
        (n_tokens - 1, likeliest(&of["top5_last_prompt_position"])),
    ];
    if reference["logits_last_prompt_position"].is_array() {
        let all = floats(&reference["logits_last_prompt_position"]);
        rows.push((n_tokens - 1, Row::All(all)));
    }
    Results::Logits(rows)
}
