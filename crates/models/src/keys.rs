//! Access to the metadata keys of one architecture, with checks that descriptions can rely on.

use hearth_gguf::{Metadata, MetadataError, Value};

use crate::error::ModelError;

/// Upper bound of every count: far above any model, far below overflow when two are multiplied.
const MAX_COUNT: usize = 1 << 24;

/// The keys that start with an architecture's name.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    metadata: &'a Metadata,
    architecture: &'static str,
}

impl<'a> Keys<'a> {
    /// The keys of `architecture`.
    pub fn new(metadata: &'a Metadata, architecture: &'static str) -> Self {
        Keys {
            metadata,
            architecture,
        }
    }

    /// A positive number.
    pub fn count(&self, name: &str) -> Result<usize, ModelError> {
        let value = self.metadata.get_usize(&self.key(name))?;
        self.checked_count(name, value, 1)
    }

    /// A positive number, or `default` where the file has none.
    pub fn count_or(&self, name: &str, default: usize) -> Result<usize, ModelError> {
        if !self.has(name) {
            let holds = default > 0;
            self.check(name, default, holds, "it is missing and cannot be derived")?;
            return Ok(default);
        }
        self.count(name)
    }

    /// A number that may be 0, or `default` where the file has none.
    pub fn index_or(&self, name: &str, default: usize) -> Result<usize, ModelError> {
        if !self.has(name) {
            return Ok(default);
        }
        let value = self.metadata.get_usize(&self.key(name))?;
        self.checked_count(name, value, 0)
    }

    /// One number per layer: an array, which may hold zeros, or one positive number for all layers.
    pub fn counts(&self, name: &str, n_layers: usize) -> Result<Vec<usize>, ModelError> {
        let Some(Value::Array(_)) = self.metadata.get(&self.key(name)) else {
            return Ok(vec![self.count(name)?; n_layers]);
        };
        let values = self.metadata.get_u32s(&self.key(name))?;
        self.long_enough(name, values.len(), n_layers)?;
        let counts = values.into_iter().take(n_layers);
        counts
            .map(|v| self.checked_count(name, v as usize, 0))
            .collect()
    }

    /// As [`Keys::counts`], or `default` where the file has no such key.
    pub fn counts_or(&self, name: &str, default: Vec<usize>) -> Result<Vec<usize>, ModelError> {
        if self.has(name) {
            self.counts(name, default.len())
        } else {
            Ok(default)
        }
    }

    /// One flag per layer, if the file has an array of this name.
    pub fn flags(&self, name: &str, n_layers: usize) -> Result<Option<Vec<bool>>, ModelError> {
        let Some(Value::Array(array)) = self.metadata.get(&self.key(name)) else {
            return Ok(None);
        };
        self.long_enough(name, array.len(), n_layers)?;
        let flags = match self.metadata.get_bools(&self.key(name)) {
            Ok(flags) => flags.to_vec(),
            Err(_) => {
                let numbers = self.metadata.get_u32s(&self.key(name))?;
                numbers.into_iter().map(|n| n != 0).collect()
            }
        };
        Ok(Some(flags.into_iter().take(n_layers).collect()))
    }

    /// A flag, or `default` where the file has none.
    pub fn flag_or(&self, name: &str, default: bool) -> Result<bool, ModelError> {
        match self.metadata.get_bool(&self.key(name)) {
            Err(MetadataError::MissingKey { .. }) => Ok(default),
            other => Ok(other?),
        }
    }

    /// A finite number.
    pub fn float(&self, name: &str) -> Result<f32, ModelError> {
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

    /// A finite number, or `default` where the file has none.
    pub fn float_or(&self, name: &str, default: f32) -> Result<f32, ModelError> {
        if self.has(name) {
            self.float(name)
        } else {
            Ok(default)
        }
    }

    /// A finite number other than 0, if the file has one.
    pub fn nonzero(&self, name: &str) -> Result<Option<f32>, ModelError> {
        let value = self.float_or(name, 0.0)?;
        Ok((value != 0.0).then_some(value))
    }

    /// A text, if the file has one.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, ModelError> {
        match self.metadata.get_str(&self.key(name)) {
            Err(MetadataError::MissingKey { .. }) => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    /// True if the file has the key.
    pub fn has(&self, name: &str) -> bool {
        self.metadata.get(&self.key(name)).is_some()
    }

    /// An error that names the key unless `holds`.
    pub fn check(
        &self,
        name: &str,
        value: usize,
        holds: bool,
        reason: &'static str,
    ) -> Result<(), ModelError> {
        if holds {
            return Ok(());
        }
        Err(ModelError::BadHyperparameter {
            key: self.key(name),
            value: value as f64,
            reason,
        })
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn checked_count(&self, name: &str, value: usize, min: usize) -> Result<usize, ModelError> {
        let holds = (min..=MAX_COUNT).contains(&value);
        self.check(
            name,
            value,
            holds,
            "it must be positive and of a real model's size",
        )?;
        Ok(value)
    }

    fn long_enough(&self, name: &str, len: usize, n_layers: usize) -> Result<(), ModelError> {
        self.check(
            name,
            len,
            len >= n_layers,
            "it must have an entry for each layer",
        )
    }
}
