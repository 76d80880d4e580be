//! `nomic-bert`: a BERT with rotary positions, a fused projection of q, k and v, and an MLP with a SiLU gate.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::bert;
use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let x = bert::embed_with_type(b)?;
    let x = b.layer_norm(x, "token_embd_norm")?;
    let x = b.layers(x, |b, x| {
        let attention = SelfAttention::plain(b, &rotary);
        bert::post_norm_block(b, x, &attention, |b, x| b.silu_mlp(x))
    })?;
    b.head_after(x, |_, x| Ok(x))
}
