//! `--session`: what was computed is kept, for one model only.

use serde_json::Value;

use crate::fixture::{Model, TEMPLATE, folder};
use crate::hearth;

fn usage(answer: &Value, key: &str) -> u64 {
    answer["usage"][key].as_u64().expect("a number")
}

#[test]
fn a_longer_prompt_goes_on_from_the_file() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let session = folder.path().join("kept");
    let run = |prompt: &str, flag: &str| {
        let file = if flag.is_empty() { "--json" } else { flag };
        hearth!(
            "generate",
            model,
            "--prompt-tokens",
            prompt,
            "-n",
            "6",
            "--ignore-eos",
            "--json",
            file
        )
    };
    let flag = format!("--session={}", session.display());
    let first = run("1,2,3,4,5", &flag).json();
    assert_eq!(usage(&first, "cached_tokens"), 0);
    let tokens = first["tokens"].as_array().expect("ids");
    let ids: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    let prompt = format!("1,2,3,4,5,{},9,8", ids.join(","));
    let kept = run(&prompt, &flag).json();
    // All but the last token that was chosen had been computed.
    assert_eq!(usage(&kept, "cached_tokens"), 10);
    let args = [
        "generate",
        "--prompt-tokens",
        &prompt,
        "-n",
        "6",
        "--ignore-eos",
        "--json",
    ];
    let args: Vec<_> = args
        .iter()
        .map(Into::into)
        .chain([model.clone().into()])
        .collect();
    let anew = crate::process::run(&args, b"").json();
    assert_eq!(kept["tokens"], anew["tokens"]);
    assert!(
        folder.path().read_dir().expect("a folder").count() == 2,
        "nothing else is left"
    );
}

#[test]
fn a_conversation_goes_on_from_the_file() {
    let folder = folder();
    let model = Model {
        template: Some(TEMPLATE),
        context: 512,
        ..Model::default()
    };
    let model = model.write(&folder, "m.gguf");
    let session = folder.path().join("kept");
    let say = |prompt: &str| {
        hearth!(
            "chat",
            model,
            "--prompt",
            prompt,
            "-n",
            "5",
            "--temperature",
            "0",
            "--logit-bias",
            "2=-1e6,264=1e6",
            "--json",
            "--session",
            session
        )
        .json()
    };
    let first = say("the ant");
    let second = say("and the other?");
    let before = usage(&first, "prompt_tokens");
    assert!(usage(&second, "cached_tokens") >= before);
    assert!(usage(&second, "prompt_tokens") > before + 5);
}

#[test]
fn sessions_of_other_models_and_damaged_ones_are_refused() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let other = Model {
        n_ff: 192,
        ..Model::default()
    };
    let other = other.write(&folder, "other.gguf");
    let session = folder.path().join("kept");
    let run = |model: &std::path::Path| {
        hearth!(
            "generate",
            model,
            "--prompt-tokens",
            "1,2,3",
            "-n",
            "2",
            "--session",
            session
        )
    };
    assert_eq!(run(&model).code, Some(0));
    let kept = std::fs::read(&session).expect("written");
    let refused = run(&other);
    assert_eq!(refused.code, Some(1));
    for words in ["kept", "another model", "--session"] {
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    assert_eq!(std::fs::read(&session).expect("still there"), kept);
    for cut in [0, 5, kept.len() / 2, kept.len() - 1] {
        std::fs::write(&session, &kept[..cut]).expect("written");
        let refused = run(&model);
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains("damaged"), "{}", refused.stderr);
    }
}
