//! Steps whose token the device chooses, where it can: no logits come back, and the next step need not wait for the token.

use hearth_graph::{Bindings, OUTPUTS, TOKENS};
use hearth_models::{RESULT, inputs};
use hearth_webgpu::{Choice, Chooser, ChoosingStep, PendingToken, Settings};

use crate::device::Device;
use crate::engine::{Engine, SequenceId};
use crate::error::RuntimeError;
use crate::sampling::Sampling;

/// A step of one sequence whose last token gives the row to choose by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The sequence.
    pub(crate) sequence: SequenceId,
    /// Position of the first token.
    pub(crate) position: usize,
    /// The tokens, from there on; none where it is the one that the device chose last.
    pub(crate) known: &'a [u32],
    /// All tokens that precede the chosen one, where the device has not all that it looks at.
    pub(crate) seen: Option<&'a [u32]>,
    /// The choice.
    pub(crate) choice: Choice,
}

impl Sampling {
    /// What a device is told of it, but for [`Sampling::typical_p`], which no device knows.
    pub(crate) fn on_device(&self, n_vocab: usize) -> Settings {
        Settings {
            n_vocab,
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            frequency_penalty: self.frequency_penalty,
            presence_penalty: self.presence_penalty,
            penalty_window: self.penalty_window,
            logit_bias: self.logit_bias.clone(),
        }
    }
}

impl Engine {
    /// Whether a GPU computes.
    pub(crate) fn is_on_gpu(&mut self) -> bool {
        matches!(self.device_mut(), Device::Gpu(_))
    }

    /// How the device chooses by `sampling`, if it can.
    pub(crate) fn choice_settings(&mut self, sampling: &Sampling) -> Option<Settings> {
        let settings = sampling.on_device(self.info().n_vocab);
        let as_asked = sampling.typical_p >= 1.0 || settings.is_greedy();
        (self.is_on_gpu() && as_asked && settings.is_supported()).then_some(settings)
    }

    /// What chooses the tokens of one text by [`Engine::choice_settings`].
    pub(crate) async fn chooser(
        &mut self,
        settings: &Settings,
    ) -> Result<Option<Chooser>, RuntimeError> {
        match self.device_mut() {
            Device::Gpu(gpu) => Ok(Some(gpu.chooser(RESULT, settings.clone()).await?)),
            Device::Cpu(_) => Ok(None),
        }
    }

    /// Give a step to the device. Known tokens are in their sequence from now on; who learns others appends them.
    pub(crate) fn submit(
        &mut self,
        chooser: &Chooser,
        asked: &Asked<'_>,
    ) -> Result<Option<PendingToken>, RuntimeError> {
        let Asked {
            sequence, position, ..
        } = *asked;
        self.checked_sequence(sequence)?;
        let n_tokens = asked.known.len().max(1);
        self.info().check_length(position + n_tokens)?;
        // Vocabulary, context and sequences are all bounded far below 2^31 by the loader.
        let tokens: Vec<i32> = asked.known.iter().map(|&id| id as i32).collect();
        let positions: Vec<i32> = (position..).take(n_tokens).map(|p| p as i32).collect();
        let sequences = vec![sequence.0 as i32; n_tokens];
        let rows = [n_tokens as i32 - 1];
        let inputs = [
            (inputs::POSITIONS, &positions[..]),
            (inputs::SEQUENCES, &sequences[..]),
            (inputs::OUTPUT_ROWS, &rows[..]),
            (inputs::TOKENS, &tokens[..]),
        ];
        let is_fed = tokens.is_empty();
        let bindings = Bindings::default().with(TOKENS, n_tokens).with(OUTPUTS, 1);
        let step = ChoosingStep {
            inputs: &inputs[..inputs.len() - usize::from(is_fed)],
            fed: is_fed.then_some(inputs::TOKENS),
            bindings: &bindings,
            choice: asked.choice,
        };
        let Device::Gpu(gpu) = self.device_mut() else {
            return Ok(None);
        };
        if let Some(seen) = asked.seen {
            chooser.remember(gpu, seen);
        }
        let pending = gpu.run_choosing(chooser, &step)?;
        for (at, &id) in (position..).zip(asked.known) {
            self.recall(sequence, at, id);
        }
        Ok(Some(pending))
    }
}
