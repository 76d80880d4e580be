//! The GPU of this machine against other implementations. Without one, which a software rasteriser is enough for, nothing is tested.

use hearth_conformance::backend::Backend;
use hearth_conformance::case::{self, Arithmetic, Case};
use hearth_conformance::native::{Native, extend, kinds_on_gpu, logits};
use hearth_conformance::reference::max_abs;
use hearth_conformance::table::Table;
use hearth_runtime::{DType, Engine, LoadOptions, SequenceId};

/// CPU and GPU sum in different orders. Logits spread over 5 in these models.
const REORDERED: f32 = 2e-4;

/// A model of each kind with a long text, where there are a GPU and models.
fn kinds(test: &str) -> Vec<(Case, Vec<u32>)> {
    kinds_on_gpu(test, 60)
}

fn load(case: &Case, native: Option<Native>, chunk: usize, sequences: usize) -> Engine {
    let native = native.expect("the test asked for it");
    let native = Native { chunk, ..native };
    let options = LoadOptions {
        sequences,
        ..native.options()
    };
    let engine = native.load_with(&case.model, options);
    engine.unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

#[test]
fn a_token_has_the_same_bits_alone_and_with_fifteen_others() {
    for (case, tokens) in kinds("a_token_has_the_same_bits_alone_and_with_fifteen_others") {
        let alone = logits(&mut load(&case, Native::gpu(), 1, 1), &tokens);
        let together = logits(&mut load(&case, Native::gpu(), 16, 1), &tokens);
        assert_eq!(alone, together, "{}", case.name);
    }
}

#[test]
fn a_session_saved_on_the_gpu_goes_on_there_and_on_the_cpu() {
    for (case, tokens) in kinds("a_session_saved_on_the_gpu_goes_on_there_and_on_the_cpu") {
        let (head, tail) = tokens.split_at(41);
        let mut engine = load(&case, Native::gpu(), 32, 1);
        logits(&mut engine, head);
        let saved = pollster::block_on(engine.save_session(SequenceId(0)));
        let saved = saved.unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let want = extend(&mut engine, tail);
        for (native, sequence) in [(Native::gpu(), 1), (Some(Native::exact()), 0)] {
            let mut other = load(&case, native, 32, sequence + 1);
            let sequence = SequenceId(sequence);
            let restored = other.restore_session(sequence, &saved);
            restored.unwrap_or_else(|e| panic!("{}: {e}", case.name));
            let mut got = Vec::new();
            let evaluated = other.evaluate(sequence, tail, |_, row| got.extend_from_slice(row));
            pollster::block_on(evaluated).expect("it fits");
            let worst = max_abs(&got, &want);
            assert!(
                worst <= REORDERED,
                "{}: logits differ by {worst}",
                case.name
            );
        }
    }
}

/// A number may be rounded the other way where devices differ in its last bits: by how much, as a share of the largest logit.
const NARROW_CACHES: [(DType, f32); 2] = [(DType::F16, 1e-3), (DType::Q8_0, 2e-2)];

#[test]
fn narrow_caches_give_what_they_give_on_the_cpu() {
    let all = kinds("narrow_caches_give_what_they_give_on_the_cpu");
    for (case, tokens) in all.into_iter().take_while(|(case, _)| case.name == "qwen3") {
        for (cache, share) in NARROW_CACHES {
            let load = |native: Native| {
                let options = LoadOptions {
                    cache_dtype: Some(cache),
                    ..native.options()
                };
                let engine = native.load_with(&case.model, options);
                engine.unwrap_or_else(|e| panic!("{cache}: {e}"))
            };
            let want = logits(&mut load(Native::exact()), &tokens);
            let largest = want.iter().fold(0f32, |max, x| max.max(x.abs()));
            let mut engine = load(Native::gpu().expect("the test asked for it"));
            let got = logits(&mut engine, &tokens);
            let off = max_abs(&got, &want) / largest;
            assert!(off <= share, "{cache}: {off}");

            let saved = pollster::block_on(engine.save_session(SequenceId(0)));
            let saved = saved.unwrap_or_else(|e| panic!("{cache}: {e}"));
            let want = extend(&mut engine, &[7, 8]);
            let mut other = load(Native::gpu().expect("the test asked for it"));
            let restored = other.restore_session(SequenceId(0), &saved);
            restored.unwrap_or_else(|e| panic!("{cache}: {e}"));
            assert_eq!(extend(&mut other, &[7, 8]), want, "{cache}");
        }
    }
}

/// Projections, their way to attention, attention in its two stages, and three products.
const DISPATCHES_OF_A_LAYER: usize = 7;
/// Embedding, the wanted rows, logits.
const DISPATCHES_BESIDE: usize = 3;

#[test]
fn a_decoded_token_takes_few_dispatches() {
    let all = kinds("a_decoded_token_takes_few_dispatches");
    for (case, _) in all.into_iter().filter(|(case, _)| case.name == "qwen3") {
        let engine = load(&case, Native::gpu(), 32, 1);
        let info = engine.info();
        let most = DISPATCHES_OF_A_LAYER * info.n_layers + DISPATCHES_BESIDE;
        let dispatches = info.gpu_dispatches.expect("it is on a GPU");
        assert!(dispatches <= most, "{dispatches}, not {most}");
    }
}

#[test]
fn a_recurrent_model_goes_back_to_its_checkpoint_on_the_gpu() {
    let all = kinds("a_recurrent_model_goes_back_to_its_checkpoint_on_the_gpu");
    for (case, tokens) in all.into_iter().skip_while(|(case, _)| case.name == "qwen3") {
        let mut engine = load(&case, Native::gpu(), 32, 1);
        logits(&mut engine, &tokens[..30]);
        pollster::block_on(engine.checkpoint(SequenceId(0))).expect("it is kept");
        let want = extend(&mut engine, &tokens[30..45]);
        assert_eq!(engine.truncate(SequenceId(0), 30), 30, "{}", case.name);
        assert_eq!(extend(&mut engine, &tokens[30..45]), want, "{}", case.name);
    }
}

/// Whether the GPU agrees, where there is one: in its plain way, or in each of the others.
fn agrees(name: &str, cases: &[Case], arithmetic: Arithmetic) {
    let natives = match arithmetic {
        Arithmetic::Exact => Native::gpu().into_iter().collect(),
        Arithmetic::Fast => Native::gpu_variants(),
    };
    if natives.is_empty() {
        return eprintln!("SKIPPED: {name}: there is no GPU that can");
    }
    let backends: Vec<_> = natives.into_iter().map(Backend::Native).collect();
    let table = Table::of(cases, arithmetic, &backends);
    table.finish(&format!("webgpu-{name}-{arithmetic}"));
}

#[test]
fn architectures_agree() {
    agrees("zoo", &case::zoo(), Arithmetic::Exact);
}

#[test]
fn architectures_agree_in_every_way() {
    agrees("zoo", &case::zoo(), Arithmetic::Fast);
}

#[test]
fn quantisations_agree() {
    agrees("quants", &case::quants(), Arithmetic::Exact);
}

#[test]
fn quantisations_agree_in_every_way() {
    agrees("quants", &case::quants(), Arithmetic::Fast);
}

#[test]
fn trained_models_agree() {
    agrees("trained", &case::trained(), Arithmetic::Exact);
}

#[test]
fn trained_models_agree_in_every_way() {
    agrees("trained", &case::trained(), Arithmetic::Fast);
}
