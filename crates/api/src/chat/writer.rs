//! From a generation's events to chunks, and to the whole answer.

use hearth_runtime::{Event, FinishReason, Finished, OutputEvent, TokenLogprobs, Vocabulary};

use super::answer::{
    ChatChoice, ChatChunkChoice, ChatCompletion, ChatCompletionChunk, ChatCompletionMessage,
    ChatDelta, ChatFinishReason, ChatFunctionDelta, ChatLogprobs, ChatTokenLogprob,
    ChatToolCallDelta, ChatTopLogprob,
};
use super::request::ChatRequest;
use super::tool::{ChatCalledFunction, ChatToolCall};
use crate::progress::Progress;
use crate::run::{RunHead, Writer};
use crate::usage::CompletionUsage;

/// Writes one request's answers.
#[derive(Debug)]
pub struct ChatWriter {
    head: RunHead,
    streams: bool,
    tells_usage: bool,
    progress: Option<Progress>,
    tells_logprobs: bool,
    one_call: bool,
    choices: Vec<Choice>,
}

/// One answer as it grows.
#[derive(Debug, Default)]
struct Choice {
    message: ChatCompletionMessage,
    has_begun: bool,
    ended_calls: usize,
    reasoning_tokens: usize,
    logprobs: Vec<ChatTokenLogprob>,
    finish_reason: Option<ChatFinishReason>,
}

impl ChatWriter {
    /// Of a request.
    pub fn new(head: RunHead, request: &ChatRequest) -> Self {
        ChatWriter {
            head,
            streams: request.stream,
            tells_usage: request.stream_options.is_some_and(|o| o.include_usage),
            progress: (request.stream && request.return_progress).then(Progress::default),
            tells_logprobs: request.logprobs,
            one_call: request.parallel_tool_calls == Some(false),
            choices: Vec::new(),
        }
    }

    fn choice(&mut self, index: usize) -> &mut Choice {
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    fn chunk(&self, choices: Vec<ChatChunkChoice>) -> ChatCompletionChunk {
        ChatCompletionChunk {
            id: self.head.id.clone(),
            object: "chat.completion.chunk",
            created: self.head.created,
            model: self.head.model.clone(),
            choices,
            usage: self.tells_usage.then_some(None),
            prompt_progress: None,
        }
    }

    /// What parts of the output become. The first chunk of a choice says who speaks.
    fn grow(
        &mut self,
        index: usize,
        output: &[OutputEvent],
        logprob: Option<ChatTokenLogprob>,
    ) -> Vec<ChatCompletionChunk> {
        let seed = call_seed(&self.head.id, index);
        let choice = self.choice(index);
        let mut deltas = Vec::new();
        if !std::mem::replace(&mut choice.has_begun, true) {
            choice.message.role = "assistant";
            deltas.push(ChatDelta {
                role: Some("assistant"),
                content: Some(String::new()),
                ..ChatDelta::default()
            });
        }
        for event in output {
            deltas.extend(choice.grow(event, seed));
        }
        if logprob.is_some() && output.is_empty() {
            // Its text is held back; how likely it was is told now.
            deltas.push(ChatDelta {
                content: Some(String::new()),
                ..ChatDelta::default()
            });
        }
        choice.logprobs.extend(logprob.clone());
        if !self.streams {
            return Vec::new();
        }
        let mut logprob = logprob;
        let last = deltas.len();
        let chunks = deltas.into_iter().enumerate().map(|(i, delta)| {
            let logprobs = logprob.take_if(|_| i + 1 == last).map(|one| ChatLogprobs {
                content: vec![one],
                refusal: None,
            });
            self.chunk(vec![ChatChunkChoice {
                index,
                delta,
                finish_reason: None,
                logprobs,
            }])
        });
        chunks.collect()
    }
}

impl Choice {
    /// Grow by a part of the output.
    fn grow(&mut self, event: &OutputEvent, seed: u64) -> Option<ChatDelta> {
        let message = &mut self.message;
        let mut delta = ChatDelta::default();
        match event {
            OutputEvent::Content(text) => {
                message.content.get_or_insert_default().push_str(text);
                delta.content = Some(text.clone());
            }
            OutputEvent::Reasoning(text) => {
                let reasoning = message.reasoning_content.get_or_insert_default();
                reasoning.push_str(text);
                delta.reasoning_content = Some(text.clone());
            }
            OutputEvent::ToolCallStart { index, name } => {
                let call = ChatToolCall {
                    id: call_id(seed, *index),
                    kind: "function".to_owned(),
                    function: ChatCalledFunction {
                        name: name.clone(),
                        arguments: String::new(),
                    },
                };
                delta.tool_calls.push(ChatToolCallDelta {
                    index: *index,
                    id: Some(call.id.clone()),
                    kind: Some("function"),
                    function: ChatFunctionDelta {
                        name: Some(name.clone()),
                        arguments: Some(String::new()),
                    },
                });
                message.tool_calls.push(call);
            }
            OutputEvent::ToolCallArguments { index, delta: text } => {
                if let Some(call) = message.tool_calls.get_mut(*index) {
                    call.function.arguments.push_str(text);
                }
                delta.tool_calls.push(ChatToolCallDelta {
                    index: *index,
                    id: None,
                    kind: None,
                    function: ChatFunctionDelta {
                        name: None,
                        arguments: Some(text.clone()),
                    },
                });
            }
            OutputEvent::ToolCallEnd { .. } => {
                self.ended_calls += 1;
                return None;
            }
            OutputEvent::ToolCallIncomplete { .. } => return None,
        }
        Some(delta)
    }

    /// Why it ended. Calls are to be carried out if they are complete.
    fn end(&mut self, reason: FinishReason) -> ChatFinishReason {
        let all_ended = self.ended_calls == self.message.tool_calls.len();
        let reason = match reason {
            FinishReason::Stop | FinishReason::Cancelled if self.ended_calls > 0 && all_ended => {
                ChatFinishReason::ToolCalls
            }
            FinishReason::Stop | FinishReason::Cancelled => ChatFinishReason::Stop,
            FinishReason::Length => ChatFinishReason::Length,
        };
        if self.message.content.is_none() && self.message.tool_calls.is_empty() {
            self.message.content = Some(String::new());
        }
        self.finish_reason = Some(reason);
        reason
    }
}

impl Writer for ChatWriter {
    type Chunk = ChatCompletionChunk;
    type Answer = ChatCompletion;

    fn event(
        &mut self,
        choice: usize,
        event: &Event,
        vocabulary: &Vocabulary,
    ) -> Vec<ChatCompletionChunk> {
        match event {
            Event::Prefill { .. } | Event::Recomputed { .. } => {
                let progress = self.progress.as_mut().and_then(|p| p.after(event));
                let chunk = progress.map(|progress| ChatCompletionChunk {
                    prompt_progress: Some(progress),
                    ..self.chunk(Vec::new())
                });
                chunk.into_iter().collect()
            }
            Event::Token {
                id,
                output,
                logprobs,
                ..
            } => {
                let is_reasoning = matches!(output.first(), Some(OutputEvent::Reasoning(_)));
                self.choice(choice).reasoning_tokens += usize::from(is_reasoning);
                let is_told = self.tells_logprobs
                    && !is_reasoning
                    && !vocabulary.tokenizer().is_end_of_generation(*id);
                let logprobs = logprobs.as_ref().filter(|_| is_told);
                let logprob = logprobs.map(|of| token_logprob(vocabulary, *id, of));
                self.grow(choice, output, logprob)
            }
            Event::Finished(_) => Vec::new(),
        }
    }

    fn finished(&mut self, choice: usize, finished: &Finished) -> Vec<ChatCompletionChunk> {
        let mut chunks = self.grow(choice, &finished.output, None);
        let reason = self.choice(choice).end(finished.reason);
        if self.streams {
            chunks.push(self.chunk(vec![ChatChunkChoice {
                index: choice,
                delta: ChatDelta::default(),
                finish_reason: Some(reason),
                logprobs: None,
            }]));
        }
        chunks
    }

    fn reasoning_tokens(&self, choice: usize) -> usize {
        let choice = self.choices.get(choice);
        choice.map_or(0, |choice| choice.reasoning_tokens)
    }

    fn is_enough(&self, choice: usize) -> bool {
        let ended = self.choices.get(choice).map_or(0, |c| c.ended_calls);
        self.one_call && ended > 0
    }

    fn end(&mut self, usage: CompletionUsage) -> (Vec<ChatCompletionChunk>, ChatCompletion) {
        let tells = self.streams && self.tells_usage;
        let chunk = tells.then(|| ChatCompletionChunk {
            usage: Some(Some(usage)),
            ..self.chunk(Vec::new())
        });
        let choices = self.choices.drain(..).enumerate();
        let choices = choices.map(|(index, choice)| ChatChoice {
            index,
            message: choice.message,
            finish_reason: choice.finish_reason.unwrap_or(ChatFinishReason::Stop),
            logprobs: self.tells_logprobs.then_some(ChatLogprobs {
                content: choice.logprobs,
                refusal: None,
            }),
        });
        let answer = ChatCompletion {
            id: self.head.id.clone(),
            object: "chat.completion",
            created: self.head.created,
            model: self.head.model.clone(),
            choices: choices.collect(),
            usage,
        };
        (chunk.into_iter().collect(), answer)
    }
}

/// How likely a token was, with its text and bytes.
fn token_logprob(vocabulary: &Vocabulary, id: u32, of: &TokenLogprobs) -> ChatTokenLogprob {
    let bytes_of = |id: u32| vocabulary.tokenizer().token_bytes(id);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let bytes = bytes_of(id);
    let top = of.top.iter().map(|&(id, logprob)| {
        let bytes = bytes_of(id);
        ChatTopLogprob {
            token: text(&bytes),
            logprob,
            bytes,
        }
    });
    ChatTokenLogprob {
        token: text(&bytes),
        logprob: of.logprob,
        top_logprobs: top.collect(),
        bytes,
    }
}

/// FNV-1a over the answer's name and the choice: what the names of calls are made from.
fn call_seed(id: &str, choice: usize) -> u64 {
    let bytes = id.bytes().chain(choice.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Nine letters and digits: Mistral's templates refuse any other name of a call.
fn call_id(seed: u64, index: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = seed
        .wrapping_add(index as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let digits = (0..9).map(|_| {
        let digit = DIGITS[(rest % 36) as usize];
        rest /= 36;
        char::from(digit)
    });
    digits.collect()
}
