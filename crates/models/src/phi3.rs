//! `phi3`: Phi 3, 3.5 and 4-mini. A Llama block whose projections are fused: q, k, v in one matrix, gate and up in one.
//! Rotary positions on the halves of a head, or of its first part; LongRoPE factors where the file has them.
//! The window in the metadata is ignored, as llama.cpp does: conversions write it wrongly.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::llama;
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    llama::decoder(b, |b| SelfAttention::plain(b, &rotary))
}
