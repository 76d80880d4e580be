//! `qwen35`: Qwen 3.5. Most layers are gated delta nets, linear attention with a state of fixed size; every fourth is
//! attention with a gate on its output.

use hearth_graph::{RowSet, ValueId};
use hearth_kernels::activation::Activation;
use hearth_kernels::gated_delta_net::GatedDeltaNet;
use hearth_kernels::map::MapFunction;
use hearth_kernels::rope::RopeLayout;

use crate::builder::Builder;
use crate::error::ModelError;
use crate::rotary::Rotary;

/// Added to the squared lengths of queries and keys: a constant of the architecture, not in the file.
const LENGTH_EPS: f32 = 1e-6;
/// Layers from one with attention to the next, where the file does not say.
const ATTENTION_INTERVAL: usize = 4;

pub(crate) fn describe(b: &mut Builder<'_>) -> Result<ValueId, ModelError> {
    let rotary = Rotary::new(b, RopeLayout::Halves)?;
    let delta = DeltaNet::read(b)?;
    let is_recurrent = recurrent_layers(b)?;
    let x = b.embed()?;
    let x = b.layers(x, |b, x| {
        let x = b.residual(x, "attn_norm", |b, h| {
            if is_recurrent[b.layer()] {
                delta.describe(b, h)
            } else {
                gated_attention(b, h, &rotary)
            }
        })?;
        b.residual(x, "post_attention_norm", Builder::silu_mlp)
    })?;
    b.head(x)
}

fn recurrent_layers(b: &Builder<'_>) -> Result<Vec<bool>, ModelError> {
    let (keys, n_layers) = (b.keys(), b.hp.n_layers);
    if let Some(layers) = keys.flags("attention.recurrent_layers", n_layers)? {
        return Ok(layers);
    }
    let interval = keys.count_or("full_attention_interval", ATTENTION_INTERVAL)?;
    Ok((0..n_layers).map(|l| (l + 1) % interval != 0).collect())
}

/// Attention whose output is multiplied by the sigmoid of a gate. The rows of `attn_q` are, head by head, those of the
/// query and those of the gate.
fn gated_attention(
    b: &mut Builder<'_>,
    h: ValueId,
    rotary: &Rotary,
) -> Result<ValueId, ModelError> {
    let op = b.attention_op(None);
    let (d, q_dim, kv_dim) = (
        op.head_dim,
        op.n_heads * op.head_dim,
        op.n_kv_heads * op.head_dim,
    );
    let mut half = |start| {
        let rows = RowSet {
            start,
            len: d,
            stride: 2 * d,
            count: op.n_heads,
        };
        b.linear_rows(h, "attn_q", rows, 2 * q_dim)
    };
    let (q, gate) = (half(0)?, half(d)?);
    let k = b.linear(h, "attn_k", kv_dim)?;
    let v = b.linear(h, "attn_v", kv_dim)?;
    let q = b.rms_norm(q, "attn_q_norm", d)?;
    let k = b.rms_norm(k, "attn_k_norm", d)?;
    let q = rotary.apply(b, q)?;
    let k = rotary.apply(b, k)?;
    let y = b.attend(&op, q, k, v)?;
    let y = b.gated(Activation::Sigmoid, gate, y)?;
    b.linear(y, "attn_output", b.hp.n_embd)
}

/// The numbers of the layers with linear attention.
struct DeltaNet {
    op: GatedDeltaNet,
    taps: usize,
}

impl DeltaNet {
    fn read(b: &Builder<'_>) -> Result<Self, ModelError> {
        let keys = b.keys();
        let n_k_heads = keys.count("ssm.group_count")?;
        let n_v_heads = keys.count("ssm.time_step_rank")?;
        let head = keys.count("ssm.state_size")?;
        let inner = keys.count("ssm.inner_size")?;
        keys.check(
            "ssm.inner_size",
            inner,
            inner == n_v_heads * head && n_v_heads.is_multiple_of(n_k_heads),
            "it must be the width of all value heads, of which each key head serves equally many",
        )?;
        Ok(DeltaNet {
            op: GatedDeltaNet {
                n_k_heads,
                n_v_heads,
                k_dim: head,
                v_dim: head,
                eps: LENGTH_EPS,
            },
            taps: keys.count("ssm.conv_kernel")?,
        })
    }

    fn describe(&self, b: &mut Builder<'_>, h: ValueId) -> Result<ValueId, ModelError> {
        let op = &self.op;
        let value_dim = op.n_v_heads * op.v_dim;
        let channels = 2 * op.n_k_heads * op.k_dim + value_dim;
        let qkv = b.linear(h, "attn_qkv", channels)?;
        let gate = b.linear(h, "attn_gate", value_dim)?;
        let alpha = b.linear(h, "ssm_alpha", op.n_v_heads)?;
        let beta = b.linear(h, "ssm_beta", op.n_v_heads)?;
        let qkv = b.short_convolution(qkv, "ssm_conv1d", self.taps)?;
        let qkv = b.map(qkv, MapFunction::Activation(Activation::Silu))?;

        let state = b.recurrent_state("delta_state", [op.k_dim, value_dim]);
        let dt_bias = b.vector("ssm_dt", "bias", op.n_v_heads)?;
        let a = b.bare_vector("ssm_a", op.n_v_heads)?;
        let [positions, sequences] = b.places();
        let inputs = [state, qkv, alpha, beta, dt_bias, a, positions, sequences];
        let y = b.graph.apply_all(op.clone(), &inputs)?[1];
        let y = b.rms_norm(y, "ssm_norm", op.v_dim)?;
        let y = b.gated(Activation::Silu, gate, y)?;
        b.linear(y, "ssm_out", b.hp.n_embd)
    }
}
