//! `template`: against the references, and from a model's own template.

use serde_json::{Value, json};

use crate::fixture::{Model, TEMPLATE, folder};
use crate::hearth;
use crate::process::{run, shared};

#[test]
fn references_are_rendered_exactly() {
    let Some(shared) = shared("references_are_rendered_exactly") else {
        return;
    };
    let jinja = shared.join("zoo/chat/Qwen-Qwen3-0.6B.jinja");
    let text = std::fs::read(jinja.with_extension("json")).expect("a reference");
    let reference: Value = serde_json::from_slice(&text).expect("JSON");
    let folder = folder();
    let mut rendered = 0;
    for case in reference["cases"].as_array().expect("a list") {
        let Some(expected) = case["rendered"].as_str() else {
            continue;
        };
        let mut args = vec!["template".into(), jinja.clone().into_os_string()];
        for (option, key) in [
            ("messages", "messages"),
            ("tools", "tools"),
            ("kwargs", "kwargs"),
        ] {
            if case[key].is_null() {
                continue;
            }
            let file = folder.path().join(key);
            std::fs::write(&file, case[key].to_string()).expect("written");
            args.extend([format!("--{option}-file").into(), file.into()]);
        }
        for (option, key) in [("--bos-token", "bos_token"), ("--eos-token", "eos_token")] {
            args.extend([option.into(), case[key].as_str().expect("text").into()]);
        }
        let now = reference["strftime_now"].as_str().expect("a date");
        args.extend(["--now".into(), now.into()]);
        if case["add_generation_prompt"] == false {
            args.push("--no-generation-prompt".into());
        }
        let ended = run(&args, b"");
        assert_eq!(ended.text(), expected, "{}: {}", case["name"], ended.stderr);
        rendered += 1;
    }
    assert!(rendered >= 5, "{rendered} cases only");
}

#[test]
fn a_model_brings_template_and_token_texts() {
    let folder = folder();
    let template = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}";
    let model = Model {
        template: Some(template),
        has_tensors: false,
        ..Model::default()
    };
    let model = model.write(&folder, "m.gguf");
    let messages = folder.path().join("messages.json");
    std::fs::write(
        &messages,
        json!([{"role": "user", "content": "é\n"}]).to_string(),
    )
    .expect("written");
    let rendered = hearth!("template", model, "--messages-file", messages);
    assert_eq!(rendered.text(), "<s>é\n</s>");
    let rendered = hearth!(
        "template",
        model,
        "--messages-file",
        messages,
        "--bos-token",
        "-"
    );
    assert_eq!(rendered.text(), "-é\n</s>");
    let rendered = hearth!("template", model, "--messages-file", messages, "--json").json();
    assert_eq!(rendered, json!({ "text": "<s>é\n</s>" }));
}

#[test]
fn the_generation_prompt_can_be_left_out() {
    let folder = folder();
    let jinja = folder.path().join("t.jinja");
    std::fs::write(&jinja, TEMPLATE).expect("written");
    let messages = folder.path().join("messages.json");
    std::fs::write(&messages, r#"[{"role": "user", "content": "Hi"}]"#).expect("written");
    let rendered = hearth!("template", jinja, "--messages-file", messages);
    assert_eq!(rendered.text(), "[user]Hi[assistant]");
    let rendered = hearth!(
        "template",
        jinja,
        "--messages-file",
        messages,
        "--no-generation-prompt"
    );
    assert_eq!(rendered.text(), "[user]Hi");
}
