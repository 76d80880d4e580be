//! `llama`: Llama 1 to 3, Mistral, TinyLlama and their kin. Pre-norm blocks, rotary positions on adjacent pairs,
//! grouped-query attention, SiLU-gated MLP. Llama-3's RoPE scaling is the tensor `rope_freqs.weight`.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::Builder;
use crate::error::ModelError;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Interleaved)?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| block(b, x, &rotary, HeadNorms::None))?;
    b.head(x)
}

/// Whether q and k have norms of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadNorms {
    /// No.
    None,
    /// Each head is RMS-normalised before its rotary position.
    BeforeRotary,
}

/// A pre-norm block: grouped-query attention, then a gated MLP; biases where the file has them.
pub(crate) fn block(
    b: &mut Builder<'_>,
    x: ValueId,
    rotary: &Rotary,
    norms: HeadNorms,
) -> Result<ValueId, ModelError> {
    let (n_embd, head_dim) = (b.hp.n_embd, b.hp.head_dim);
    let (q_dim, kv_dim) = (b.hp.n_heads * head_dim, b.hp.n_kv_heads * head_dim);
    let h = b.rms_norm(x, "attn_norm", n_embd)?;
    let q = b.linear(h, "attn_q", q_dim)?;
    let k = b.linear(h, "attn_k", kv_dim)?;
    let v = b.linear(h, "attn_v", kv_dim)?;
    let (q, k) = match norms {
        HeadNorms::None => (q, k),
        HeadNorms::BeforeRotary => (
            b.rms_norm(q, "attn_q_norm", head_dim)?,
            b.rms_norm(k, "attn_k_norm", head_dim)?,
        ),
    };
    let q = rotary.apply(b, q)?;
    let k = rotary.apply(b, k)?;
    let attended = b.attention(q, k, v)?;
    let branch = b.linear(attended, "attn_output", n_embd)?;
    let x = b.add(branch, x)?;
    let h = b.rms_norm(x, "ffn_norm", n_embd)?;
    let branch = b.gated_mlp(h)?;
    b.add(branch, x)
}
