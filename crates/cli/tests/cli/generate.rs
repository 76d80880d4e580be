//! `generate`, `logits` and `bench`: against references where there are some.

use serde_json::Value;

use crate::fixture::{Model, N_VOCAB, folder};
use crate::hearth;
use crate::process::shared;

fn ids(value: &Value) -> Vec<u64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|id| id.as_u64().expect("an id")).collect()
}

#[test]
fn greedy_text_of_the_real_model_is_the_references() {
    let Some(shared) = shared("greedy_text_of_the_real_model_is_the_references") else {
        return;
    };
    let model = shared.join("models/llm/tinystories656K-Q8_0.gguf");
    let text = std::fs::read(model.with_extension("gguf.ref.json")).expect("a reference");
    let reference: Value = serde_json::from_slice(&text).expect("JSON");
    let prompt = reference["prompt"].as_str().expect("text");
    let made = hearth!(
        "generate",
        model,
        "--prompt",
        prompt,
        "--max-tokens",
        "64",
        "--temperature",
        "0",
        "--ignore-eos",
        "--json"
    )
    .json();
    assert_eq!(ids(&made["tokens"]), ids(&reference["greedy64_ids"]));
    let whole = format!("{prompt}{}", made["text"].as_str().expect("text"));
    assert_eq!(whole, reference["greedy64_text"].as_str().expect("text"));
    assert_eq!(
        made["usage"]["prompt_tokens"],
        ids(&reference["prompt_ids"]).len()
    );
    for key in [
        "load_s",
        "cold_first_token_s",
        "prefill_tokens_per_s",
        "decode_tokens_per_s",
    ] {
        assert!(
            made["timings"][key].as_f64().is_some_and(|x| x > 0.0),
            "{key}"
        );
    }
    let exact = &reference["numpy_dequant_reference"]["greedy64_ids"];
    let prompt_ids: Vec<String> = ids(&reference["prompt_ids"])
        .iter()
        .map(u64::to_string)
        .collect();
    let made = hearth!(
        "generate",
        model,
        "--prompt-tokens",
        prompt_ids.join(","),
        "--max-tokens",
        "64",
        "--json",
        "--ignore-eos",
        "--activations",
        "f32"
    )
    .json();
    assert_eq!(ids(&made["tokens"]), ids(exact));
}

#[test]
fn text_is_streamed_as_json_has_it() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let json = hearth!(
        "generate",
        model,
        "--prompt",
        "the ant",
        "--max-tokens",
        "9",
        "--json"
    );
    let plain = hearth!(
        "generate",
        model,
        "--prompt",
        "the ant",
        "--max-tokens",
        "9"
    );
    let json = json.json();
    assert_eq!(
        plain.text(),
        format!("{}\n", json["text"].as_str().expect("text"))
    );
    assert!(plain.stderr.is_empty(), "{}", plain.stderr);
    let file = folder.path().join("prompt.txt");
    std::fs::write(&file, "the ant").expect("written");
    let from_file = hearth!(
        "generate",
        model,
        "--prompt-file",
        file,
        "-n",
        "9",
        "--json"
    )
    .json();
    assert_eq!(from_file["tokens"], json["tokens"]);
}

#[test]
fn a_seed_repeats_its_choices() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let run = |seed: &str| {
        hearth!(
            "generate",
            model,
            "--prompt-tokens",
            "1,5,9",
            "--temperature",
            "2",
            "--seed",
            seed,
            "--max-tokens",
            "16",
            "--ignore-eos",
            "--json",
            "--top-k",
            "200",
            "--min-p",
            "0.0001"
        )
        .json()
    };
    let (first, again, other) = (run("7"), run("7"), run("8"));
    assert_eq!(first["tokens"], again["tokens"]);
    assert_ne!(first["tokens"], other["tokens"]);
    assert_eq!(first["seed"], 7);
}

#[test]
fn biases_choose_and_stop_texts_end() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    // 264 is "he", 260 is "e".
    let made = hearth!(
        "generate",
        model,
        "--prompt-tokens",
        "1",
        "--logit-bias",
        "264=1e6,260=-1e6",
        "-n",
        "4",
        "--json"
    )
    .json();
    assert_eq!(ids(&made["tokens"]), [264; 4]);
    assert_eq!(
        (&made["text"], &made["finish_reason"]),
        (&"hehehehe".into(), &"length".into())
    );
    let made = hearth!(
        "generate",
        model,
        "--prompt-tokens",
        "1",
        "--logit-bias",
        "264=1e6",
        "-n",
        "40",
        "--stop",
        "ehe",
        "--stop",
        "zzz",
        "--json"
    )
    .json();
    assert_eq!(
        (&made["text"], &made["finish_reason"]),
        (&"h".into(), &"stop".into())
    );
}

#[test]
fn logits_have_a_row_for_each_token() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let tokens: Vec<String> = (3..40).map(|id: u32| id.to_string()).collect();
    let tokens = tokens.join(",");
    let mut outputs = Vec::new();
    for chunk in ["4", "64"] {
        let out = folder.path().join(chunk);
        let said = hearth!(
            "logits",
            model,
            "--tokens",
            tokens,
            "--out",
            out,
            "--chunk",
            chunk,
            "--json",
            "--activations",
            "f32",
            "--threads",
            "1"
        )
        .json();
        assert_eq!(
            (&said["n_tokens"], &said["n_vocab"]),
            (&37.into(), &N_VOCAB.into())
        );
        outputs.push(floats(&std::fs::read(out).expect("written")));
    }
    assert_eq!(outputs[0].len(), 37 * N_VOCAB);
    assert!(outputs[0].iter().all(|x| x.is_finite()));
    let stdout = hearth!(
        "logits",
        model,
        "--tokens",
        tokens,
        "--out",
        "-",
        "--activations",
        "f32",
        "-t",
        "1"
    );
    assert_eq!(floats(&stdout.stdout), outputs[1]);
    // Chunks may be added up in another order.
    let difference = outputs[0]
        .iter()
        .zip(&outputs[1])
        .map(|(a, b)| (a - b).abs());
    assert!(difference.fold(0.0, f32::max) < 1e-4);
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    chunks.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

#[test]
fn bench_reports_speeds() {
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let made = hearth!(
        "bench",
        model,
        "-p",
        "40,0,24",
        "-n",
        "5",
        "-t",
        "2",
        "--depth",
        "10",
        "--repeat",
        "3",
        "--profile",
        "--json"
    )
    .json();
    assert_eq!(made["prefill"].as_array().map(Vec::len), Some(2));
    assert_eq!(made["prefill"][1]["tokens"], 24);
    for (kind, speeds) in [
        ("prefill", &made["prefill"][0]),
        ("prefill", &made["prefill"][1]),
        ("decode", &made["decode"]),
    ] {
        let number = |key: &str| speeds[key].as_f64().expect(key);
        assert!(number("min_tokens_per_s") > 0.0);
        assert!(number("min_tokens_per_s") <= number("median_tokens_per_s"));
        assert!(number("median_tokens_per_s") <= number("max_tokens_per_s"));
        assert_eq!(
            speeds["runs_tokens_per_s"].as_array().map(Vec::len),
            Some(3)
        );
        assert!(
            made["profile"][kind]["operations"]
                .as_array()
                .is_some_and(|ops| ops.len() > 3)
        );
    }
    assert!(made["decode"]["gb_per_s"].as_f64().is_some_and(|x| x > 0.0));
    assert_eq!((&made["threads"], &made["depth"]), (&2.into(), &10.into()));
    assert!(made["load_s"].as_f64().is_some_and(|s| s > 0.0));
    assert!(made["multiply_adds_per_prompt_token"].as_u64() > Some(0));
    assert!(
        made["first_token_s"].is_null(),
        "the cache was not empty: {}",
        made["first_token_s"]
    );
    let text = hearth!("bench", model, "-p", "8", "-n", "0", "--repeat", "1");
    assert!(
        text.text().contains("prefill") && !text.text().contains("decode"),
        "{}",
        text.text()
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let folder = folder();
    let model = Model::default().write(&folder, "m.gguf");
    let mut child = Command::new(crate::process::HEARTH)
        .args(["generate".as_ref(), model.as_os_str()])
        .args([
            "--prompt",
            "the",
            "-n",
            "50",
            "--ignore-eos",
            "--logit-bias",
            "264=1e6",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    assert!(
        ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[test]
fn a_split_model_is_found_by_any_part() {
    let folder = folder();
    let whole = Model::default().write(&folder, "whole.gguf");
    let second = Model::default().write_parts(&folder, "m");
    let made = |model| {
        hearth!(
            "generate", model, "--prompt", "the ant", "-n", "9", "--json"
        )
        .json()
    };
    assert_eq!(made(&second)["tokens"], made(&whole)["tokens"]);
    assert_eq!(hearth!("inspect", second, "--json").json()["parts"], 2);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_an_answer_cleanly() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let folder = folder();
    let model = Model {
        context: 100_000,
        ..Model::default()
    }
    .write(&folder, "m.gguf");
    let mut child = Command::new(crate::process::HEARTH)
        .args(["generate".as_ref(), model.as_os_str()])
        .args([
            "--prompt",
            "the",
            "-n",
            "99000",
            "--context",
            "100000",
            "--ignore-eos",
        ])
        .args(["--logit-bias", "264=1e6"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 2]).expect("an answer begins");
    let pid = i32::try_from(child.id()).expect("a process id");
    // SAFETY: `kill` takes no pointers, and the child has not been waited for, so the id is its own.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("text");
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130));
    assert!(
        rest.ends_with('\n') && rest.len() < 2 * 99_000,
        "{} bytes",
        rest.len()
    );
    assert!(
        ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}
