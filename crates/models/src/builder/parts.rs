//! Embeddings, norms, linear layers, gated MLPs, residual branches.

use hearth_gguf::TensorInfo;
use hearth_graph::{RowSet, ValueId};
use hearth_kernels::activation::Activation;
use hearth_kernels::add::Add;
use hearth_kernels::embed::Embed;
use hearth_kernels::glu::Glu;
use hearth_kernels::layer_norm::LayerNorm;
use hearth_kernels::map::{Map, MapFunction};
use hearth_kernels::matmul::MatMul;
use hearth_kernels::rms_norm::RmsNorm;
use hearth_kernels::short_conv::ShortConv;

use super::Builder;
use crate::error::ModelError;

impl Builder<'_> {
    /// The tokens' embeddings: `[tokens, n_embd]`.
    pub fn embed(&mut self) -> Result<ValueId, ModelError> {
        self.embed_from("token_embd.weight", self.hp.n_embd)
    }

    /// The tokens' rows of a table with rows of `width`.
    pub fn embed_from(&mut self, table: &str, width: usize) -> Result<ValueId, ModelError> {
        let table = self.weight(table, &[None, Some(width)])?;
        self.apply(Embed, &[self.tokens, table])
    }

    /// The positions' rows of a table with a row for each.
    pub fn embed_positions(&mut self, table: &str) -> Result<ValueId, ModelError> {
        let (rows, n_embd) = (self.hp.n_ctx_train, self.hp.n_embd);
        let table = self.weight(table, &[Some(rows), Some(n_embd)])?;
        self.apply(Embed, &[self.positions, table])
    }

    /// RMS norm by the layer's weight `name`, over runs of `width` elements (a row, or a head).
    pub fn rms_norm(
        &mut self,
        x: ValueId,
        name: &str,
        width: usize,
    ) -> Result<ValueId, ModelError> {
        let weight = self.floats(&self.tensor_name(name, "weight"), &[width])?;
        let eps = self.hp.norm_eps;
        self.apply(RmsNorm { eps }, &[x, weight])
    }

    /// RMS norm without a weight, over runs of `width` elements.
    pub fn plain_rms_norm(&mut self, x: ValueId, width: usize) -> Result<ValueId, ModelError> {
        self.rms_norm_by(x, vec![1.0; width])
    }

    /// RMS norm by a weight that is known when the graph is built.
    pub fn rms_norm_by(&mut self, x: ValueId, weight: Vec<f32>) -> Result<ValueId, ModelError> {
        let weight = self.graph.constant("norm", weight);
        let eps = self.hp.norm_eps;
        self.apply(RmsNorm { eps }, &[x, weight])
    }

    /// Layer norm of whole rows by the layer's weight and bias `name`.
    pub fn layer_norm(&mut self, x: ValueId, name: &str) -> Result<ValueId, ModelError> {
        let width = self.hp.n_embd;
        let weight = self.floats(&self.tensor_name(name, "weight"), &[width])?;
        let bias = self.floats(&self.tensor_name(name, "bias"), &[width])?;
        let eps = self.hp.norm_eps;
        self.apply(LayerNorm { eps }, &[x, weight, bias])
    }

    /// `x` times the layer's matrix `name` (`[n_out, n_in]`), plus its bias where the file has one.
    pub fn linear(&mut self, x: ValueId, name: &str, n_out: usize) -> Result<ValueId, ModelError> {
        let n_in = self.width(x);
        let weight = self.weight(
            &self.tensor_name(name, "weight"),
            &[Some(n_out), Some(n_in)],
        )?;
        let mut y = self.apply(MatMul::default(), &[x, weight])?;
        // Files in NVFP4 may have a factor for the whole matrix.
        if let Some(factor) = self.matrix_scale(name)? {
            y = self.scale(y, factor)?;
        }
        if !self.has(name, "bias") {
            return Ok(y);
        }
        let bias = self.floats(&self.tensor_name(name, "bias"), &[n_out])?;
        self.add(y, bias)
    }

    /// The factor of a whole matrix. The router of Gemma 4 has a vector of that name, which is something else.
    fn matrix_scale(&self, name: &str) -> Result<Option<f32>, ModelError> {
        let is_number = |t: &TensorInfo| t.shape.elems() == Some(1);
        let found = self.gguf.tensor(&self.tensor_name(name, "scale"));
        if !found.is_some_and(is_number) {
            return Ok(None);
        }
        self.host_scalar(name, "scale")
    }

    /// The elements of a small vector of the layer, known when the graph is built.
    pub fn host_layer_vector(
        &self,
        name: &str,
        kind: &str,
        len: usize,
    ) -> Result<Vec<f32>, ModelError> {
        let name = self.tensor_name(name, kind);
        let missing = || ModelError::MissingTensor { name: name.clone() };
        self.host_vector(&name, len)?.ok_or_else(missing)
    }

    /// `x` times some rows of the layer's matrix `name`, which has `n_rows`, plus these rows of its bias.
    pub fn linear_rows(
        &mut self,
        x: ValueId,
        name: &str,
        rows: RowSet,
        n_rows: usize,
    ) -> Result<ValueId, ModelError> {
        let n_in = self.width(x);
        let weight = self.tensor_name(name, "weight");
        let weight = self.weight_rows(&weight, rows, [n_rows, n_in])?;
        let y = self.apply(MatMul::default(), &[x, weight])?;
        let bias = self.tensor_name(name, "bias");
        let Some(all) = self.host_vector(&bias, n_rows)? else {
            return Ok(y);
        };
        let part = (0..rows.rows()).map(|row| all[rows.at(row).0]).collect();
        let bias = self.graph.constant(&bias, part);
        self.add(y, bias)
    }

    /// A vector of the layer, as f32.
    pub fn vector(&mut self, name: &str, kind: &str, len: usize) -> Result<ValueId, ModelError> {
        self.floats(&self.tensor_name(name, kind), &[len])
    }

    /// A small matrix of the layer, as f32.
    pub fn small_matrix(&mut self, name: &str, dims: [usize; 2]) -> Result<ValueId, ModelError> {
        self.floats(&self.tensor_name(name, "weight"), &dims)
    }

    /// A vector of the layer whose name has no kind, as f32.
    pub fn bare_vector(&mut self, name: &str, len: usize) -> Result<ValueId, ModelError> {
        self.floats(&format!("blk.{}.{name}", self.layer()), &[len])
    }

    /// The first row of a small matrix outside of the layers, known when the graph is built.
    pub fn first_row(&mut self, name: &str) -> Result<ValueId, ModelError> {
        let (name, n_embd) = (self.tensor_name(name, "weight"), self.hp.n_embd);
        let mut elems = self.host_matrix(&name, n_embd)?;
        elems.truncate(n_embd);
        Ok(self.graph.constant(&name, elems))
    }

    /// The only element of a tensor of the layer, if the file has it.
    pub fn host_scalar(&self, name: &str, kind: &str) -> Result<Option<f32>, ModelError> {
        let elems = self.host_vector(&self.tensor_name(name, kind), 1)?;
        Ok(elems.and_then(|e| e.first().copied()))
    }

    /// Causal convolution of each channel over the latest `taps` tokens, which this layer remembers.
    pub fn short_convolution(
        &mut self,
        x: ValueId,
        name: &str,
        taps: usize,
    ) -> Result<ValueId, ModelError> {
        let channels = self.width(x);
        let weight = self.small_matrix(name, [channels, taps])?;
        let state = self.recurrent_state("conv_state", [taps.saturating_sub(1), channels]);
        let [positions, sequences] = self.places();
        let inputs = [state, x, weight, positions, sequences];
        let outputs = self.graph.apply_all(ShortConv, &inputs)?;
        Ok(outputs[1])
    }

    /// Elementwise sum.
    pub fn add(&mut self, a: ValueId, b: ValueId) -> Result<ValueId, ModelError> {
        self.apply(Add, &[a, b])
    }

    /// `x` times a number; `x` itself where that is 1.
    pub fn scale(&mut self, x: ValueId, factor: f32) -> Result<ValueId, ModelError> {
        if factor == 1.0 {
            return Ok(x);
        }
        self.map(x, MapFunction::Scale(factor))
    }

    /// A function of each element.
    pub fn map(&mut self, x: ValueId, function: MapFunction) -> Result<ValueId, ModelError> {
        self.apply(Map { function }, &[x])
    }

    /// `activation(gate) * up`.
    pub fn gated(
        &mut self,
        activation: Activation,
        gate: ValueId,
        up: ValueId,
    ) -> Result<ValueId, ModelError> {
        self.apply(Glu::new(activation), &[gate, up])
    }

    /// `x + branch(rms_norm(x))`.
    pub fn residual(
        &mut self,
        x: ValueId,
        norm: &str,
        branch: impl FnOnce(&mut Self, ValueId) -> Result<ValueId, ModelError>,
    ) -> Result<ValueId, ModelError> {
        let h = self.rms_norm(x, norm, self.hp.n_embd)?;
        let y = branch(self, h)?;
        self.add(y, x)
    }

    /// `down(activation(gate(x)) * up(x))`. Without a gate of its own, the first half of `ffn_up` is the gate.
    pub fn gated_mlp(&mut self, x: ValueId, activation: Activation) -> Result<ValueId, ModelError> {
        let (n_ff, n_embd) = (self.hp.n_ff[self.layer()], self.hp.n_embd);
        let (gate, up) = if self.has("ffn_gate", "weight") {
            let gate = self.linear(x, "ffn_gate", n_ff)?;
            (gate, self.linear(x, "ffn_up", n_ff)?)
        } else {
            let half = |start| RowSet::run(start, n_ff);
            let gate = self.linear_rows(x, "ffn_up", half(0), 2 * n_ff)?;
            (gate, self.linear_rows(x, "ffn_up", half(n_ff), 2 * n_ff)?)
        };
        let gated = self.gated(activation, gate, up)?;
        self.linear(gated, "ffn_down", n_embd)
    }

    /// [`Builder::gated_mlp`] with SiLU, as most have it.
    pub fn silu_mlp(&mut self, x: ValueId) -> Result<ValueId, ModelError> {
        self.gated_mlp(x, Activation::Silu)
    }

    /// Elements of a row.
    pub(super) fn width(&self, x: ValueId) -> usize {
        self.graph.value(x).ty.cols().unwrap_or(0)
    }
}
