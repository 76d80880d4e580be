//! A lost device costs time only: another one is opened, the weights are read again from where they came from, and what a sequence's
//! states held is computed again from its tokens, when the sequence is used next.
//!
//! The states come back with the same bits, because the tokens are computed in the same steps: a token has other bits in a large step
//! than alone, but the same ones in every step of up to [`SAME_BITS`] tokens. So only the large steps are remembered.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use hearth_cpu::Pool;
use hearth_gguf::ReadAt;

use super::{Engine, SequenceId, StepToken};
use crate::device::{Device, Hardware};
use crate::error::RuntimeError;
use crate::load::{LoadOptions, Loader};

/// A token has the same bits in every step of so many tokens of its sequence, or fewer.
const SAME_BITS: usize = 16;

/// What a model on a GPU is loaded from once more.
pub(crate) struct Origin {
    /// The files.
    pub(crate) parts: Vec<Rc<Box<dyn ReadAt>>>,
    /// The options that give the same program.
    pub(crate) options: LoadOptions,
    /// What computes where no GPU comes back, if that is allowed.
    pub(crate) pool: Option<Pool>,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").finish_non_exhaustive()
    }
}

/// How the tokens of a sequence came into its states, and which of them are there no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// Its tokens that were computed in large steps, step by step.
    large: Vec<Range<usize>>,
    /// Tokens to be computed again, after those in the states.
    lost: Vec<u32>,
    /// The large steps in which they had been computed.
    replay: Vec<Range<usize>>,
}

impl Past {
    /// Tokens were computed in one step.
    pub(super) fn computed(&mut self, tokens: Range<usize>) {
        if tokens.len() > SAME_BITS {
            self.large.push(tokens);
        }
    }

    /// All but the first `len` tokens are forgotten.
    pub(super) fn truncate(&mut self, len: usize) {
        self.lost.clear();
        self.large.retain(|step| step.start < len);
        if let Some(last) = self.large.last_mut() {
            last.end = last.end.min(len);
        }
    }

    /// So many tokens are in the states, and nobody knows how they came there.
    pub(super) fn assume(&mut self, tokens: usize, chunk: usize) {
        *self = Past::default();
        for start in (0..tokens).step_by(chunk) {
            self.computed(start..tokens.min(start + chunk));
        }
    }

    /// What the states held is gone.
    fn lose(&mut self, computed: &mut Vec<u32>) {
        let large = std::mem::take(&mut self.large);
        // Otherwise some of it was being computed again, in the steps of before.
        if self.lost.is_empty() {
            self.replay = large;
        }
        computed.append(&mut self.lost);
        self.lost = std::mem::take(computed);
    }

    /// Where the step ends that computes lost tokens from token `at` on.
    fn step_end(&self, at: usize) -> usize {
        let end = at + self.lost.len();
        let next = self.replay.iter().find(|step| step.end > at);
        match next {
            Some(step) if step.start <= at => step.end.min(end),
            Some(step) => step.start.min(at + SAME_BITS).min(end),
            None => end.min(at + SAME_BITS),
        }
    }
}

impl Engine {
    /// Whether the device that computes is gone, of this model or of the one that guesses for it.
    pub fn is_lost(&self) -> bool {
        self.device.is_lost() || self.draft.as_ref().is_some_and(|draft| draft.is_lost())
    }

    /// The fault of a device that is gone.
    pub(crate) fn check_device(&self) -> Result<(), RuntimeError> {
        match &self.device {
            Device::Gpu(gpu) if gpu.gpu().is_lost() => Ok(gpu.gpu().check()?),
            _ => Ok(()),
        }
    }

    /// Tokens of a sequence that are to be computed again.
    pub(crate) fn lost_tokens(&self, sequence: SequenceId) -> usize {
        self.pasts.get(sequence.0).map_or(0, |past| past.lost.len())
    }

    /// Load the model once more where its device is gone, onto another one. What the states held is computed again when it is needed.
    pub async fn recover(&mut self) -> Result<(), RuntimeError> {
        if let Some(draft) = self.draft.as_deref_mut() {
            Box::pin(draft.recover()).await?;
        }
        let Device::Gpu(gpu) = &self.device else {
            return Ok(());
        };
        let gpu = gpu.gpu().clone();
        let Some(origin) = self.origin.as_mut().filter(|_| gpu.is_lost()) else {
            return Ok(gpu.check()?);
        };
        // What is left of the old device must not take the place of the new one.
        gpu.destroy();
        let opened = gpu.reopen().await;
        let hardware = match origin.pool.take() {
            Some(pool) => Hardware::GpuOrCpu(opened, pool),
            None => Hardware::Gpu(opened?),
        };
        let parts = origin.parts.iter();
        let parts = parts.map(|part| Box::new(part.clone()) as Box<dyn ReadAt>);
        let loader = Loader::open(parts.collect(), origin.options.clone(), hardware)?;
        let again = loader.finish().await?;
        self.take_over(again)
    }

    /// Go on with the device of the same model, loaded again.
    fn take_over(&mut self, again: Engine) -> Result<(), RuntimeError> {
        let is_same_cache = again.info.cache_type == self.info.cache_type;
        if is_same_cache && again.fingerprint != self.fingerprint {
            return Err(RuntimeError::OtherFile);
        }
        self.device = again.device;
        self.fingerprint = again.fingerprint;
        self.chunk = again.chunk;
        self.max_outputs = again.max_outputs;
        let mut notes = std::mem::take(&mut self.info.notes);
        self.info = again.info;
        notes.append(&mut self.info.notes);
        notes.dedup();
        self.info.notes = notes;
        self.origin = match (self.origin.take(), again.origin) {
            (Some(old), Some(new)) => Some(Origin {
                pool: new.pool,
                ..old
            }),
            // The CPU does not get lost.
            _ => None,
        };
        for (past, tokens) in self.pasts.iter_mut().zip(&mut self.sequences) {
            past.lose(tokens);
        }
        Ok(())
    }

    /// Of a sequence whose states are gone, let only the first `len` tokens come back.
    pub(crate) fn keep_lost(&mut self, sequence: SequenceId, len: usize) {
        if let Some(past) = self.pasts.get_mut(sequence.0) {
            past.lost
                .truncate(len.saturating_sub(self.sequences[sequence.0].len()));
        }
    }

    /// Compute one step of what was lost of a sequence. Gives the tokens that are there and those that will be; `None` where nothing
    /// is missing.
    pub(crate) async fn recompute(
        &mut self,
        sequence: SequenceId,
    ) -> Result<Option<(usize, usize)>, RuntimeError> {
        let Some(past) = self.pasts.get(sequence.0) else {
            return Ok(None);
        };
        if past.lost.is_empty() {
            return Ok(None);
        }
        let done = self.sequences[sequence.0].len();
        let total = done + past.lost.len();
        // Steps may have become smaller.
        let end = past.step_end(done).min(done + self.chunk);
        let ids = past.lost[..end - done].iter();
        let step: Vec<StepToken> = ids.map(|&id| StepToken { id, sequence }).collect();
        if let Err(error) = self.compute(&step, &[], || ()).await {
            self.sequences[sequence.0].truncate(done);
            return Err(error);
        }
        self.pasts[sequence.0].lost.drain(..end - done);
        Ok(Some((end, total)))
    }

    /// Make sure that these sequences have in their states what they had.
    pub(crate) async fn bring_back(
        &mut self,
        sequences: impl Iterator<Item = SequenceId>,
    ) -> Result<(), RuntimeError> {
        if self.device.is_lost() {
            self.recover().await?;
        }
        for sequence in sequences {
            while self.recompute(sequence).await?.is_some() {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps in which what was lost is computed again.
    fn steps(past: &Past) -> Vec<Range<usize>> {
        let total = past.lost.len();
        let mut left = past.clone();
        let mut steps = Vec::new();
        let mut at = 0;
        while at < total {
            let end = left.step_end(at);
            left.lost.drain(..end - at);
            steps.push(at..end);
            at = end;
        }
        steps
    }

    #[test]
    fn large_steps_are_taken_again_and_others_in_sixteens() {
        let mut past = Past::default();
        for step in [0..32, 32..50, 50..51, 51..60, 60..61] {
            past.computed(step);
        }
        past.lose(&mut (0..61).collect());
        assert_eq!(steps(&past), [0..32, 32..50, 50..61]);
        past.lost.truncate(40);
        assert_eq!(steps(&past), [0..32, 32..40]);
    }

    #[test]
    fn what_was_forgotten_does_not_come_back() {
        let mut past = Past::default();
        past.computed(0..32);
        past.computed(32..64);
        past.truncate(40);
        assert_eq!(past.large, [0..32, 32..40]);
        past.computed(40..41);
        past.lose(&mut (0..41).collect());
        assert_eq!(steps(&past), [0..32, 32..40, 40..41]);
    }

    #[test]
    fn a_second_loss_in_the_middle_goes_by_the_same_steps() {
        let mut past = Past::default();
        past.computed(0..32);
        past.computed(32..64);
        past.lose(&mut (0..64).collect());
        past.lost.drain(..32);
        past.computed(0..32);
        past.lose(&mut (0..32).collect());
        assert_eq!(past.lost, Vec::from_iter(0..64));
        assert_eq!(steps(&past), [0..32, 32..64]);
    }

    #[test]
    fn a_restored_session_is_computed_in_chunks() {
        let mut past = Past::default();
        past.assume(70, 32);
        past.lose(&mut (0..70).collect());
        assert_eq!(steps(&past), [0..32, 32..64, 64..70]);
    }
}
