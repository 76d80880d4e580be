//! Requests in OpenAI's shapes, under way: JSON in, JSON out.

use hearth_api::chat::ChatWriter;
use hearth_api::completion::CompletionWriter;
use hearth_api::embedding::EmbeddingRun;
use hearth_api::run::Writer;
use hearth_api::{ApiError, Run, RunHead};
use hearth_runtime::{Engine, SequenceId};
use serde_json::json;
use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::engine::WasmEngine;
use crate::error::{api_error, bad_argument, read_argument};
use crate::types::{RunContext, RunKind};

/// A request under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WasmRun(Kind);

#[derive(Debug)]
enum Kind {
    Chat(Box<Run<ChatWriter>>),
    Completion(Box<Run<CompletionWriter>>),
    Embedding(EmbeddingRun),
    Over,
}

#[wasm_bindgen]
impl WasmRun {
    /// Begins a request, given as JSON.
    pub fn start(
        engine: &WasmEngine,
        kind: Ts<RunKind>,
        request: &str,
        context: Ts<RunContext>,
    ) -> Result<WasmRun, JsValue> {
        let context = read_argument(&context)?;
        let kind = read_argument(&kind)?;
        let now = context.now.parse().map_err(|error| bad_argument(&error))?;
        let told = context.told.unwrap_or_default();
        let head = RunHead {
            id: context.id,
            created: context.created,
            model: context.model,
        };
        let (engine, sequence) = (engine.engine(), SequenceId::default());
        let run = match kind {
            RunKind::Chat => Run::chat(engine, sequence, request, head, now, told)
                .map(|run| Kind::Chat(Box::new(run))),
            RunKind::Completion => Run::completion(engine, sequence, request, head, told)
                .map(|run| Kind::Completion(Box::new(run))),
            RunKind::Embeddings => {
                EmbeddingRun::embeddings(engine, request, head.model).map(Kind::Embedding)
            }
            RunKind::Rerank => {
                EmbeddingRun::rerank(engine, request, head.model).map(Kind::Embedding)
            }
        };
        run.map(WasmRun).map_err(|error| api_error(&error))
    }

    /// Does one step of work: what it gave, as JSON; `undefined` after the end.
    pub async fn next(&mut self, engine: &mut WasmEngine) -> Result<Option<String>, JsValue> {
        let engine = engine.engine_mut();
        let step = match &mut self.0 {
            Kind::Chat(run) => next(run, engine).await,
            Kind::Completion(run) => next(run, engine).await,
            Kind::Embedding(run) => match run.next(engine).await {
                Ok(Some(answer)) => {
                    self.0 = Kind::Over;
                    Ok(Some(json!({ "chunks": [], "answer": answer }).to_string()))
                }
                Ok(None) => Ok(Some(json!({ "chunks": [] }).to_string())),
                Err(error) => Err(error),
            },
            Kind::Over => Ok(None),
        };
        step.map_err(|error| api_error(&error))
    }

    /// Ends it in peace: what is there is the answer, and comes with the next steps.
    pub fn stop(&mut self) {
        match &mut self.0 {
            Kind::Chat(run) => run.stop(),
            Kind::Completion(run) => run.stop(),
            Kind::Embedding(_) | Kind::Over => self.0 = Kind::Over,
        }
    }
}

async fn next<W: Writer>(
    run: &mut Run<W>,
    engine: &mut Engine,
) -> Result<Option<String>, ApiError> {
    let step = run.next(engine).await?;
    let step = step.as_ref().map(serde_json::to_string);
    Ok(step.transpose()?)
}
