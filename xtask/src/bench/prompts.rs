//! Prompts of exactly so many tokens, as tokens and as a text that has just these.

use serde_json::{Value, json};

use super::Bench;
use super::models::Model;

/// Common words; their order is random, so that no two prompts have a beginning in common.
const WORDS: [&str; 40] = [
    "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world",
    "school", "state", "family", "student", "group", "country", "problem", "hand", "part", "place",
    "case", "week", "company", "system", "program", "question", "work", "number", "night", "point",
    "home", "water", "room", "mother", "area", "money", "story", "fact", "month",
];

/// What the pages read: see `Prompts` in packages/bench/plan.ts.
pub(crate) fn of(bench: &Bench<'_>, model: &Model) -> Result<Value, String> {
    let prompt = |seed, tokens| prompt(bench, model, seed, tokens);
    Ok(json!({
        "first": prompt(1, 128)?,
        "prefill": [prompt(2, 128)?, prompt(3, 512)?],
        "short": prompt(4, 4)?,
        "deep": prompt(5, 2048)?,
    }))
}

fn prompt(bench: &Bench<'_>, model: &Model, seed: u32, tokens: usize) -> Result<Value, String> {
    let model = model.arg()?;
    // A word is at least one token.
    let text = words(seed, tokens);
    let made = bench.hearth(&["tokenize", model, "--no-special", "--text", &text])?;
    let ids: Vec<u64> = made["tokens"]
        .as_array()
        .into_iter()
        .flatten()
        .take(tokens)
        .filter_map(Value::as_u64)
        .collect();
    if ids.len() != tokens {
        return Err(format!("{tokens} words gave {} tokens", ids.len()));
    }
    let list: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let made = bench.hearth(&["detokenize", model, "--tokens", &list.join(",")])?;
    Ok(json!({"tokens": ids, "text": made["text"]}))
}

fn words(seed: u32, count: usize) -> String {
    let mut random = seed;
    let mut words = Vec::new();
    for _ in 0..count {
        // Numerical Recipes' generator; its upper bits are the random ones.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        words.push(WORDS[(random >> 16) as usize % WORDS.len()]);
    }
    words.join(" ")
}
