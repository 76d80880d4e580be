//! Logits after chosen positions of a text.

use crate::engine::{Engine, SequenceId, StepToken};
use crate::error::RuntimeError;

impl Engine {
    /// The logits `[positions.len(), n_vocab]` after those positions of a text given as token ids: of what comes next
    /// there. Uses sequence 0, from its beginning; the tokens up to the last of the positions stay in its cache.
    pub async fn logits(
        &mut self,
        tokens: &[u32],
        positions: &[usize],
    ) -> Result<Vec<f32>, RuntimeError> {
        self.check_generates()?;
        let mut wanted = positions.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let Some(&last) = wanted.last() else {
            return Ok(Vec::new());
        };
        if last >= tokens.len() {
            return Err(RuntimeError::BadPosition {
                position: last,
                tokens: tokens.len(),
            });
        }
        let sequence = SequenceId(0);
        self.truncate(sequence, 0);
        let n_vocab = self.info().n_vocab;
        let mut computed = Vec::new();
        let (mut done, mut start) = (0, 0);
        while start <= last {
            // A step ends where it would give more rows than there is room for.
            let rest = &wanted[done..];
            let end = rest.get(self.max_outputs()).map_or(last + 1, |&next| next);
            let end = end.min(start + self.chunk());
            let inside = rest.iter().take_while(|&&p| p < end);
            let rows: Vec<usize> = inside.map(|p| p - start).collect();
            let step: Vec<StepToken> = tokens[start..end]
                .iter()
                .map(|&id| StepToken { id, sequence })
                .collect();
            computed.extend_from_slice(self.step(&step, &rows).await?);
            done += rows.len();
            start = end;
        }
        let row = |position| {
            let index = wanted.binary_search(position).unwrap_or(0);
            &computed[index * n_vocab..][..n_vocab]
        };
        Ok(positions.iter().flat_map(row).copied().collect())
    }
}
