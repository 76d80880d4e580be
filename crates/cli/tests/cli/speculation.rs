//! Tokens guessed ahead: the same answer, and counts that say what came of it.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

use crate::fixture::{Model, TEMPLATE, folder};
use crate::hearth;
use crate::process::run;

/// Two tokens in random order: guesses are sometimes right.
const TWO: &str = "264=1e4,265=1e4";

fn generate(model: &Path, more: &[&OsStr]) -> Value {
    let args = [
        "generate",
        "--prompt-tokens=1,264,265,264,265,265",
        "--max-tokens=40",
        "--ignore-eos",
        "--json",
        "--seed=3",
        "--temperature=4",
        "--logit-bias",
        TWO,
    ];
    let args = args.iter().map(OsStr::new).chain(more.iter().copied());
    let args: Vec<_> = args
        .chain([model.as_os_str()])
        .map(OsStr::to_owned)
        .collect();
    run(&args, b"").json()
}

fn counts(answer: &Value) -> [u64; 2] {
    let usage = &answer["usage"];
    ["drafted_tokens", "accepted_tokens"].map(|key| usage[key].as_u64().expect("a number"))
}

#[test]
fn looking_up_changes_the_counts_and_nothing_else() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let off = generate(&model, &["--speculation=off".as_ref()]);
    let lookup = generate(&model, &["--speculation=lookup".as_ref()]);
    assert_eq!(counts(&off), [0, 0]);
    let [drafted, accepted] = counts(&lookup);
    assert!(0 < accepted && accepted < drafted, "{drafted} {accepted}");
    for key in ["tokens", "text", "finish_reason"] {
        assert_eq!(lookup[key], off[key], "{key}");
    }
    let default = generate(&model, &[]);
    assert_eq!(counts(&default), [drafted, accepted]);
}

#[test]
fn a_draft_model_changes_the_counts_and_nothing_else() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let small = Model {
        n_layers: 1,
        n_ff: 64,
        ..Model::default()
    };
    let small = small.write(&folder, "small.gguf");
    let off = generate(&model, &["--speculation=off".as_ref()]);
    for draft in [&small, &model] {
        let made = generate(&model, &["--draft-model".as_ref(), draft.as_ref()]);
        assert!(counts(&made)[0] > 0);
        assert_eq!(made["tokens"], off["tokens"]);
    }
    // The likeliest tokens of a model are what the same model guesses.
    let greedy = hearth!(
        "generate",
        model,
        "--prompt-tokens",
        "1,2,3",
        "-n",
        "30",
        "--ignore-eos",
        "--json",
        "--draft-model",
        model
    );
    let [drafted, accepted] = counts(&greedy.json());
    assert!(
        accepted >= 20 && accepted == drafted,
        "{drafted} {accepted}"
    );
}

#[test]
fn a_conversation_goes_on_with_a_draft_model() {
    let folder = folder();
    let model = Model {
        template: Some(TEMPLATE),
        context: 512,
        ..Model::default()
    };
    let model = model.write(&folder, "m.gguf");
    let chat = |speculation: &str, draft: &Path| {
        let out = hearth!(
            "chat",
            model,
            "--prompt",
            "the ant",
            "--prompt",
            "an ant",
            "-n",
            "20",
            "--temperature",
            "4",
            "--seed",
            "5",
            "--logit-bias",
            TWO,
            "--json",
            speculation,
            draft
        );
        let lines = out.text();
        let answers = lines.lines().map(|line| {
            let answer: Value = serde_json::from_str(line).expect("JSON");
            (answer["tokens"].clone(), counts(&answer)[0] > 0)
        });
        answers.collect::<Vec<_>>()
    };
    let off = chat("--speculation", Path::new("off"));
    let drafted = chat("--draft-model", &model);
    assert_eq!(off.len(), 2);
    for (off, drafted) in off.iter().zip(&drafted) {
        assert_eq!(off.0, drafted.0);
        assert_eq!((off.1, drafted.1), (false, true));
    }
}

#[test]
fn draft_models_that_do_not_fit_are_errors() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let other = Model {
        n_vocab: 300,
        ..Model::default()
    };
    let other = other.write(&folder, "other.gguf");
    let refused = hearth!(
        "generate",
        model,
        "--prompt-tokens",
        "1,2",
        "--draft-model",
        other
    );
    assert_eq!(refused.code, Some(1));
    for words in ["other.gguf", "vocabulary", "same family"] {
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    let both = hearth!(
        "generate",
        model,
        "--prompt-tokens",
        "1,2",
        "--speculation",
        "off",
        "--draft-model",
        model
    );
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}
