//! Answers in a form that was asked for, and calls of tools that are required, by models of random weights: in each family's own form,
//! and in pieces.

use hearth_api::run::Told;
use hearth_api::{ApiError, Run};
use hearth_conformance::reference::shared;
use hearth_runtime::{Engine, LoadOptions, Loader, Pool, SequenceId};
use serde_json::{Value, json};

use crate::requests::{self, head};

/// Models of the zoo, with room for long prompts.
pub(crate) fn model(name: &str) -> Option<Engine> {
    requests::model(name, 1024)
}

/// The chunks and the answer of a request.
fn chat(engine: &mut Engine, request: &Value) -> Result<(Vec<Value>, Value), ApiError> {
    let ran = requests::chat(engine, request, Told::default())?;
    Ok((ran.chunks, ran.answer))
}

/// Models whose templates mark calls in different ways, or not at all.
pub(crate) const FAMILIES: &[&str] = &[
    "qwen2",
    "qwen3",
    "qwen35",
    "qwen3moe",
    "llama3-ropefreqs",
    "ministral3",
    "lfm2",
    "gemma2",
    "gemma4",
    "gpt-oss",
    "phi3",
];

pub(crate) fn tools() -> Value {
    let place = json!({ "type": "object", "properties": { "city": { "enum": ["Paris", "Rome"] }, "days": { "type": "integer", "minimum": 1, "maximum": 9 } },
        "required": ["city", "days"], "additionalProperties": false });
    json!([
        { "type": "function", "function": { "name": "get_weather", "description": "Weather of a city", "parameters": place } },
        { "type": "function", "function": { "name": "get_time" } },
    ])
}

pub(crate) fn request(seed: u64, more: &Value) -> Value {
    let mut request = json!({ "messages": [{ "role": "user", "content": "What is it like in Rome?" }], "seed": seed,
        "temperature": 1, "max_tokens": 160, "tools": tools() });
    let fields = request.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    request
}

/// Check that a call may be carried out.
pub(crate) fn check_call(name: &str, call: &Value) {
    assert_eq!(call["type"], "function", "{name}");
    assert!(
        call["id"].as_str().is_some_and(|id| id.len() == 9),
        "{name}: {call}"
    );
    let arguments = call["function"]["arguments"].as_str().expect("a text");
    let arguments: Value = serde_json::from_str(arguments)
        .unwrap_or_else(|error| panic!("{name}: {error} in {arguments}"));
    match call["function"]["name"].as_str() {
        Some("get_weather") => {
            assert!(
                arguments["city"] == "Paris" || arguments["city"] == "Rome",
                "{name}: {call}"
            );
            assert!(
                arguments["days"]
                    .as_i64()
                    .is_some_and(|days| (1..=9).contains(&days)),
                "{name}: {call}"
            );
        }
        Some("get_time") => assert_eq!(arguments, json!({}), "{name}"),
        other => panic!("{name}: a call of {other:?}"),
    }
}

#[test]
fn a_call_that_is_required_comes_from_every_family() {
    for name in FAMILIES {
        let Some(mut engine) = model(name) else {
            return;
        };
        for seed in 0..2 {
            let asked = request(seed, &json!({ "tool_choice": "required", "stream": true }));
            let (chunks, answer) = chat(&mut engine, &asked).expect("it answers");
            let choice = &answer["choices"][0];
            let calls = choice["message"]["tool_calls"]
                .as_array()
                .unwrap_or_else(|| panic!("{name}: {answer:#}"));
            assert!(!calls.is_empty(), "{name}");
            calls.iter().for_each(|call| check_call(name, call));
            assert_eq!(choice["finish_reason"], "tool_calls", "{name}: {answer:#}");
            assert_eq!(joined(&chunks), *calls, "{name}: pieces make up the calls");
        }
        let one = json!({ "type": "function", "function": { "name": "get_weather" } });
        let (_, answer) =
            chat(&mut engine, &request(7, &json!({ "tool_choice": one }))).expect("it answers");
        let calls = answer["choices"][0]["message"]["tool_calls"]
            .as_array()
            .expect("calls");
        assert_eq!(calls.len(), 1, "{name}");
        assert_eq!(calls[0]["function"]["name"], "get_weather", "{name}");
        check_call(name, &calls[0]);
    }
}

/// The calls that chunks make up, as OpenAI's clients put them together.
fn joined(chunks: &[Value]) -> Vec<Value> {
    let mut calls: Vec<Value> = Vec::new();
    let deltas = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].as_array());
    for delta in deltas.flatten() {
        let index = delta["index"].as_u64().expect("an index") as usize;
        if calls.len() <= index {
            calls.push(json!({ "id": delta["id"], "type": delta["type"], "function": { "name": delta["function"]["name"], "arguments": "" } }));
        }
        let arguments = &mut calls[index]["function"]["arguments"];
        let grown = format!(
            "{}{}",
            arguments.as_str().unwrap_or_default(),
            delta["function"]["arguments"].as_str().unwrap_or_default()
        );
        *arguments = grown.into();
    }
    calls
}

#[test]
fn without_tool_calls_nothing_is_called_and_none_is_seen() {
    let Some(mut engine) = model("qwen2") else {
        return;
    };
    let (_, shown) = chat(&mut engine, &request(1, &json!({}))).expect("it answers");
    let (_, hidden) =
        chat(&mut engine, &request(1, &json!({ "tool_choice": "none" }))).expect("it answers");
    let prompt = |answer: &Value| answer["usage"]["prompt_tokens"].as_u64().expect("a number");
    assert!(prompt(&shown) > prompt(&hidden) + 50);
    assert!(hidden["choices"][0]["message"].get("tool_calls").is_none());
}

#[test]
fn an_answer_has_the_form_that_was_asked_for_in_every_family() {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string", "maxLength": 12 }, "age": { "type": "integer" } },
        "required": ["name", "age"], "additionalProperties": false });
    let format =
        json!({ "type": "json_schema", "json_schema": { "name": "person", "schema": schema } });
    for name in FAMILIES {
        let Some(mut engine) = model(name) else {
            return;
        };
        for seed in 0..2 {
            let asked = request(seed, &json!({ "response_format": format, "tools": null }));
            let (_, answer) = chat(&mut engine, &asked).expect("it answers");
            let choice = &answer["choices"][0];
            let content = choice["message"]["content"]
                .as_str()
                .unwrap_or_else(|| panic!("{name}: {answer:#}"));
            let person: Value = serde_json::from_str(content)
                .unwrap_or_else(|error| panic!("{name}: {error}: {answer:#}"));
            assert!(
                person["name"].is_string() && person["age"].is_i64() | person["age"].is_number(),
                "{name}: {person}"
            );
            assert_eq!(choice["finish_reason"], "stop", "{name}");
        }
        let (_, answer) = chat(
            &mut engine,
            &request(
                5,
                &json!({ "response_format": { "type": "json_object" }, "tools": null }),
            ),
        )
        .expect("it answers");
        let content = answer["choices"][0]["message"]["content"]
            .as_str()
            .expect("a text");
        let object: Value = serde_json::from_str(content)
            .unwrap_or_else(|error| panic!("{name}: {error}: {content}"));
        assert!(object.is_object(), "{name}: {object}");
    }
}

#[test]
fn grammars_of_each_kind_hold_and_bad_ones_say_why() {
    let Some(mut engine) = model("qwen2") else {
        return;
    };
    let cases = [
        (json!("root ::= (\"yes\" | \"no\") \"!\""), "^(yes|no)!$"),
        (json!({ "gbnf": "root ::= [0-9]{3}" }), "digits"),
        (json!({ "regex": "[a-c]{4}" }), "letters"),
        (json!({ "lark": "start: \"a\" (\"b\" | \"c\")" }), "lark"),
    ];
    for (grammar, what) in cases {
        let (_, answer) = chat(
            &mut engine,
            &request(3, &json!({ "grammar": grammar, "tools": null })),
        )
        .expect("it answers");
        let said = answer["choices"][0]["message"]["content"]
            .as_str()
            .expect("a text")
            .to_owned();
        let holds = match what {
            "digits" => said.len() == 3 && said.bytes().all(|b| b.is_ascii_digit()),
            "letters" => said.len() == 4 && said.bytes().all(|b| (b'a'..=b'c').contains(&b)),
            "lark" => said == "ab" || said == "ac",
            _ => said == "yes!" || said == "no!",
        };
        assert!(holds, "{what}: {said}");
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    }
    for grammar in [
        json!("root ::= nothing"),
        json!({ "regex": "(" }),
        json!({ "lark": "start:: x" }),
    ] {
        let error = chat(
            &mut engine,
            &request(3, &json!({ "grammar": grammar, "tools": null })),
        )
        .expect_err("it is refused");
        assert_eq!(error.code(), "bad_grammar", "{error}");
    }
    let both = json!({ "grammar": "root ::= \"a\"", "tools": null, "response_format": { "type": "json_object" } });
    let error = chat(&mut engine, &request(3, &both)).expect_err("two forms at once");
    assert_eq!(error.parameter(), Some("grammar"));
}

#[test]
fn what_a_vocabulary_cannot_write_is_an_error_that_says_so() {
    // Its 2,048 tokens have no brace, and no bytes to make one of.
    let Some(path) = shared("models/llm/tinystories656K-Q8_0.gguf") else {
        return;
    };
    let file = std::fs::File::open(path).expect("it opens");
    let options = LoadOptions::default();
    let loader = Loader::open(vec![Box::new(file)], options, Pool::single()).expect("it is sound");
    let mut engine = pollster::block_on(loader.finish()).expect("it loads");
    let request =
        json!({ "prompt": "Once", "max_tokens": 20, "grammar": "root ::= \"{\" [a-z]+ \"}\"" });
    let sequence = SequenceId::default();
    let text = request.to_string();
    let run = Run::completion(&engine, sequence, &text, head(), Told::default());
    let mut run = run.expect("the request is sound");
    let error = loop {
        match pollster::block_on(run.next(&mut engine)) {
            Ok(step) => assert!(step.is_some(), "it cannot end"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "bad_grammar");
    assert!(error.to_string().contains("vocabulary"), "{error}");
}

#[test]
fn names_of_properties_are_not_repeated() {
    let Some(mut engine) = model("qwen2") else {
        return;
    };
    let schema = json!({ "type": "object", "patternProperties": { "^[ab]{2}$": { "const": 1 } }, "minProperties": 3, "maxProperties": 4,
        "additionalProperties": false });
    let format =
        json!({ "type": "json_schema", "json_schema": { "name": "pairs", "schema": schema } });
    for seed in 0..24 {
        let asked = request(seed, &json!({ "response_format": format, "tools": null }));
        let (_, answer) = chat(&mut engine, &asked).expect("it answers");
        let content = answer["choices"][0]["message"]["content"].as_str();
        let pairs: Value = serde_json::from_str(content.expect("a text")).expect("JSON");
        // Of equal names one is left.
        assert!(
            pairs.as_object().is_some_and(|all| all.len() >= 3),
            "{answer:#}"
        );
    }
}
