//! `mistral3`: Ministral 3. A Llama block with YaRN positions, whose queries grow with the logarithm of their position.

use hearth_graph::ValueId;
use hearth_kernels::position_scale::PositionScale;
use hearth_kernels::rope::RopeLayout;

use crate::builder::{Builder, SelfAttention};
use crate::error::ModelError;
use crate::llama;
use crate::rotary::{Rotary, Yarn, n_ctx_original};

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let yarn = Yarn::read(&b.keys())?;
    let rotary = Rotary::with_yarn(b, RopeLayout::Interleaved, yarn)?;
    let n_ctx_original = n_ctx_original(&b.keys(), b.hp.n_ctx_train)?;
    let beta = b.keys().nonzero("attention.temperature_scale")?;
    let temperature = beta.map(|beta| PositionScale {
        beta,
        n_ctx_original,
    });
    llama::decoder(b, |b| SelfAttention {
        temperature: temperature.clone(),
        ..SelfAttention::plain(b, &rotary)
    })
}
