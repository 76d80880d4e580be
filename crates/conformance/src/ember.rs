//! What the model of this repository can do, on samples of templates that its training never saw: how well it predicts each kind of
//! text, and how often its answers and calls are exactly right.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::sync::Arc;

use hearth_api::run::Told;
use hearth_api::{ApiError, Run, RunHead};
use hearth_runtime::text::{DateTime, TemplateInput};
use hearth_runtime::{
    Engine, LoadOptions, Loader, Pool, RuntimeError, SequenceId, Vocabulary,
    negative_log_likelihood,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

/// The folder with the model, its samples and its reference.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/ember");
/// How the template begins the model's turns, and ends each.
const ANSWER_BEGINS: &str = "<|im_start|>assistant\n";
const TURN_ENDS: &str = "<|im_end|>";
const END_OF_TEXT: &str = "<|endoftext|>";
/// The name of every call: samples have one at a time.
const CALL_ID: &str = "call_1";
/// Tokens of an answer.
const MAX_TOKENS: usize = 96;

/// A held-out sample.
#[derive(Clone, Debug, Deserialize)]
pub struct Sample {
    /// Its kind.
    pub kind: String,
    /// A conversation that ends with what is expected, or goes on after it.
    #[serde(default)]
    pub messages: Vec<Value>,
    /// A text outside of a conversation.
    pub text: Option<String>,
    /// The tools.
    pub tools: Option<Value>,
    /// The answer, or the call; nothing where many would do.
    #[serde(default)]
    pub expected: Value,
}

/// What came out for one kind.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Samples.
    pub samples: usize,
    /// Tokens that the model writes in them, and the sum of their negative log likelihoods in nats.
    pub tokens: usize,
    /// See `tokens`.
    pub nll: f64,
    /// Answers that were asked for.
    pub asked: usize,
    /// And those that were right.
    pub right: usize,
}

impl Score {
    /// How many equally likely tokens would be as surprising.
    pub fn perplexity(&self) -> f64 {
        (self.nll / self.tokens as f64).exp()
    }

    /// The share of right answers.
    pub fn share(&self) -> f64 {
        self.right as f64 / self.asked as f64
    }
}

/// The scores of all kinds.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// By kind.
    pub kinds: BTreeMap<String, Score>,
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| kind | samples | perplexity | exactly right |")?;
        writeln!(f, "|---|---|---|---|")?;
        for (kind, score) in &self.kinds {
            let share = match score.asked {
                0 => "–".to_owned(),
                asked => format!(
                    "{} of {asked} ({:.0} %)",
                    score.right,
                    100.0 * score.share()
                ),
            };
            writeln!(
                f,
                "| {kind} | {} | {:.2} | {share} |",
                score.samples,
                score.perplexity()
            )?;
        }
        Ok(())
    }
}

/// Why there is no evaluation.
#[derive(Debug, Error)]
pub enum EmberError {
    /// A file of the model's folder cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the model's folder is not what it should be.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The threads do not start.
    #[error("{0} threads: {1}")]
    Threads(usize, std::io::Error),
    /// The model does not load or run.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Its vocabulary or template is not sound.
    #[error(transparent)]
    Vocabulary(#[from] Arc<RuntimeError>),
    /// It does not answer a request.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// What llama.cpp answered.
#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    /// Its name and version, and how it was run.
    pub engine: String,
    /// Its answers.
    pub answers: Vec<ReferenceAnswer>,
}

/// One answer of it.
#[derive(Clone, Debug, Deserialize)]
pub struct ReferenceAnswer {
    /// The text before it, with the marks of turns.
    pub prompt: String,
    /// The same as token ids.
    pub prompt_ids: Vec<u32>,
    /// The likeliest token each time.
    pub greedy64_ids: Vec<u32>,
    /// By how much its logit led before the second one's.
    pub greedy64_margins: Vec<f32>,
}

/// The model, ready to answer, on so many threads.
pub fn load(threads: usize) -> Result<Engine, EmberError> {
    let path = format!("{FOLDER}/ember.gguf");
    let file = File::open(&path).map_err(|source| EmberError::Read { path, source })?;
    let options = LoadOptions {
        chunk: 128,
        max_outputs: 128,
        ..LoadOptions::default()
    };
    let pool = Pool::new(threads).map_err(|source| EmberError::Threads(threads, source))?;
    let loader = Loader::open(vec![Box::new(file)], options, pool)?;
    Ok(pollster::block_on(loader.finish())?)
}

/// The held-out samples.
pub fn samples() -> Result<Vec<Sample>, EmberError> {
    let path = format!("{FOLDER}/held-out.jsonl");
    let text = read(&path)?;
    let parsed: Result<_, _> = text.lines().map(serde_json::from_str).collect();
    parsed.map_err(|source| EmberError::Json { path, source })
}

/// The first samples of each kind, at most so many.
pub fn some_of_each_kind(samples: &[Sample], each: usize) -> impl Iterator<Item = &Sample> {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    samples.iter().filter(move |sample| {
        let n = taken.entry(&sample.kind).or_default();
        *n += 1;
        *n <= each
    })
}

/// What llama.cpp answers.
pub fn reference() -> Result<Reference, EmberError> {
    let path = format!("{FOLDER}/reference.json");
    let text = read(&path)?;
    serde_json::from_str(&text).map_err(|source| EmberError::Json { path, source })
}

fn read(path: &str) -> Result<String, EmberError> {
    std::fs::read_to_string(path).map_err(|source| EmberError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Score samples.
pub fn evaluate<'a>(
    engine: &mut Engine,
    samples: impl IntoIterator<Item = &'a Sample>,
) -> Result<Scores, EmberError> {
    let mut scores = Scores::default();
    for sample in samples {
        let score = scores.kinds.entry(sample.kind.clone()).or_default();
        score.samples += 1;
        predict(engine, sample, score)?;
        if let Some(expected) = sample.wanted() {
            score.asked += 1;
            let message = answer(engine, sample)?;
            score.right += usize::from(expected.is_met_by(&message));
        }
    }
    Ok(scores)
}

/// What an answer has to be.
enum Wanted<'a> {
    /// These words, and no more.
    Exactly(&'a str),
    /// All of these words somewhere in it.
    Words(Vec<&'a str>),
    /// This call: a name and arguments.
    Call(&'a Value),
    /// No call.
    NoCall,
}

impl Sample {
    /// What the model's last turn has to be; nothing where many would do.
    fn wanted(&self) -> Option<Wanted<'_>> {
        let has_calls = |message: &Value| !message["tool_calls"].is_null();
        match &self.expected {
            Value::String(span) if matches!(&*self.kind, "passage" | "copy") => {
                Some(Wanted::Exactly(span))
            }
            Value::String(word) => Some(Wanted::Words(vec![word])),
            Value::Array(words) => Some(Wanted::Words(
                words.iter().filter_map(Value::as_str).collect(),
            )),
            call @ Value::Object(_) => Some(Wanted::Call(call)),
            _ if self.tools.is_some() && !self.messages.iter().any(has_calls) => {
                Some(Wanted::NoCall)
            }
            _ => None,
        }
    }

    /// The conversation before the model's last turn.
    fn question(&self) -> &[Value] {
        let last = self.messages.iter().rposition(|m| m["role"] == "assistant");
        &self.messages[..last.unwrap_or(self.messages.len())]
    }
}

impl Wanted<'_> {
    /// Whether a message is that.
    fn is_met_by(&self, message: &Value) -> bool {
        let content = message["content"].as_str().unwrap_or_default();
        let calls = message["tool_calls"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        match self {
            Wanted::Exactly(span) => content.trim() == *span,
            Wanted::Words(words) => {
                let content = content.to_lowercase();
                words
                    .iter()
                    .all(|word| content.contains(&word.to_lowercase()))
            }
            Wanted::Call(call) => matches!(calls, [one] if is_call(&one["function"], call)),
            Wanted::NoCall => calls.is_empty(),
        }
    }
}

/// Whether a call has a tool's name and all of its arguments, in any order.
fn is_call(function: &Value, expected: &Value) -> bool {
    let arguments = function["arguments"].as_str().map(serde_json::from_str);
    let Some(Ok::<Value, _>(arguments)) = arguments else {
        return false;
    };
    function["name"] == expected["name"] && arguments == expected["arguments"]
}

/// The message as OpenAI's API has it: calls with names, their arguments as text, and results that tell which call they are of.
fn as_openai(message: &Value) -> Value {
    let mut message = message.clone();
    if message["role"] == "tool" {
        message["tool_call_id"] = CALL_ID.into();
    }
    if let Some(Value::Array(calls)) = message.get_mut("tool_calls") {
        for call in calls {
            let arguments = call["function"]["arguments"].to_string();
            call["function"]["arguments"] = arguments.into();
            call["id"] = CALL_ID.into();
        }
    }
    message
}

/// The likeliest answer to a sample's question, as a message of the API.
fn answer(engine: &mut Engine, sample: &Sample) -> Result<Value, EmberError> {
    let mut request = json!({
        "messages": sample.question().iter().map(as_openai).collect::<Vec<_>>(),
        "temperature": 0,
        "max_completion_tokens": MAX_TOKENS,
    });
    if let Some(tools) = &sample.tools {
        request["tools"] = tools.clone();
    }
    let head = RunHead {
        id: String::new(),
        created: 0,
        model: String::new(),
    };
    let now = DateTime::default();
    let sequence = SequenceId::default();
    let text = request.to_string();
    let mut run = Run::chat(engine, sequence, &text, head, now, Told::default())?;
    let mut message = Value::Null;
    while let Some(step) = pollster::block_on(run.next(engine))? {
        if let Some(answer) = step.answer {
            let answer = serde_json::to_value(answer).unwrap_or_default();
            message = answer["choices"][0]["message"].clone();
        }
    }
    Ok(message)
}

/// Add how well the model's own words in a sample are predicted.
fn predict(engine: &mut Engine, sample: &Sample, score: &mut Score) -> Result<(), EmberError> {
    let vocabulary = engine.vocabulary()?;
    let mut ids = Vec::new();
    let mut own = Vec::new();
    for (text, is_own) in pieces(&vocabulary, sample)? {
        let new = vocabulary.tokenizer().encode_marks(&text);
        own.extend(new.iter().map(|_| is_own));
        ids.extend(new);
    }
    let before: Vec<usize> = (1..ids.len())
        .filter(|&at| own[at])
        .map(|at| at - 1)
        .collect();
    let n_vocab = engine.info().n_vocab;
    let logits = pollster::block_on(engine.logits(&ids, &before))?;
    for (row, at) in logits.chunks_exact(n_vocab).zip(&before) {
        score.tokens += 1;
        score.nll += negative_log_likelihood(row, ids[at + 1]);
    }
    Ok(())
}

/// A sample's text in pieces, each with whether the model writes it.
fn pieces(vocabulary: &Vocabulary, sample: &Sample) -> Result<Vec<(String, bool)>, EmberError> {
    if let Some(text) = &sample.text {
        return Ok(vec![(format!("{text}{END_OF_TEXT}"), true)]);
    }
    let text = vocabulary.render_chat(&TemplateInput {
        messages: sample.messages.clone().into(),
        tools: sample.tools.clone(),
        add_generation_prompt: false,
        kwargs: Map::new(),
        bos_token: String::new(),
        eos_token: String::new(),
        now: DateTime::default(),
    })?;
    let mut parts = text.split(ANSWER_BEGINS);
    let mut found = vec![(parts.next().unwrap_or_default().to_owned(), false)];
    for part in parts {
        let (answer, after) = part.split_once(TURN_ENDS).unwrap_or((part, ""));
        found.push((ANSWER_BEGINS.to_owned(), false));
        found.push((format!("{answer}{TURN_ENDS}"), true));
        found.push((after.to_owned(), false));
    }
    Ok(found)
}
