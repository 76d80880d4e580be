//! `qwen2`: Qwen 2 and 2.5. A Llama block with biases on q, k and v, and rotary positions on the halves of a head.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::Builder;
use crate::error::ModelError;
use crate::llama::{self, HeadNorms};
use crate::rotary::Rotary;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| llama::block(b, x, &rotary, HeadNorms::None))?;
    b.head(x)
}
