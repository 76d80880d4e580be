//! The references' files, read. Anything unexpected in them panics: they are part of the tests.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where the reference models are, or `None` after saying that the suite is skipped.
pub fn shared(what: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("HEARTH_SHARED").map_or(default, PathBuf::from);
    let path = root.join(what);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {what} needs the reference models beside the checkout");
    None
}

/// A JSON file.
pub fn json(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A list of ids or positions.
pub fn ids(value: &Value) -> Vec<u32> {
    let numbers = value.as_array().expect("a list of numbers");
    numbers
        .iter()
        .map(|n| n.as_u64().expect("a number") as u32)
        .collect()
}

/// A list of numbers.
pub fn floats(value: &Value) -> Vec<f32> {
    let numbers = value.as_array().expect("a list of numbers");
    numbers
        .iter()
        .map(|n| n.as_f64().expect("a number") as f32)
        .collect()
}

/// A text.
pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// A file of little-endian f32.
pub fn f32_file(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

/// Folders below `parent`, sorted.
pub fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap_or_else(|e| panic!("{}: {e}", parent.display()));
    let mut all: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.is_dir())
        .collect();
    all.sort();
    all
}

/// Files below `parent` whose names end so, sorted.
pub fn files(parent: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap_or_else(|e| panic!("{}: {e}", parent.display()));
    let fits = |p: &PathBuf| p.to_string_lossy().ends_with(suffix);
    let mut all: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(fits)
        .collect();
    all.sort();
    all
}

/// Largest difference of two rows of logits.
pub fn max_abs(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len(), "rows of logits are equally long");
    let worst = got.iter().zip(want).map(|(g, w)| (g - w).abs());
    worst.fold(
        0.0,
        |m, d| if d.is_nan() { f32::INFINITY } else { m.max(d) },
    )
}

/// Root of the mean square difference of two rows of logits.
pub fn rms(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len(), "rows of logits are equally long");
    let sum: f64 = got
        .iter()
        .zip(want)
        .map(|(g, w)| f64::from(g - w).powi(2))
        .sum();
    (sum / want.len() as f64).sqrt() as f32
}

/// How many greedy tokens to compare: up to the first whose lead over the second is below `margin`.
pub fn robust_prefix(margins: &[f32], margin: f32) -> usize {
    margins
        .iter()
        .position(|&m| m < margin)
        .unwrap_or(margins.len())
}
