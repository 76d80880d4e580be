//! Shared test support: seeded inputs, tolerances by name, and where the reference data lies.

use std::path::PathBuf;

use hearth_tensor::{DType, Dim, Symbol};

use crate::contract::ValueType;
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

/// A deterministic source of bits (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A source that gives the same bits for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A value in `[-scale, scale)`.
    pub(crate) fn float(&mut self, scale: f32) -> f32 {
        let unit = (self.bits() >> 40) as f32 / (1u64 << 24) as f32;
        (unit * 2.0 - 1.0) * scale
    }
}

/// Deterministic values in `[-scale, scale)`.
pub(crate) fn random(seed: u64, n: usize, scale: f32) -> Vec<f32> {
    let mut source = Random::new(seed);
    (0..n).map(|_| source.float(scale)).collect()
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

/// Random blocks of a type whose halves lie at `±[2^-9, 2^-5)`, as those of real weights do.
pub(crate) fn random_blocks(seed: u64, dtype: DType, n_blocks: usize) -> Vec<u8> {
    let mut source = Random::new(seed);
    let mut bytes: Vec<u8> = (0..n_blocks * dtype.block_bytes())
        .map(|_| source.bits() as u8)
        .collect();
    let halves: &[usize] = match dtype {
        DType::F32 | DType::BF16 | DType::IQ1_M | DType::MXFP4 | DType::NVFP4 => &[],
        DType::Q4_1 | DType::Q5_1 | DType::Q4_K | DType::Q5_K => &[0, 2],
        DType::Q2_K => &[80, 82],
        DType::Q3_K => &[108],
        DType::Q6_K => &[208],
        DType::TQ1_0 => &[52],
        DType::TQ2_0 => &[64],
        _ => &[0],
    };
    for block in bytes.chunks_exact_mut(dtype.block_bytes()) {
        for &at in halves {
            let exponent = 6 + source.bits() % 4;
            let bits = (source.bits() & 0x83ff | exponent << 10) as u16;
            block[at..at + 2].copy_from_slice(&bits.to_le_bytes());
        }
        let plain = source.float(1.0).to_le_bytes();
        match dtype {
            DType::F32 => block.copy_from_slice(&plain),
            DType::BF16 => block.copy_from_slice(&plain[2..]),
            DType::MXFP4 => block[0] = 116 + block[0] % 8,
            DType::NVFP4 => block[..4].iter_mut().for_each(|scale| *scale &= 0x1f),
            // The upper half of the exponent, and the lower: the top of the last and the last but one word of scales.
            DType::IQ1_M => {
                block[55] = block[55] & 0x8f | 0x10;
                block[53] |= 0x80;
            }
            _ => {}
        }
    }
    bytes
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
