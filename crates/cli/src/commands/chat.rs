//! `hearth chat`: a conversation by the model's own chat template.
//!
//! The whole conversation is rendered anew at each turn; the engine reuses the cache of what has not changed.

mod terminal;

use std::path::PathBuf;

use clap::Args;
use hearth_runtime::text::TemplateInput;
use hearth_runtime::{Engine, GenerateOptions, RuntimeError, Sampling, Vocabulary};
use serde_json::{Value, json};

use super::template::{now, read_json, token_texts};
use crate::answer::{Answer, answer};
use crate::args::{RunArgs, SamplingArgs, SpeculationArgs};
use crate::error::CliError;
use crate::model::{header, load_generating};
use crate::output::Output;
use crate::session;

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
    /// JSON file with the list of tools that the model may call; calls are shown, not carried out
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    /// Tokens of an answer at most [default: up to the end of the context]
    #[arg(long, short = 'n', value_name = "N")]
    max_tokens: Option<usize>,
    /// File that keeps the conversation: read first if it is there, written at the end
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Print each answer as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    speculation: SpeculationArgs,
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
    let tools = args.tools.as_deref().map(read_json).transpose()?;
    let engine = load_generating(&args.model, &args.run, &args.speculation)?;
    let mut conversation = Conversation::new(args, vocabulary, engine);
    conversation.tools = tools;
    conversation.restore()?;
    if args.prompt.is_empty() {
        terminal::run(&mut conversation)?;
        return conversation.save();
    }
    for prompt in &args.prompt {
        let answer = conversation.say(prompt)?;
        if answer.was_interrupted() {
            conversation.save()?;
            return Err(CliError::Interrupted);
        }
    }
    conversation.save()
}

/// A conversation under way.
struct Conversation<'a> {
    args: &'a ChatArgs,
    vocabulary: Vocabulary,
    engine: Engine,
    messages: Vec<Value>,
    tools: Option<Value>,
    output: Output,
}

impl<'a> Conversation<'a> {
    fn new(args: &'a ChatArgs, vocabulary: Vocabulary, engine: Engine) -> Self {
        let mut conversation = Conversation {
            args,
            vocabulary,
            engine,
            messages: Vec::new(),
            tools: None,
            output: Output::new(),
        };
        conversation.clear();
        conversation
    }

    /// Go on with the conversation of the session file, if there is one. A new system message does not change it.
    fn restore(&mut self) -> Result<(), CliError> {
        if let Some(path) = &self.args.session {
            let messages = session::restore(&mut self.engine, path)?;
            if !messages.is_empty() {
                self.messages = messages;
            }
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), CliError> {
        match &self.args.session {
            Some(path) => session::save(&mut self.engine, path, &self.messages),
            None => Ok(()),
        }
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
                self.messages.push(assistant(&answer));
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
            typed: true,
            speculation: args.speculation.speculation(),
            ..GenerateOptions::default()
        };
        let output = &mut self.output;
        let answer = answer(&mut self.engine, &prompt, options, |piece| {
            if args.json {
                Ok(())
            } else {
                output.piece(piece)
            }
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
            tools: self.tools.clone(),
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

/// An answer as templates take it. What the model thought is for them to show or to leave out.
fn assistant(answer: &Answer) -> Value {
    let mut message = message("assistant", &answer.text);
    if let Some(beside) = answer.beside.as_ref().filter(|b| !b.reasoning.is_empty()) {
        message["reasoning_content"] = json!(beside.reasoning);
    }
    message
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
