//! `qwen2`: Qwen 2 and 2.5. A Llama block with biases on q, k and v, and rotary positions on the halves of a head.

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
