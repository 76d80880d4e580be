//! The formula, in `f64`.

use super::{Blocks, Q8Block, Q8Block256, blocks_of};

/// What the codes of rows mean. The rows are whole, and begin where records may.
pub(crate) fn values(blocks: Blocks, rows: &[u8]) -> Vec<f64> {
    let value = |scale: f32| move |&code: &i8| f64::from(code) * f64::from(scale);
    match blocks {
        Blocks::Of32 => blocks_of::<Q8Block>(rows)
            .iter()
            .flat_map(|block| block.codes.iter().map(value(block.factors.scale)))
            .collect(),
        Blocks::Of256 => blocks_of::<Q8Block256>(rows)
            .iter()
            .flat_map(|block| block.codes.iter().map(value(block.scale)))
            .collect(),
    }
}

/// Unrounded scales and codes of rows whose width is a multiple of the block.
pub fn quantize(x: &[f32], block: usize) -> (Vec<f64>, Vec<i8>) {
    let scales: Vec<f64> = x.chunks(block).map(scale).collect();
    let code = |(i, &x): (usize, &f32)| match scales[i / block] {
        scale if scale.is_nan() || scale == 0.0 => 0,
        scale => (f64::from(x) / scale).round_ties_even() as i8,
    };
    let codes = x.iter().enumerate().map(code).collect();
    (scales, codes)
}

fn scale(block: &[f32]) -> f64 {
    if block.iter().any(|x| !x.is_finite()) {
        return f64::NAN;
    }
    let largest = block.iter().map(|x| f64::from(x.abs())).fold(0.0, f64::max);
    let scale = largest / 127.0;
    if scale < f64::from(f32::MIN_POSITIVE) {
        0.0
    } else {
        scale
    }
}

/// A positive number rounded to 11 significant bits, to nearest even.
pub fn eleven_bits(x: f64) -> f64 {
    if !x.is_normal() {
        return x;
    }
    let unit = (x.log2().floor() - 10.0).exp2();
    (x / unit).round_ties_even() * unit
}
