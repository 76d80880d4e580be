//! Self-attention with its cache.

use hearth_graph::{RowSet, ValueId};
use hearth_kernels::attention::{Attention, Mask};
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::position_scale::PositionScale;

use super::Builder;
use crate::error::ModelError;
use crate::rotary::Rotary;

/// How a layer attends. [`Builder::self_attention`] adds it to the graph.
#[derive(Clone, Debug)]
pub struct SelfAttention<'r> {
    /// Heads, scale, mask.
    pub op: Attention,
    /// Rotary positions of queries and keys.
    pub rotary: Option<&'r Rotary>,
    /// How queries and keys are normalised before their rotary positions.
    pub norms: QueryKeyNorms,
    /// Queries grow with their position.
    pub temperature: Option<PositionScale>,
}

/// How queries and keys are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryKeyNorms {
    /// Not at all.
    None,
    /// Each head by itself.
    Heads,
    /// All heads of a token together.
    Rows,
}

impl<'r> SelfAttention<'r> {
    /// Plain attention as the metadata say, with these rotary positions.
    pub fn plain(b: &Builder<'_>, rotary: &'r Rotary) -> Self {
        SelfAttention {
            rotary: Some(rotary),
            ..Self::without_positions(b)
        }
    }

    /// Plain attention as the metadata say, which does not know positions.
    pub fn without_positions(b: &Builder<'_>) -> Self {
        SelfAttention {
            op: b.attention_op(None),
            rotary: None,
            norms: QueryKeyNorms::None,
            temperature: None,
        }
    }
}

impl Builder<'_> {
    /// Attention of this layer with the heads and the scale of the metadata, within a window if there is one.
    pub fn attention_op(&self, window: Option<usize>) -> Attention {
        let (hp, layer) = (&self.hp, self.layer());
        Attention {
            n_heads: hp.n_heads[layer],
            n_kv_heads: hp.n_kv_heads[layer],
            head_dim: hp.head_dim,
            scale: hp.attention_scale,
            mask: if hp.causal {
                Mask::Causal { window }
            } else {
                Mask::Bidirectional { window }
            },
            softcap: None,
            sinks: false,
        }
    }

    /// Projections, positions, attention over this layer's cache, output projection: `[tokens, n_embd]`.
    pub fn self_attention(
        &mut self,
        x: ValueId,
        layer: &SelfAttention<'_>,
    ) -> Result<ValueId, ModelError> {
        let [mut q, mut k, v] = self.queries_keys_values(x, &layer.op)?;
        let widths = match layer.norms {
            QueryKeyNorms::None => None,
            QueryKeyNorms::Heads => Some([layer.op.head_dim; 2]),
            QueryKeyNorms::Rows => Some([self.width(q), self.width(k)]),
        };
        if let Some([q_width, k_width]) = widths {
            q = self.rms_norm(q, "attn_q_norm", q_width)?;
            k = self.rms_norm(k, "attn_k_norm", k_width)?;
        }
        if let Some(rotary) = layer.rotary {
            q = rotary.apply(self, q)?;
            k = rotary.apply(self, k)?;
        }
        if let Some(temperature) = &layer.temperature {
            q = self.apply(temperature.clone(), &[q, self.positions])?;
        }
        let attended = self.attend(&layer.op, q, k, v)?;
        self.linear(attended, "attn_output", self.hp.n_embd)
    }

    /// The three projections, from matrices of their own or from rows of a fused one.
    fn queries_keys_values(
        &mut self,
        x: ValueId,
        op: &Attention,
    ) -> Result<[ValueId; 3], ModelError> {
        let q_dim = op.n_heads * op.head_dim;
        let kv_dim = op.n_kv_heads * op.head_dim;
        if !self.has("attn_qkv", "weight") {
            return Ok([
                self.linear(x, "attn_q", q_dim)?,
                self.linear(x, "attn_k", kv_dim)?,
                self.linear(x, "attn_v", kv_dim)?,
            ]);
        }
        let all = q_dim + 2 * kv_dim;
        let mut part = |start, len| self.linear_rows(x, "attn_qkv", RowSet::run(start, len), all);
        Ok([
            part(0, q_dim)?,
            part(q_dim, kv_dim)?,
            part(q_dim + kv_dim, kv_dim)?,
        ])
    }

    /// Attention of `q` over this layer's cache, to which `k` and `v` are added: `[tokens, n_heads * head_dim]`.
    pub fn attend(
        &mut self,
        op: &Attention,
        q: ValueId,
        k: ValueId,
        v: ValueId,
    ) -> Result<ValueId, ModelError> {
        let cache = self.cache(op, k, v)?;
        self.attend_to(op, q, cache)
    }

    /// Attention of `q` over a cache that this or an earlier layer has written.
    pub fn attend_to(
        &mut self,
        op: &Attention,
        q: ValueId,
        [k, v]: [ValueId; 2],
    ) -> Result<ValueId, ModelError> {
        let mut inputs = vec![q, k, v, self.positions, self.sequences];
        if op.sinks {
            inputs.push(self.vector("attn_sinks", "weight", op.n_heads)?);
        }
        self.apply(op.clone(), &inputs)
    }

    /// Write keys and values into the cache of this layer. An encoder sees a text once, so its layers share one.
    pub fn cache(
        &mut self,
        op: &Attention,
        k: ValueId,
        v: ValueId,
    ) -> Result<[ValueId; 2], ModelError> {
        let before = match self.encoder_cache {
            Some(shared) => shared,
            None => [self.cache_state("k", op)?, self.cache_state("v", op)?],
        };
        let mut after = before;
        for (state, x) in after.iter_mut().zip([k, v]) {
            *state = self.apply(KvWrite, &[*state, x, self.positions, self.sequences])?;
        }
        if !self.hp.causal {
            self.encoder_cache = Some(after);
        }
        Ok(after)
    }

    fn cache_state(&mut self, which: &str, op: &Attention) -> Result<ValueId, ModelError> {
        let dtype = self.options.cache_dtype;
        if dtype.bytes_for(op.head_dim).is_none() {
            return Err(ModelError::CacheBlocks {
                dtype,
                block: dtype.block_elems(),
                layer: self.layer(),
                head_dim: op.head_dim,
            });
        }
        let dims = [
            op.n_kv_heads,
            self.options.n_sequences,
            self.options.n_ctx,
            op.head_dim,
        ];
        let name = format!("blk.{}.{which}_cache", self.layer());
        Ok(self.graph.state(&name, dtype, &dims))
    }
}
