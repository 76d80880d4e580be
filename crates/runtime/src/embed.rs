//! Embeddings: one vector for a text, by a model that was made for it.

use hearth_models::Pooling;

use crate::engine::{Engine, SequenceId, StepToken};
use crate::error::RuntimeError;

impl Engine {
    /// The embedding of a text given as token ids, of Euclidean length 1. Uses sequence 0.
    pub async fn embed(&mut self, tokens: &[u32]) -> Result<Vec<f32>, RuntimeError> {
        let pooled = self.embed_raw(tokens).await?;
        Ok(normalised(&pooled))
    }

    /// The embedding as the model pools it, of any length.
    pub async fn embed_raw(&mut self, tokens: &[u32]) -> Result<Vec<f32>, RuntimeError> {
        let Some(pooling) = self.info().pooling else {
            return Err(RuntimeError::NoEmbeddings {
                architecture: self.info().architecture.clone(),
            });
        };
        if tokens.is_empty() {
            return Err(RuntimeError::EmptyPrompt);
        }
        // Where a text must be computed whole, the loader made a chunk as long as the context.
        self.info().check_length(tokens.len())?;
        let sequence = SequenceId(0);
        self.truncate(sequence, 0);
        let tokens: Vec<StepToken> = tokens
            .iter()
            .map(|&id| StepToken { id, sequence })
            .collect();
        let mut chunks = tokens.chunks(self.chunk()).peekable();
        while let Some(chunk) = chunks.next() {
            if chunks.peek().is_some() {
                self.step(chunk, &[]).await?;
                continue;
            }
            let row = match pooling {
                Pooling::Last => chunk.len() - 1,
                Pooling::Cls | Pooling::Mean => 0,
            };
            return Ok(self.step(chunk, &[row]).await?.to_vec());
        }
        Err(RuntimeError::EmptyPrompt)
    }
}

/// `x` divided by its Euclidean length; zeros stay.
fn normalised(x: &[f32]) -> Vec<f32> {
    let length = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let factor = if length > 0.0 { 1.0 / length } else { 0.0 };
    x.iter().map(|&v| (f64::from(v) * factor) as f32).collect()
}
