//! `smollm3`: a Llama block, but every fourth layer has no positions.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::llama;
use crate::rotary::Rotary;

/// The last layer of each group of so many has no positions.
const GROUP: usize = 4;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Interleaved)?;
    llama::decoder(b, |b| {
        let has_positions = (b.layer() + 1) % GROUP != 0;
        SelfAttention {
            rotary: has_positions.then_some(&rotary),
            ..SelfAttention::plain(b, &rotary)
        }
    })
}
