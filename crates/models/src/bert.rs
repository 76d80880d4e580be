//! `bert`: BERT and sentence encoders of its kind (MiniLM, BGE). Learned positions, attention in both directions, norms
//! after each branch, GELU MLP. Of the token types only the first occurs in single texts.

use hearth_graph::ValueId;
use hearth_kernels::activation::Activation;
use hearth_kernels::map::MapFunction;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let x = embed_with_type(b)?;
    let positions = b.embed_positions("position_embd.weight")?;
    let x = b.add(x, positions)?;
    let x = b.layer_norm(x, "token_embd_norm")?;
    let x = b.layers(x, |b, x| {
        let attention = SelfAttention::without_positions(b);
        post_norm_block(b, x, &attention, mlp)
    })?;
    b.head_after(x, |_, x| Ok(x))
}

/// Embeddings of the tokens and of the first token type.
pub(crate) fn embed_with_type(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let x = b.embed()?;
    let first = b.first_row("token_types")?;
    b.add(x, first)
}

/// `x = norm(x + attention(x)); norm(x + mlp(x))`.
pub(crate) fn post_norm_block(
    b: &mut Builder<'_>,
    x: ValueId,
    attention: &SelfAttention<'_>,
    mlp: impl FnOnce(&mut Builder<'_>, ValueId) -> Result<ValueId, ModelError>,
) -> Result<ValueId, ModelError> {
    let y = b.self_attention(x, attention)?;
    let x = b.add(y, x)?;
    let x = b.layer_norm(x, "attn_output_norm")?;
    let y = mlp(b, x)?;
    let x = b.add(y, x)?;
    b.layer_norm(x, "layer_output_norm")
}

fn mlp(b: &mut Builder<'_>, x: ValueId) -> Result<ValueId, ModelError> {
    let n_ff = b.hp.n_ff[b.layer()];
    let h = b.linear(x, "ffn_up", n_ff)?;
    let h = b.map(h, MapFunction::Activation(Activation::GeluErf))?;
    b.linear(h, "ffn_down", b.hp.n_embd)
}
