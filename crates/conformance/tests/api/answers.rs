//! Chunks and whole answers, several choices, what was broken off, what is too long, log probabilities, vectors.

use hearth_api::embedding::{EmbeddingAnswer, EmbeddingRun, EmbeddingVector};
use hearth_api::run::Told;
use hearth_conformance::native::Native;
use hearth_conformance::reference::shared;
use serde_json::{Value, json};

use crate::requests::{Ran, chat, complete, model};

fn hello() -> Value {
    json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello!" }])
}

/// All that the chunks of a choice say.
fn content(chunks: &[Value], choice: usize) -> String {
    let choices = chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().cloned().unwrap_or_default());
    let of = choices.filter(|one| one["index"] == choice);
    of.map(|one| {
        one["delta"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    })
    .collect()
}

#[test]
fn chunks_come_in_openais_order_and_make_up_the_answer() {
    let Some(mut engine) = model("qwen2", 512) else {
        return;
    };
    let request = json!({ "messages": hello(), "stream": true, "stream_options": { "include_usage": true },
        "max_completion_tokens": 12, "seed": 1, "temperature": 1 });
    let Ran { chunks, answer, .. } =
        chat(&mut engine, &request, Told::default()).expect("it answers");
    let first = &chunks[0];
    assert_eq!(first["object"], "chat.completion.chunk");
    assert_eq!(
        first["choices"][0]["delta"],
        json!({ "role": "assistant", "content": "" })
    );
    assert_eq!(first["usage"], Value::Null);
    assert!(first.as_object().expect("an object").contains_key("usage"));
    let [finish, usage] = &chunks[chunks.len() - 2..] else {
        panic!("two chunks at least")
    };
    assert_eq!(finish["choices"][0]["delta"], json!({}));
    assert_eq!(finish["choices"][0]["finish_reason"], "length");
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["completion_tokens"], 12);
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["usage"], usage["usage"]);
    let message = &answer["choices"][0]["message"];
    assert_eq!(message["content"], content(&chunks, 0));
    assert_eq!(message["refusal"], Value::Null);
    assert_eq!(answer["choices"][0]["logprobs"], Value::Null);

    // The same request, whole: the same answer, and no chunks.
    let mut whole = request;
    whole["stream"] = json!(false);
    whole
        .as_object_mut()
        .expect("an object")
        .remove("stream_options");
    let again = chat(&mut engine, &whole, Told::default()).expect("it answers");
    assert!(again.chunks.is_empty());
    assert_eq!(again.answer["choices"], answer["choices"]);
    let cached = again.answer["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64();
    assert_eq!(
        cached,
        answer["usage"]["prompt_tokens"].as_u64().map(|n| n - 1)
    );
}

#[test]
fn choices_differ_and_the_first_is_the_one_that_would_come_alone() {
    let Some(mut engine) = model("qwen2", 512) else {
        return;
    };
    let request = |n: usize| json!({ "messages": hello(), "n": n, "max_tokens": 10, "seed": 3, "temperature": 1.5 });
    let alone = chat(&mut engine, &request(1), Told::default()).expect("it answers");
    let three = chat(&mut engine, &request(3), Told::default()).expect("it answers");
    let said: Vec<&Value> = (0..3)
        .map(|i| &three.answer["choices"][i]["message"]["content"])
        .collect();
    assert_eq!(said[0], &alone.answer["choices"][0]["message"]["content"]);
    assert!(said[0] != said[1] && said[1] != said[2], "{said:?}");
    assert_eq!(three.answer["usage"]["completion_tokens"], 30);
    assert_eq!(
        three.answer["usage"]["prompt_tokens"],
        alone.answer["usage"]["prompt_tokens"]
    );
}

#[test]
fn what_was_broken_off_goes_on_as_if_it_had_not() {
    for (name, temperature) in [("qwen2", 0.0), ("qwen3", 1.0), ("lfm2", 1.0)] {
        let Some(mut engine) = model(name, 512) else {
            return;
        };
        let request = json!({ "messages": hello(), "stream": true, "n": 2, "max_tokens": 9, "seed": 5,
            "temperature": temperature });
        let whole = chat(&mut engine, &request, Told::default()).expect("it answers");
        for seen in [0, 1, 9, 10, 14, whole.counted] {
            // Of each choice ten steps count: nine tokens and its end.
            let tokens = vec![
                whole.tokens[0][..seen.min(9)].to_vec(),
                whole.tokens[1][..seen.saturating_sub(10).min(9)].to_vec(),
            ];
            let Some(mut other) = model(name, 512) else {
                return;
            };
            let rest = chat(&mut other, &request, Told { tokens, seen }).expect("it goes on");
            let all = [&whole.answer, &rest.answer].map(|a| a["choices"][1]["message"].clone());
            assert_eq!(all[0], all[1], "{name}, {seen} steps seen");
            assert!(
                whole.chunks.ends_with(&rest.chunks),
                "{name}, {seen} steps seen: {:#?}",
                rest.chunks
            );
        }
    }
}

#[test]
fn log_probabilities_are_those_of_the_logits() {
    let Some(mut engine) = model("qwen2", 256) else {
        return;
    };
    let prompt: Vec<u32> = (20..40).collect();
    let request = json!({ "prompt": prompt, "max_tokens": 4, "temperature": 0, "logprobs": 3,
        "return_token_ids": true, "ignore_eos": true, "logit_bias": { "7": -5 } });
    let ran = complete(&mut engine, &request).expect("it goes on");
    let choice = &ran.answer["choices"][0];
    assert_eq!(choice["token_ids"], json!(ran.tokens[0]));
    let text = [prompt, ran.tokens[0].clone()].concat();
    for (i, &id) in ran.tokens[0].iter().enumerate() {
        let logits = pollster::block_on(engine.logits(&text, &[19 + i])).expect("logits");
        let sum: f64 = logits.iter().map(|&l| f64::from(l).exp()).sum();
        let want = f64::from(logits[id as usize]) - sum.ln();
        let got = choice["logprobs"]["token_logprobs"][i]
            .as_f64()
            .expect("a number");
        assert!((got - want).abs() < 1e-3, "{got}, not {want}");
        assert_eq!(
            choice["logprobs"]["top_logprobs"][i]
                .as_object()
                .expect("an object")
                .len(),
            3
        );
    }
}

#[test]
fn a_conversation_that_is_too_long_makes_way_as_was_asked() {
    let Some(mut engine) = model("qwen2", 256) else {
        return;
    };
    let long = "one two three four five six seven eight nine ten ".repeat(4);
    let mut messages = vec![json!({ "role": "system", "content": "Be brief." })];
    for _ in 0..6 {
        messages.push(json!({ "role": "user", "content": long }));
        messages.push(json!({ "role": "assistant", "content": "Yes." }));
    }
    messages.push(json!({ "role": "user", "content": "And now?" }));
    let request = |overflow: &str| json!({ "messages": messages, "overflow": overflow, "max_tokens": 8, "ignore_eos": true });
    let refused = chat(&mut engine, &request("error"), Told::default());
    assert_eq!(
        refused.err().map(|error| error.code()),
        Some("prompt_too_long")
    );
    let dropped =
        chat(&mut engine, &request("drop_oldest_turns"), Told::default()).expect("it answers");
    let prompt = dropped.answer["usage"]["prompt_tokens"]
        .as_u64()
        .expect("a number");
    assert!((30..=248).contains(&prompt), "{prompt}");
    let slid = chat(&mut engine, &request("slide"), Told::default()).expect("it answers");
    assert_eq!(slid.answer["usage"]["completion_tokens"], 8);
    assert!(
        slid.answer["usage"]["prompt_tokens"]
            .as_u64()
            .is_some_and(|n| n > 256)
    );
}

#[test]
fn a_sliding_context_goes_on_beyond_its_end_and_after_a_break() {
    let Some(mut engine) = model("qwen2", 64) else {
        return;
    };
    let request = json!({ "messages": [{ "role": "user", "content": "Go on." }], "overflow": "slide", "max_tokens": 150,
        "ignore_eos": true, "seed": 2, "temperature": 1 });
    let whole = chat(&mut engine, &request, Told::default()).expect("it answers");
    assert_eq!(whole.answer["choices"][0]["finish_reason"], "length");
    assert_eq!(whole.tokens[0].len(), 150);
    for seen in [10, 60, 140] {
        let tokens = vec![whole.tokens[0][..seen].to_vec()];
        let rest = chat(&mut engine, &request, Told { tokens, seen }).expect("it goes on");
        assert_eq!(rest.answer["choices"], whole.answer["choices"], "{seen}");
    }
}

#[test]
fn requests_that_cannot_be_answered_say_why() {
    let Some(mut engine) = model("qwen2", 256) else {
        return;
    };
    let function = json!({ "type": "function", "function": { "name": "f" } });
    let cases = [
        (json!({}), "bad_request", Some("messages")),
        (
            json!({ "messages": hello(), "topk": 1 }),
            "bad_request",
            Some("topk"),
        ),
        (
            json!({ "messages": hello(), "temperature": -1 }),
            "bad_sampling",
            Some("temperature"),
        ),
        (
            json!({ "messages": hello(), "top_logprobs": 2 }),
            "bad_request",
            Some("top_logprobs"),
        ),
        (
            json!({ "messages": hello(), "tool_choice": "required" }),
            "bad_request",
            Some("tool_choice"),
        ),
        (
            json!({ "messages": hello(), "tools": [function], "tool_choice": { "type": "function", "function": { "name": "g" } } }),
            "bad_request",
            Some("tool_choice"),
        ),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "x" } }] }] }),
            "unsupported_content",
            Some("messages"),
        ),
    ];
    for (request, code, parameter) in cases {
        let error = chat(&mut engine, &request, Told::default())
            .err()
            .expect("it is refused");
        assert_eq!(
            (error.code(), error.parameter()),
            (code, parameter),
            "{request}"
        );
        assert_eq!(error.object()["error"]["code"], code);
    }
    let Some(mut bare) = model("llama-spm", 256) else {
        return;
    };
    let request = json!({ "messages": hello() });
    let error = chat(&mut bare, &request, Told::default())
        .err()
        .expect("it has no template");
    assert_eq!(error.code(), "no_template");
}

#[test]
fn vectors_and_the_order_that_they_give() {
    let Some(path) = shared("zoo/models/bert/model.f16.gguf") else {
        return;
    };
    let mut engine = Native::exact().load(&path).expect("the model loads");
    let mut ask = |kind: &str, request: Value| {
        let text = request.to_string();
        let run = match kind {
            "embeddings" => EmbeddingRun::embeddings(&engine, &text, "m".to_owned()),
            _ => EmbeddingRun::rerank(&engine, &text, "m".to_owned()),
        };
        let mut run = run.expect("it is sound");
        loop {
            let answer = pollster::block_on(run.next(&mut engine)).expect("it goes on");
            if let Some(answer) = answer {
                return answer;
            }
        }
    };
    let texts = json!(["a dog", "a car", "a dog barks"]);
    let EmbeddingAnswer::Embeddings(plain) = ask("embeddings", json!({ "input": texts })) else {
        panic!("vectors were asked for")
    };
    let vectors: Vec<Vec<f32>> = plain
        .data
        .iter()
        .map(|one| match &one.embedding {
            EmbeddingVector::Float(vector) => vector.clone(),
            EmbeddingVector::Base64(_) => panic!("a list was asked for"),
        })
        .collect();
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    assert!(vectors.iter().all(|v| (dot(v, v) - 1.0).abs() < 1e-4));
    let EmbeddingAnswer::Rerank(ranked) = ask(
        "rerank",
        json!({ "query": "a dog", "documents": ["a car", "a dog barks", "a dog"], "top_n": 2, "return_documents": true }),
    ) else {
        panic!("an order was asked for")
    };
    assert_eq!(ranked.results.len(), 2);
    assert_eq!(ranked.results[0].index, 2, "a text is nearest to itself");
    assert!((ranked.results[0].relevance_score - 1.0).abs() < 1e-4);
    assert_eq!(
        ranked.results[0].document.as_ref().map(|d| &d.text[..]),
        Some("a dog")
    );
}
