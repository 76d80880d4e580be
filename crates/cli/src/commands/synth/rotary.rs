//! What rotary frequencies are divided by, in models whose context was stretched.

use super::shapes::{Extra, Shape};

/// Tensors of one factor for each pair of dimensions.
pub(super) fn factors(shape: &Shape) -> Vec<(&'static str, Vec<f32>)> {
    match shape.extra {
        Extra::RopeFactors(factor) => vec![("rope_freqs.weight", llama3_factors(shape, factor))],
        Extra::LongRope(n_ctx) => {
            let pairs = shape.head_dim / 2;
            let stretch = (shape.n_ctx / n_ctx) as f32;
            let place = |pair: usize| pair as f32 / pairs as f32;
            let long = (0..pairs).map(|pair| stretch.powf(place(pair)));
            let short = (0..pairs).map(|pair| 1.0 + place(pair));
            vec![
                ("rope_factors_long.weight", long.collect()),
                ("rope_factors_short.weight", short.collect()),
            ]
        }
        _ => Vec::new(),
    }
}

/// Wavelengths within a quarter of the first context stay, those beyond it are stretched, the others in between.
fn llama3_factors(shape: &Shape, factor: f32) -> Vec<f32> {
    const FIRST_CONTEXT: f32 = 8192.0;
    const LOW: f32 = 1.0;
    const HIGH: f32 = 4.0;
    let of_pair = |pair: usize| {
        let frequency = shape
            .rope_base
            .powf(-2.0 * pair as f32 / shape.head_dim as f32);
        let turns = FIRST_CONTEXT * frequency / (2.0 * std::f32::consts::PI);
        let kept = ((turns - LOW) / (HIGH - LOW)).clamp(0.0, 1.0);
        1.0 / ((1.0 - kept) / factor + kept)
    };
    (0..shape.head_dim / 2).map(of_pair).collect()
}
