//! `qwen3`: dense Qwen 3 and Qwen3-Embedding. Each head of q and k is RMS-normalised before its rotary position; no
//! biases.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, QueryKeyNorms, SelfAttention};
use crate::error::ModelError;
use crate::llama;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    llama::decoder(b, |b| attention(b, &rotary))
}

/// Attention with normalised heads.
pub(crate) fn attention<'r>(b: &Builder<'_>, rotary: &'r Rotary) -> SelfAttention<'r> {
    SelfAttention {
        norms: QueryKeyNorms::Heads,
        ..SelfAttention::plain(b, rotary)
    }
}
