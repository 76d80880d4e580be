//! `hearth chat`: a conversation by the model's own chat template.
//!
//! The whole conversation is rendered anew at each turn; the engine reuses the cache of what has not changed.

mod terminal;

use std::path::PathBuf;

use clap::Args;
use hearth_runtime::text::TemplateInput;
use hearth_runtime::{Engine, GenerateOptions, RuntimeError, Sampling, Vocabulary};
use serde_json::{Value, json};

use super::template::{now, token_texts};
use crate::answer::{Answer, answer};
use crate::args::{RunArgs, SamplingArgs};
use crate::error::CliError;
use crate::model::{Needs, header, load};
use crate::output::Output;

/// Hold a conversation by the model's chat template
///
/// At the terminal each line is a message; /clear begins anew, /exit or the end of the input ends it, Ctrl-C stops an
/// answer. With --prompt: the answer, and out. By default: temperature 0.8, top-k 40, top-p 0.95, min-p 0.05.
#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// GGUF file; of a split model any part, with the others beside it
    model: PathBuf,
    /// What the model is told before the conversation
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// A message to answer, and out; given several times, one turn after the other
    #[arg(long, value_name = "TEXT")]
    prompt: Vec<String>,
    /// Tokens of an answer at most [default: up to the end of the context]
    #[arg(long, short = 'n', value_name = "N")]
    max_tokens: Option<usize>,
    /// Print each answer as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub(crate) fn run(args: &ChatArgs) -> Result<(), CliError> {
    // Before the weights, which may take long to load.
    let vocabulary = Vocabulary::read(&header(&args.model)?);
    let vocabulary = vocabulary.map_err(CliError::model(&args.model))?;
    if vocabulary.template().is_none() {
        return Err(CliError::model(&args.model)(RuntimeError::NoTemplate));
    }
    let engine = load(&args.model, &args.run, Needs::default())?;
    let mut conversation = Conversation::new(args, vocabulary, engine);
    if args.prompt.is_empty() {
        return terminal::run(&mut conversation);
    }
    for prompt in &args.prompt {
        let answer = conversation.say(prompt)?;
        if answer.was_interrupted() {
            return Err(CliError::Interrupted);
        }
    }
    Ok(())
}

/// A conversation under way.
struct Conversation<'a> {
    args: &'a ChatArgs,
    vocabulary: Vocabulary,
    engine: Engine,
    messages: Vec<Value>,
    output: Output,
}

impl<'a> Conversation<'a> {
    fn new(args: &'a ChatArgs, vocabulary: Vocabulary, engine: Engine) -> Self {
        let mut conversation = Conversation {
            args,
            vocabulary,
            engine,
            messages: Vec::new(),
            output: Output::new(),
        };
        conversation.clear();
        conversation
    }

    /// Begin anew.
    fn clear(&mut self) {
        self.messages.clear();
        if let Some(system) = &self.args.system {
            self.messages.push(message("system", system));
        }
    }

    /// Say something and show the answer. After a failure the conversation is as before.
    fn say(&mut self, text: &str) -> Result<Answer, CliError> {
        self.messages.push(message("user", text));
        match self.answer() {
            Ok(answer) => {
                self.messages.push(message("assistant", &answer.text));
                Ok(answer)
            }
            Err(error) => {
                self.messages.pop();
                Err(error)
            }
        }
    }

    fn answer(&mut self) -> Result<Answer, CliError> {
        let prompt = self.render()?;
        let args = self.args;
        let options = GenerateOptions {
            max_tokens: args.max_tokens,
            sampling: args.sampling.sampling(defaults()),
            stop: args.sampling.stop.clone(),
            ..GenerateOptions::default()
        };
        let output = &mut self.output;
        let answer = answer(&mut self.engine, &prompt, options, |text| {
            if args.json { Ok(()) } else { output.text(text) }
        })?;
        if args.json {
            output.json(&answer)?;
        } else {
            output.line("")?;
            output.flush()?;
        }
        Ok(answer)
    }

    /// The tokens of the conversation so far.
    fn render(&self) -> Result<Vec<u32>, CliError> {
        let mut input = TemplateInput {
            messages: Value::Array(self.messages.clone()),
            add_generation_prompt: true,
            now: now(),
            ..TemplateInput::default()
        };
        token_texts(&self.vocabulary, &mut input);
        let rendered = self.vocabulary.render_chat(&input);
        let rendered = rendered.map_err(CliError::model(&self.args.model))?;
        Ok(self.vocabulary.encode_chat(&rendered))
    }
}

fn message(role: &str, content: &str) -> Value {
    json!({ "role": role, "content": content })
}

fn defaults() -> Sampling {
    Sampling {
        temperature: 0.8,
        top_k: 40,
        top_p: 0.95,
        min_p: 0.05,
        ..Sampling::default()
    }
}
