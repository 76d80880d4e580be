//! `olmo2`: Olmo 2 and 3. Norms after each branch instead of before, queries and keys normalised over all heads together;
//! in Olmo 3 three layers with a window, whose positions are not scaled, to each that sees everything.

use hearth_graph::ValueId;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, QueryKeyNorms, SelfAttention};
use crate::error::ModelError;
use crate::rotary::{DEFAULT_BASE, Rotary};
use crate::window::Window;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let global = Rotary::new(b, RopeLayout::Halves)?;
    let base = b.keys().float_or("rope.freq_base", DEFAULT_BASE)?;
    let dims = [b.hp.head_dim, b.hp.rotary_dims];
    let local = Rotary::local(b, RopeLayout::Halves, dims, base)?;
    let window = Window::read(b, 4, None)?;
    let n_embd = b.hp.n_embd;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        let layer = b.layer();
        let rotary = if window.is_local(layer) {
            &local
        } else {
            &global
        };
        let attention = SelfAttention {
            op: b.attention_op(window.of_layer(layer)),
            norms: QueryKeyNorms::Rows,
            ..SelfAttention::plain(b, rotary)
        };
        let y = b.self_attention(x, &attention)?;
        let y = b.rms_norm(y, "post_attention_norm", n_embd)?;
        let x = b.add(y, x)?;
        let y = b.silu_mlp(x)?;
        let y = b.rms_norm(y, "post_ffw_norm", n_embd)?;
        b.add(y, x)
    })?;
    b.head(x)
}
