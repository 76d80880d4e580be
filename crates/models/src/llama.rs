//! `llama`: Llama 1 to 3, Mistral, TinyLlama and their kin. Pre-norm blocks, rotary positions on adjacent pairs,
//! grouped-query attention, SiLU-gated MLP. Llama-3's RoPE scaling is the tensor `rope_freqs.weight`.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Interleaved)?;
    decoder(b, |b| SelfAttention::plain(b, &rotary))
}

/// A decoder of pre-norm blocks, each attention and then an MLP with a SiLU gate. `attention` says how the layer that is
/// being built attends.
pub(crate) fn decoder<'r>(
    b: &mut Builder<'_>,
    attention: impl Fn(&Builder<'_>) -> SelfAttention<'r>,
) -> Result<ValueId, ModelError> {
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        let attention = attention(b);
        let x = b.residual(x, "attn_norm", |b, h| b.self_attention(h, &attention))?;
        b.residual(x, "ffn_norm", Builder::silu_mlp)
    })?;
    b.head(x)
}
