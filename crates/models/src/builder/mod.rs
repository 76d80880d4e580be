//! What model descriptions are made of.
//!
//! A [`Builder`] wraps the graph that is being built and the file it is built for. Its methods add one part of a
//! model each, check the tensors' dimensions against the metadata, and remember which tensors were used.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the builder, and how tensors become values |
//! | `parts.rs` | embeddings, norms, linear layers, gated MLPs, residual branches |
//! | `attention.rs` | self-attention with its cache |
//! | `experts.rs` | mixtures of experts |
//! | `output.rs` | from the residual stream to logits or to an embedding |

mod attention;
mod experts;
mod output;
mod parts;

use std::cell::RefCell;
use std::collections::HashSet;

use hearth_gguf::{Gguf, TensorInfo};
use hearth_graph::{Dim, Graph, OUTPUTS, RowSet, TOKENS, ValueId};
use hearth_kernels::{Elem, Operation, ValueType, dequantize};
use hearth_tensor::{DType, Shape};

use crate::architecture::BuildOptions;
use crate::error::ModelError;
use crate::hyperparameters::Hyperparameters;
use crate::inputs;
use crate::keys::Keys;

pub use attention::{QueryKeyNorms, SelfAttention};
pub use experts::Experts;

/// Reads a small tensor's elements as f32 while the graph is built.
pub type ReadTensor<'a> = dyn Fn(&TensorInfo) -> Result<Vec<f32>, ModelError> + 'a;

/// A graph being built for one file.
pub struct Builder<'a> {
    /// The graph.
    pub graph: Graph,
    /// The checked metadata.
    pub hp: Hyperparameters,
    /// Positions of the step's tokens.
    pub positions: ValueId,
    tokens: ValueId,
    sequences: ValueId,
    output_rows: ValueId,
    gguf: &'a Gguf,
    read: &'a ReadTensor<'a>,
    options: BuildOptions,
    used: RefCell<HashSet<String>>,
    layer: Option<usize>,
    /// Key and value cache that all layers of an encoder share, as the last layer left it.
    encoder_cache: Option<[ValueId; 2]>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        gguf: &'a Gguf,
        read: &'a ReadTensor<'a>,
        hp: Hyperparameters,
        options: BuildOptions,
    ) -> Self {
        let mut graph = Graph::new();
        let mut ids =
            |name, symbol| graph.input(name, ValueType::new(Elem::I32, [Dim::symbol(symbol)]));
        let tokens = ids(inputs::TOKENS, TOKENS);
        let positions = ids(inputs::POSITIONS, TOKENS);
        let sequences = ids(inputs::SEQUENCES, TOKENS);
        let output_rows = ids(inputs::OUTPUT_ROWS, OUTPUTS);
        Builder {
            graph,
            hp,
            positions,
            tokens,
            sequences,
            output_rows,
            gguf,
            read,
            options,
            used: RefCell::default(),
            layer: None,
            encoder_cache: None,
        }
    }

    /// The file's keys of this architecture.
    pub fn keys(&self) -> Keys<'a> {
        Keys::new(self.gguf.metadata(), self.hp.architecture)
    }

    /// Positions of context that the model is built for.
    pub fn n_ctx(&self) -> usize {
        self.options.n_ctx
    }

    /// The layer that is being built; 0 outside of the layers.
    pub fn layer(&self) -> usize {
        self.layer.unwrap_or(0)
    }

    /// Apply an operation that has one output.
    pub fn apply(&mut self, op: impl Operation, inputs: &[ValueId]) -> Result<ValueId, ModelError> {
        Ok(self.graph.apply(op, inputs)?)
    }

    /// Run `block` for every layer, each from the residual stream to the next.
    pub fn layers(
        &mut self,
        mut x: ValueId,
        mut block: impl FnMut(&mut Self, ValueId) -> Result<ValueId, ModelError>,
    ) -> Result<ValueId, ModelError> {
        for layer in 0..self.hp.n_layers {
            self.layer = Some(layer);
            self.graph.set_layer(self.layer);
            x = block(self, x)?;
        }
        self.layer = None;
        self.graph.set_layer(None);
        Ok(x)
    }

    /// Rows of the embedding table.
    pub fn n_vocab(&self) -> Result<usize, ModelError> {
        let info = self.tensor("token_embd.weight")?;
        Ok(info.shape.dims().first().copied().unwrap_or(0))
    }

    /// True if the file has a tensor of this layer, or of none outside of the layers.
    pub fn has(&self, name: &str, kind: &str) -> bool {
        self.gguf.tensor(&self.tensor_name(name, kind)).is_some()
    }

    /// The elements of a small vector that the description itself needs, or `None` if the file lacks it.
    pub fn host_vector(&self, name: &str, len: usize) -> Result<Option<Vec<f32>>, ModelError> {
        if self.gguf.tensor(name).is_none() {
            return Ok(None);
        }
        let info = self.shaped(name, &[Some(len)])?;
        (self.read)(info).map(Some)
    }

    /// The elements of a small matrix with rows of `width`.
    fn host_matrix(&self, name: &str, width: usize) -> Result<Vec<f32>, ModelError> {
        let info = self.shaped(name, &[None, Some(width)])?;
        (self.read)(info)
    }

    /// State of this layer that outlives a step, of F32 elements, one slice per sequence.
    pub fn recurrent_state(&mut self, name: &str, dims: [usize; 2]) -> ValueId {
        let [rows, cols] = dims;
        let name = format!("blk.{}.{name}", self.layer());
        let dims = [self.options.n_sequences, rows, cols];
        self.graph.state(&name, DType::F32, &dims)
    }

    /// The step's positions and sequences, as operations with state take them.
    pub fn places(&self) -> [ValueId; 2] {
        [self.positions, self.sequences]
    }

    /// Tensors of the file that no method has used, but for such as hold nothing of the function.
    pub(crate) fn unused(&self) -> Vec<&'a str> {
        let used = self.used.borrow();
        let ahead = |name: &str| {
            let layer = name.strip_prefix("blk.").and_then(|n| n.split('.').next());
            let layer = layer.and_then(|n| n.parse::<usize>().ok());
            layer.is_some_and(|layer| layer >= self.hp.n_layers)
        };
        let names = self.gguf.tensors().iter().map(|t| t.name.as_str());
        names
            .filter(|name| !used.contains(*name) && !ahead(name))
            .filter(|name| {
                !name.ends_with("attn_rot_embd") && !name.ends_with("rotary_emb.inv_freq")
            })
            .collect()
    }

    fn tensor_name(&self, name: &str, kind: &str) -> String {
        match self.layer {
            Some(layer) => format!("blk.{layer}.{name}.{kind}"),
            None => format!("{name}.{kind}"),
        }
    }

    /// A matrix, or a stack of them, of any type that kernels know.
    fn weight(&mut self, name: &str, dims: &[Option<usize>]) -> Result<ValueId, ModelError> {
        let info = self.shaped(name, dims)?;
        Ok(self.graph.weight(name, info.dtype, info.shape.dims()))
    }

    /// Some rows of a matrix that has `rows` in all.
    fn weight_rows(
        &mut self,
        name: &str,
        set: RowSet,
        [rows, cols]: [usize; 2],
    ) -> Result<ValueId, ModelError> {
        let info = self.shaped(name, &[Some(rows), Some(cols)])?;
        let dims = [set.rows(), cols];
        Ok(self.graph.weight_rows(name, Some(set), info.dtype, &dims))
    }

    /// The same rows of each matrix of a stack of `[count, stride, cols]`: `[count, len, cols]`.
    fn expert_rows(&mut self, name: &str, set: RowSet, cols: usize) -> Result<ValueId, ModelError> {
        let info = self.shaped(name, &[Some(set.count), Some(set.stride), Some(cols)])?;
        let rows = (set.len < set.stride).then_some(set);
        let dims = [set.count, set.len, cols];
        Ok(self.graph.weight_rows(name, rows, info.dtype, &dims))
    }

    /// A vector or a small matrix that is f32 in memory, whatever its type in the file.
    fn floats(&mut self, name: &str, dims: &[usize]) -> Result<ValueId, ModelError> {
        let expected: Vec<Option<usize>> = dims.iter().copied().map(Some).collect();
        self.shaped(name, &expected)?;
        Ok(self.graph.weight(name, DType::F32, dims))
    }

    fn tensor(&self, name: &str) -> Result<&'a TensorInfo, ModelError> {
        let missing = || ModelError::MissingTensor {
            name: name.to_owned(),
        };
        self.gguf.tensor(name).ok_or_else(missing)
    }

    /// The tensor's entry, if its type is known to kernels and its dimensions are `dims` (`None` is any).
    fn shaped(&self, name: &str, dims: &[Option<usize>]) -> Result<&'a TensorInfo, ModelError> {
        let info = self.tensor(name)?;
        let found = info.shape.dims();
        let fits = found.len() == dims.len()
            && found
                .iter()
                .zip(dims)
                .all(|(f, d)| d.is_none_or(|d| d == *f));
        if !fits {
            let expected: Vec<usize> = dims.iter().map(|d| d.unwrap_or(0)).collect();
            return Err(ModelError::WrongShape {
                name: name.to_owned(),
                expected: Shape::new(expected),
                found: info.shape.clone(),
                offset: info.offset,
            });
        }
        if !dequantize::is_supported(info.dtype) {
            return Err(ModelError::UnsupportedTensorType {
                name: name.to_owned(),
                dtype: info.dtype,
                offset: info.offset,
            });
        }
        self.used.borrow_mut().insert(name.to_owned());
        Ok(info)
    }
}
