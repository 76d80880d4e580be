//! What model descriptions are made of.
//!
//! A [`Builder`] wraps the graph that is being built and the file it is built for. Its methods add one part of a
//! decoder each, check the tensors' dimensions against the metadata, and remember which tensors were used.

use std::cell::RefCell;
use std::collections::HashSet;

use hearth_gguf::{Gguf, TensorInfo};
use hearth_graph::{Dim, Graph, OUTPUTS, TOKENS, ValueId};
use hearth_kernels::add::Add;
use hearth_kernels::attention::Attention;
use hearth_kernels::embed::Embed;
use hearth_kernels::gather_rows::GatherRows;
use hearth_kernels::kv_write::KvWrite;
use hearth_kernels::matmul::MatMul;
use hearth_kernels::rms_norm::RmsNorm;
use hearth_kernels::swiglu::SwiGlu;
use hearth_kernels::{Elem, ValueType, dequantize};
use hearth_tensor::{DType, Shape};

use crate::architecture::BuildOptions;
use crate::error::ModelError;
use crate::hyperparameters::Hyperparameters;
use crate::inputs;

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
        }
    }

    /// The file.
    pub fn gguf(&self) -> &'a Gguf {
        self.gguf
    }

    /// The tokens' embeddings: `[tokens, n_embd]`.
    pub fn embed(&mut self) -> Result<ValueId, ModelError> {
        let table = self.weight("token_embd.weight", &[None, Some(self.hp.n_embd)])?;
        Ok(self.graph.apply(Embed, &[self.tokens, table])?)
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

    /// RMS norm by the layer's weight `name`, over runs of `width` elements (a row, or a head).
    pub fn rms_norm(
        &mut self,
        x: ValueId,
        name: &str,
        width: usize,
    ) -> Result<ValueId, ModelError> {
        let weight = self.vector(&self.tensor_name(name, "weight"), width)?;
        let eps = self.hp.norm_eps;
        Ok(self.graph.apply(RmsNorm { eps }, &[x, weight])?)
    }

    /// `x` times the layer's matrix `name` (`[n_out, n_in]`), plus its bias where the file has one.
    pub fn linear(&mut self, x: ValueId, name: &str, n_out: usize) -> Result<ValueId, ModelError> {
        let n_in = self.graph.value(x).ty.cols().unwrap_or(0);
        let weight = self.weight(
            &self.tensor_name(name, "weight"),
            &[Some(n_out), Some(n_in)],
        )?;
        let y = self.graph.apply(MatMul::default(), &[x, weight])?;
        let bias = self.tensor_name(name, "bias");
        if self.gguf.tensor(&bias).is_none() {
            return Ok(y);
        }
        let bias = self.vector(&bias, n_out)?;
        self.add(y, bias)
    }

    /// Elementwise sum.
    pub fn add(&mut self, a: ValueId, b: ValueId) -> Result<ValueId, ModelError> {
        Ok(self.graph.apply(Add, &[a, b])?)
    }

    /// Causal attention of `q` over this layer's cache, to which `k` and `v` are added: `[tokens, n_heads * head_dim]`.
    pub fn attention(&mut self, q: ValueId, k: ValueId, v: ValueId) -> Result<ValueId, ModelError> {
        let k_cache = self.cache("k", k)?;
        let v_cache = self.cache("v", v)?;
        let op = Attention {
            n_heads: self.hp.n_heads,
            n_kv_heads: self.hp.n_kv_heads,
            head_dim: self.hp.head_dim,
            scale: self.hp.attention_scale,
        };
        let inputs = [q, k_cache, v_cache, self.positions, self.sequences];
        Ok(self.graph.apply(op, &inputs)?)
    }

    /// `down(silu(gate(x)) * up(x))`.
    pub fn gated_mlp(&mut self, x: ValueId) -> Result<ValueId, ModelError> {
        let (n_ff, n_embd) = (self.hp.n_ff, self.hp.n_embd);
        let gate = self.linear(x, "ffn_gate", n_ff)?;
        let up = self.linear(x, "ffn_up", n_ff)?;
        let gated = self.graph.apply(SwiGlu, &[gate, up])?;
        self.linear(gated, "ffn_down", n_embd)
    }

    /// Logits of the rows that the step asks for. Without an output matrix the embeddings serve.
    pub fn head(&mut self, x: ValueId) -> Result<ValueId, ModelError> {
        let n_embd = self.hp.n_embd;
        let x = self.graph.apply(GatherRows, &[x, self.output_rows])?;
        let x = self.rms_norm(x, "output_norm", n_embd)?;
        let tied = self.gguf.tensor("output.weight").is_none();
        let name = if tied {
            "token_embd.weight"
        } else {
            "output.weight"
        };
        let n_vocab = self.n_vocab()?;
        let weight = self.weight(name, &[Some(n_vocab), Some(n_embd)])?;
        Ok(self.graph.apply(MatMul::default(), &[x, weight])?)
    }

    /// Rows of the embedding table.
    pub fn n_vocab(&self) -> Result<usize, ModelError> {
        let info = self.tensor("token_embd.weight")?;
        Ok(info.shape.dims().first().copied().unwrap_or(0))
    }

    /// The elements of a small vector that the description itself needs, or `None` if the file lacks it.
    pub fn host_vector(&self, name: &str, len: usize) -> Result<Option<Vec<f32>>, ModelError> {
        if self.gguf.tensor(name).is_none() {
            return Ok(None);
        }
        let info = self.shaped(name, &[Some(len)])?;
        (self.read)(info).map(Some)
    }

    /// Tensors of the file that no method has used, but for such as hold nothing of the function.
    pub(crate) fn unused(&self) -> Vec<&'a str> {
        let used = self.used.borrow();
        let names = self.gguf.tensors().iter().map(|t| t.name.as_str());
        names
            .filter(|name| !used.contains(*name))
            .filter(|name| {
                !name.ends_with("attn_rot_embd") && !name.ends_with("rotary_emb.inv_freq")
            })
            .collect()
    }

    fn cache(&mut self, which: &str, x: ValueId) -> Result<ValueId, ModelError> {
        let dims = [
            self.hp.n_kv_heads,
            self.options.n_sequences,
            self.options.n_ctx,
            self.hp.head_dim,
        ];
        let layer = self.layer.unwrap_or(0);
        let state = self.graph.state(
            &format!("blk.{layer}.{which}_cache"),
            self.options.cache_dtype,
            &dims,
        );
        Ok(self
            .graph
            .apply(KvWrite, &[state, x, self.positions, self.sequences])?)
    }

    fn tensor_name(&self, name: &str, kind: &str) -> String {
        match self.layer {
            Some(layer) => format!("blk.{layer}.{name}.{kind}"),
            None => format!("{name}.{kind}"),
        }
    }

    /// A matrix of any type that kernels know.
    fn weight(&mut self, name: &str, dims: &[Option<usize>]) -> Result<ValueId, ModelError> {
        let info = self.shaped(name, dims)?;
        Ok(self.graph.weight(name, info.dtype, info.shape.dims()))
    }

    /// A vector; whatever its type in the file, it is f32 in memory.
    fn vector(&mut self, name: &str, len: usize) -> Result<ValueId, ModelError> {
        self.shaped(name, &[Some(len)])?;
        Ok(self.graph.weight(name, DType::F32, &[len]))
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
