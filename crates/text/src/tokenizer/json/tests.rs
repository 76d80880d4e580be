//! `tokenizer.json` against the `tokenizers` library: small files of our own with ids that it gave (0.23), and real files.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::reference_tests::shared;
use super::super::{DecodeOptions, EncodeOptions, Tokenizer, TokenizerJsonError};

/// What the library does by default: special tokens in the text are read.
const PARSED: EncodeOptions = EncodeOptions {
    add_special: false,
    parse_special: true,
};
const SPECIAL: EncodeOptions = EncodeOptions {
    add_special: true,
    parse_special: true,
};

fn fixtures() -> Vec<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tokenizer/json/fixtures");
    let folder = std::env::var_os("HEARTH_JSON_FIXTURES").map_or(default, PathBuf::from);
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn load(file: &Value) -> Result<Tokenizer, TokenizerJsonError> {
    Tokenizer::from_json(&serde_json::to_vec(file).unwrap())
}

fn decode(tokenizer: &Tokenizer, ids: &[u32], special: bool) -> String {
    let options = DecodeOptions {
        special,
        clean_spaces: false,
    };
    String::from_utf8_lossy(&tokenizer.decode(ids, options)).into_owned()
}

#[test]
fn fixtures_give_the_reference_ids_and_texts() {
    let mut files = 0;
    for path in fixtures() {
        let fixture = read(&path);
        let tokenizer = load(&fixture["tokenizer"]).unwrap();
        for case in fixture["cases"].as_array().unwrap() {
            let text = case[0].as_str().unwrap();
            let at = format!("{}: {text:?}", path.display());
            let ids: Vec<u32> = serde_json::from_value(case[1].clone()).unwrap();
            let special: Vec<u32> = serde_json::from_value(case[2].clone()).unwrap();
            assert_eq!(tokenizer.encode(text, PARSED), ids, "{at}");
            assert_eq!(tokenizer.encode(text, SPECIAL), special, "{at}");
            // The library writes several U+FFFD where the standard's conversion writes one.
            let plain = |text: &str| text.replace(char::REPLACEMENT_CHARACTER, "");
            let wanted = |n: usize| plain(case[n].as_str().unwrap());
            assert_eq!(plain(&decode(&tokenizer, &ids, false)), wanted(3), "{at}");
            assert_eq!(
                plain(&decode(&tokenizer, &special, true)),
                wanted(4),
                "{at}"
            );
        }
        files += 1;
    }
    assert!(files >= 12, "{files} fixtures");
}

#[test]
fn a_real_sentence_embedder_gives_the_reference_ids() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("models/minilm");
    let tokenizer = Tokenizer::from_json(&std::fs::read(folder.join("tokenizer.json")).unwrap());
    let tokenizer = tokenizer.unwrap();
    let reference = read(&folder.join("all-MiniLM-L6-v2.ref.json"));
    let sentences = reference["sentences"].as_array().unwrap();
    assert!(!sentences.is_empty());
    for (text, ids) in sentences
        .iter()
        .zip(reference["token_ids"].as_array().unwrap())
    {
        let wanted: Vec<u32> = serde_json::from_value(ids.clone()).unwrap();
        assert_eq!(
            tokenizer.encode(text.as_str().unwrap(), SPECIAL),
            wanted,
            "{text}"
        );
    }
    assert_eq!((tokenizer.bos(), tokenizer.eos()), (Some(101), Some(102)));
    assert!(tokenizer.adds_bos() && tokenizer.is_control(101));
}

/// The same vocabulary as GGUF: both readers give the same ids.
#[test]
fn a_real_story_model_gives_the_ids_of_its_gguf() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("models/llm");
    let file = std::fs::read(folder.join("tinystories656K-hf/tokenizer.json")).unwrap();
    let tokenizer = Tokenizer::from_json(&file).unwrap();
    let reference = read(&folder.join("tinystories656K-F32.gguf.ref.json"));
    let text = "Once upon a time, there was a little";
    let ids: Vec<u32> = serde_json::from_value(reference["prompt_ids"].clone()).unwrap();
    let encoded = tokenizer.encode(text, SPECIAL);
    assert_eq!(encoded, ids);
    assert_eq!(decode(&tokenizer, &encoded, false), text);
    let mut stream = crate::StreamDecoder::new(false);
    let streamed: String = encoded
        .iter()
        .map(|&id| stream.push(&tokenizer, id))
        .collect();
    assert_eq!(streamed.trim_start(), text);
}

#[test]
fn special_tokens_in_text_are_read_only_where_asked() {
    let fixture = fixtures()
        .into_iter()
        .find(|path| path.ends_with("byte_level_bpe.json"));
    let tokenizer = load(&read(&fixture.unwrap())["tokenizer"]).unwrap();
    let begin = tokenizer.token_id("<|begin|>").unwrap();
    assert_eq!(tokenizer.encode("<|begin|>", PARSED), [begin]);
    let as_text = tokenizer.encode("<|begin|>", EncodeOptions::default());
    assert!(as_text.len() > 1 && !as_text.contains(&begin));
    assert_eq!(decode(&tokenizer, &as_text, false), "<|begin|>");
    // Tokens that are text are found all the same.
    let user = tokenizer.token_id("<user>").unwrap();
    assert_eq!(tokenizer.encode("<user>", EncodeOptions::default()), [user]);
}

/// A small file with `part` replaced.
fn with(part: &str, value: Value) -> Result<Tokenizer, TokenizerJsonError> {
    let mut file = serde_json::json!({
        "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 3}, "unk_token": "a"}
    });
    file[part] = value;
    load(&file)
}

#[test]
fn faults_are_named() {
    use serde_json::json;
    let message = |part: &str, value| with(part, value).err().unwrap().to_string();
    let kind = |name: &str| json!({"type": name});
    for (part, name) in [
        ("normalizer", "Precompiled"),
        ("pre_tokenizer", "UnicodeScripts"),
        ("post_processor", "Nonsense"),
        ("decoder", "CTC"),
    ] {
        let message = message(part, kind(name));
        assert!(
            message.contains(part) && message.contains(&format!("`{name}`")),
            "{message}"
        );
    }
    assert!(message("model", json!({"type": "Other", "vocab": {"a": 0}})).contains("`Other`"));
    assert!(message("model", json!({"type": "BPE", "vocab": {"a": 0}})).contains("`merges`"));
    let bpe = json!({"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]});
    assert!(message("model", bpe).contains("merge 0"));
    let dropout = json!({"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1});
    assert!(message("model", dropout).contains("dropout"));
    let sparse = json!({"type": "WordLevel", "vocab": {"a": 4_000_000_000u32}});
    assert!(message("model", sparse).contains("4000000000"));
    assert!(message("model", json!({"type": "WordLevel", "vocab": {}})).contains("no tokens"));
    let pattern = json!({"type": "Split", "pattern": {"Regex": "("}, "behavior": "Removed"});
    assert!(message("pre_tokenizer", pattern).contains("does not compile"));
    assert!(Tokenizer::from_json(b"{").is_err());
    assert!(Tokenizer::from_json(b"[]").is_err());
    // Holes in the ids are nothing.
    let holes = with("decoder", Value::Null).unwrap();
    assert_eq!(holes.len(), 4);
    assert_eq!(holes.encode("b", PARSED), [3]);
    assert_eq!(holes.encode("[EMPTY_1]", PARSED), [0]);
}

proptest::proptest! {
    #[test]
    fn any_text_ends_well(text in "\\PC{0,20}|[ab <|>\\ns▁]{0,30}", which in 0usize..12) {
        let mut paths = fixtures();
        paths.sort();
        let tokenizer = load(&read(&paths[which])["tokenizer"]).unwrap();
        for options in [SPECIAL, EncodeOptions::default()] {
            let ids = tokenizer.encode(&text, options);
            proptest::prop_assert!(ids.iter().all(|&id| (id as usize) < tokenizer.len()));
            decode(&tokenizer, &ids, true);
        }
    }
}
