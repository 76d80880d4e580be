//! `qwen3`: dense Qwen 3. Each head of q and k is RMS-normalised before its rotary position; no biases.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::Builder;
use crate::error::ModelError;
use crate::llama::{self, HeadNorms};
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        llama::block(b, x, &rotary, HeadNorms::BeforeRotary)
    })?;
    b.head(x)
}
