//! The tokenizer against the ids that llama.cpp gives, on real vocabularies.

use std::path::{Path, PathBuf};

use hearth_gguf::{Gguf, Metadata};

use super::tests::{PLAIN, SPECIAL};
use super::*;

/// The folder of reference data; a test that needs it is skipped where it is absent.
pub(super) fn shared() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("HEARTH_SHARED").map_or(default, PathBuf::from);
    if !path.is_dir() {
        eprintln!("SKIPPED: no reference data at {}", path.display());
        return None;
    }
    Some(path)
}

fn read_gguf(path: &Path) -> Gguf {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ext| ext == "xz") {
        let mut out = Vec::new();
        lzma_rs::xz_decompress(&mut &bytes[..], &mut out).unwrap();
        return Gguf::parse(&out).unwrap();
    }
    Gguf::parse(&bytes).unwrap()
}

fn source(metadata: &Metadata) -> VocabSource<'_> {
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    let id = |name: &str| metadata.get_u32(&key(name)).ok();
    let flag = |name: &str| metadata.get_bool(&key(name)).ok();
    let strings = |name: &str| {
        metadata
            .get_strings(&key(name))
            .map(|strings| strings.iter().collect())
    };
    VocabSource {
        model: metadata.get_str(&key("model")).unwrap().to_owned(),
        pre: metadata.get_str(&key("pre")).ok().map(str::to_owned),
        tokens: strings("tokens").unwrap(),
        scores: metadata
            .get_f32s(&key("scores"))
            .map(<[f32]>::to_vec)
            .unwrap_or_default(),
        token_types: metadata.get_i32s(&key("token_type")).unwrap_or_default(),
        merges: strings("merges").unwrap_or_default(),
        model_name: metadata.get_str("general.name").ok().map(str::to_owned),
        architecture: metadata
            .get_str("general.architecture")
            .ok()
            .map(str::to_owned),
        special: SpecialIds {
            bos: id("bos_token_id"),
            eos: id("eos_token_id"),
            eot: id("eot_token_id"),
            eom: id("eom_token_id"),
            unk: id("unknown_token_id"),
            sep: id("seperator_token_id"),
            ..SpecialIds::default()
        },
        add_bos: flag("add_bos_token"),
        add_eos: flag("add_eos_token"),
        add_space_prefix: flag("add_space_prefix"),
        remove_extra_whitespaces: flag("remove_extra_whitespaces"),
        lowercase: flag("normalizer.lowercase"),
        strip_accents: flag("normalizer.strip_accents"),
        ..VocabSource::default()
    }
}

fn load(path: &Path) -> Tokenizer {
    let gguf = read_gguf(path);
    let start = std::time::Instant::now();
    let tokenizer = Tokenizer::from_vocab(source(gguf.metadata())).unwrap();
    eprintln!(
        "{}: {} tokens in {:?}",
        path.display(),
        tokenizer.len(),
        start.elapsed()
    );
    tokenizer
}

/// Vocabularies with cases of our own.
const VOCABULARIES: &[&str] = &[
    "llama-bpe",
    "qwen2",
    "llama-spm",
    "phi-3",
    "gpt-2",
    "bert-bge",
];

fn vocabulary(shared: &Path, name: &str) -> Tokenizer {
    let plain = shared.join(format!("models/vocab/ggml-vocab-{name}.gguf"));
    if plain.is_file() {
        load(&plain)
    } else {
        load(&plain.with_extension("gguf.xz"))
    }
}

/// Every case of a `tok.json`: ids without and with special tokens, and both decoded.
fn check_cases(tokenizer: &Tokenizer, path: &Path) {
    let json = std::fs::read(path).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
    assert!(!cases.is_empty());
    for case in &cases {
        let text = case["text"].as_str().unwrap();
        let at = format!("{}: {text:?}", path.display());
        for (options, ids, hex) in [
            (PLAIN, "ids", "detok_hex"),
            (SPECIAL, "ids_special", "detok_special_hex"),
        ] {
            let wanted: Vec<u32> = serde_json::from_value(case[ids].clone()).unwrap();
            assert_eq!(tokenizer.encode(text, options), wanted, "{at}: {ids}");
            let decoded = tokenizer.decode(
                &wanted,
                DecodeOptions {
                    special: options.add_special,
                    clean_spaces: true,
                },
            );
            let decoded: String = decoded.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(decoded, case[hex].as_str().unwrap(), "{at}: {hex}");
        }
    }
}

#[test]
fn real_vocabularies_give_the_reference_ids() {
    let Some(shared) = shared() else { return };
    for name in VOCABULARIES {
        let tokenizer = vocabulary(&shared, name);
        check_cases(
            &tokenizer,
            &shared.join(format!("zoo/tokenizers/{name}.json")),
        );
    }
}

#[test]
fn zoo_models_give_the_reference_ids() {
    let Some(shared) = shared() else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(shared.join("zoo/models")).unwrap() {
        let folder = entry.unwrap().path();
        let files = std::fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        let model = files
            .filter(|file| file.extension().is_some_and(|ext| ext == "gguf"))
            .min()
            .unwrap();
        let gguf = read_gguf(&model);
        let tokenizer = Tokenizer::from_vocab(source(gguf.metadata())).unwrap();
        check_cases(&tokenizer, &folder.join("tok.json"));
        checked += 1;
    }
    assert!(checked >= 19, "{checked} models");
}

/// llama.cpp's own vectors: texts between marker lines, and one line of ids for each.
#[test]
fn llama_cpp_vectors_give_the_same_ids() {
    let Some(shared) = shared() else { return };
    let more = ["deepseek-coder", "deepseek-llm", "gemma-4", "qwen35"];
    for name in VOCABULARIES.iter().chain(&more) {
        let tokenizer = vocabulary(&shared, name);
        let mut count = 0;
        for folder in ["zoo/tokenizers", "models/vocab"] {
            let read = |ext: &str| {
                let file = format!("{folder}/ggml-vocab-{name}.gguf.{ext}");
                std::fs::read_to_string(shared.join(file))
            };
            let (Ok(texts), Ok(ids)) = (read("inp"), read("out")) else {
                continue;
            };
            for (text, line) in texts.split("\n__ggml_vocab_test__\n").zip(ids.lines()) {
                let wanted: Vec<u32> = line
                    .split_whitespace()
                    .map(|id| id.parse().unwrap())
                    .collect();
                let got = tokenizer.encode(text, PLAIN);
                assert_eq!(got, wanted, "{folder}: {name}: {text:?}");
                count += 1;
            }
        }
        assert!(count > 40, "{name}: {count}");
    }
}
