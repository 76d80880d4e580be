//! From a conversation to a prompt: by the model's template, with what makes way when it is too long.

use hearth_runtime::text::output::{OutputFormat, ToolFormat};
use hearth_runtime::text::{DateTime, TemplateInput};
use hearth_runtime::{RuntimeError, Vocabulary};
use serde_json::{Map, Value, json};

use super::message::ChatMessage;
use super::request::{Checked, Overflow, ReasoningEffort, ToolPlan};
use super::tool::ChatTool;
use crate::error::ApiError;
use crate::parameters::bad;

/// Where a conversation makes way for the answer, it leaves it this share of the context.
const ANSWER_SHARE: usize = 4;

/// A prompt.
#[derive(Clone, Debug)]
pub struct ChatPrompt {
    /// Its text, as the template wrote it.
    pub text: String,
    /// Its token ids.
    pub tokens: Vec<u32>,
    /// How the answer will mark its parts.
    pub format: OutputFormat,
}

/// What a prompt is made for.
#[derive(Clone, Copy, Debug)]
pub struct PromptContext<'a> {
    /// Tokenizer and template.
    pub vocabulary: &'a Vocabulary,
    /// Tokens of the context.
    pub context: usize,
    /// The person's date and time of day, for templates that ask.
    pub now: DateTime,
}

impl ChatPrompt {
    /// The prompt of a request.
    ///
    /// # Errors
    /// Of the template, and, where the request does not say what makes way, of a conversation that is too long.
    pub fn of(
        checked: &Checked,
        plan: &ToolPlan<'_>,
        context: PromptContext<'_>,
    ) -> Result<Self, ApiError> {
        let request = &checked.request;
        let wanted = checked.parameters.max_tokens.unwrap_or(usize::MAX);
        let room = context.context - wanted.min(context.context / ANSWER_SHARE);
        let messages: Vec<&ChatMessage> = request.messages.iter().collect();
        let whole = render(checked, plan, &messages, context)?;
        if whole.tokens.len() <= room || request.overflow != Overflow::DropOldestTurns {
            return Ok(whole);
        }
        let starts = turn_starts(&messages);
        newest_that_fit(whole, starts.len(), room, |turns| {
            let kept = newest_turns(&messages, &starts, turns);
            render(checked, plan, &kept, context)
        })
    }
}

impl ChatPrompt {
    /// Let the answer begin with this.
    pub(super) fn append(&mut self, text: &str, vocabulary: &Vocabulary) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.tokens = vocabulary.encode_chat(&self.text);
        }
    }
}

/// Where turns begin: what a person says, with all that follows until they speak again.
fn turn_starts(messages: &[&ChatMessage]) -> Vec<usize> {
    (0..messages.len())
        .filter(|&i| messages[i].is_user())
        .collect()
}

/// The newest turns of a conversation, and what belongs to none: system messages and what stands before the first turn.
fn newest_turns<'m>(
    messages: &[&'m ChatMessage],
    starts: &[usize],
    turns: usize,
) -> Vec<&'m ChatMessage> {
    let dropped = starts[0]..starts[starts.len() - turns];
    let is_kept =
        |&(at, message): &(usize, &&ChatMessage)| !dropped.contains(&at) || message.is_system();
    let kept = messages.iter().enumerate().filter(is_kept);
    kept.map(|(_, &message)| message).collect()
}

/// The prompt of as many of the newest turns as fit into `room`, at least of one. `whole` is that of all, which do not.
///
/// A prompt grows with its turns, so few are tried: one, two, four and so on, and then halves of what is between.
fn newest_that_fit(
    whole: ChatPrompt,
    turns: usize,
    room: usize,
    prompt_of: impl Fn(usize) -> Result<ChatPrompt, ApiError>,
) -> Result<ChatPrompt, ApiError> {
    if turns < 2 {
        return Ok(whole);
    }
    let (mut most, mut too_many) = (1, turns);
    let mut fitting = prompt_of(most)?;
    while too_many - most > 1 {
        let tried = (2 * most).min(most.midpoint(too_many));
        let prompt = prompt_of(tried)?;
        if prompt.tokens.len() <= room {
            (most, fitting) = (tried, prompt);
        } else {
            too_many = tried;
        }
    }
    Ok(fitting)
}

fn render(
    checked: &Checked,
    plan: &ToolPlan<'_>,
    messages: &[&ChatMessage],
    context: PromptContext<'_>,
) -> Result<ChatPrompt, ApiError> {
    let vocabulary = context.vocabulary;
    let template = vocabulary.template().ok_or(RuntimeError::NoTemplate)?;
    let mut format = vocabulary.output_format();
    let (messages, begun) = if checked.request.continue_final_message {
        begun_answer(messages)?
    } else {
        (messages, None)
    };
    let turns = messages.iter().map(|message| message.for_template());
    let mut turns: Vec<Value> = turns.collect::<Result<_, _>>()?;
    let mut tools = None;
    if !plan.shown.is_empty() {
        if template.contains("tools") {
            let shown = plan.shown.iter();
            let shown = shown.map(|ChatTool::Function { function }| function.for_template());
            tools = Some(shown.collect());
        } else {
            // The template knows no tools: they are described in words, and called in the form that most models have seen.
            describe_tools(&mut turns, &plan.shown)?;
            format.tools = ToolFormat::Hermes;
        }
    }
    let tokenizer = vocabulary.tokenizer();
    let input = TemplateInput {
        messages: turns.into(),
        tools,
        add_generation_prompt: true,
        kwargs: template_arguments(checked),
        bos_token: vocabulary.token_text(tokenizer.bos()),
        eos_token: vocabulary.token_text(tokenizer.eos()),
        now: context.now,
    };
    let mut text = vocabulary.render_chat(&input)?;
    if let Some(begun) = begun {
        append_begun(&mut text, begun, format)?;
    }
    Ok(ChatPrompt {
        tokens: vocabulary.encode_chat(&text),
        text,
        format,
    })
}

/// The conversation before an answer that is to be gone on with, and that answer.
fn begun_answer<'a, 'm>(
    messages: &'a [&'m ChatMessage],
) -> Result<(&'a [&'m ChatMessage], Option<&'m ChatMessage>), ApiError> {
    match messages.split_last() {
        Some((last @ ChatMessage::Assistant { .. }, before)) => Ok((before, Some(last))),
        _ => {
            let problem = "needs a last message of the assistant";
            Err(bad("continue_final_message", problem))
        }
    }
}

/// Write what the assistant said so far behind a prompt that may have opened its reasoning.
fn append_begun(
    text: &mut String,
    begun: &ChatMessage,
    format: OutputFormat,
) -> Result<(), ApiError> {
    let ChatMessage::Assistant {
        content,
        reasoning_content,
        ..
    } = begun
    else {
        return Ok(());
    };
    let content = content.as_ref().map(|content| content.text()).transpose()?;
    let content = content.unwrap_or_default();
    let marks = format.reasoning.marks();
    let is_open = marks.is_some_and(|(open, _)| text.trim_end().ends_with(open));
    if let (Some((open, close)), Some(reasoning)) = (marks, reasoning_content) {
        if !is_open {
            text.push_str(open);
            text.push('\n');
        }
        text.push_str(reasoning);
        if !content.is_empty() {
            text.push_str(&format!("\n{close}\n\n"));
        }
    } else if let (Some((_, close)), true, false) = (marks, is_open, content.is_empty()) {
        text.push_str(&format!("\n{close}\n\n"));
    }
    text.push_str(&content);
    Ok(())
}

/// What the template is given beside the conversation.
fn template_arguments(checked: &Checked) -> Map<String, Value> {
    let mut arguments = Map::new();
    if let Some(effort) = checked.request.reasoning_effort {
        arguments.insert("reasoning_effort".to_owned(), effort.name().into());
        let thinks = effort != ReasoningEffort::None;
        arguments.insert("enable_thinking".to_owned(), thinks.into());
    }
    arguments.extend(
        checked
            .request
            .chat_template_kwargs
            .clone()
            .unwrap_or_default(),
    );
    arguments
}

/// Say in the first message which tools there are.
fn describe_tools(turns: &mut [Value], tools: &[&ChatTool]) -> Result<(), ApiError> {
    let mut text = "You may call these functions:\n".to_owned();
    for ChatTool::Function { function } in tools {
        text.push_str(&serde_json::to_string(function)?);
        text.push('\n');
    }
    text.push_str(
        "To call one, write nothing else than\n<tool_call>\n{\"name\": \"its name\", \"arguments\": {}}\n</tool_call>",
    );
    // Some templates refuse a system message, so a conversation without one is not given one.
    if let Some(turn) = turns.first_mut() {
        let said = turn["content"].as_str().unwrap_or_default();
        let said = match turn["role"].as_str() {
            Some("system") => format!("{said}\n\n{text}"),
            _ => format!("{text}\n\n{said}"),
        };
        turn["content"] = said.into();
    }
    // Such templates know neither calls nor what tools answer.
    for turn in turns {
        plain_turn(turn)?;
    }
    Ok(())
}

/// A turn with calls, or with what a tool answered, in words.
fn plain_turn(turn: &mut Value) -> Result<(), ApiError> {
    let Some(fields) = turn.as_object_mut() else {
        return Ok(());
    };
    if let Some(Value::Array(calls)) = fields.shift_remove("tool_calls") {
        let mut said = fields["content"].as_str().unwrap_or_default().to_owned();
        for call in calls {
            let written = serde_json::to_string(&call["function"])?;
            said.push_str(&format!("<tool_call>\n{written}\n</tool_call>"));
        }
        fields.insert("content".to_owned(), said.into());
    }
    if fields["role"] == "tool" {
        let said = fields["content"].as_str().unwrap_or_default();
        let said = format!("<tool_response>\n{said}\n</tool_response>");
        *turn = json!({ "role": "user", "content": said });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn prompt(tokens: usize) -> ChatPrompt {
        ChatPrompt {
            text: String::new(),
            tokens: vec![0; tokens],
            format: OutputFormat::default(),
        }
    }

    /// How many turns of 10 tokens are kept of so many in so much room, and how many prompts were made for it.
    fn kept(turns: usize, room: usize) -> (usize, usize) {
        let made = Cell::new(0);
        let found = newest_that_fit(prompt(10 * turns), turns, room, |kept| {
            made.set(made.get() + 1);
            Ok(prompt(10 * kept))
        });
        let found = found.expect("nothing fails");
        (found.tokens.len() / 10, made.get())
    }

    #[test]
    fn as_many_of_the_newest_turns_stay_as_fit() {
        for turns in 2..40 {
            for fitting in 1..turns {
                assert_eq!(kept(turns, 10 * fitting + 3).0, fitting, "{turns}");
            }
        }
    }

    #[test]
    fn the_newest_turn_stays_though_it_is_too_long() {
        assert_eq!(kept(7, 2), (1, 2));
        assert_eq!(kept(1, 2), (1, 0));
    }

    #[test]
    fn a_long_conversation_is_written_a_few_times() {
        let (turns, made) = kept(10_000, 1_234);
        assert_eq!(turns, 123);
        assert!(made < 20, "{made}");
    }
}
