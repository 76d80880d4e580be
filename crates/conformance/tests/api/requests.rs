//! Models, and requests to them.

use hearth_api::run::{Told, Writer};
use hearth_api::{ApiError, Run, RunHead, Step};
use hearth_conformance::reference::shared;
use hearth_runtime::{Engine, LoadOptions, Loader, Pool, SequenceId};
use serde::Serialize;
use serde_json::Value;

/// A model that talks, with this context.
pub(crate) fn model(name: &str, context: usize) -> Option<Engine> {
    let path = shared(&format!("zoo/models/{name}"))?;
    let file = std::fs::read_dir(path).expect("a folder");
    let file = file.map(|entry| entry.expect("an entry").path());
    let file = file.filter(|path| path.extension().is_some_and(|e| e == "gguf"));
    let file = std::fs::File::open(file.last().expect("a model")).expect("it opens");
    let options = LoadOptions {
        context: Some(context),
        chunk: 64,
        ..LoadOptions::default()
    };
    let loader = Loader::open(vec![Box::new(file)], options, Pool::single()).expect("it is sound");
    Some(pollster::block_on(loader.finish()).expect("it loads"))
}

pub(crate) fn head() -> RunHead {
    RunHead {
        id: "chatcmpl-1".to_owned(),
        created: 7,
        model: "m".to_owned(),
    }
}

/// A run's steps as JSON: the chunks of all, and the answer.
pub(crate) struct Ran {
    pub(crate) chunks: Vec<Value>,
    pub(crate) answer: Value,
    pub(crate) tokens: Vec<Vec<u32>>,
    pub(crate) counted: usize,
}

pub(crate) fn drive<W: Writer>(run: &mut Run<W>, engine: &mut Engine) -> Result<Ran, ApiError> {
    let mut ran = Ran {
        chunks: Vec::new(),
        answer: Value::Null,
        tokens: Vec::new(),
        counted: 0,
    };
    while let Some(Step {
        token,
        choice,
        counts,
        chunks,
        answer,
    }) = pollster::block_on(run.next(engine))?
    {
        ran.chunks.extend(chunks.iter().map(value));
        ran.counted += usize::from(counts);
        if let Some(token) = token {
            ran.tokens
                .resize(ran.tokens.len().max(choice + 1), Vec::new());
            ran.tokens[choice].push(token);
        }
        if let Some(answer) = &answer {
            ran.answer = value(answer);
        }
    }
    Ok(ran)
}

/// As JSON.
pub(crate) fn value<T: Serialize>(of: &T) -> Value {
    serde_json::to_value(of).expect("it has a JSON form")
}

pub(crate) fn chat(engine: &mut Engine, request: &Value, told: Told) -> Result<Ran, ApiError> {
    let now = "2026-01-15T12:30:00".parse().expect("a time");
    let sequence = SequenceId::default();
    let mut run = Run::chat(engine, sequence, &request.to_string(), head(), now, told)?;
    drive(&mut run, engine)
}

pub(crate) fn complete(engine: &mut Engine, request: &Value) -> Result<Ran, ApiError> {
    let text = request.to_string();
    let mut run = Run::completion(
        engine,
        SequenceId::default(),
        &text,
        head(),
        Told::default(),
    )?;
    drive(&mut run, engine)
}
