//! `gemma4`: as Gemma 3, with heads of another size in layers that see everything, values RMS-normalised, keys that
//! serve as values where there is no projection for these, last layers that reuse the cache of earlier ones, a second
//! embedding for each layer, a factor for each layer's output, and in one model experts beside the MLP.

use hearth_graph::ValueId;
use hearth_kernels::activation::Activation;
use hearth_kernels::attention::Attention;
use hearth_kernels::glu::Glu;
use hearth_kernels::rope::RopeLayout;
use hearth_kernels::slice_cols::SliceCols;

use crate::builder::{Builder, Experts};
use crate::error::ModelError;
use crate::gemma;
use crate::rotary::{DEFAULT_BASE, Rotary};
use crate::window::Window;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let layers = Layers::read(b)?;
    let experts = match b.keys().index_or("expert_count", 0)? {
        0 => None,
        _ => Some(Experts::read(b, Glu::new(Activation::GeluTanh))?),
    };
    let x = gemma::embed(b)?;
    let per_layer = PerLayerEmbeddings::describe(b, x)?;
    // The caches of the last layer of each kind that has one.
    let mut caches = [None; 2];
    let x = b.layers(x, |b, x| {
        let x = gemma::attention_branch(b, x, |b, h| layers.attention(b, h, &mut caches))?;
        let mut x = match &experts {
            Some(experts) => mlp_and_experts(b, x, experts)?,
            None => gemma::mlp_branch(b, x)?,
        };
        if let Some(per_layer) = &per_layer {
            x = per_layer.add_to(b, x)?;
        }
        match b.host_scalar("layer_output_scale", "weight")? {
            Some(factor) => b.scale(x, factor),
            None => Ok(x),
        }
    })?;
    let logits = b.head(x)?;
    b.soft_cap_logits(logits)
}

/// What tells layers apart.
struct Layers {
    window: Window,
    global: Rotary,
    local: Rotary,
    local_head_dim: usize,
    /// Layers before this one have keys and values of their own.
    n_with_cache: usize,
}

impl Layers {
    fn read(b: &mut Builder<'_>) -> Result<Self, ModelError> {
        let keys = b.keys();
        let local_head_dim = keys.count_or("attention.key_length_swa", b.hp.head_dim)?;
        let local_dims = keys.count_or("rope.dimension_count_swa", local_head_dim)?;
        let shared = keys.index_or("attention.shared_kv_layers", 0)?;
        keys.check(
            "attention.shared_kv_layers",
            shared,
            shared < b.hp.n_layers,
            "the first layer must have keys and values of its own",
        )?;
        keys.check(
            "rope.dimension_count_swa",
            local_dims,
            local_dims <= local_head_dim && local_dims.is_multiple_of(2),
            "it must be even and within the head's width",
        )?;
        Ok(Layers {
            window: Window::read(b, 6, None)?,
            global: Rotary::new(b, RopeLayout::Halves)?,
            local: Rotary::local(
                b,
                RopeLayout::Halves,
                [local_head_dim, local_dims],
                DEFAULT_BASE,
            )?,
            local_head_dim,
            n_with_cache: b.hp.n_layers - shared,
        })
    }

    /// `caches` holds those of the latest layer with a window, and of the latest without, that has its own.
    fn attention(
        &self,
        b: &mut Builder<'_>,
        h: ValueId,
        caches: &mut [Option<[ValueId; 2]>; 2],
    ) -> Result<ValueId, ModelError> {
        let layer = b.layer();
        let is_local = self.window.is_local(layer);
        let (rotary, head_dim) = if is_local {
            (&self.local, self.local_head_dim)
        } else {
            (&self.global, b.hp.head_dim)
        };
        let op = Attention {
            head_dim,
            scale: 1.0,
            ..b.attention_op(self.window.of_layer(layer))
        };
        let q = b.linear(h, "attn_q", op.n_heads * head_dim)?;
        let q = b.rms_norm(q, "attn_q_norm", head_dim)?;
        let q = rotary.apply(b, q)?;
        let of_kind = &mut caches[usize::from(is_local)];
        if layer < self.n_with_cache {
            *of_kind = Some(write_cache(b, h, &op, rotary)?);
        }
        let cache = of_kind.ok_or(ModelError::NoCacheToShare { layer })?;
        let y = b.attend_to(&op, q, cache)?;
        b.linear(y, "attn_output", b.hp.n_embd)
    }
}

/// Write this layer's keys and values; without a projection for values, the raw keys are the values.
fn write_cache(
    b: &mut Builder<'_>,
    h: ValueId,
    op: &Attention,
    rotary: &Rotary,
) -> Result<[ValueId; 2], ModelError> {
    let kv_dim = op.n_kv_heads * op.head_dim;
    let k = b.linear(h, "attn_k", kv_dim)?;
    let v = if b.has("attn_v", "weight") {
        b.linear(h, "attn_v", kv_dim)?
    } else {
        k
    };
    let k = b.rms_norm(k, "attn_k_norm", op.head_dim)?;
    let k = rotary.apply(b, k)?;
    let v = b.plain_rms_norm(v, op.head_dim)?;
    b.cache(op, k, v)
}

/// An MLP for every token and a mixture of experts, side by side; the router sees the normalised residual stream.
fn mlp_and_experts(
    b: &mut Builder<'_>,
    x: ValueId,
    experts: &Experts,
) -> Result<ValueId, ModelError> {
    let n_embd = b.hp.n_embd;
    let h = b.rms_norm(x, "ffn_norm", n_embd)?;
    let dense = b.gated_mlp(h, Activation::GeluTanh)?;
    let dense = b.rms_norm(dense, "post_ffw_norm_1", n_embd)?;
    let router_input = router_input(b, x)?;
    let h = b.rms_norm(x, "pre_ffw_norm_2", n_embd)?;
    let sparse = b.mixture_routed_by(h, router_input, experts)?;
    let sparse = b.rms_norm(sparse, "post_ffw_norm_2", n_embd)?;
    let y = b.add(dense, sparse)?;
    let y = b.rms_norm(y, "post_ffw_norm", n_embd)?;
    b.add(y, x)
}

/// `rms_norm(x) * scale / sqrt(n_embd)`.
fn router_input(b: &mut Builder<'_>, x: ValueId) -> Result<ValueId, ModelError> {
    let factor = 1.0 / (b.hp.n_embd as f32).sqrt();
    let scale = b.host_layer_vector("ffn_gate_inp", "scale", b.hp.n_embd)?;
    let weight = scale.into_iter().map(|s| s * factor).collect();
    b.rms_norm_by(x, weight)
}

/// A small embedding of each token for each layer: `[tokens, n_layers * width]`.
struct PerLayerEmbeddings {
    all: ValueId,
    width: usize,
}

impl PerLayerEmbeddings {
    /// From a table of their own and from the embeddings `x`; `None` if the model has none.
    fn describe(b: &mut Builder<'_>, x: ValueId) -> Result<Option<Self>, ModelError> {
        let width = b.keys().index_or("embedding_length_per_layer_input", 0)?;
        if width == 0 {
            return Ok(None);
        }
        let all = width * b.hp.n_layers;
        let table = b.embed_from("per_layer_token_embd.weight", all)?;
        let table = b.scale(table, (width as f32).sqrt())?;
        let projected = b.linear(x, "per_layer_model_proj", all)?;
        let projected = b.scale(projected, 1.0 / (b.hp.n_embd as f32).sqrt())?;
        let projected = b.rms_norm(projected, "per_layer_proj_norm", width)?;
        let sum = b.add(projected, table)?;
        let all = b.scale(sum, std::f32::consts::FRAC_1_SQRT_2)?;
        Ok(Some(PerLayerEmbeddings { all, width }))
    }

    /// `x + norm(proj(gelu(gate(x)) * embedding))`.
    fn add_to(&self, b: &mut Builder<'_>, x: ValueId) -> Result<ValueId, ModelError> {
        let slice = SliceCols {
            start: b.layer() * self.width,
            len: self.width,
        };
        let embedding = b.apply(slice, &[self.all])?;
        let gate = b.linear(x, "inp_gate", self.width)?;
        let gated = b.gated(Activation::GeluTanh, gate, embedding)?;
        let y = b.linear(gated, "proj", b.hp.n_embd)?;
        let y = b.rms_norm(y, "post_norm", b.hp.n_embd)?;
        b.add(y, x)
    }
}
