//! Every failure is one line on standard error that says what, where and what to do, and a status that is not 0.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use hearth_runtime::DType;
use tempfile::TempDir;

use crate::fixture::{Model, TEMPLATE, folder};
use crate::process::run;

/// Run a command line that must fail with `code`, and whose one line must hold all `words`.
#[track_caller]
fn fails(code: i32, args: &[&dyn AsRef<std::ffi::OsStr>], words: &[&str]) {
    let args: Vec<OsString> = args.iter().map(|a| a.as_ref().to_owned()).collect();
    let ended = run(&args, b"");
    let line = &ended.stderr;
    assert_eq!(ended.code, Some(code), "{args:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{args:?}: {line}");
    assert!(
        line.starts_with("hearth: ") && !line.contains("internal error"),
        "{line}"
    );
    for word in words {
        assert!(line.contains(word), "no {word:?} in: {line}");
    }
}

/// All commands that open a model must refuse it alike.
#[track_caller]
fn model_is_refused(model: &Path, words: &[&str]) {
    let out = model.with_extension("out");
    fails(
        1,
        &[&"generate", &model, &"--prompt-tokens", &"1,2", &"--json"],
        words,
    );
    fails(
        1,
        &[&"logits", &model, &"--tokens", &"1", &"--out", &out],
        words,
    );
    fails(1, &[&"bench", &model, &"-p", &"4", &"-n", &"2"], words);
    assert!(!out.exists(), "a failed command leaves no file");
}

fn good(folder: &TempDir) -> PathBuf {
    Model::default().write(folder, "good.gguf")
}

#[test]
fn files_that_are_no_models() {
    let folder = folder();
    let missing = folder.path().join("missing.gguf");
    model_is_refused(&missing, &["missing.gguf", "cannot open", "check the path"]);
    model_is_refused(folder.path(), &["is a directory"]);
    let wrong = folder.path().join("wrong.gguf");
    std::fs::write(&wrong, "PK\x03\x04 and more of a zip file than a header").expect("written");
    model_is_refused(&wrong, &["wrong.gguf", "GGUF"]);
    let empty = folder.path().join("empty.gguf");
    std::fs::write(&empty, "").expect("written");
    model_is_refused(&empty, &["empty.gguf"]);
    for model in [&missing, &wrong, &empty] {
        fails(1, &[&"inspect", model], &["gguf"]);
        fails(1, &[&"tokenize", model, &"--text", &"x"], &["gguf"]);
        fails(1, &[&"chat", model, &"--prompt", &"x"], &["gguf"]);
    }
}

#[test]
fn truncated_files() {
    let folder = folder();
    let whole = std::fs::read(good(&folder)).expect("written");
    let cut = folder.path().join("cut.gguf");
    // Inside the magic number, the header, the metadata, and the data.
    for len in [3, 20, 300, 4000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&cut, &whole[..len]).expect("written");
        fails(
            1,
            &[&"generate", &cut, &"--prompt-tokens", &"1"],
            &["cut.gguf"],
        );
    }
}

#[test]
fn models_that_cannot_run() {
    let folder = folder();
    let unknown = Model {
        architecture: "mystery",
        ..Model::default()
    };
    model_is_refused(
        &unknown.write(&folder, "u.gguf"),
        &["u.gguf", "mystery", "llama"],
    );
    let without = "blk.1.ffn_down.weight";
    let lacking = Model {
        without: Some(without),
        ..Model::default()
    };
    model_is_refused(
        &lacking.write(&folder, "l.gguf"),
        &["l.gguf", without, "missing"],
    );
    let typed = Model {
        dtype: DType::Q8_K,
        n_embd: 256,
        n_ff: 256,
        ..Model::default()
    };
    model_is_refused(
        &typed.write(&folder, "t.gguf"),
        &["t.gguf", "Q8_K", "offset"],
    );
    let vocabulary = Model {
        has_tensors: false,
        ..Model::default()
    };
    model_is_refused(&vocabulary.write(&folder, "v.gguf"), &["v.gguf", "missing"]);
}

#[test]
fn types_that_do_not_exist() {
    let folder = folder();
    let path = good(&folder);
    let mut bytes = std::fs::read(&path).expect("written");
    let name = b"blk.0.attn_q.weight";
    let at = bytes
        .windows(name.len())
        .position(|w| w == name)
        .expect("it is there");
    // After the name: the number of dimensions, and two of them.
    let type_at = at + name.len() + 4 + 2 * 8;
    bytes[type_at..type_at + 4].copy_from_slice(&99u32.to_le_bytes());
    std::fs::write(&path, bytes).expect("written");
    model_is_refused(&path, &["blk.0.attn_q.weight", "99", &type_at.to_string()]);
}

#[test]
fn parts_that_are_missing() {
    let folder = folder();
    let part = Model::default().write(&folder, "m-00002-of-00003.gguf");
    fails(
        1,
        &[&"inspect", &part],
        &["m-00001-of-00003.gguf", "part 1 of 3"],
    );
}

#[test]
fn prompts_that_cannot_be() {
    let folder = folder();
    let model = good(&folder);
    let long = vec!["5"; 65].join(",");
    let words = ["65 tokens", "holds 64", "--context"];
    fails(1, &[&"generate", &model, &"--prompt-tokens", &long], &words);
    let out = folder.path().join("out");
    fails(
        1,
        &[&"logits", &model, &"--tokens", &long, &"--out", &out],
        &words,
    );
    assert!(!out.exists());
    fails(
        1,
        &[&"generate", &model, &"--prompt-tokens", &"1,999999"],
        &["999999", "vocabulary"],
    );
    fails(
        1,
        &[&"generate", &model, &"--prompt-tokens", &""],
        &["empty"],
    );
    fails(
        1,
        &[&"detokenize", &model, &"--tokens", &"999999"],
        &["999999"],
    );
    let nowhere = folder.path().join("nowhere.txt");
    fails(
        1,
        &[&"generate", &model, &"--prompt-file", &nowhere],
        &["nowhere.txt"],
    );
    let binary = folder.path().join("binary");
    std::fs::write(&binary, b"ab\xff").expect("written");
    fails(
        1,
        &[&"tokenize", &model, &"--text-file", &binary],
        &["binary", "UTF-8", "byte 2"],
    );
    let chat = Model {
        template: Some(TEMPLATE),
        ..Model::default()
    }
    .write(&folder, "c.gguf");
    fails(
        1,
        &[&"chat", &chat, &"--prompt", &"q".repeat(200)],
        &["holds 64"],
    );
}

#[test]
fn templates_that_fail() {
    let folder = folder();
    let messages = folder.path().join("m.json");
    std::fs::write(&messages, r#"[{"role": "user", "content": "Hi"}]"#).expect("written");
    let cases = [
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
            "stopped",
        ),
        (
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "template",
        ),
        ("{{ 'x' * 1000000000000 }}", "template"),
        ("line one\n{% if %}", "line 2"),
        (
            "{{ raise_exception('roles\n\nmust alternate') }}",
            "roles must alternate",
        ),
    ];
    for (n, (template, word)) in cases.into_iter().enumerate() {
        let jinja = folder.path().join(format!("{n}.jinja"));
        std::fs::write(&jinja, template).expect("written");
        let name = format!("{n}.jinja");
        fails(
            1,
            &[&"template", &jinja, &"--messages-file", &messages],
            &[&name, word],
        );
        let model = Model {
            template: Some(template),
            ..Model::default()
        };
        let model = model.write(&folder, &format!("{n}.gguf"));
        fails(
            1,
            &[&"chat", &model, &"--prompt", &"Hi"],
            &[&format!("{n}.gguf"), word],
        );
    }
    let plain = good(&folder);
    fails(
        1,
        &[&"chat", &plain, &"--prompt", &"Hi"],
        &["no chat template", "hearth generate"],
    );
    fails(
        1,
        &[&"template", &plain, &"--messages-file", &messages],
        &["no chat template"],
    );
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "[{]").expect("written");
    let jinja = folder.path().join("0.jinja");
    fails(
        1,
        &[&"template", &jinja, &"--messages-file", &broken],
        &["broken.json", "line 1"],
    );
}

/// Vulkan, which is the only way to a GPU there, can be told to find nothing.
#[cfg(target_os = "linux")]
#[test]
fn without_a_gpu_the_error_says_what_to_do() {
    let folder = folder();
    let mut command = std::process::Command::new(crate::process::HEARTH);
    command.args(["generate", "--prompt", "x", "--device", "gpu"]);
    command.arg(good(&folder));
    for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
        command.env(variable, folder.path().join("none.json"));
    }
    let ended = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for words in ["there is no GPU", "--device cpu"] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn options_that_cannot_be() {
    let folder = folder();
    let model = good(&folder);
    let generate = |more: &[&str], code: i32, words: &[&str]| {
        let first = ["generate".into(), model.clone().into_os_string()];
        let args: Vec<OsString> = first
            .into_iter()
            .chain(more.iter().map(Into::into))
            .collect();
        let args: Vec<&dyn AsRef<std::ffi::OsStr>> = args
            .iter()
            .map(|a| a as &dyn AsRef<std::ffi::OsStr>)
            .collect();
        fails(code, &args, words);
    };
    generate(&["--prompt", "x", "--temperature", "-1"], 2, &["-1"]);
    generate(
        &["--prompt", "x", "--top-p", "1.5"],
        1,
        &["top_p", "1.5", "between 0 and 1"],
    );
    generate(
        &["--prompt", "x", "--context", "99999999999"],
        1,
        &["99999999999", "context"],
    );
    generate(&["--prompt", "x", "--threads", "0"], 2, &["--threads"]);
    generate(&["--prompt", "x", "--logit-bias", "a=1"], 2, &["ID=BIAS"]);
    generate(
        &["--prompt", "x", "--prompt-tokens", "1"],
        2,
        &["cannot be used with"],
    );
    generate(&[], 2, &["--prompt"]);
    generate(&["--prompt-tokens", "1,x"], 2, &["1,2,3"]);
    fails(2, &[&"generete"], &["generete", "--help"]);
    fails(
        2,
        &[&"bench", &model, &"-p", &"0", &"-n", &"0"],
        &["-p and -n"],
    );
    fails(
        2,
        &[
            &"logits",
            &model,
            &"--tokens",
            &"1",
            &"--out",
            &"-",
            &"--json",
        ],
        &["--out"],
    );
}

#[cfg(unix)]
#[test]
fn results_that_cannot_be_written() {
    let folder = folder();
    let model = good(&folder);
    let nowhere = folder.path().join("no/such/folder");
    fails(
        1,
        &[&"logits", &model, &"--tokens", &"1", &"--out", &nowhere],
        &["cannot write"],
    );
    // A device on which every write fails.
    let full = Path::new("/dev/full");
    if OpenOptions::new().write(true).open(full).is_ok() {
        fails(
            1,
            &[&"logits", &model, &"--tokens", &"1", &"--out", &full],
            &["/dev/full"],
        );
    }
}

#[test]
fn help_is_no_failure() {
    for args in [
        vec!["--help"],
        vec!["--version"],
        vec!["serve", "--help"],
        vec!["generate", "-h"],
    ] {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let ended = run(&args, b"");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(ended.text().contains("hearth"));
    }
    let alone = run(&[], b"");
    assert_eq!(alone.code, Some(2));
    assert!(alone.stderr.contains("generate") && alone.stderr.contains("serve"));
}
