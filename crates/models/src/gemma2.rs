//! `gemma2`: scaled embeddings, norms before and after each branch, GELU-gated MLP, soft caps on scores and logits, a
//! window on every other layer.

use hearth_graph::ValueId;
use hearth_kernels::attention::Attention;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::gemma;
use crate::rotary::Rotary;
use crate::window::Window;

/// Window where the file has none.
const DEFAULT_WINDOW: usize = 4096;
/// Layers of the 27B model, whose scores are scaled by the width of the model.
const LAYERS_OF_27B: usize = 46;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let window = Window::read(b, 2, Some(DEFAULT_WINDOW))?;
    let softcap = b.keys().nonzero("attn_logit_softcapping")?;
    let scale = gemma::attention_scale(b, LAYERS_OF_27B);
    let x = gemma::embed(b)?;
    let x = b.layers(x, |b, x| {
        let op = Attention {
            scale,
            softcap,
            ..b.attention_op(window.of_layer(b.layer()))
        };
        let attention = SelfAttention {
            op,
            ..SelfAttention::plain(b, &rotary)
        };
        gemma::block(b, x, &attention)
    })?;
    let logits = b.head(x)?;
    b.soft_cap_logits(logits)
}
