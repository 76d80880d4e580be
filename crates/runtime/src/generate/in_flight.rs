//! A generation whose tokens the device chooses: several steps are given to it before the token of the first is known, so that
//! it never waits for the host, and the host waits once for what may be several tokens.
//!
//! **Exact.** Each token is what the host would have chosen with the same number drawn. Steps beyond the end of the generation
//! are let go: what they drew is given back, and what they wrote into the cache lies behind the sequence's end, where the
//! next step overwrites it. A recurrent state cannot go back, so there a step is given only after a token that is known.

use std::collections::VecDeque;

use hearth_webgpu::{Choice, Chooser, PendingToken, Settings};
use web_time::Instant;

use super::depth::Depth;
use super::{Event, Generation, Stage};
use crate::choosing::Asked;
use crate::engine::{Engine, StepToken};
use crate::error::RuntimeError;
use crate::sampling::Sampling;

/// What the device has been given.
#[derive(Debug)]
pub(super) struct InFlight {
    settings: Settings,
    /// Made for the first step, and again after an error.
    chooser: Option<Chooser>,
    /// Oldest first.
    steps: VecDeque<PendingToken>,
    depth: Depth,
}

impl InFlight {
    /// For a generation that samples so, if the device can choose its tokens.
    pub(super) fn new(engine: &mut Engine, sampling: &Sampling) -> Option<Self> {
        let settings = engine.choice_settings(sampling)?;
        Some(InFlight {
            settings,
            chooser: None,
            steps: VecDeque::new(),
            depth: Depth::new(!engine.is_recurrent()),
        })
    }
}

impl Generation {
    /// Let everything go that the device was given and has not told. The sequence is as if it had never been
    /// given, and the next step starts from the tokens that are known. After an error nothing else needs to be done here.
    pub(super) fn forget_in_flight(&mut self) {
        if let Some(flight) = &mut self.in_flight {
            flight.chooser = None;
            flight.steps.clear();
        }
    }

    /// Where the engine has come to compute on the CPU meanwhile, go on there.
    pub(super) async fn follow_device(&mut self, engine: &mut Engine) -> Result<(), RuntimeError> {
        if self.in_flight.is_none() || engine.is_on_gpu() {
            return Ok(());
        }
        self.forget_in_flight();
        if matches!(self.stage, Stage::Sample | Stage::Decode) {
            self.catch_up(engine, self.seen.len() - 1).await?;
            self.stage = Stage::Decode;
        }
        self.in_flight = None;
        Ok(())
    }

    /// The next token.
    pub(super) async fn next_in_flight(
        &mut self,
        engine: &mut Engine,
    ) -> Result<Event, RuntimeError> {
        match self.oldest_token(engine).await {
            Ok(id) => Ok(self.take(engine, id, None)),
            Err(error) => {
                self.forget_in_flight();
                Err(error)
            }
        }
    }

    /// Compute the last chunk of the prompt, from position `done` on.
    pub(super) async fn prefill_in_flight(
        &mut self,
        engine: &mut Engine,
        done: usize,
    ) -> Result<(), RuntimeError> {
        let submitted = self.submit(engine, Some(done)).await;
        if submitted.is_err() {
            self.forget_in_flight();
        }
        submitted
    }

    async fn oldest_token(&mut self, engine: &mut Engine) -> Result<u32, RuntimeError> {
        while self.has_room(engine) {
            self.submit_next(engine).await?;
        }
        let Some(flight) = &mut self.in_flight else {
            return Ok(0);
        };
        let Some(oldest) = flight.steps.front_mut() else {
            return Ok(0);
        };
        let asked = Instant::now();
        let id = oldest.wait().await?;
        flight.steps.pop_front();
        flight.depth.waited(asked.elapsed().as_secs_f64());
        let newest = self.seen.len() - 1;
        engine.recall(self.sequence, newest, self.seen[newest]);
        Ok(id)
    }

    /// Whether another step may be given: its token may be wanted, and it fits into the context.
    fn has_room(&self, engine: &Engine) -> bool {
        let Some(flight) = &self.in_flight else {
            return false;
        };
        let given = flight.steps.len();
        let max_tokens = self.options.max_tokens.unwrap_or(usize::MAX);
        let is_wanted = self.usage.completion_tokens + given < max_tokens
            && self.seen.len() + given <= engine.info().n_ctx;
        given == 0 || (given < flight.depth.steps() && is_wanted)
    }

    async fn submit_next(&mut self, engine: &mut Engine) -> Result<(), RuntimeError> {
        let is_first = self.in_flight.as_ref().is_none_or(|f| f.steps.is_empty());
        if !is_first {
            return self.submit(engine, None).await;
        }
        let newest = self.seen.len() - 1;
        self.catch_up(engine, newest).await?;
        self.submit(engine, Some(newest)).await
    }

    /// Have just the first `len` tokens in the cache. They are there but after an error.
    async fn catch_up(&mut self, engine: &mut Engine, len: usize) -> Result<(), RuntimeError> {
        let sequence = self.sequence;
        let cached = engine.cached(sequence).iter().zip(&self.seen[..len]);
        let same = cached.take_while(|(a, b)| a == b).count();
        let mut done = engine.truncate(sequence, same);
        while done < len {
            let end = len.min(done + engine.chunk());
            let ids = self.seen[done..end].iter();
            let tokens: Vec<StepToken> = ids.map(|&id| StepToken { id, sequence }).collect();
            engine.step(&tokens, &[]).await?;
            done = end;
        }
        Ok(())
    }

    /// Give the device a step: the known tokens from position `known` on, or the token that it chose last.
    async fn submit(
        &mut self,
        engine: &mut Engine,
        known: Option<usize>,
    ) -> Result<(), RuntimeError> {
        let Some(flight) = &mut self.in_flight else {
            return Ok(());
        };
        if flight.chooser.is_none() {
            flight.chooser = engine.chooser(&flight.settings).await?;
        }
        let Some(chooser) = &flight.chooser else {
            return Ok(());
        };
        let chosen = self.seen.len() + flight.steps.len();
        let asked = Asked {
            sequence: self.sequence,
            position: known.unwrap_or(chosen - 1),
            known: known.map_or(&[], |start| &self.seen[start..]),
            seen: known.map(|_| &self.seen[..]),
            choice: Choice {
                seen: chosen,
                draw: self
                    .sampler
                    .draw(self.usage.completion_tokens + flight.steps.len()),
            },
        };
        flight.steps.extend(engine.submit(chooser, &asked)?);
        Ok(())
    }
}
