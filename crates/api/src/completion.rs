//! `completions`: text that goes on where a prompt ends.

use hearth_runtime::{
    Engine, Event, FinishReason, Finished, SequenceId, TokenLogprobs, Vocabulary,
};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::chat::request::{GrammarChoice, StreamOptions};
use crate::error::ApiError;
use crate::parameters::{bad, read};
use crate::progress::{Progress, PromptProgress};
use crate::run::{Asked, Run, RunHead, Told, Writer};
use crate::usage::CompletionUsage;

/// Most alternatives to a token that are told.
const MOST_LOGPROBS: usize = 20;
/// OpenAI's default, which older programs count on.
const MAX_TOKENS: usize = 16;

/// What is asked, beside [`crate::parameters::Parameters`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct CompletionRequest {
    /// What goes on.
    pub prompt: CompletionPrompt,
    /// The model, where several are loaded.
    #[serde(default)]
    pub model: Option<String>,
    /// Whether chunks come while the text is written.
    #[serde(default)]
    pub stream: bool,
    /// What chunks have beside the text.
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    /// Whether the prompt's text comes before what follows it.
    #[serde(default)]
    pub echo: bool,
    /// Tell how likely each token was, and so many of the likeliest ones.
    #[serde(default)]
    pub logprobs: Option<usize>,
    /// A grammar that the text follows.
    #[serde(default)]
    pub grammar: Option<GrammarChoice>,
    /// Whether chunks tell how much of the prompt is computed.
    #[serde(default)]
    pub return_progress: bool,
    /// Whether choices tell the ids of their tokens.
    #[serde(default)]
    pub return_token_ids: bool,
}

/// One prompt or several: texts, or token ids, which are taken as they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub enum CompletionPrompt {
    /// A text.
    Text(String),
    /// Token ids.
    Tokens(Vec<u32>),
    /// Texts.
    Texts(Vec<String>),
    /// Lists of token ids.
    TokenLists(Vec<Vec<u32>>),
}

impl CompletionPrompt {
    /// The prompts' token ids.
    pub fn tokens(&self, vocabulary: &Vocabulary) -> Vec<Vec<u32>> {
        match self {
            CompletionPrompt::Text(text) => vec![vocabulary.encode_prompt(text)],
            CompletionPrompt::Tokens(tokens) => vec![tokens.clone()],
            CompletionPrompt::Texts(texts) => {
                let encoded = texts.iter().map(|text| vocabulary.encode_prompt(text));
                encoded.collect()
            }
            CompletionPrompt::TokenLists(lists) => lists.clone(),
        }
    }
}

/// A text, or a piece of one.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Completion {
    /// Names it.
    pub id: String,
    /// `text_completion`.
    #[cfg_attr(feature = "typescript", tsify(type = "\"text_completion\""))]
    pub object: &'static str,
    /// When it began, in seconds since 1970.
    pub created: u64,
    /// The model.
    pub model: String,
    /// What grew, or the texts.
    pub choices: Vec<CompletionChoice>,
    /// What it took: of a whole text, and in the last chunk if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<CompletionUsage>,
    /// How much of the prompt is computed, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_progress: Option<PromptProgress>,
}

/// One text.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "typescript", tsify(missing_as_null))]
pub struct CompletionChoice {
    /// Which.
    pub index: usize,
    /// It.
    pub text: String,
    /// How likely its tokens were, if that was asked for.
    pub logprobs: Option<CompletionLogprobs>,
    /// Why it ended; in chunks, of the last one of the text.
    #[cfg_attr(feature = "typescript", tsify(type = "\"stop\" | \"length\" | null"))]
    pub finish_reason: Option<&'static str>,
    /// The ids of its tokens, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ids: Option<Vec<u32>>,
}

/// How likely the tokens of a text were.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct CompletionLogprobs {
    /// Their texts.
    pub tokens: Vec<String>,
    /// Natural logarithms of their probabilities.
    pub token_logprobs: Vec<f32>,
    /// The likeliest tokens in their places, by text.
    #[cfg_attr(feature = "typescript", tsify(type = "Record<string, number>[]"))]
    pub top_logprobs: Vec<Map<String, serde_json::Value>>,
    /// Where their texts begin, in characters of all that they make.
    pub text_offset: Vec<usize>,
}

/// Writes one request's texts.
#[derive(Debug)]
pub struct CompletionWriter {
    head: RunHead,
    streams: bool,
    tells_usage: bool,
    progress: Option<Progress>,
    tells_logprobs: bool,
    tells_ids: bool,
    choices: Vec<CompletionChoice>,
    /// Characters of each choice's tokens.
    offsets: Vec<usize>,
    /// What comes before each choice.
    echoes: Vec<String>,
}

/// What a text grew by.
struct Grown<'a> {
    id: Option<u32>,
    text: &'a str,
    logprobs: Option<CompletionLogprobs>,
    finish_reason: Option<&'static str>,
}

impl CompletionWriter {
    fn grow(&mut self, index: usize, grown: Grown<'_>) -> Vec<Completion> {
        let Grown {
            id,
            text,
            logprobs,
            finish_reason,
        } = grown;
        let mut text = text.to_owned();
        if self.choices.len() <= index {
            let echo = self.echoes.get(index).cloned().unwrap_or_default();
            text.insert_str(0, &echo);
            self.offsets.push(echo.chars().count());
            self.choices.push(CompletionChoice {
                index,
                text: String::new(),
                logprobs: self.tells_logprobs.then(CompletionLogprobs::default),
                finish_reason: None,
                token_ids: self.tells_ids.then(Vec::new),
            });
        }
        let choice = &mut self.choices[index];
        choice.text.push_str(&text);
        choice.finish_reason = finish_reason;
        if let (Some(all), Some(new)) = (&mut choice.logprobs, &logprobs) {
            all.tokens.extend_from_slice(&new.tokens);
            all.token_logprobs.extend_from_slice(&new.token_logprobs);
            all.top_logprobs.extend_from_slice(&new.top_logprobs);
            all.text_offset.extend_from_slice(&new.text_offset);
        }
        let token_ids = id.filter(|_| self.tells_ids).map(|id| vec![id]);
        if let (Some(all), Some(new)) = (&mut choice.token_ids, &token_ids) {
            all.extend(new);
        }
        let says_more = token_ids.is_some() || logprobs.is_some() || finish_reason.is_some();
        let is_silent = text.is_empty() && !says_more;
        if !self.streams || is_silent {
            return Vec::new();
        }
        let grown = CompletionChoice {
            index,
            text,
            logprobs,
            finish_reason,
            token_ids,
        };
        vec![self.completion(vec![grown], None)]
    }

    fn completion(
        &self,
        choices: Vec<CompletionChoice>,
        usage: Option<CompletionUsage>,
    ) -> Completion {
        Completion {
            id: self.head.id.clone(),
            object: "text_completion",
            created: self.head.created,
            model: self.head.model.clone(),
            choices,
            usage,
            prompt_progress: None,
        }
    }

    fn logprobs(
        &mut self,
        choice: usize,
        vocabulary: &Vocabulary,
        id: u32,
        of: &TokenLogprobs,
    ) -> CompletionLogprobs {
        let text = |id: u32| {
            let bytes = vocabulary.tokenizer().token_bytes(id);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let echo = self
            .echoes
            .get(choice)
            .map_or(0, |echo| echo.chars().count());
        let offset = self.offsets.get(choice).copied().unwrap_or(echo);
        let token = text(id);
        if let Some(next) = self.offsets.get_mut(choice) {
            *next += token.chars().count();
        }
        let top = of
            .top
            .iter()
            .map(|&(id, logprob)| (text(id), logprob.into()));
        CompletionLogprobs {
            tokens: vec![token],
            token_logprobs: vec![of.logprob],
            top_logprobs: vec![top.collect()],
            text_offset: vec![offset],
        }
    }
}

impl Writer for CompletionWriter {
    type Chunk = Completion;
    type Answer = Completion;

    fn event(&mut self, choice: usize, event: &Event, vocabulary: &Vocabulary) -> Vec<Completion> {
        let Event::Token {
            id, text, logprobs, ..
        } = event
        else {
            let progress = self.progress.as_mut().and_then(|p| p.after(event));
            let chunk = progress.map(|progress| Completion {
                prompt_progress: Some(progress),
                ..self.completion(Vec::new(), None)
            });
            return chunk.into_iter().collect();
        };
        let is_told = self.tells_logprobs && !vocabulary.tokenizer().is_end_of_generation(*id);
        let logprobs = logprobs.as_ref().filter(|_| is_told);
        let logprobs = logprobs.map(|of| self.logprobs(choice, vocabulary, *id, of));
        let grown = Grown {
            id: Some(*id),
            text,
            logprobs,
            finish_reason: None,
        };
        self.grow(choice, grown)
    }

    fn finished(&mut self, choice: usize, finished: &Finished) -> Vec<Completion> {
        let reason = match finished.reason {
            FinishReason::Length => "length",
            FinishReason::Stop | FinishReason::Cancelled => "stop",
        };
        let grown = Grown {
            id: None,
            text: &finished.text,
            logprobs: None,
            finish_reason: Some(reason),
        };
        self.grow(choice, grown)
    }

    fn reasoning_tokens(&self, _choice: usize) -> usize {
        0
    }

    fn is_enough(&self, _choice: usize) -> bool {
        false
    }

    fn end(&mut self, usage: CompletionUsage) -> (Vec<Completion>, Completion) {
        let tells = self.streams && self.tells_usage;
        let chunk = tells.then(|| self.completion(Vec::new(), Some(usage)));
        let choices = std::mem::take(&mut self.choices);
        let answer = self.completion(choices, Some(usage));
        (chunk.into_iter().collect(), answer)
    }
}

impl Run<CompletionWriter> {
    /// Begin to answer a request, given as JSON, or go on after what was told of it.
    pub fn completion(
        engine: &Engine,
        sequence: SequenceId,
        request: &str,
        head: RunHead,
        told: Told,
    ) -> Result<Self, ApiError> {
        let (request, parameters) = read::<CompletionRequest>(request)?;
        if request.logprobs.is_some_and(|n| n > MOST_LOGPROBS) {
            return Err(bad("logprobs", "must be between 0 and 20"));
        }
        let vocabulary = engine.vocabulary()?;
        let mut options = parameters.options()?;
        options.max_tokens = options.max_tokens.or(Some(MAX_TOKENS));
        options.logprobs = request.logprobs;
        options.grammar = request.grammar.as_ref().map(GrammarChoice::grammar);
        let choices = parameters.choices()?;
        let prompts = request.prompt.tokens(&vocabulary);
        let echo = |prompt: &Vec<u32>| {
            let text = vocabulary.tokenizer().decode(prompt, Default::default());
            String::from_utf8_lossy(&text).into_owned()
        };
        let echoes = prompts.iter().filter(|_| request.echo).map(echo);
        let echoes = echoes.flat_map(|text| std::iter::repeat_n(text, choices));
        let writer = CompletionWriter {
            head,
            streams: request.stream,
            tells_usage: request.stream_options.is_some_and(|o| o.include_usage),
            progress: (request.stream && request.return_progress).then(Progress::default),
            tells_logprobs: request.logprobs.is_some(),
            tells_ids: request.return_token_ids,
            choices: Vec::new(),
            offsets: Vec::new(),
            echoes: echoes.collect(),
        };
        let asked = prompts.into_iter().map(|prompt| Asked {
            prompt,
            options: options.clone(),
        });
        Ok(Run::new(sequence, asked.collect(), choices, writer, told))
    }
}
