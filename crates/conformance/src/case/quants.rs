//! One model in every quantisation: the exact path against f32 arithmetic on the dequantised weights, the fast path
//! within twice the root mean square that llama.cpp's own 8-bit activations show.

use std::path::Path;

use serde_json::Value;

use super::zoo::{FAST_LEAD, ROUTED};
use super::{Bound, Case, EXACT, Prompt, Results, Row, Wanted};
use crate::reference::{f32_file, floats, folders, ids, json, robust_prefix, shared, text};

/// A greedy token is compared while its lead over the second is several times the tolerance.
const ROBUST_LEAD: f32 = 5.0 * EXACT;

/// The quantised models of the zoo.
pub fn quants() -> Vec<Case> {
    let Some(zoo) = shared("zoo/quants") else {
        return Vec::new();
    };
    folders(&zoo).iter().map(|dir| case(dir)).collect()
}

fn case(dir: &Path) -> Case {
    let reference = json(&dir.join("ref.json"));
    let allowed = &reference["tolerance"]["suggest_int8_activation_engine_vs_deq_rms"];
    let allowed = allowed.as_f64().expect("a number") as f32;
    let sets = reference["sets"]["public"].as_array().expect("prompts");
    let prompts = sets.iter().map(|set| prompt(dir, set, allowed)).collect();
    let tensors = reference["tensors_by_type"].as_object().expect("types");
    let mut names = tensors.values().flat_map(|names| names.as_array());
    let routed = names.any(|names| names.iter().any(|name| text(name).contains("_exps.")));
    Case {
        exact_only: routed.then_some(ROUTED),
        ..Case::new(text(&reference["name"]), dir.join("model.gguf"), prompts)
    }
}

fn prompt(dir: &Path, set: &Value, allowed: f32) -> Prompt {
    let exact = &set["deq"];
    let position = exact["position"].as_u64().expect("a number") as usize;
    let logits = f32_file(&dir.join(text(&exact["file"])));
    let results = Results::Logits(vec![(position, Row::All(logits))]);
    let margins = floats(&exact["greedy_margin"]);
    let greedy = ids(&exact["greedy"]);
    let with_lead = |lead| greedy[..robust_prefix(&margins, lead)].to_vec();
    Prompt {
        tokens: ids(&set["tokens"]),
        exact: Wanted {
            results: results.clone(),
            bound: Bound::MaxAbs(EXACT),
            greedy: with_lead(ROBUST_LEAD),
            decoded: None,
        },
        fast: Wanted {
            results,
            bound: Bound::Rms(allowed),
            greedy: with_lead(FAST_LEAD * allowed),
            decoded: None,
        },
    }
}
