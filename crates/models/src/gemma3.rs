//! `gemma3`, and `gemma-embedding` (EmbeddingGemma), which sees in both directions. As Gemma 2 without the cap on
//! scores; normalised heads; five layers with a window and rotary positions of their own to each that sees everything.

use hearth_graph::ValueId;
use hearth_kernels::attention::Attention;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, QueryKeyNorms, SelfAttention};
use crate::error::ModelError;
use crate::gemma;
use crate::rotary::{DEFAULT_BASE, Rotary};
use crate::window::Window;

/// Layers of the 27B model, whose scores are scaled by the width of the model.
const LAYERS_OF_27B: usize = 62;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let global = Rotary::new(b, RopeLayout::Halves)?;
    let dims = [b.hp.head_dim, b.hp.rotary_dims];
    let local = Rotary::local(b, RopeLayout::Halves, dims, DEFAULT_BASE)?;
    let window = Window::read(b, 6, None)?;
    let scale = gemma::attention_scale(b, LAYERS_OF_27B);
    let x = gemma::embed(b)?;
    let x = b.layers(x, |b, x| {
        let layer = b.layer();
        let rotary = if window.is_local(layer) {
            &local
        } else {
            &global
        };
        let op = Attention {
            scale,
            ..b.attention_op(window.of_layer(layer))
        };
        let attention = SelfAttention {
            op,
            norms: QueryKeyNorms::Heads,
            ..SelfAttention::plain(b, rotary)
        };
        gemma::block(b, x, &attention)
    })?;
    let logits = b.head(x)?;
    b.soft_cap_logits(logits)
}
