//! The wasm builds in a browser: what it is asked, and what it recorded.
//!
//! The browser tests ask `hearth-conformance plan` what to compute, and write for each model, build and arithmetic
//! `BUILD/ARITHMETIC/CASE.json` ([`Record`]) and, for each of its prompts, the rows of results one after the other as
//! little-endian f32 in `CASE.pN.f32`. They are compared here as those of every other backend.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::backend::{Backend, Output};
use crate::case::{self, Arithmetic, Case};
use crate::failure::Failure;
use crate::reference::f32_file;
use crate::table::Table;

/// What a browser records under this name instead of a wasm build's is its GPU's.
pub const WEBGPU: &str = "webgpu";
/// The same of Firefox.
pub const WEBGPU_FIREFOX: &str = "webgpu-firefox";

/// What a browser is asked of one model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Name of the case, and of its records.
    pub case: String,
    /// Path of the model, absolute.
    pub model: PathBuf,
    /// Which arithmetics.
    pub arithmetics: Vec<Arithmetic>,
    /// Whether embeddings are wanted, not logits.
    pub embeds: bool,
    /// The prompts.
    pub prompts: Vec<PlannedPrompt>,
}

/// What a browser is asked of one prompt.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedPrompt {
    /// Its token ids.
    pub tokens: Vec<u32>,
    /// Positions whose logits are wanted.
    pub positions: Vec<usize>,
    /// Tokens to generate with exact arithmetic, and with fast.
    pub greedy: [usize; 2],
}

/// What a browser tells of one model.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Why it could not be run.
    #[serde(default)]
    error: Option<String>,
    /// Generated tokens, by prompt.
    #[serde(default)]
    greedy: Vec<Vec<u32>>,
}

/// What a browser is asked.
pub fn plan() -> Vec<Plan> {
    case::all().iter().map(plan_of).collect()
}

fn plan_of(case: &Case) -> Plan {
    let only_exact = &Arithmetic::ALL[..1];
    let arithmetics = case.exact_only.map_or(&Arithmetic::ALL[..], |_| only_exact);
    let planned = |prompt: &case::Prompt| PlannedPrompt {
        tokens: prompt.tokens.clone(),
        positions: prompt.exact.positions(),
        greedy: Arithmetic::ALL.map(|a| prompt.wanted(a).greedy.len()),
    };
    let absolute = std::path::absolute(&case.model);
    Plan {
        case: case.name.clone(),
        model: absolute.unwrap_or_else(|_| case.model.clone()),
        arithmetics: arithmetics.to_vec(),
        embeds: case.embeds(),
        prompts: case.prompts.iter().map(planned).collect(),
    }
}

/// Compare what was recorded with one build, of these cases, or of all where none is named.
pub fn compare(records: &Path, build: &str, names: &[&str]) -> Table {
    let backend = [Backend::Browser {
        build: build.to_owned(),
        records: records.to_owned(),
    }];
    let mut cases = case::all();
    cases.retain(|case| names.is_empty() || names.contains(&case.name.as_str()));
    let mut table = Table::default();
    // A GPU has exact arithmetic alone.
    let arithmetics = match build {
        WEBGPU | WEBGPU_FIREFOX => &Arithmetic::ALL[..1],
        _ => &Arithmetic::ALL[..],
    };
    for &arithmetic in arithmetics {
        let of = Table::of(&cases, arithmetic, &backend);
        table.entries.extend(of.entries);
    }
    table
}

/// What a browser recorded of a case.
pub(crate) fn read(
    records: &Path,
    build: &str,
    case: &Case,
    arithmetic: Arithmetic,
) -> Result<Vec<Output>, Failure> {
    let folder = records.join(build).join(arithmetic.to_string());
    let missing = |what: &str| Failure::NotRecorded {
        what: format!("{build}/{arithmetic}/{what}"),
    };
    let name = format!("{}.json", case.name);
    let text = std::fs::read(folder.join(&name)).map_err(|_| missing(&name))?;
    let record: Record = serde_json::from_slice(&text).map_err(|_| missing(&name))?;
    if let Some(message) = record.error {
        return Err(Failure::Browser { message });
    }
    let mut outputs = Vec::new();
    for (index, prompt) in case.prompts.iter().enumerate() {
        let name = format!("{}.p{index}.f32", case.name);
        let path = folder.join(&name);
        if !path.is_file() {
            return Err(missing(&name));
        }
        let all = f32_file(&path);
        let n_rows = prompt.wanted(arithmetic).positions().len().max(1);
        let row = (all.len() / n_rows).max(1);
        outputs.push(Output {
            rows: all.chunks(row).map(<[f32]>::to_vec).collect(),
            greedy: record.greedy.get(index).cloned().unwrap_or_default(),
            decoded: None,
        });
    }
    Ok(outputs)
}
