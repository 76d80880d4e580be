//! Text in which the model is free, before an answer in a form and around calls of tools: reasoning in each family's marks, ended in time,
//! and the same whether it is broken off or not.

use hearth_api::run::Told;
use hearth_runtime::Engine;
use serde_json::{Value, json};

use crate::forms::{check_call, model, request};
use crate::requests::chat;

/// A schema whose shortest answer has some ten tokens of these vocabularies.
fn person(more: &Value) -> Value {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string", "maxLength": 6 }, "age": { "enum": [7, 70] } },
        "required": ["name", "age"], "additionalProperties": false });
    let format =
        json!({ "type": "json_schema", "json_schema": { "name": "person", "schema": schema } });
    let mut fields = json!({ "response_format": format, "tools": null });
    let all = fields.as_object_mut().expect("an object");
    all.extend(more.as_object().expect("an object").clone());
    fields
}

fn ask(engine: &mut Engine, seed: u64, more: &Value) -> Value {
    let ran = chat(engine, &request(seed, more), Told::default()).expect("it answers");
    ran.answer["choices"][0].clone()
}

/// Check that the answer is a person, and give what was thought before it.
fn check_person(name: &str, choice: &Value) -> Option<String> {
    let content = choice["message"]["content"].as_str().expect("a text");
    let person: Value =
        serde_json::from_str(content).unwrap_or_else(|error| panic!("{name}: {error}: {choice:#}"));
    assert!(person["name"].is_string(), "{name}: {choice:#}");
    assert!(
        person["age"] == 7 || person["age"] == 70,
        "{name}: {choice:#}"
    );
    assert_eq!(choice["finish_reason"], "stop", "{name}");
    let reasoning = choice["message"].get("reasoning_content")?;
    Some(reasoning.as_str().expect("a text").to_owned())
}

/// A request with which the model always chooses the first token of this where it may.
fn always(engine: &Engine, text: &str) -> Value {
    let vocabulary = engine.vocabulary().expect("a vocabulary");
    let id = vocabulary.tokenizer().encode_marks(text)[0];
    json!({ "logit_bias": { (id.to_string()): 100 } })
}

#[test]
fn a_model_reasons_before_an_answer_in_a_form() {
    // The template opens the reasoning.
    let Some(mut engine) = model("qwen35") else {
        return;
    };
    for seed in 0..3 {
        let choice = ask(&mut engine, seed, &person(&json!({})));
        let thought = check_person("qwen35", &choice).expect("it reasons");
        assert!(
            !thought.is_empty() && !thought.contains("think>"),
            "{thought}"
        );
        let none = person(&json!({ "reasoning_effort": "none" }));
        let choice = ask(&mut engine, seed, &none);
        assert_eq!(check_person("qwen35", &choice), None);
    }
    // The mark is chosen at once.
    let ends = always(&engine, "</think>");
    let choice = ask(&mut engine, 1, &person(&ends));
    assert_eq!(check_person("qwen35", &choice), None);
}

#[test]
fn a_model_may_open_its_reasoning_itself() {
    let Some(mut engine) = model("qwen3") else {
        return;
    };
    let opens = always(&engine, "<think>");
    let choice = ask(&mut engine, 1, &person(&opens));
    assert!(check_person("qwen3", &choice).is_some(), "{choice:#}");
    let mut none = person(&opens);
    none["reasoning_effort"] = "none".into();
    let choice = ask(&mut engine, 1, &none);
    assert_eq!(check_person("qwen3", &choice), None);
    let Some(mut engine) = model("gpt-oss") else {
        return;
    };
    let thinks = person(&always(&engine, "analysis"));
    let choice = ask(&mut engine, 1, &thinks);
    assert!(check_person("gpt-oss", &choice).is_some(), "{choice:#}");
    let answers = person(&always(&engine, "final"));
    let choice = ask(&mut engine, 1, &answers);
    assert_eq!(check_person("gpt-oss", &choice), None);
    let none = person(&json!({ "reasoning_effort": "none" }));
    assert_eq!(check_person("gpt-oss", &ask(&mut engine, 3, &none)), None);
}

#[test]
fn reasoning_leaves_enough_for_the_answer() {
    for (name, least) in [("qwen35", 40), ("qwen3", 40), ("gpt-oss", 48)] {
        let Some(mut engine) = model(name) else {
            return;
        };
        for max_tokens in [least, 64, 96, 200] {
            let choice = ask(
                &mut engine,
                5,
                &person(&json!({ "max_tokens": max_tokens })),
            );
            check_person(name, &choice);
        }
    }
}

#[test]
fn required_calls_come_after_reasoning() {
    let Some(mut engine) = model("qwen35") else {
        return;
    };
    for seed in 0..3 {
        let choice = ask(&mut engine, seed, &json!({ "tool_choice": "required" }));
        let calls = choice["message"]["tool_calls"].as_array();
        let calls = calls.unwrap_or_else(|| panic!("{choice:#}"));
        calls.iter().for_each(|call| check_call("qwen35", call));
        assert!(
            choice["message"]["reasoning_content"].is_string(),
            "{choice:#}"
        );
        assert_eq!(choice["finish_reason"], "tool_calls");
    }
}

#[test]
fn a_model_calls_a_tool_or_answers_in_the_form() {
    for (name, calls, answers) in [
        ("qwen3", "<tool_call>", "{"),
        ("lfm2", "<|tool_call_start|>", "{"),
        ("gpt-oss", "commentary", "final"),
        ("gemma4", "<", "{"),
    ] {
        let Some(mut engine) = model(name) else {
            return;
        };
        for effort in ["none", "low"] {
            let mut more = person(&always(&engine, calls));
            more["tools"] = crate::forms::tools();
            more["tools"][0]["function"]["strict"] = true.into();
            more["reasoning_effort"] = effort.into();
            more["tool_choice"] = "auto".into();
            let choice = ask(&mut engine, 3, &more);
            let made = choice["message"]["tool_calls"].as_array();
            let made = made.unwrap_or_else(|| panic!("{name}: {choice:#}"));
            assert_eq!(made.len(), 1, "{name}");
            if made[0]["function"]["name"] == "get_weather" {
                check_call(name, &made[0]);
            }
            assert_eq!(choice["finish_reason"], "tool_calls", "{name}");
            more["logit_bias"] = always(&engine, answers)["logit_bias"].clone();
            let choice = ask(&mut engine, 3, &more);
            assert!(choice["message"].get("tool_calls").is_none(), "{choice:#}");
            check_person(name, &choice);
        }
    }
}

#[test]
fn calls_follow_strict_schemas_wherever_the_model_makes_them() {
    for (name, mark) in [
        ("qwen3", "<tool_call>"),
        ("qwen35", "<tool_call>"),
        ("lfm2", "<|tool_call_start|>"),
    ] {
        let Some(mut engine) = model(name) else {
            return;
        };
        let mut more = always(&engine, mark);
        more["tools"] = crate::forms::tools();
        for tool in more["tools"].as_array_mut().expect("tools") {
            tool["function"]["strict"] = true.into();
        }
        more["max_tokens"] = 300.into();
        more["reasoning_effort"] = "none".into();
        let choice = ask(&mut engine, 3, &more);
        let calls = choice["message"]["tool_calls"].as_array();
        let calls = calls.unwrap_or_else(|| panic!("{name}: {choice:#}"));
        // The last one may be cut off.
        assert!(calls.len() > 1, "{name}: {choice:#}");
        calls[..calls.len() - 1]
            .iter()
            .for_each(|call| check_call(name, call));
        // Nothing is called where the model does not.
        let mut free = more.clone();
        free["logit_bias"] = Value::Null;
        free["max_tokens"] = 20.into();
        let choice = ask(&mut engine, 3, &free);
        assert!(choice["message"].get("tool_calls").is_none(), "{choice:#}");
        assert_eq!(choice["finish_reason"], "length");
    }
}

#[test]
fn an_answer_that_was_broken_off_goes_on_the_same_way() {
    for name in ["qwen35", "qwen3", "gpt-oss"] {
        let Some(mut engine) = model(name) else {
            return;
        };
        let mut asked = request(4, &person(&json!({ "max_tokens": 80 })));
        if name == "qwen3" {
            asked["logit_bias"] = always(&engine, "<think>")["logit_bias"].clone();
        }
        let whole = chat(&mut engine, &asked, Told::default()).expect("it answers");
        let all = whole.tokens[0].clone();
        for cut in (0..all.len()).step_by(7) {
            let told = Told {
                tokens: vec![all[..cut].to_vec()],
                seen: 0,
            };
            let rest = chat(&mut engine, &asked, told).expect("it goes on");
            assert_eq!(rest.tokens[0], all, "{name} after {cut}");
            assert_eq!(
                rest.answer["choices"], whole.answer["choices"],
                "{name} after {cut}"
            );
        }
    }
}
