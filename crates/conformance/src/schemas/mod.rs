//! Some hundred JSON schemas of every kind, and what models with random weights answer under them.
//!
//! Whether an answer is valid is for an independent validator to say: `packages/schemas` asks ajv.

use hearth_runtime::constraint::Grammar;
use hearth_runtime::{
    Engine, Event, FinishReason, GenerateOptions, Generation, LoadOptions, Loader, Pool,
    RuntimeError, Sampling, SequenceId,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::reference::shared;

/// Tokens of an answer: some schemas take most of them at the least.
const MAX_TOKENS: usize = 200;
/// Models with random weights: byte-level BPE twice, SentencePiece twice, a recurrent one.
const MODELS: [&str; 5] = [
    "zoo/models/qwen3/model.f16.gguf",
    "zoo/models/llama-spm/model.f16.gguf",
    "zoo/models/gemma3/model.q8_0.gguf",
    "zoo/models/gpt-oss/model.q8_0.gguf",
    "zoo/models/lfm2/model.q8_0.gguf",
];

/// A schema, and what shows that output is held to it.
#[derive(Clone, Debug, Serialize)]
pub struct Schema {
    /// Its kind.
    pub kind: String,
    /// The schema.
    pub schema: Value,
}

/// What a model answered under a schema.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The schema.
    #[serde(flatten)]
    pub of: Schema,
    /// The model file.
    pub model: &'static str,
    /// The text.
    pub output: String,
    /// Why it ended; nothing where there was none.
    pub reason: Option<FinishReason>,
    /// Why there is none: never, where all is well.
    pub error: Option<String>,
    /// Tokens of it.
    pub tokens: usize,
}

/// All schemas: those written by hand, each of them inside another, and pairs of them.
pub fn all() -> Vec<Schema> {
    let kinds: Map<String, Value> =
        serde_json::from_str(include_str!("kinds.json")).expect("the kinds are JSON");
    let by_hand: Vec<Schema> = kinds
        .into_iter()
        .flat_map(|(kind, schemas)| {
            let schemas = schemas.as_array().cloned().expect("a kind is a list");
            schemas.into_iter().map(move |schema| Schema {
                kind: kind.clone(),
                schema,
            })
        })
        .collect();
    // References lead from the root, so what has some stays there.
    let movable = by_hand.iter().filter(|s| {
        let text = s.schema.to_string();
        !["\"$ref\":\"#", "$id", "$schema"]
            .iter()
            .any(|word| text.contains(word))
    });
    let movable: Vec<&Schema> = movable.collect();
    let inside = movable.iter().enumerate().map(|(at, schema)| Schema {
        kind: format!("{}, {}", schema.kind, PLACES[at % PLACES.len()].0),
        schema: PLACES[at % PLACES.len()].1(&schema.schema),
    });
    let pairs = movable.iter().zip(movable.iter().skip(movable.len() / 2));
    let pairs = pairs.map(|(a, b)| Schema {
        kind: format!("{} beside {}", a.kind, b.kind),
        schema: json!({
            "type": "object",
            "properties": { "first": a.schema, "second": b.schema },
            "required": ["second", "first"],
            "additionalProperties": false
        }),
    });
    let more: Vec<Schema> = inside.chain(pairs).collect();
    [by_hand, more].concat()
}

/// A schema inside another one.
type Place = (&'static str, fn(&Value) -> Value);

const PLACES: [Place; 6] = [
    (
        "a property",
        |s| json!({"type": "object", "properties": {"value": s, "note": {"type": "string", "maxLength": 9}}, "required": ["value"]}),
    ),
    (
        "an item",
        |s| json!({"type": "array", "items": s, "minItems": 1, "maxItems": 2}),
    ),
    (
        "an option",
        |s| json!({"anyOf": [{"type": "array", "items": s, "minItems": 1}, s]}),
    ),
    (
        "referred to",
        |s| json!({"type": "array", "prefixItems": [{"$ref": "#/$defs/it"}, {"$ref": "#/$defs/it"}], "minItems": 2, "items": false, "$defs": {"it": s}}),
    ),
    (
        "any property",
        |s| json!({"type": "object", "additionalProperties": s, "minProperties": 1, "maxProperties": 2}),
    ),
    (
        "below",
        |s| json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {"b": s}, "required": ["b"], "additionalProperties": false}, "minItems": 1}}, "required": ["a"], "additionalProperties": false}),
    ),
];

/// Hand over the answers to all schemas, the models taking turns; none where the models are missing.
pub fn answers(mut each: impl FnMut(Answer)) -> Result<(), RuntimeError> {
    let schemas = all();
    for (turn, model) in MODELS.into_iter().enumerate() {
        let Some(path) = shared(model) else {
            return Ok(());
        };
        let file = std::fs::File::open(&path).expect("the model is there");
        let options = LoadOptions {
            context: Some(MAX_TOKENS + 32),
            ..LoadOptions::default()
        };
        let loader = Loader::open(
            vec![Box::new(file)],
            options,
            Pool::new(1).expect("threads can be spawned"),
        )?;
        let mut engine = pollster::block_on(loader.finish())?;
        let mine = schemas.iter().enumerate().skip(turn).step_by(MODELS.len());
        for (seed, of) in mine {
            let answered = answer(&mut engine, model, of.clone(), seed as u64);
            each(answered.unwrap_or_else(|error| Answer {
                of: of.clone(),
                model,
                output: String::new(),
                reason: None,
                error: Some(error.to_string()),
                tokens: 0,
            }));
        }
    }
    Ok(())
}

fn answer(
    engine: &mut Engine,
    model: &'static str,
    of: Schema,
    seed: u64,
) -> Result<Answer, RuntimeError> {
    let options = GenerateOptions {
        max_tokens: Some(MAX_TOKENS),
        sampling: Sampling {
            temperature: 1.0,
            seed,
            ..Sampling::default()
        },
        grammar: Some(Grammar::JsonSchema(of.schema.to_string())),
        ..GenerateOptions::default()
    };
    let prompt = match engine.vocabulary() {
        Ok(vocabulary) => vocabulary.encode_prompt("Answer in JSON."),
        Err(_) => return Err(RuntimeError::NoVocabulary),
    };
    let mut generation = Generation::start(engine, SequenceId(0), &prompt, options)?;
    let mut output = String::new();
    loop {
        match pollster::block_on(generation.next(engine))? {
            Some(Event::Token { text, .. }) => output += &text,
            Some(Event::Finished(finished)) => {
                output += &finished.text;
                return Ok(Answer {
                    of,
                    model,
                    output,
                    reason: Some(finished.reason),
                    error: None,
                    tokens: finished.usage.completion_tokens,
                });
            }
            Some(_) => {}
            None => unreachable!("a generation says that it is over"),
        }
    }
}
