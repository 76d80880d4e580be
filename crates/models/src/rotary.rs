//! Rotary frequencies of a model file: base, linear and YaRN scaling, factors per frequency.
//!
//! YaRN: Peng et al. 2023, <https://arxiv.org/abs/2309.00071>, as ggml computes it (`ggml_rope_yarn_corr_dims`): long
//! wavelengths are interpolated, short ones kept, with a ramp over the pairs between.

use hearth_graph::ValueId;
use hearth_kernels::rope::{Rope, RopeLayout, frequencies};

use crate::builder::Builder;
use crate::error::ModelError;
use crate::keys::Keys;

/// Base of the frequencies where the file has none.
pub(crate) const DEFAULT_BASE: f32 = 10_000.0;

/// Rotary positions as the layers of one model use them.
#[derive(Clone, Debug)]
pub struct Rotary {
    op: Rope,
    frequencies: ValueId,
}

impl Rotary {
    /// Read base and scaling from the metadata, factors from the file's tensors.
    pub fn new(b: &mut Builder<'_>, layout: RopeLayout) -> Result<Self, ModelError> {
        Self::with_yarn(b, layout, Yarn::default())
    }

    /// As [`Rotary::new`], with another YaRN than the usual one where the metadata ask for YaRN.
    pub fn with_yarn(
        b: &mut Builder<'_>,
        layout: RopeLayout,
        yarn: Yarn,
    ) -> Result<Self, ModelError> {
        let keys = b.keys();
        let base = keys.float_or("rope.freq_base", DEFAULT_BASE)?;
        let dims = b.hp.rotary_dims;
        let scaling = Scaling::read(&keys, dims, base, (b.hp.n_ctx_train, yarn))?;
        let factors = factors(b, dims / 2)?;
        let plain = frequencies(dims, base, factors.as_deref(), 1.0);
        let scaled = plain.iter().enumerate();
        let scaled = scaled.map(|(pair, f)| scaling.of_pair(pair, *f)).collect();
        let op = Rope {
            head_dim: b.hp.head_dim,
            rotary_dims: dims,
            layout,
            magnitude: scaling.magnitude,
        };
        Ok(Rotary {
            op,
            frequencies: b.graph.constant("rope.inv_freq", scaled),
        })
    }

    /// The rotary positions of layers with a window, where a model has two kinds: a base of their own, never scaled.
    pub fn local(
        b: &mut Builder<'_>,
        layout: RopeLayout,
        [head_dim, rotary_dims]: [usize; 2],
        default_base: f32,
    ) -> Result<Self, ModelError> {
        let base = b.keys().float_or("rope.freq_base_swa", default_base)?;
        let plain = frequencies(rotary_dims, base, None, 1.0);
        let op = Rope {
            head_dim,
            rotary_dims,
            layout,
            magnitude: 1.0,
        };
        Ok(Rotary {
            op,
            frequencies: b.graph.constant("rope.local.inv_freq", plain),
        })
    }

    /// Turn the heads of `x` by the step's positions.
    pub fn apply(&self, b: &mut Builder<'_>, x: ValueId) -> Result<ValueId, ModelError> {
        let inputs = [x, b.positions, self.frequencies];
        Ok(b.graph.apply(self.op.clone(), &inputs)?)
    }
}

/// The numbers of YaRN that models may choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Yarn {
    /// Pairs that turn more often than this within the original context are kept.
    pub beta_fast: f32,
    /// Pairs that turn less often than this are interpolated.
    pub beta_slow: f32,
    /// Divides the magnitude by `0.1 * multiplier * ln(factor) + 1`.
    pub log_multiplier: Option<f32>,
}

impl Default for Yarn {
    fn default() -> Self {
        Yarn {
            beta_fast: 32.0,
            beta_slow: 1.0,
            log_multiplier: None,
        }
    }
}

impl Yarn {
    /// The metadata's numbers. Only some architectures heed them, although other files have them as well.
    pub fn read(keys: &Keys<'_>) -> Result<Self, ModelError> {
        let usual = Yarn::default();
        Ok(Yarn {
            beta_fast: keys.float_or("rope.scaling.yarn_beta_fast", usual.beta_fast)?,
            beta_slow: keys.float_or("rope.scaling.yarn_beta_slow", usual.beta_slow)?,
            log_multiplier: keys.nonzero("rope.scaling.yarn_log_multiplier")?,
        })
    }

    /// Factor of cosine and sine: `0.1 ln(factor) + 1`, over the same with the multiplier.
    fn magnitude(&self, factor: f32) -> f32 {
        let of = |multiplier: f32| {
            if factor <= 1.0 {
                1.0
            } else {
                0.1 * multiplier * factor.ln() + 1.0
            }
        };
        of(1.0) / self.log_multiplier.map_or(1.0, of)
    }
}

/// What divides each frequency: Llama-3's factors, or one of LongRoPE's two sets, by the length of the context.
fn factors(b: &mut Builder<'_>, pairs: usize) -> Result<Option<Vec<f32>>, ModelError> {
    let all = b.host_vector("rope_freqs.weight", pairs)?;
    let long = b.host_vector("rope_factors_long.weight", pairs)?;
    let short = b.host_vector("rope_factors_short.weight", pairs)?;
    let trained = n_ctx_original(&b.keys(), b.hp.n_ctx_train)?;
    let by_length = if b.n_ctx() > trained { long } else { short };
    Ok(all.or(by_length))
}

/// The context before it was stretched.
pub(crate) fn n_ctx_original(keys: &Keys<'_>, n_ctx_train: usize) -> Result<usize, ModelError> {
    keys.count_or("rope.scaling.original_context_length", n_ctx_train)
}

/// How positions are squeezed, by `rope.scaling.*`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scaling {
    /// Factor of interpolated frequencies.
    interpolation: f32,
    /// First and last pair of the ramp from kept frequencies to interpolated ones; `None` interpolates all.
    ramp: Option<(f32, f32)>,
    /// Factor of rotated elements.
    magnitude: f32,
}

impl Scaling {
    /// The type defaults to linear, as in llama.cpp.
    fn read(
        keys: &Keys<'_>,
        dims: usize,
        base: f32,
        (n_ctx_train, yarn): (usize, Yarn),
    ) -> Result<Self, ModelError> {
        let legacy = keys.float_or("rope.scale_linear", 1.0)?;
        let factor = keys.float_or("rope.scaling.factor", legacy)?;
        let factor = if factor > 0.0 { factor } else { 1.0 };
        let magnitude = keys.float_or("rope.scaling.attn_factor", 1.0)?;
        let linear = Scaling {
            interpolation: 1.0 / factor,
            ramp: None,
            magnitude,
        };
        match keys.text("rope.scaling.type")? {
            Some("none") => Ok(Scaling {
                interpolation: 1.0,
                ..linear
            }),
            None | Some("linear" | "longrope") => Ok(linear),
            Some("yarn") => {
                let n_ctx = n_ctx_original(keys, n_ctx_train)? as f32;
                let last = (dims - 1) as f32;
                let low = pair_of_rotations(dims, base, n_ctx, yarn.beta_fast).floor();
                let high = pair_of_rotations(dims, base, n_ctx, yarn.beta_slow).ceil();
                Ok(Scaling {
                    ramp: Some((low.max(0.0), high.min(last))),
                    magnitude: magnitude * yarn.magnitude(factor),
                    ..linear
                })
            }
            Some(kind) => Err(ModelError::UnsupportedRopeScaling {
                kind: kind.to_owned(),
            }),
        }
    }

    fn of_pair(&self, pair: usize, frequency: f32) -> f32 {
        let interpolated = frequency * self.interpolation;
        let Some((low, high)) = self.ramp else {
            return interpolated;
        };
        let at = (pair as f32 - low) / (high - low).max(0.001);
        let kept = 1.0 - at.clamp(0.0, 1.0);
        interpolated * (1.0 - kept) + frequency * kept
    }
}

/// The pair, as a fraction, that turns so many times within the original context.
fn pair_of_rotations(dims: usize, base: f32, n_ctx: f32, rotations: f32) -> f32 {
    let turns = n_ctx / (rotations * 2.0 * std::f32::consts::PI);
    dims as f32 * turns.ln() / (2.0 * base.ln())
}
