//! `qwen3moe`: Qwen 3 with a mixture of experts for its MLP, the weights of the chosen ones summing to 1.

use hearth_graph::ValueId;
use hearth_kernels::activation::Activation;
use hearth_kernels::glu::Glu;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, Experts};
use crate::error::ModelError;
use crate::qwen3;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let experts = Experts::read(b, Glu::new(Activation::Silu))?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        let attention = qwen3::attention(b, &rotary);
        let x = b.residual(x, "attn_norm", |b, h| b.self_attention(h, &attention))?;
        b.residual(x, "ffn_norm", |b, h| b.mixture(h, &experts))
    })?;
    b.head(x)
}
