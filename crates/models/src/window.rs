//! Which layers look only at a window of the latest tokens.

use crate::builder::Builder;
use crate::error::ModelError;

/// A window, and the layers that have it.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    tokens: usize,
    layers: Vec<bool>,
}

impl Window {
    /// As the metadata say. Where they are silent, the last layer of every `period` has no window; without
    /// `attention.sliding_window`, the window is `default`, and if that is `None` no layer has one.
    pub(crate) fn read(
        b: &Builder<'_>,
        period: usize,
        default: Option<usize>,
    ) -> Result<Self, ModelError> {
        const PATTERN: &str = "attention.sliding_window_pattern";
        let (keys, n_layers) = (b.keys(), b.hp.n_layers);
        let tokens = keys.index_or("attention.sliding_window", default.unwrap_or(0))?;
        let layers = match keys.flags(PATTERN, n_layers)? {
            Some(layers) => layers,
            None => {
                let period = keys.index_or(PATTERN, period)?;
                let has = |layer| period == 0 || layer % period < period - 1;
                (0..n_layers).map(has).collect()
            }
        };
        Ok(Window { tokens, layers })
    }

    /// The window of a layer, itself included; `None` if it sees everything.
    pub(crate) fn of_layer(&self, layer: usize) -> Option<usize> {
        (self.is_local(layer)).then_some(self.tokens)
    }

    /// True if the layer has a window.
    pub(crate) fn is_local(&self, layer: usize) -> bool {
        self.tokens > 0 && self.layers[layer]
    }
}
