//! Rotary frequencies of a model file: base, linear scaling, and Llama-3's factors.

use hearth_graph::ValueId;
use hearth_kernels::rope::{Rope, RopeLayout, frequencies};

use crate::builder::Builder;
use crate::error::ModelError;
use crate::hyperparameters::Keys;

/// Base of the frequencies where the file has none.
const DEFAULT_BASE: f32 = 10_000.0;

/// Rotary positions as the layers of one model use them.
#[derive(Clone, Debug)]
pub struct Rotary {
    op: Rope,
    frequencies: ValueId,
}

impl Rotary {
    /// Read base and scaling from the metadata, factors from `rope_freqs.weight`.
    pub fn new(b: &mut Builder<'_>, layout: RopeLayout) -> Result<Self, ModelError> {
        let keys = Keys {
            metadata: b.gguf().metadata(),
            architecture: &b.hp.architecture,
        };
        let base = keys.float_or("rope.freq_base", DEFAULT_BASE)?;
        let scale = linear_scale(&keys)?;
        let (head_dim, rotary_dims) = (b.hp.head_dim, b.hp.rotary_dims);
        let factors = b.host_vector("rope_freqs.weight", rotary_dims / 2)?;
        let inv_freq = frequencies(rotary_dims, base, factors.as_deref(), scale);
        Ok(Rotary {
            op: Rope {
                head_dim,
                rotary_dims,
                layout,
                magnitude: 1.0,
            },
            frequencies: b.graph.constant("rope.inv_freq", inv_freq),
        })
    }

    /// Turn the heads of `x` by the step's positions.
    pub fn apply(&self, b: &mut Builder<'_>, x: ValueId) -> Result<ValueId, ModelError> {
        let inputs = [x, b.positions, self.frequencies];
        Ok(b.graph.apply(self.op.clone(), &inputs)?)
    }
}

/// Factor of positions by `rope.scaling.*`. The type defaults to linear, as in llama.cpp.
fn linear_scale(keys: &Keys<'_>) -> Result<f32, ModelError> {
    let legacy = keys.float_or("rope.scale_linear", 1.0)?;
    let factor = keys.float_or("rope.scaling.factor", legacy)?;
    match keys.text("rope.scaling.type")? {
        Some("none") => Ok(1.0),
        None | Some("linear") if factor > 0.0 => Ok(1.0 / factor),
        None | Some("linear") => Ok(1.0),
        Some(kind) => Err(ModelError::UnsupportedRopeScaling {
            kind: kind.to_owned(),
        }),
    }
}
