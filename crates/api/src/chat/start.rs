//! From a request's text to a run.

use hearth_runtime::text::DateTime;
use hearth_runtime::{Engine, SequenceId};

use super::ChatWriter;
use super::grammar::AnswerForm;
use super::prompt::{ChatPrompt, PromptContext};
use super::request::{Checked, Overflow};
use crate::error::ApiError;
use crate::run::{Asked, Run, RunHead, Told};

/// Tokens of the beginning that stay when the context slides: the first few take up attention that fits nowhere else (Xiao et al.
/// 2023, "Efficient streaming language models with attention sinks").
const SINK_TOKENS: usize = 4;

impl Run<ChatWriter> {
    /// Begin to answer a request, given as JSON, or go on after what was told of it. `now` is the person's date and time of day.
    pub fn chat(
        engine: &Engine,
        sequence: SequenceId,
        request: &str,
        head: RunHead,
        now: DateTime,
        told: Told,
    ) -> Result<Self, ApiError> {
        let checked = Checked::read(request)?;
        let vocabulary = engine.vocabulary()?;
        let plan = checked.tools()?;
        let context = PromptContext {
            vocabulary: &vocabulary,
            context: engine.info().n_ctx,
            now,
        };
        let mut prompt = ChatPrompt::of(&checked, &plan, context)?;
        let form = AnswerForm::of(&checked, &plan, &mut prompt, &vocabulary);
        let request = &checked.request;
        let mut options = checked.parameters.options()?;
        options.typed = true;
        options.tool_format = Some(form.tools);
        options.grammar = form.grammar;
        options.free_text = form.free_text;
        let top = request.top_logprobs.unwrap_or(0);
        options.logprobs = request.logprobs.then_some(top);
        options.slide = (request.overflow == Overflow::Slide).then_some(SINK_TOKENS);
        let asked = Asked {
            prompt: prompt.tokens,
            options,
        };
        let choices = checked.parameters.choices()?;
        let writer = ChatWriter::new(head, request);
        Ok(Run::new(sequence, vec![asked], choices, writer, told))
    }
}
