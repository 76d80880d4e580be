//! `chat`: turns, reuse of the cache, input from a pipe.

use serde_json::Value;

use crate::fixture::{Model, TEMPLATE, folder};
use crate::hearth;
use crate::process::run;

fn model() -> Model {
    Model {
        template: Some(TEMPLATE),
        context: 512,
        ..Model::default()
    }
}

#[test]
fn later_turns_reuse_the_cache() {
    let folder = folder();
    let model = model().write(&folder, "m.gguf");
    let ended = hearth!(
        "chat",
        model,
        "--system",
        "Be brief.",
        "--prompt",
        "the ant",
        "--prompt",
        "and the other?",
        "--max-tokens",
        "5",
        "--temperature",
        "0",
        "--logit-bias",
        "2=-1e6,264=1e6",
        "--json"
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let answers: Vec<Value> = ended
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), 2);
    for answer in &answers {
        assert_eq!(answer["text"], "hehehehehe");
        assert_eq!(answer["usage"]["completion_tokens"], 5);
    }
    let first = answers[0]["usage"]["prompt_tokens"]
        .as_u64()
        .expect("a number");
    let cached = answers[1]["usage"]["cached_tokens"]
        .as_u64()
        .expect("a number");
    assert!(
        cached >= first,
        "{cached} of at least {first} tokens were reused"
    );
}

#[test]
fn a_pipe_is_a_conversation_too() {
    let folder = folder();
    let model = model().write(&folder, "m.gguf");
    let args = ["chat", "--max-tokens", "3", "--logit-bias", "264=1e6"].map(Into::into);
    let args: Vec<_> = args.into_iter().chain([model.into_os_string()]).collect();
    let ended = run(&args, b"the ant\n\n/clear\nand?\n/exit\nnever\n");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.text(), "hehehe\nhehehe\n");
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
}
