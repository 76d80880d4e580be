//! The numbers in the metadata that every description needs, checked so that descriptions can rely on them.

use hearth_gguf::Metadata;

use crate::architecture::Architecture;
use crate::error::ModelError;
use crate::keys::Keys;

/// Far above any model; a file cannot make us build graphs without end.
const MAX_LAYERS: usize = 1 << 10;

/// How the rows of a text become one embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean of all rows.
    Mean,
    /// The first row, that of the CLS token.
    Cls,
    /// The last row.
    Last,
}

/// The numbers that describe a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameters {
    /// Key prefix: the architecture's name.
    pub architecture: &'static str,
    /// Blocks, without those that only guess tokens ahead.
    pub n_layers: usize,
    /// Width of the residual stream.
    pub n_embd: usize,
    /// Tokens of context that the model was trained for.
    pub n_ctx_train: usize,
    /// Query heads, by layer.
    pub n_heads: Vec<usize>,
    /// Key and value heads, by layer; divides the query heads. 0 where a layer has no attention.
    pub n_kv_heads: Vec<usize>,
    /// Width of the gated MLP, by layer.
    pub n_ff: Vec<usize>,
    /// Width of a head.
    pub head_dim: usize,
    /// Dimensions of a head that rotary positions turn; even.
    pub rotary_dims: usize,
    /// Added to the mean square, or to the variance, in norms.
    pub norm_eps: f32,
    /// Factor of attention scores.
    pub attention_scale: f32,
    /// True if a token sees only those before it.
    pub causal: bool,
    /// How a text becomes an embedding; `None` for models that generate text.
    pub pooling: Option<Pooling>,
}

impl Hyperparameters {
    /// Read and check the keys of an architecture.
    pub fn read(metadata: &Metadata, architecture: &Architecture) -> Result<Self, ModelError> {
        let keys = Keys::new(metadata, architecture.name);
        let n_layers = n_layers(&keys)?;
        let n_embd = keys.count("embedding_length")?;
        let n_heads = keys.counts("attention.head_count", n_layers)?;
        let n_kv_heads = keys.counts_or("attention.head_count_kv", n_heads.clone())?;
        let heads = n_heads.iter().copied().max().unwrap_or(0);
        let derived = n_embd.checked_div(heads).unwrap_or(0);
        let head_dim = keys.count_or("attention.key_length", derived)?;
        let rotary_dims = keys.count_or("rope.dimension_count", head_dim)?;
        let scale = keys.nonzero("attention.scale")?;
        let hp = Hyperparameters {
            architecture: architecture.name,
            n_ff: keys.counts("feed_forward_length", n_layers)?,
            n_ctx_train: keys.count("context_length")?,
            norm_eps: norm_eps(&keys)?,
            attention_scale: scale.unwrap_or(1.0 / (head_dim as f32).sqrt()),
            causal: keys.flag_or("attention.causal", !architecture.encoder)?,
            pooling: pooling(&keys, architecture)?,
            n_layers,
            n_embd,
            n_heads,
            n_kv_heads,
            head_dim,
            rotary_dims,
        };
        hp.check(&keys)?;
        Ok(hp)
    }

    /// Bytes of the keys and values of one position, as f32.
    pub fn cache_bytes_per_position(&self) -> usize {
        4 * 2 * self.head_dim * self.n_kv_heads.iter().sum::<usize>()
    }

    fn check(&self, keys: &Keys<'_>) -> Result<(), ModelError> {
        for (&heads, &kv) in self.n_heads.iter().zip(&self.n_kv_heads) {
            keys.check(
                "attention.head_count_kv",
                kv,
                kv == 0 || heads % kv == 0,
                "it must divide the number of heads",
            )?;
        }
        let value_length = keys.count_or("attention.value_length", self.head_dim)?;
        keys.check(
            "attention.value_length",
            value_length,
            value_length == self.head_dim,
            "it must equal the key length",
        )?;
        let rotary_fits = self.rotary_dims <= self.head_dim && self.rotary_dims.is_multiple_of(2);
        keys.check(
            "rope.dimension_count",
            self.rotary_dims,
            rotary_fits,
            "it must be even and within the head's width",
        )?;
        let causal_or_pooled = self.causal || self.pooling.is_some();
        keys.check(
            "attention.causal",
            0,
            causal_or_pooled,
            "a model that generates text must not see ahead",
        )
    }
}

/// Blocks that compute the next token: the last ones may guess further ahead, and are not needed.
fn n_layers(keys: &Keys<'_>) -> Result<usize, ModelError> {
    let all = keys.count("block_count")?;
    keys.check(
        "block_count",
        all,
        all <= MAX_LAYERS,
        "no model has so many layers",
    )?;
    let ahead = keys.index_or("nextn_predict_layers", 0)?;
    keys.check(
        "nextn_predict_layers",
        ahead,
        ahead < all,
        "it must be less than the number of blocks",
    )?;
    Ok(all - ahead)
}

fn norm_eps(keys: &Keys<'_>) -> Result<f32, ModelError> {
    if keys.has("attention.layer_norm_rms_epsilon") {
        keys.float("attention.layer_norm_rms_epsilon")
    } else {
        keys.float("attention.layer_norm_epsilon")
    }
}

fn pooling(keys: &Keys<'_>, architecture: &Architecture) -> Result<Option<Pooling>, ModelError> {
    let unspecified = architecture.encoder.then_some(Pooling::Mean);
    match keys.index_or("pooling_type", 0)? {
        0 => Ok(unspecified),
        1 => Ok(Some(Pooling::Mean)),
        2 => Ok(Some(Pooling::Cls)),
        3 => Ok(Some(Pooling::Last)),
        other => Err(ModelError::BadHyperparameter {
            key: format!("{}.pooling_type", architecture.name),
            value: other as f64,
            reason: "only mean (1), CLS (2) and last-token (3) pooling are computed",
        }),
    }
}
