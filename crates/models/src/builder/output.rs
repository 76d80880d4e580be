//! From the residual stream to logits, or to an embedding.

use hearth_graph::ValueId;
use hearth_kernels::gather_rows::GatherRows;
use hearth_kernels::map::MapFunction;
use hearth_kernels::matmul::MatMul;
use hearth_kernels::mean_pool::MeanPool;

use super::Builder;
use crate::error::ModelError;
use crate::hyperparameters::Pooling;

impl Builder<'_> {
    /// The result of models whose last norm is `output_norm`.
    pub fn head(&mut self, x: ValueId) -> Result<ValueId, ModelError> {
        self.head_after(x, |b, x| b.rms_norm(x, "output_norm", b.hp.n_embd))
    }

    /// Logits of the rows that the step asks for, or the embeddings of its texts, after a last `norm`.
    pub fn head_after(
        &mut self,
        x: ValueId,
        norm: impl FnOnce(&mut Self, ValueId) -> Result<ValueId, ModelError>,
    ) -> Result<ValueId, ModelError> {
        let Some(pooling) = self.hp.pooling else {
            let x = self.apply(GatherRows, &[x, self.output_rows])?;
            let x = norm(self, x)?;
            return self.logits(x);
        };
        if pooling == Pooling::Mean {
            let x = norm(self, x)?;
            let inputs = [x, self.sequences, self.output_rows];
            let x = self.apply(MeanPool, &inputs)?;
            return self.dense(x);
        }
        let x = self.apply(GatherRows, &[x, self.output_rows])?;
        let x = norm(self, x)?;
        self.dense(x)
    }

    /// `c * tanh(logits / c)` where the metadata have a cap; embeddings have none.
    pub fn soft_cap_logits(&mut self, logits: ValueId) -> Result<ValueId, ModelError> {
        match self.keys().nonzero("final_logit_softcapping")? {
            Some(cap) if self.hp.pooling.is_none() => self.map(logits, MapFunction::SoftCap(cap)),
            _ => Ok(logits),
        }
    }

    /// Without an output matrix the embeddings serve.
    fn logits(&mut self, x: ValueId) -> Result<ValueId, ModelError> {
        let name = if self.has("output", "weight") {
            "output.weight"
        } else {
            "token_embd.weight"
        };
        let (n_vocab, n_embd) = (self.n_vocab()?, self.hp.n_embd);
        let weight = self.weight(name, &[Some(n_vocab), Some(n_embd)])?;
        self.apply(MatMul::default(), &[x, weight])
    }

    /// The linear layers that some embedding models have after pooling.
    fn dense(&mut self, mut x: ValueId) -> Result<ValueId, ModelError> {
        for name in ["dense_2", "dense_3"] {
            if self.has(name, "weight") {
                let info = self.tensor(&self.tensor_name(name, "weight"))?;
                let n_out = info.shape.dims().first().copied().unwrap_or(0);
                x = self.linear(x, name, n_out)?;
            }
        }
        Ok(x)
    }
}
