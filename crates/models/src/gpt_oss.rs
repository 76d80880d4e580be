//! `gpt-oss`: mixture of experts with biases everywhere, a sink per head, a window on every other layer, YaRN.

use hearth_graph::ValueId;
use hearth_kernels::attention::Attention;
use hearth_kernels::glu::{Glu, GluForm};
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, Experts, SelfAttention};
use crate::error::ModelError;
use crate::rotary::Rotary;
use crate::window::Window;

/// Slope of the gate's sigmoid, and the bound of gate and up: OpenAI's `swiglu`.
const GATE: Glu = Glu {
    form: GluForm::ClampedSwish {
        alpha: 1.702,
        limit: 7.0,
    },
};

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let window = Window::read(b, 2, None)?;
    let experts = Experts::read(b, GATE)?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        let op = Attention {
            sinks: true,
            ..b.attention_op(window.of_layer(b.layer()))
        };
        let attention = SelfAttention {
            op,
            ..SelfAttention::plain(b, &rotary)
        };
        let x = b.residual(x, "attn_norm", |b, h| b.self_attention(h, &attention))?;
        b.residual(x, "post_attention_norm", |b, h| b.mixture(h, &experts))
    })?;
    b.head(x)
}
