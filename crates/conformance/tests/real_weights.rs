//! Models with real weights: their tokenizers, and the text that they write, token for token.

use hearth_conformance::native::{Native, greedy};
use hearth_conformance::reference::{files, ids, json, shared, text};
use hearth_runtime::{Activations, LoadOptions};

#[test]
fn prompts_and_texts_are_encoded_the_same() {
    for folder in ["models/llm", "models/arch"] {
        let Some(dir) = shared(folder) else {
            return;
        };
        for path in files(&dir, ".gguf.ref.json") {
            let reference = json(&path);
            let name = text(&reference["file"]);
            let engine = Native::exact().load(&dir.join(name)).expect("it loads");
            let vocabulary = engine.vocabulary().expect("these models have vocabularies");
            for what in ["prompt", "text"] {
                let got = vocabulary.encode_prompt(text(&reference[what]));
                let want = ids(&reference[format!("{what}_ids").as_str()]);
                assert_eq!(got, want, "{name}: {what}");
            }
        }
    }
}

#[test]
fn the_main_model_writes_the_same_on_the_fast_path() {
    let Some(path) = shared("models/llm/tinystories656K-Q8_0.gguf") else {
        return;
    };
    let reference = json(&path.with_file_name("tinystories656K-Q8_0.gguf.ref.json"));
    let prompt = ids(&reference["prompt_ids"]);
    for native in Native::all(Activations::Auto) {
        let mut engine = native.load(&path).expect("it loads");
        let (tokens, generated) = greedy(&mut engine, &prompt, 64).expect("it answers");
        assert_eq!(tokens, ids(&reference["greedy64_ids"]), "{native}");
        let whole = format!("{}{generated}", text(&reference["prompt"]));
        assert_eq!(whole, text(&reference["greedy64_text"]), "{native}");
    }
}

#[test]
fn a_story_from_nothing_but_the_begin_token() {
    let Some(path) = shared("models/llm/stories260K-from-bos.ref.json") else {
        return;
    };
    let want = ids(&json(&path)["ids"]);
    let mut engine = Native::exact()
        .load(&path.with_file_name("stories260K-F32.gguf"))
        .expect("it loads");
    let (got, _) = greedy(&mut engine, &want[..1], want.len() - 1).expect("it answers");
    assert_eq!(got, want[1..]);
}

#[test]
fn logits_are_the_same_however_few_a_step_gives() {
    let Some(path) = shared("models/llm/tinystories656K-Q8_0.gguf") else {
        return;
    };
    let reference = json(&path.with_file_name("tinystories656K-Q8_0.gguf.ref.json"));
    let tokens = ids(&reference["prompt_ids"]);
    let native = Native::exact();
    let mut whole = native.load(&path).expect("it loads");
    let n_vocab = whole.info().n_vocab;
    let all = hearth_conformance::native::logits(&mut whole, &tokens);
    // Out of order, and one of them twice.
    let positions = [7, 0, 7, 3];
    let want: Vec<f32> = positions
        .iter()
        .flat_map(|p| all[p * n_vocab..][..n_vocab].iter().copied())
        .collect();
    for max_outputs in [1, 2, 4] {
        let options = LoadOptions {
            max_outputs,
            chunk: 4,
            ..native.options()
        };
        let mut engine = native.load_with(&path, options).expect("it loads");
        let got = pollster::block_on(engine.logits(&tokens, &positions)).expect("it fits");
        let worst = hearth_conformance::reference::max_abs(&got, &want);
        assert!(
            worst <= 2e-4,
            "{max_outputs} rows: logits differ by {worst}"
        );
        let again = hearth_conformance::native::logits(&mut engine, &tokens);
        let worst = hearth_conformance::reference::max_abs(&again, &all);
        assert!(
            worst <= 2e-4,
            "{max_outputs} rows: logits differ by {worst}"
        );
    }
    let beyond = pollster::block_on(whole.logits(&tokens, &[tokens.len()]));
    assert_eq!(
        beyond.expect_err("there is no such position").code(),
        "bad_position"
    );
}
