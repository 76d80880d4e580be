//! One generation, from the prompt's tokens to its end.

use hearth_runtime::{
    Engine, Event, FinishReason, Finished, GenerateOptions, Generation, OutputEvent, SequenceId,
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
    /// Their text; of a typed generation the answer alone.
    pub(crate) text: String,
    /// What a typed generation holds beside the answer.
    #[serde(flatten)]
    pub(crate) beside: Option<Beside>,
    /// Why it ended, how many tokens, how fast: `reason`, `usage`, `timings`.
    #[serde(flatten)]
    pub(crate) end: End,
}

/// What an answer holds beside its text.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Beside {
    /// What the model thought before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reasoning: String,
    /// Tools that it wants to be called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_calls: Vec<ToolCall>,
}

/// A call of a tool.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ToolCall {
    /// The tool.
    pub(crate) name: String,
    /// Its arguments, as JSON text.
    pub(crate) arguments: String,
    /// Whether the call is whole; others must not be carried out.
    pub(crate) complete: bool,
}

/// A piece of an answer, to be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    /// Of the answer.
    Text(&'a str),
    /// Of what the model thinks before.
    Reasoning(&'a str),
    /// A call of a tool is complete.
    Call(&'a ToolCall),
}

/// Collects an answer and shows its pieces.
struct Collector<S> {
    text: String,
    beside: Option<Beside>,
    show: S,
}

impl<S: FnMut(Piece<'_>) -> Result<(), CliError>> Collector<S> {
    fn add(&mut self, text: &str, output: Vec<OutputEvent>) -> Result<(), CliError> {
        if self.beside.is_none() {
            return self.add_text(text);
        }
        output
            .into_iter()
            .try_for_each(|event| self.add_event(event))
    }

    fn add_text(&mut self, text: &str) -> Result<(), CliError> {
        self.text.push_str(text);
        if text.is_empty() {
            return Ok(());
        }
        (self.show)(Piece::Text(text))
    }

    fn add_event(&mut self, event: OutputEvent) -> Result<(), CliError> {
        let beside = self.beside.get_or_insert_default();
        match event {
            OutputEvent::Content(text) => return self.add_text(&text),
            OutputEvent::Reasoning(text) => {
                beside.reasoning.push_str(&text);
                return (self.show)(Piece::Reasoning(&text));
            }
            OutputEvent::ToolCallStart { name, .. } => beside.tool_calls.push(ToolCall {
                name,
                arguments: String::new(),
                complete: false,
            }),
            OutputEvent::ToolCallArguments { index, delta } => {
                if let Some(call) = beside.tool_calls.get_mut(index) {
                    call.arguments.push_str(&delta);
                }
            }
            OutputEvent::ToolCallEnd { index } => {
                if let Some(call) = beside.tool_calls.get_mut(index) {
                    call.complete = true;
                    return (self.show)(Piece::Call(call));
                }
            }
            // It stays in the list, marked as not complete.
            OutputEvent::ToolCallIncomplete { .. } => {}
        }
        Ok(())
    }
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

/// Answer `prompt` and hand each piece to `show` as it comes. Ctrl-C ends the answer.
pub(crate) fn answer(
    engine: &mut Engine,
    prompt: &[u32],
    options: GenerateOptions,
    show: impl FnMut(Piece<'_>) -> Result<(), CliError>,
) -> Result<Answer, CliError> {
    let catch = Catch::new();
    let seed = options.sampling.seed;
    let mut progress = Some(Progress::new(
        "reading the prompt",
        Unit::Tokens,
        prompt.len() as u64,
    ));
    let mut collector = Collector {
        text: String::new(),
        beside: options.typed.then(Beside::default),
        show,
    };
    let mut generation = Generation::start(engine, SequenceId::default(), prompt, options)?;
    let mut finished = None;
    while let Some(event) = block_on(generation.next(engine))? {
        match event {
            Event::Prefill { done_tokens, .. } => {
                if let Some(progress) = &mut progress {
                    progress.at(done_tokens as u64);
                }
            }
            Event::Recomputed { .. } => {}
            Event::Token { text, output, .. } => {
                progress = None;
                collector.add(&text, output)?;
            }
            Event::Finished(mut end) => {
                progress = None;
                collector.add(&end.text, std::mem::take(&mut end.output))?;
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
        text: collector.text,
        beside: collector.beside,
        end: End {
            finish_reason: reason,
            usage,
            timings,
            seed,
        },
    })
}
