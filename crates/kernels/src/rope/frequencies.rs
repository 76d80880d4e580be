//! The angle per position of each pair, from a model's parameters.

/// `theta^(-2i / rotary_dims) * linear_scale / factors[i]` for each pair `i` of `rotary_dims / 2`, in radians per
/// position.
///
/// - `theta` is the model's `rope.freq_base`.
/// - `factors` divide each frequency. Llama 3.1 and later stretch long wavelengths so: their GGUF files hold the
///   factors as tensor `rope_freqs.weight`, which llama.cpp's `convert_hf_to_gguf.py` computes from `rope_scaling` of
///   type `llama3` in the original `config.json`; Phi-3 has `rope_factors_long` and `_short`. The formula of the
///   factors: `apply_scaling` in <https://github.com/meta-llama/llama-models>, `models/llama3/model.py`.
/// - `linear_scale` is `1 / rope.scaling.factor` for `rope.scaling.type = linear`, else 1.
///
/// Computed in `f64` and rounded once.
///
/// # Panics
/// If there are `factors` but not one for each pair: the description checks the tensor's length first.
pub fn frequencies(
    rotary_dims: usize,
    theta: f32,
    factors: Option<&[f32]>,
    linear_scale: f32,
) -> Vec<f32> {
    let pairs = rotary_dims / 2;
    if let Some(factors) = factors {
        assert_eq!(factors.len(), pairs, "rope: one frequency factor a pair");
    }
    (0..pairs)
        .map(|i| {
            let exponent = -2.0 * i as f64 / rotary_dims as f64;
            let factor = factors.map_or(1.0, |factors| f64::from(factors[i]));
            (f64::from(theta).powf(exponent) * f64::from(linear_scale) / factor) as f32
        })
        .collect()
}
