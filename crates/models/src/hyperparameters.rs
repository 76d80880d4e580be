//! The numbers in the metadata that describe a decoder, checked so that descriptions can rely on them.

use hearth_gguf::{Metadata, MetadataError};

use crate::error::ModelError;

/// Upper bound of every count: far above any model, far below overflow when two are multiplied.
const MAX_COUNT: usize = 1 << 24;

/// The numbers that describe a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameters {
    /// Key prefix: the architecture's name.
    pub architecture: String,
    /// Transformer blocks.
    pub n_layers: usize,
    /// Width of the residual stream.
    pub n_embd: usize,
    /// Width of the gated MLP.
    pub n_ff: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads; divides `n_heads`.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Dimensions of a head that rotary positions turn; even.
    pub rotary_dims: usize,
    /// Tokens of context that the model was trained for.
    pub n_ctx_train: usize,
    /// Added to the mean square in RMS norms.
    pub norm_eps: f32,
    /// Factor of attention scores.
    pub attention_scale: f32,
}

impl Hyperparameters {
    /// Read and check the keys of `architecture`.
    pub fn read(metadata: &Metadata, architecture: &str) -> Result<Self, ModelError> {
        let keys = Keys {
            metadata,
            architecture,
        };
        let n_embd = keys.count("embedding_length")?;
        let n_heads = keys.count("attention.head_count")?;
        let n_kv_heads = keys.count_or("attention.head_count_kv", n_heads)?;
        let head_dim = keys.count_or("attention.key_length", n_embd / n_heads)?;
        let value_length = keys.count_or("attention.value_length", head_dim)?;
        let rotary_dims = keys.count_or("rope.dimension_count", head_dim)?;
        let scale = keys.float_or("attention.scale", 0.0)?;
        let hp = Hyperparameters {
            architecture: architecture.to_owned(),
            n_layers: keys.count("block_count")?,
            n_ff: keys.count("feed_forward_length")?,
            n_ctx_train: keys.count("context_length")?,
            norm_eps: keys.float("attention.layer_norm_rms_epsilon")?,
            attention_scale: if scale == 0.0 {
                1.0 / (head_dim as f32).sqrt()
            } else {
                scale
            },
            n_embd,
            n_heads,
            n_kv_heads,
            head_dim,
            rotary_dims,
        };
        keys.check(
            "attention.head_count_kv",
            n_kv_heads,
            n_heads % n_kv_heads == 0,
            "it must divide the number of heads",
        )?;
        keys.check(
            "attention.value_length",
            value_length,
            value_length == head_dim,
            "it must equal the key length",
        )?;
        let rotary_fits = rotary_dims <= head_dim && rotary_dims % 2 == 0;
        keys.check(
            "rope.dimension_count",
            rotary_dims,
            rotary_fits,
            "it must be even and within the head's width",
        )?;
        Ok(hp)
    }
}

/// Access to the keys of one architecture.
pub(crate) struct Keys<'a> {
    pub(crate) metadata: &'a Metadata,
    pub(crate) architecture: &'a str,
}

impl Keys<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn count(&self, name: &str) -> Result<usize, ModelError> {
        let key = self.key(name);
        let value = self.metadata.get_usize(&key)?;
        self.check(
            name,
            value,
            (1..=MAX_COUNT).contains(&value),
            "it must be positive and of a real model's size",
        )?;
        Ok(value)
    }

    fn count_or(&self, name: &str, default: usize) -> Result<usize, ModelError> {
        match self.count(name) {
            Err(ModelError::Metadata(MetadataError::MissingKey { .. })) => {
                self.check(
                    name,
                    default,
                    default > 0,
                    "it is missing and cannot be derived",
                )?;
                Ok(default)
            }
            other => other,
        }
    }

    pub(crate) fn float(&self, name: &str) -> Result<f32, ModelError> {
        let key = self.key(name);
        let value = self.metadata.get_f32(&key)?;
        if value.is_finite() {
            return Ok(value);
        }
        let reason = "it must be a finite number";
        Err(ModelError::BadHyperparameter {
            key,
            value: value.into(),
            reason,
        })
    }

    pub(crate) fn float_or(&self, name: &str, default: f32) -> Result<f32, ModelError> {
        match self.float(name) {
            Err(ModelError::Metadata(MetadataError::MissingKey { .. })) => Ok(default),
            other => other,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, ModelError> {
        match self.metadata.get_str(&self.key(name)) {
            Ok(text) => Ok(Some(text)),
            Err(MetadataError::MissingKey { .. }) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    fn check(
        &self,
        name: &str,
        value: usize,
        holds: bool,
        reason: &'static str,
    ) -> Result<(), ModelError> {
        if holds {
            return Ok(());
        }
        let key = self.key(name);
        Err(ModelError::BadHyperparameter {
            key,
            value: value as f64,
            reason,
        })
    }
}
