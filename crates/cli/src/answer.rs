//! One generation, from the prompt's tokens to its end.

use hearth_runtime::{
    Engine, Event, FinishReason, Finished, GenerateOptions, Generation, SequenceId,
};
use pollster::block_on;
use serde::Serialize;

use crate::error::CliError;
use crate::interrupt::Catch;
use crate::progress::{Progress, Unit};

/// What came of a generation. As JSON it is what scripts read.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    /// The generated ids, an end token included.
    pub(crate) tokens: Vec<u32>,
    /// Their text.
    pub(crate) text: String,
    /// Why it ended, how many tokens, how fast: `reason`, `usage`, `timings`.
    #[serde(flatten)]
    pub(crate) end: End,
}

/// The end of an answer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct End {
    /// Why it ended.
    pub(crate) finish_reason: FinishReason,
    /// Tokens.
    pub(crate) usage: hearth_runtime::Usage,
    /// Speeds.
    pub(crate) timings: hearth_runtime::Timings,
    /// What makes the same choices again.
    pub(crate) seed: u64,
}

impl Answer {
    /// Whether Ctrl-C ended it.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.end.finish_reason == FinishReason::Cancelled
    }
}

/// Answer `prompt` and hand each piece of text to `show` as it comes. Ctrl-C ends the answer.
pub(crate) fn answer(
    engine: &mut Engine,
    prompt: &[u32],
    options: GenerateOptions,
    mut show: impl FnMut(&str) -> Result<(), CliError>,
) -> Result<Answer, CliError> {
    let catch = Catch::new();
    let seed = options.sampling.seed;
    let mut progress = Some(Progress::new(
        "reading the prompt",
        Unit::Tokens,
        prompt.len() as u64,
    ));
    let mut generation = Generation::start(engine, SequenceId::default(), prompt, options)?;
    let mut answer_text = String::new();
    let mut add = |text: &str| {
        answer_text.push_str(text);
        if text.is_empty() { Ok(()) } else { show(text) }
    };
    let mut finished = None;
    while let Some(event) = block_on(generation.next(engine))? {
        match event {
            Event::Prefill { done_tokens, .. } => {
                if let Some(progress) = &mut progress {
                    progress.at(done_tokens as u64);
                }
            }
            Event::Token { text, .. } => {
                progress = None;
                add(&text)?;
            }
            Event::Finished(end) => {
                progress = None;
                add(&end.text)?;
                finished = Some(end);
            }
        }
        if catch.pressed() && finished.is_none() {
            generation.cancel();
        }
    }
    let Some(Finished {
        reason,
        usage,
        timings,
        ..
    }) = finished
    else {
        // The last event of a generation is always its end.
        return Err(CliError::Interrupted);
    };
    Ok(Answer {
        tokens: generation.tokens().to_vec(),
        text: answer_text,
        end: End {
            finish_reason: reason,
            usage,
            timings,
            seed,
        },
    })
}
