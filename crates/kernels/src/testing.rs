//! Shared test support: seeded inputs, tolerances by name, and where the reference data lies.

use std::path::PathBuf;

use hearth_tensor::{Dim, Symbol};

use crate::contract::ValueType;
pub(crate) use crate::samples::{Random, blocks as random_blocks, floats as random, packed};
pub(crate) use crate::tolerance::{REORDERED_F32, Tolerance};

/// Fail on the worst element, naming it.
pub(crate) fn assert_close(context: &str, got: &[f32], want: &[f64], tol: Tolerance) {
    assert_eq!(got.len(), want.len(), "{context}: length");
    let worst = got
        .iter()
        .zip(want)
        .map(|(&g, &w)| {
            let same = f64::from(g) == w;
            let error = (f64::from(g) - w).abs() / tol.at(w);
            if same { 0.0 } else { error }
        })
        .enumerate()
        .map(|(i, e)| (i, if e.is_nan() { f64::INFINITY } else { e }))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((i, e)) = worst {
        assert!(
            e <= 1.0,
            "{context}: [{i}] got {} want {} ({e:.1}x tolerance)",
            got[i],
            want[i]
        );
    }
}

/// Row widths that exercise empty, sub-lane, exact-lane and remainder paths.
pub(crate) const WIDTHS: [usize; 10] = [0, 1, 3, 7, 8, 9, 63, 64, 65, 1000];

/// The folder of reference data, or `None`, with a line that says so, where it is absent.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let path = match std::env::var_os("HEARTH_SHARED") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
    };
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: {test}: no reference data at {}", path.display());
    None
}

/// The type of f32 activations of any number of rows.
pub(crate) fn rows_of_floats(cols: usize) -> ValueType {
    ValueType::f32_rows(Dim::symbol(Symbol(0)), cols)
}
