//! `tokenize` and `detokenize`.

use serde_json::json;

use crate::fixture::{Model, folder};
use crate::hearth;

fn vocabulary_only() -> Model {
    Model {
        has_tensors: false,
        ..Model::default()
    }
}

#[test]
fn text_survives_the_round_trip() {
    let folder = folder();
    let model = vocabulary_only().write(&folder, "v.gguf");
    let file = folder.path().join("text");
    // A newline at the end is part of the text.
    let text = "the ant\tand é 🔥\r\n\n";
    std::fs::write(&file, text).expect("written");
    let tokens = hearth!("tokenize", model, "--text-file", file, "--json").json();
    let plain = hearth!("tokenize", model, "--text", text);
    let listed: Vec<String> = tokens["tokens"]
        .as_array()
        .expect("a list")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(plain.text().trim_end(), listed.join(","));
    assert_eq!(listed[0], "1");
    // Without the begin token, after which the vocabulary's own space stays.
    let back = hearth!("detokenize", model, "--tokens", listed[1..].join(","));
    assert_eq!(back.text(), text);
    let back = hearth!(
        "detokenize",
        model,
        "--tokens",
        listed[1..].join(","),
        "--json"
    )
    .json();
    assert_eq!(back["text"], text);
}

#[test]
fn special_tokens_come_and_go_as_asked() {
    let folder = folder();
    let model = vocabulary_only().write(&folder, "v.gguf");
    let tokens = |args: &[&str]| {
        let args = ["tokenize".into(), model.clone().into_os_string()]
            .into_iter()
            .chain(args.iter().map(Into::into))
            .collect::<Vec<_>>();
        crate::process::run(&args, b"").json()["tokens"].clone()
    };
    assert_eq!(tokens(&["--text", "the", "--json"]), json!([1, 266]));
    assert_eq!(
        tokens(&["--text", "the", "--no-special", "--json"]),
        json!([266])
    );
    let parsed = [
        "--text",
        "</s>",
        "--no-special",
        "--parse-special",
        "--json",
    ];
    assert_eq!(tokens(&parsed), json!([2]));
    assert_ne!(
        tokens(&["--text", "</s>", "--no-special", "--json"]),
        json!([2])
    );
    assert_eq!(
        hearth!("detokenize", model, "--tokens", "266").text(),
        "the"
    );
    assert_eq!(
        hearth!("detokenize", model, "--tokens", "1,266", "--special").text(),
        "<s> the"
    );
}

#[test]
fn bytes_come_out_as_they_are() {
    let folder = folder();
    let model = vocabulary_only().write(&folder, "v.gguf");
    let half = hearth!("detokenize", model, "--tokens", "198");
    assert_eq!((half.code, &half.stdout[..]), (Some(0), &[0xC3][..]));
    let half = hearth!("detokenize", model, "--tokens", "198", "--json").json();
    assert_eq!(half, json!({ "text": "\u{fffd}", "bytes_hex": "c3" }));
}
