//! One small model of each architecture: logits of llama.cpp in f32, or of HF transformers in f64 where the two differ.

use std::path::Path;

use serde_json::Value;

use super::{Bound, Case, Decoded, EXACT, Prompt, Results, Row, Wanted};
use crate::reference::{f32_file, floats, folders, ids, json, rms, robust_prefix, shared, text};

/// Architectures with GELU after a decode with llama.cpp, which looks GELU up in a table of f16: the zoo's README.
const GELU_TABLE: f32 = 3e-2;

/// Least cosine of embeddings with 8-bit activations.
const FAST_COSINE: f32 = 0.99;

/// A model with 8-bit activations may differ twice as much as llama.cpp's own rounding of them.
const FAST_FACTOR: f32 = 2.0;

/// With rounded activations a greedy token is compared while its lead is so many times the difference allowed.
pub(super) const FAST_LEAD: f32 = 5.0;

/// Why mixtures of experts are not compared with rounded activations.
pub(super) const ROUTED: &str = "rounded activations choose other experts";

/// The models of the zoo.
pub fn zoo() -> Vec<Case> {
    let Some(zoo) = shared("zoo/models") else {
        return Vec::new();
    };
    folders(&zoo).iter().map(|dir| case(dir)).collect()
}

fn case(dir: &Path) -> Case {
    let reference = json(&dir.join("ref.json"));
    let prompts = reference["prompts"].as_array().expect("prompts");
    let embeds = !reference["pooling"].is_null();
    let prompts = if embeds {
        prompts.iter().map(|p| embedding(dir, p)).collect()
    } else {
        let measured = prompts.iter().map(|p| rounding(dir, p));
        let allowed = (FAST_FACTOR * measured.fold(0.0, f32::max)).max(EXACT);
        prompts.iter().map(|p| logits(dir, p, allowed)).collect()
    };
    let model = dir.join(text(&reference["file"]));
    let routed = reference["gguf_kv"].as_object().expect("metadata");
    let routed = routed.keys().any(|key| key.ends_with(".expert_count"));
    Case {
        exact_only: routed.then_some(ROUTED),
        ..Case::new(text(&reference["name"]), model, prompts)
    }
}

fn embedding(dir: &Path, prompt: &Value) -> Prompt {
    let float64 = &prompt["embd_hf_f64"];
    let wanted = if float64.is_null() {
        &prompt["embd"]
    } else {
        float64
    };
    let both = f32_file(&dir.join(text(&wanted["file"])));
    let (pooled, normalised) = both.split_at(both.len() / 2);
    let wanted = |bound| Wanted {
        results: Results::Embedding {
            pooled: pooled.to_vec(),
            normalised: normalised.to_vec(),
        },
        greedy: Vec::new(),
        decoded: None,
        bound,
    };
    Prompt {
        tokens: ids(&prompt["tokens"]),
        exact: wanted(Bound::MaxAbs(EXACT)),
        fast: wanted(Bound::Cosine(FAST_COSINE)),
    }
}

/// Root mean square difference that llama.cpp's own rounding of activations makes to the last logits.
fn rounding(dir: &Path, prompt: &Value) -> f32 {
    let exact = f32_file(&dir.join(text(&prompt["logits"]["file"])));
    let rounded = f32_file(&dir.join(text(&prompt["logits_native_last"]["file"])));
    rms(&rounded, &exact[exact.len() - rounded.len()..])
}

fn logits(dir: &Path, prompt: &Value, allowed: f32) -> Prompt {
    let float64 = &prompt["logits_hf_f64"];
    let wanted = if float64.is_null() {
        &prompt["logits"]
    } else {
        float64
    };
    let all = f32_file(&dir.join(text(&wanted["file"])));
    let positions = ids(&wanted["positions"]);
    let n_vocab = all.len() / positions.len();
    let rows = all.chunks(n_vocab).map(|row| Row::All(row.to_vec()));
    let positions = positions.iter().map(|&p| p as usize);
    let results = Results::Logits(positions.zip(rows).collect());
    let greedy = ids(&prompt["greedy"]);
    let robust = prompt["greedy_robust_prefix"].as_u64().expect("a number") as usize;
    let margins = floats(&prompt["greedy_margin"]);
    let with_lead = robust_prefix(&margins[..robust], FAST_LEAD * allowed);
    let after = f32_file(&dir.join(text(&prompt["logits_after_greedy"]["file"])));
    Prompt {
        tokens: ids(&prompt["tokens"]),
        fast: Wanted {
            results: results.clone(),
            bound: Bound::Rms(allowed),
            greedy: greedy[..with_lead].to_vec(),
            decoded: None,
        },
        exact: Wanted {
            bound: Bound::MaxAbs(EXACT),
            greedy: greedy[..robust].to_vec(),
            decoded: Some(Decoded {
                tolerance: if float64.is_null() { EXACT } else { GELU_TABLE },
                logits: after,
                tokens: greedy,
            }),
            results,
        },
    }
}
