//! What the Gemma models share. Their converters have folded the `+ 1` of the norms' weights into them (not Gemma 4's,
//! which has none).

use hearth_graph::ValueId;
use hearth_kernels::activation::Activation;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;

/// Embeddings times the square root of their width.
pub(crate) fn embed(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let x = b.embed()?;
    b.scale(x, (b.hp.n_embd as f32).sqrt())
}

/// `1 / sqrt(head_dim)`; the largest model, known by its layers, has `1 / sqrt(n_embd / n_heads)`.
pub(crate) fn attention_scale(b: &Builder<'_>, layers_of_largest: usize) -> f32 {
    let hp = &b.hp;
    let width = if hp.n_layers == layers_of_largest {
        hp.n_embd / hp.n_heads[0]
    } else {
        hp.head_dim
    };
    1.0 / (width as f32).sqrt()
}

/// Attention, then a GELU-gated MLP.
pub(crate) fn block(
    b: &mut Builder<'_>,
    x: ValueId,
    attention: &SelfAttention<'_>,
) -> Result<ValueId, ModelError> {
    let x = attention_branch(b, x, |b, h| b.self_attention(h, attention))?;
    mlp_branch(b, x)
}

/// `x + norm(attention(norm(x)))`.
pub(crate) fn attention_branch(
    b: &mut Builder<'_>,
    x: ValueId,
    attention: impl FnOnce(&mut Builder<'_>, ValueId) -> Result<ValueId, ModelError>,
) -> Result<ValueId, ModelError> {
    b.residual(x, "attn_norm", |b, h| {
        let y = attention(b, h)?;
        b.rms_norm(y, "post_attention_norm", b.hp.n_embd)
    })
}

/// `x + norm(mlp(norm(x)))`.
pub(crate) fn mlp_branch(b: &mut Builder<'_>, x: ValueId) -> Result<ValueId, ModelError> {
    b.residual(x, "ffn_norm", |b, h| {
        let y = b.gated_mlp(h, Activation::GeluTanh)?;
        b.rms_norm(y, "post_ffw_norm", b.hp.n_embd)
    })
}
