//! `granite`: Granite 3 and 4, dense. A Llama block with factors on embeddings, on both branches and on the logits.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let keys = b.keys();
    let branch_scale = keys.nonzero("residual_scale")?.unwrap_or(1.0);
    let embedding_scale = keys.nonzero("embedding_scale")?.unwrap_or(1.0);
    let logit_scale = keys.nonzero("logit_scale")?.unwrap_or(1.0);
    // The key says whether the model was trained with positions at all.
    let has_positions = keys.flag_or("rope.scaling.finetuned", true)?;
    let rotary = Rotary::new(b, RopeLayout::Interleaved)?;
    let x = b.embed()?;
    let x = b.scale(x, embedding_scale)?;
    let x = b.layers(x, |b, x| {
        let attention = SelfAttention {
            rotary: has_positions.then_some(&rotary),
            ..SelfAttention::plain(b, &rotary)
        };
        let x = b.residual(x, "attn_norm", |b, h| {
            let y = b.self_attention(h, &attention)?;
            b.scale(y, branch_scale)
        })?;
        b.residual(x, "ffn_norm", |b, h| {
            let y = b.silu_mlp(h)?;
            b.scale(y, branch_scale)
        })
    })?;
    let logits = b.head(x)?;
    b.scale(logits, 1.0 / logit_scale)
}
