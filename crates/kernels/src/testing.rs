//! Shared test support: seeded inputs, tolerances by name, and where the reference data lies.

use std::path::PathBuf;

use hearth_tensor::{DType, Dim, Symbol};

use crate::contract::ValueType;
pub(crate) use crate::samples::{Random, blocks as random_blocks, floats as random};
use crate::weight::{CpuWeight, Layout, TileFormat, WeightBuilder, WeightSpec};

/// How far a result may stray from the reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    /// Absolute term.
    pub(crate) abs: f64,
    /// Term relative to the reference value.
    pub(crate) rel: f64,
}

/// Different summation order, same f32 arithmetic, for sums that do not cancel.
pub(crate) const REORDERED_F32: Tolerance = Tolerance {
    abs: 1e-7,
    rel: 2e-6,
};

/// Fail on the worst element, naming it.
pub(crate) fn assert_close(context: &str, got: &[f32], want: &[f64], tol: Tolerance) {
    assert_eq!(got.len(), want.len(), "{context}: length");
    let worst = got
        .iter()
        .zip(want)
        .map(|(&g, &w)| {
            let same = f64::from(g) == w;
            let error = (f64::from(g) - w).abs() / (tol.abs + tol.rel * w.abs());
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

/// A weight from the bytes of a file, in tiles or in rows.
pub(crate) fn packed(dtype: DType, [rows, cols]: [usize; 2], raw: &[u8], tiles: bool) -> CpuWeight {
    let format = TileFormat::for_dtype(dtype, cols).filter(|_| tiles);
    let mut builder = WeightBuilder::new(WeightSpec {
        dtype,
        rows,
        cols,
        layout: format.map_or(Layout::Rows, Layout::Tiles),
    });
    builder.push_rows(raw).expect("whole rows");
    builder.finish().expect("all rows")
}
