//! `lfm2`: LFM2 and LFM2.5. Most layers mix tokens by a short gated convolution, some by attention with normalised
//! heads; layers without key and value heads are the convolutions.

use hearth_graph::{RowSet, ValueId};
use hearth_kernels::activation::Activation;
use hearth_kernels::rope::RopeLayout;

use crate::builder::Builder;
use crate::error::ModelError;
use crate::qwen3;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let taps = b.keys().count("shortconv.l_cache")?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        let is_convolution = b.hp.n_kv_heads[b.layer()] == 0;
        let x = b.residual(x, "attn_norm", |b, h| {
            if is_convolution {
                return gated_convolution(b, h, taps);
            }
            let attention = qwen3::attention(b, &rotary);
            b.self_attention(h, &attention)
        })?;
        b.residual(x, "ffn_norm", Builder::silu_mlp)
    })?;
    // The last norm is stored under the name of one that other models have after the embeddings.
    b.head_after(x, |b, x| b.rms_norm(x, "token_embd_norm", b.hp.n_embd))
}

/// `out_proj(c * conv(b * x))`, where b, c and x are the three parts of the input projection.
fn gated_convolution(b: &mut Builder<'_>, h: ValueId, taps: usize) -> Result<ValueId, ModelError> {
    let n = b.hp.n_embd;
    let mut part = |index| {
        let rows = RowSet::run(index * n, n);
        b.linear_rows(h, "shortconv.in_proj", rows, 3 * n)
    };
    let (gate_in, gate_out, x) = (part(0)?, part(1)?, part(2)?);
    let x = b.gated(Activation::Identity, gate_in, x)?;
    let x = b.short_convolution(x, "shortconv.conv", taps)?;
    let x = b.gated(Activation::Identity, gate_out, x)?;
    b.linear(x, "shortconv.out_proj", n)
}
