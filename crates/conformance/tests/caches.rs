//! Types of the KV cache: how far results move, and that a cache of blocks is saved, restored and shortened like others.

use std::path::{Path, PathBuf};

use hearth_conformance::native::{Native, extend, logits};
use hearth_conformance::reference::{ids, json, max_abs, shared};
use hearth_runtime::{DType, Engine, LoadOptions, Loader, Pool, RuntimeError, SequenceId};

/// How far logits may move, as a share of the largest. Half precision rounds by 2^-12; what the layers after the cache
/// make of it is some times as much.
const F16: f32 = 4e-3;
/// A code is off by half of a 127th of its block's largest element at most, by a third of that in the mean.
const Q8_0: f32 = 5e-2;

/// The main model, whose heads have 16 elements, and a text.
fn main_model() -> Option<(PathBuf, Vec<u32>)> {
    let path = shared("models/llm/tinystories656K-Q8_0.gguf")?;
    let reference = json(&path.with_file_name("tinystories656K-Q8_0.gguf.ref.json"));
    Some((path, ids(&reference["text_ids"])))
}

/// A model with heads of 64 elements.
fn wide_heads() -> Option<(PathBuf, Vec<u32>)> {
    let path = shared("zoo/models/qwen3/model.f16.gguf")?;
    Some((path, (0..150).map(|i| i * 37 % 200).collect()))
}

fn load(path: &Path, cache: DType) -> Result<Engine, RuntimeError> {
    let options = LoadOptions {
        cache_dtype: Some(cache),
        ..Native::exact().options()
    };
    Native::exact().load_with(path, options)
}

fn loaded(path: &Path, cache: DType) -> Engine {
    load(path, cache).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn narrow_caches_move_logits_little() {
    let models = [main_model(), wide_heads()];
    for (path, tokens) in models.into_iter().flatten() {
        let want = logits(&mut loaded(&path, DType::F32), &tokens);
        let largest = want.iter().fold(0f32, |max, x| max.max(x.abs()));
        for (cache, share) in [(DType::F16, F16), (DType::Q8_0, Q8_0)] {
            let mut engine = match load(&path, cache) {
                Ok(engine) => engine,
                Err(e) => {
                    let told = e.to_string();
                    assert!(told.contains("heads of layer 0 have 16"), "{told}");
                    assert!(told.contains("choose an F16 cache"), "{told}");
                    continue;
                }
            };
            let got = logits(&mut engine, &tokens);
            let off = max_abs(&got, &want) / largest;
            assert!(off <= share, "{}, {cache}: {off}", path.display());
            assert!(off > 0.0, "{cache}: another type is another result");
            // Token by token the cache is read where it lies.
            engine.truncate(SequenceId(0), 0);
            let one_by_one: Vec<f32> = tokens
                .iter()
                .flat_map(|&token| extend(&mut engine, &[token]))
                .collect();
            let off = max_abs(&one_by_one, &want) / largest;
            assert!(off <= share, "{}, {cache}, decode: {off}", path.display());
        }
    }
}

#[test]
fn caches_of_blocks_are_saved_restored_and_shortened() {
    let Some((path, tokens)) = wide_heads() else {
        return;
    };
    let (head, tail) = tokens.split_at(90);
    let mut engine = loaded(&path, DType::Q8_0);
    logits(&mut engine, head);
    let saved = pollster::block_on(engine.save_session(SequenceId(0))).expect("it is saved");
    let want = extend(&mut engine, tail);

    engine.truncate(SequenceId(0), head.len());
    assert_eq!(extend(&mut engine, tail), want, "shortened");

    let options = LoadOptions {
        cache_dtype: Some(DType::Q8_0),
        context: Some(300),
        sequences: 3,
        ..Native::exact().options()
    };
    let file = std::fs::File::open(&path).expect("the model is there");
    let mut other = Loader::open(vec![Box::new(file)], options, Pool::single())
        .and_then(|loader| pollster::block_on(loader.finish()))
        .expect("the model loads");
    other
        .restore_session(SequenceId(2), &saved)
        .expect("it fits");
    let mut got = Vec::new();
    let evaluated = other.evaluate(SequenceId(2), tail, |_, row| got.extend_from_slice(row));
    pollster::block_on(evaluated).expect("it fits");
    assert_eq!(got, want, "restored");

    let error = loaded(&path, DType::F16).restore_session(SequenceId(0), &saved);
    assert_eq!(error.map_err(|e| e.code()), Err("other_model"));
}

/// What trying several tokens in one step rests on, through all of attention's ways to store keys and values.
#[test]
fn few_tokens_attend_the_same_alone_and_together() {
    let Some((path, tokens)) = wide_heads() else {
        return;
    };
    for cache in [DType::F32, DType::F16, DType::Q8_0] {
        let mut engine = loaded(&path, cache);
        let whole = extend(&mut engine, &tokens[..16]);
        engine.truncate(SequenceId(0), 0);
        let one_by_one: Vec<f32> = tokens[..16]
            .iter()
            .flat_map(|&token| extend(&mut engine, &[token]))
            .collect();
        let off = max_abs(&whole, &one_by_one);
        assert!(off <= 1e-4, "{cache}: {off}");
    }
}
