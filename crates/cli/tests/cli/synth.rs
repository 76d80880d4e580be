//! `synth`: models of real shapes, cut to a layer or two.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use hearth_runtime::ARCHITECTURES;
use tempfile::TempDir;

use crate::fixture::folder;
use crate::hearth;
use crate::process::HEARTH;

/// A model with few words.
fn make(folder: &TempDir, shape: &str, file_type: &str, layers: usize, seed: u64) -> PathBuf {
    let out = folder
        .path()
        .join(format!("{shape}-{file_type}-{seed}.gguf"));
    let ended = hearth!(
        "synth",
        shape,
        file_type,
        out,
        "--layers",
        layers.to_string(),
        "--vocab",
        "1000",
        "--seed",
        seed.to_string(),
        "--json"
    );
    let made = ended.json();
    assert_eq!(made["n_vocab"], 1000);
    assert!(made["parameters"].as_u64().is_some_and(|n| n > 1_000_000));
    out
}

fn is_known(architecture: &str) -> bool {
    let known = ARCHITECTURES.iter().any(|a| a.name == architecture);
    if !known {
        eprintln!("SKIPPED: this build does not know the architecture {architecture}");
    }
    known
}

/// All logits are finite and of the size that real models have, and the answer is text.
#[track_caller]
fn runs(model: &PathBuf) {
    let out = model.with_extension("logits");
    let ended = hearth!("logits", model, "--tokens", "300,301,302,303", "--out", out);
    assert_eq!(ended.code, Some(0), "{}: {}", model.display(), ended.stderr);
    let bytes = std::fs::read(&out).expect("written");
    let (numbers, _) = bytes.as_chunks::<4>();
    let squares = numbers
        .iter()
        .map(|b| f64::from(f32::from_le_bytes(*b)).powi(2));
    let size = (squares.sum::<f64>() / numbers.len() as f64).sqrt();
    assert!((0.02..50.0).contains(&size), "{}: {size}", model.display());
    let answer = hearth!(
        "generate", model, "--prompt", "the ants", "-n", "3", "--json"
    )
    .json();
    assert!(answer["usage"]["completion_tokens"].as_u64() >= Some(1));
}

#[test]
fn shapes_of_every_architecture_run() {
    let folder = folder();
    let shapes = [
        ("qwen3-0.6b", "qwen3", 2),
        ("qwen2.5-0.5b", "qwen2", 1),
        ("tinyllama-1.1b", "llama", 1),
        ("llama-3.2-1b", "llama", 1),
        ("gemma-3-270m", "gemma3", 6),
        ("lfm2-350m", "lfm2", 3),
        ("smollm3-3b", "smollm3", 1),
        ("phi-3.5-mini", "phi3", 1),
        ("granite-3.3-2b", "granite", 1),
        ("qwen3.5-4b", "qwen35", 1),
    ];
    for (shape, architecture, layers) in shapes {
        if is_known(architecture) {
            let model = make(&folder, shape, "Q4_K_M", layers, 0);
            runs(&model);
            std::fs::remove_file(model).expect("it was there");
        }
    }
}

/// Hundreds of megabytes each.
#[test]
#[ignore = "takes minutes: layers of large models"]
fn large_shapes_run() {
    let folder = folder();
    let shapes = [
        ("qwen3-32b", "qwen3", 1, "Q4_0"),
        ("llama-3-8b", "llama", 1, "Q6_K"),
        ("qwen3.5-4b", "qwen35", 4, "Q8_0"),
        ("qwen3-30b-a3b", "qwen3moe", 1, "Q4_K_M"),
        ("gpt-oss-20b", "gpt-oss", 2, "MXFP4_MOE"),
    ];
    for (shape, architecture, layers, file_type) in shapes {
        if is_known(architecture) {
            let model = make(&folder, shape, file_type, layers, 0);
            runs(&model);
            std::fs::remove_file(model).expect("it was there");
        }
    }
}

#[test]
fn every_type_runs() {
    let folder = folder();
    let types = [
        "F32", "F16", "BF16", "Q4_0", "Q5_0", "Q5_1", "Q8_0", "Q4_K_S", "Q4_K_M", "Q5_K_S",
        "Q5_K_M", "Q6_K",
    ];
    for file_type in types {
        runs(&make(&folder, "gemma-3-270m", file_type, 1, 0));
    }
}

#[test]
fn encoders_give_embeddings() {
    let folder = folder();
    for (shape, width) in [("minilm-l6", 384), ("embeddinggemma-300m", 768)] {
        let model = make(&folder, shape, "Q8_0", 1, 0);
        let made = hearth!("embed", model, "--tokens", "2,300,301,3", "--json").json();
        let row: Vec<f32> = serde_json::from_value(made["embeddings"][0].clone()).expect("numbers");
        let length = row.iter().map(|x| x * x).sum::<f32>();
        assert_eq!(row.len(), width);
        assert!((length - 1.0).abs() < 1e-4, "{shape}: {length}");
    }
}

#[test]
fn a_seed_repeats_its_file() {
    let folder = folder();
    let bytes = |seed| {
        let model = make(&folder, "lfm2-350m", "q4_0", 1, seed);
        let bytes = std::fs::read(&model).expect("written");
        std::fs::remove_file(model).expect("it was there");
        bytes
    };
    let first = bytes(7);
    assert!(first == bytes(7));
    assert!(first != bytes(8));
}

#[test]
fn conversations_follow_the_template() {
    let folder = folder();
    for shape in ["gemma-3-270m", "qwen2.5-0.5b"] {
        let model = make(&folder, shape, "Q8_0", 1, 0);
        let ended = hearth!("chat", model, "--prompt", "hello", "-n", "3", "--json");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

#[test]
fn unknown_shapes_are_told_those_that_are_known() {
    let folder = folder();
    let out = folder.path().join("out.gguf");
    let ended = hearth!("synth", "qwen9-1b", "Q8_0", out);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("qwen3-0.6b"), "{}", ended.stderr);
    assert!(!out.exists());
}

/// It is stopped as soon as its file is there, long before the sixteen gigabytes are.
#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_half_file() {
    let folder = folder();
    let mut child = Command::new(HEARTH)
        .args(["synth", "qwen3-8b", "F16", "--vocab", "1000"])
        .arg(folder.path().join("out.gguf"))
        .spawn()
        .expect("the program starts");
    let files = || folder.path().read_dir().expect("a folder").count();
    while files() == 0 {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended early"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut kill = Command::new("kill");
    let sent = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("there is a kill").success());
    let status = child.wait().expect("it ends");
    assert_eq!((status.code(), files()), (Some(130), 0));
}
