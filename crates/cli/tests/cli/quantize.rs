//! `quantize`: what is written is a model, and close to the one it was made from.

use std::path::{Path, PathBuf};

use hearth_runtime::DType;
use hearth_runtime::gguf::Gguf;
use serde_json::Value;

use crate::fixture::{Model, folder};
use crate::hearth;
use crate::process::shared;

fn parse(path: &Path) -> Gguf {
    Gguf::parse(&std::fs::File::open(path).expect("there")).expect("a model")
}

fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("there");
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn rms_difference(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
    (squares.sum::<f64>() / a.len() as f64).sqrt()
}

/// Logits of the last token, exactly on the weights as they are.
fn last_logits(model: &Path, ids: &str) -> Vec<f32> {
    let out = model.with_extension("logits");
    let ended = hearth!(
        "logits",
        model,
        "--tokens",
        ids,
        "--out",
        out,
        "--activations",
        "f32"
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let n_vocab = parse(model)
        .tensor("token_embd.weight")
        .expect("there")
        .shape
        .dims()[0];
    let logits = floats(&out);
    logits[logits.len() - n_vocab..].to_vec()
}

/// A copy that the tests may write beside.
fn copy(folder: &tempfile::TempDir, from: &Path) -> PathBuf {
    let to = folder.path().join("model.gguf");
    std::fs::write(&to, std::fs::read(from).expect("there")).expect("written");
    to
}

/// How far the logits of llama-quantize's file are from those of the F16 model, ours must not be further by more than
/// this factor.
const SLACK: f64 = 1.15;

#[test]
fn quantised_models_are_as_close_as_those_of_llama_quantize() {
    let Some(shared) = shared("quantised_models_are_as_close_as_those_of_llama_quantize") else {
        return;
    };
    let folder = folder();
    let base = copy(&folder, &shared.join("zoo/models/qwen3-q/model.f16.gguf"));
    for file_type in [
        "Q4_0", "Q5_0", "Q5_1", "Q8_0", "Q4_K_S", "Q4_K_M", "Q5_K_M", "Q6_K", "BF16",
    ] {
        let reference = shared.join(format!("zoo/quants/qwen3-q.{file_type}"));
        let text = std::fs::read(reference.join("ref.json")).expect("a reference");
        let text: Value = serde_json::from_slice(&text).expect("JSON");
        let out = folder.path().join("out.gguf");
        let made = hearth!("quantize", base, out, file_type.to_lowercase(), "--json").json();
        assert_eq!(made["file_type"], file_type);

        let gguf = parse(&out);
        let names = text["tensors_by_type"].as_object().expect("a table");
        for (dtype, names) in names {
            for name in names.as_array().expect("a list") {
                let name = name.as_str().expect("a name");
                let tensor = gguf.tensor(name).expect("all tensors are there");
                assert_eq!(tensor.dtype.name(), dtype, "{file_type} {name}");
            }
        }
        let [mut ours, mut theirs] = [0.0; 2];
        for prompt in text["sets"]["public"].as_array().expect("a list") {
            let ids: Vec<String> = prompt["tokens"]
                .as_array()
                .expect("ids")
                .iter()
                .map(ToString::to_string)
                .collect();
            let ids = ids.join(",");
            let exact = last_logits(&base, &ids);
            let file = prompt["deq"]["file"].as_str().expect("a name");
            theirs += rms_difference(&floats(&reference.join(file)), &exact);
            ours += rms_difference(&last_logits(&out, &ids), &exact);
        }
        assert!(ours <= theirs * SLACK, "{file_type}: {ours} {theirs}");
    }
}

#[test]
fn plain_types_survive_the_round_trip() {
    let folder = folder();
    let dtype = DType::F16;
    let model = Model {
        dtype,
        ..Model::default()
    }
    .write(&folder, "m.gguf");
    let wide = folder.path().join("wide.gguf");
    let back = folder.path().join("back.gguf");
    assert_eq!(hearth!("quantize", model, wide, "F32").code, Some(0));
    assert_eq!(
        hearth!("quantize", wide, back, "F16", "-t", "3").code,
        Some(0)
    );
    let (before, after) = (parse(&model), parse(&back));
    assert!(parse(&wide).tensors().iter().all(|t| t.dtype == DType::F32));
    for tensor in before.tensors() {
        let other = after.tensor(&tensor.name).expect("all tensors are there");
        assert_eq!((other.dtype, &other.shape), (tensor.dtype, &tensor.shape));
        let data = |path: &Path, info: &hearth_runtime::gguf::TensorInfo| {
            let bytes = std::fs::read(path).expect("there");
            let start = usize::try_from(info.offset).expect("small");
            bytes[start..][..usize::try_from(info.bytes).expect("small")].to_vec()
        };
        assert!(
            data(&model, tensor) == data(&back, other),
            "{}",
            tensor.name
        );
    }
    let metadata = after.metadata();
    for (key, value) in before.metadata().iter() {
        assert_eq!(metadata.get(key), Some(value));
    }
    assert_eq!(metadata.get_u32("general.file_type"), Ok(1));
    assert_eq!(metadata.get_u32("general.quantization_version"), Ok(2));
}

#[test]
fn quantised_models_answer_as_before() {
    let folder = folder();
    let model = Model {
        n_embd: 256,
        n_ff: 512,
        ..Model::default()
    };
    let model = model.write_parts(&folder, "m");
    let out = folder.path().join("q8.gguf");
    let made = hearth!("quantize", model, out, "Q8_0", "--json").json();
    assert_eq!(made["tensors"]["Q8_0"], 15);
    let gguf = parse(&out);
    assert!(gguf.metadata().get("split.count").is_none());
    let answer = |model: &Path| {
        hearth!(
            "generate",
            model,
            "--prompt-tokens",
            "1,7,9",
            "-n",
            "4",
            "--json"
        )
        .json()["tokens"]
            .clone()
    };
    assert_eq!(answer(&out), answer(&model));
}

#[test]
fn what_cannot_be_quantised_is_refused_and_leaves_nothing() {
    let folder = folder();
    let dtype = DType::Q8_0;
    let model = Model {
        dtype,
        ..Model::default()
    }
    .write(&folder, "m.gguf");
    let before = std::fs::read(&model).expect("there");
    let out = folder.path().join("out.gguf");
    let refused = |args: &[&dyn AsRef<std::ffi::OsStr>], words: &[&str]| {
        let args: Vec<_> = args.iter().map(|a| a.as_ref().to_owned()).collect();
        let ended = crate::process::run(&args, b"");
        assert_ne!(ended.code, Some(0));
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        for word in words {
            assert!(
                ended.stderr.contains(word),
                "no {word:?} in: {}",
                ended.stderr
            );
        }
        assert!(!out.exists());
    };
    refused(
        &[&"quantize", &model, &out, &"Q4_0"],
        &["Q8_0", "--allow-requantize"],
    );
    refused(
        &[&"quantize", &model, &model, &"Q8_0"],
        &["the model itself"],
    );
    refused(&[&"quantize", &model, &out, &"Q4_9"], &["Q4_9", "Q4_K_M"]);
    refused(&[&"quantize", &model, &out, &"MXFP4_MOE"], &["MXFP4"]);
    let cut = folder.path().join("cut.gguf");
    std::fs::write(&cut, &before[..before.len() - 1]).expect("written");
    refused(
        &[&"quantize", &cut, &out, &"Q4_0", &"--allow-requantize"],
        &["cut.gguf"],
    );
    assert_eq!(std::fs::read(&model).expect("there"), before);
    let files = folder.path().read_dir().expect("a folder").count();
    assert_eq!(files, 2, "no half files are left");
    let again = hearth!("quantize", model, out, "Q4_0", "--allow-requantize");
    assert_eq!(again.code, Some(0), "{}", again.stderr);
}
