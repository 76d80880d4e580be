//! What a GPU of little memory, and one that is lost, mean for a model. Without a GPU, which a software rasteriser is enough for,
//! nothing is tested.

mod grammar;

use std::fs::File;
use std::path::{Path, PathBuf};

use hearth_conformance::native::{Native, greedy, logits};
use hearth_conformance::reference::{ids, json, shared};
use hearth_kernels::gpu::ProductVariant;
use hearth_runtime::gguf::ReadAt;
use hearth_runtime::{
    DraftSource, Engine, Event, GenerateOptions, Generation, Gpu, GpuError, Hardware, LoadOptions,
    Loader, Note, Pool, RuntimeError, Sampling, SequenceId, Shortage,
};

/// Tokens of a step.
const CHUNK: usize = 24;

/// A device of one's own, where there is one: others may not be lost with it. It computes in its plain way, whatever is faster.
fn open(test: &str) -> Option<Gpu> {
    match pollster::block_on(Gpu::open()) {
        Ok(gpu) => Some(gpu.with_only(ProductVariant::PLAIN)),
        Err(GpuError::NoAdapter { .. }) => {
            eprintln!("SKIPPED: {test}: there is no GPU");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The trained model, and the ids of its reference's text.
fn main_model() -> Option<(PathBuf, Vec<u32>)> {
    let path = shared("models/llm/tinystories656K-Q8_0.gguf")?;
    let reference = json(&path.with_file_name("tinystories656K-Q8_0.gguf.ref.json"));
    Some((path, ids(&reference["text_ids"])))
}

/// A model with recurrent states, and some ids.
fn recurrent_model() -> Option<(PathBuf, Vec<u32>)> {
    let path = shared("zoo/models/qwen35/model.q8_0.gguf");
    Some((path?, (0..50).map(|i| 7 + i * 13 % 90).collect()))
}

fn loader(path: &Path, options: &LoadOptions, hardware: Hardware) -> Result<Loader, RuntimeError> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let parts: Vec<Box<dyn ReadAt>> = vec![Box::new(file)];
    Loader::open(parts, options.clone(), hardware)
}

fn load(path: &Path, options: &LoadOptions, hardware: impl Into<Hardware>) -> Engine {
    let loader = loader(path, options, hardware.into()).unwrap_or_else(|e| panic!("{e}"));
    pollster::block_on(loader.finish()).unwrap_or_else(|e| panic!("{e}"))
}

fn options() -> LoadOptions {
    LoadOptions {
        chunk: CHUNK,
        ..LoadOptions::default()
    }
}

fn pool() -> Pool {
    Pool::new(1).expect("one thread is no thread")
}

/// The greedy tokens after the text's beginning, as the CPU has them with exact arithmetic.
fn expected(path: &Path, prompt: &[u32], n: usize) -> Vec<u32> {
    let mut engine = Native::exact().load(path).expect("the model loads");
    greedy(&mut engine, prompt, n).expect("it answers").0
}

/// A generation, whose GPU is destroyed before each of the events of these numbers. Gives its tokens and how often something was
/// computed again.
fn with_losses(
    engine: &mut Engine,
    prompt: &[u32],
    options: GenerateOptions,
    losses: &[usize],
) -> (Vec<u32>, usize) {
    let mut generation =
        Generation::start(engine, SequenceId(0), prompt, options).expect("it starts");
    let (mut events, mut recomputed) = (0, 0);
    let mut losses = losses.iter().peekable();
    loop {
        if losses.next_if_eq(&&events).is_some() {
            destroy(engine);
        }
        let next = pollster::block_on(generation.next(engine));
        match next.unwrap_or_else(|e| panic!("event {events}: {e}")) {
            None => return (generation.tokens().to_vec(), recomputed),
            Some(Event::Recomputed { .. }) => recomputed += 1,
            Some(_) => events += 1,
        }
    }
}

fn destroy(engine: &mut Engine) {
    let hearth_runtime::device::Device::Gpu(gpu) = engine.device_mut() else {
        panic!("it runs on a GPU")
    };
    gpu.gpu().destroy();
}

fn answer(max_tokens: usize, sampling: Sampling) -> GenerateOptions {
    GenerateOptions {
        max_tokens: Some(max_tokens),
        ignore_eos: true,
        sampling,
        ..GenerateOptions::default()
    }
}

#[test]
fn a_loss_in_the_middle_of_an_answer_changes_no_token() {
    const TEST: &str = "a_loss_in_the_middle_of_an_answer_changes_no_token";
    let surprising = Sampling {
        temperature: 1.5,
        seed: 7,
        ..Sampling::default()
    };
    let greedy = Sampling::default();
    // In the prompt, right after it, and in the answer. A recurrent model takes a software GPU longer.
    let all = [
        (
            main_model(),
            vec![greedy, surprising.clone()],
            &[1, 2, 7, 12][..],
        ),
        (recurrent_model(), vec![surprising], &[1, 7]),
    ];
    for (model, samplings, losses) in all {
        let Some((path, text)) = model else { continue };
        let Some(gpu) = open(TEST) else { return };
        let mut engine = load(&path, &options(), gpu);
        let prompt = &text[..30];
        for sampling in samplings {
            let asked = answer(14, sampling);
            let (want, none) = with_losses(&mut engine, prompt, asked.clone(), &[]);
            assert_eq!(none, 0, "nothing was lost");
            engine.truncate(SequenceId(0), 0);
            let (got, recomputed) = with_losses(&mut engine, prompt, asked, losses);
            assert_eq!(got, want);
            assert!(recomputed >= losses.len(), "{recomputed}");
            engine.truncate(SequenceId(0), 0);
        }
    }
}

#[test]
fn after_a_loss_the_states_have_the_same_bits() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("after_a_loss_the_states_have_the_same_bits") else {
        return;
    };
    let options = LoadOptions {
        sequences: 2,
        ..options()
    };
    let mut engine = load(&path, &options, gpu);
    let tokens = |engine: &mut Engine, sequence| {
        let asked = GenerateOptions {
            speculation: DraftSource::Off.into(),
            ..answer(5, Sampling::default())
        };
        let started = Generation::start(engine, SequenceId(sequence), &text[..40], asked);
        let mut generation = started.expect("it starts");
        while pollster::block_on(generation.next(engine))
            .expect("it goes on")
            .is_some()
        {}
        generation.tokens().to_vec()
    };
    tokens(&mut engine, 0);
    tokens(&mut engine, 1);
    let want =
        [0, 1].map(|s| pollster::block_on(engine.save_session(SequenceId(s))).expect("saved"));
    destroy(&mut engine);
    let got =
        [0, 1].map(|s| pollster::block_on(engine.save_session(SequenceId(s))).expect("saved"));
    assert!(want == got, "both sequences came back bit by bit");
}

#[test]
fn a_gpu_that_is_lost_again_and_again_is_given_up() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("a_gpu_that_is_lost_again_and_again_is_given_up") else {
        return;
    };
    let mut engine = load(&path, &options(), gpu);
    let asked = answer(4, Sampling::default());
    let started = Generation::start(&mut engine, SequenceId(0), &text[..20], asked);
    let mut generation = started.expect("it starts");
    let mut losses = 0;
    let error = loop {
        destroy(&mut engine);
        losses += 1;
        match pollster::block_on(generation.next(&mut engine)) {
            Ok(Some(Event::Recomputed { .. })) => {}
            Ok(event) => panic!("{event:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!((losses, error.code()), (4, "gpu_lost"));
    // Whoever asks again may have more luck.
    assert!(matches!(
        pollster::block_on(generation.next(&mut engine)),
        Ok(Some(_))
    ));
}
#[test]
fn other_work_goes_on_after_a_loss_too() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("other_work_goes_on_after_a_loss_too") else {
        return;
    };
    let options = LoadOptions {
        max_outputs: CHUNK,
        ..options()
    };
    let mut engine = load(&path, &options, gpu);
    let want = logits(&mut engine, &text[..20]);
    destroy(&mut engine);
    assert!(engine.is_lost());
    assert_eq!(logits(&mut engine, &text[..20]), want);
    assert!(!engine.is_lost());
}

#[test]
fn a_loss_while_loading_begins_the_load_again() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let expected = expected(&path, &text[..20], 8);
    // While pipelines are compiled, among the weights, and after the last of them.
    let moments: [fn(&Loader, usize) -> bool; 3] = [
        |_, steps| steps == 1,
        |_, steps| steps == 3,
        |loader, _| loader.progress().done_bytes == loader.progress().total_bytes,
    ];
    for moment in moments {
        let Some(gpu) = open("a_loss_while_loading_begins_the_load_again") else {
            return;
        };
        let loader = loader(&path, &options(), gpu.clone().into());
        let mut loader = loader.expect("the header is read");
        let mut steps = 0;
        while !moment(&loader, steps) {
            assert!(pollster::block_on(loader.step()).expect("a piece is read"));
            steps += 1;
        }
        gpu.destroy();
        let mut engine = pollster::block_on(loader.finish()).unwrap_or_else(|e| panic!("{e}"));
        let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
        assert_eq!(got, expected);
    }
}

#[test]
fn small_buffers_shorten_the_context_with_a_note() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("small_buffers_shorten_the_context_with_a_note") else {
        return;
    };
    let with = |context, limit: usize| {
        let options = LoadOptions {
            context: Some(context),
            ..options()
        };
        loader(
            &path,
            &options,
            gpu.clone().with_max_binding_bytes(limit).into(),
        )
    };
    let state = |context| {
        let loader = with(context, usize::MAX).expect("it fits");
        loader.estimate().state_bytes as usize / loader.info().n_layers / 2
    };
    // A cache of 1,024 tokens is too large for a buffer; one of half as many fits.
    let limit = state(512).max(1 << 19);
    assert!(state(8192) > limit);
    let loader = with(8192, limit).unwrap_or_else(|e| panic!("{e}"));
    let info = loader.info().clone();
    assert!(
        info.n_ctx < 8192 && state(info.n_ctx) <= limit,
        "{}",
        info.n_ctx
    );
    assert!(state(2 * info.n_ctx) > limit, "no shorter than needed");
    assert_eq!(info.cache_type, "F32");
    let [
        Note::ShorterContext {
            wanted: 8192,
            n_ctx,
            why: Shortage::Buffer { .. },
        },
    ] = info.notes[..]
    else {
        panic!("{:?}", info.notes)
    };
    assert_eq!(n_ctx, info.n_ctx);
    let mut engine = pollster::block_on(loader.finish()).unwrap_or_else(|e| panic!("{e}"));
    let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
    assert_eq!(got, expected(&path, &text[..20], 8));
}

#[test]
fn little_memory_gives_a_smaller_cache_and_then_the_cpu() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("little_memory_gives_a_smaller_cache_and_then_the_cpu") else {
        return;
    };
    let with = |limit, cache, hardware: Hardware| {
        let options = LoadOptions {
            context: Some(512),
            memory_limit_bytes: limit,
            cache_dtype: cache,
            ..options()
        };
        loader(&path, &options, hardware).unwrap_or_else(|e| panic!("{e}"))
    };
    let total = |cache| {
        let loader = with(None, Some(cache), gpu.clone().into());
        loader.estimate().total_bytes()
    };
    let [whole, half] = [hearth_runtime::DType::F32, hearth_runtime::DType::F16].map(total);
    assert!(half < whole);

    let loader = with(Some(half), None, gpu.clone().into());
    let notes = loader.info().notes.clone();
    assert!(
        matches!(&notes[..], [Note::SmallerCache { why: Shortage::Memory { needed, .. }, .. }] if *needed == whole),
        "{notes:?}"
    );
    assert_eq!(loader.info().cache_type, "F16");
    let mut engine = pollster::block_on(loader.finish()).unwrap_or_else(|e| panic!("{e}"));
    let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
    assert_eq!(got, expected(&path, &text[..20], 8));

    // A type that was asked for stays; without another device that is an error.
    let mut alone = with(
        Some(half),
        Some(hearth_runtime::DType::F32),
        gpu.clone().into(),
    );
    let refused = pollster::block_on(alone.step());
    assert!(
        matches!(refused, Err(RuntimeError::NotEnoughMemory { needed, .. }) if needed == whole)
    );
}

#[test]
fn what_no_buffer_holds_is_computed_on_the_cpu() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("what_no_buffer_holds_is_computed_on_the_cpu") else {
        return;
    };
    let tiny = gpu.with_max_binding_bytes(1 << 12);
    let alone = loader(&path, &options(), tiny.clone().into());
    assert!(matches!(
        alone.err(),
        Some(RuntimeError::Gpu(GpuError::TooLarge { .. }))
    ));
    let mut engine = load(&path, &options(), Hardware::GpuOrCpu(Ok(tiny), pool()));
    let info = engine.info();
    assert_eq!(info.gpu, None);
    assert!(
        matches!(&info.notes[..], [Note::OnCpu { .. }]),
        "{:?}",
        info.notes
    );
    let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
    assert_eq!(got, expected(&path, &text[..20], 8));
}

/// A record in which the trials of some variants went wrong.
fn with_faults(record: &str, is_faulty: impl Fn(&str) -> bool) -> String {
    let mut record: serde_json::Value = serde_json::from_str(record).expect("JSON");
    for trial in record["trials"].as_array_mut().expect("trials") {
        if is_faulty(trial["variant"].as_str().expect("a name")) {
            trial["outcome"] = serde_json::json!({ "wrong": { "reason": "1 in place of 2" } });
        }
    }
    record.to_string()
}

#[test]
fn a_gpu_that_goes_wrong_leaves_the_model_to_the_cpu() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(gpu) = open("a_gpu_that_goes_wrong_leaves_the_model_to_the_cpu") else {
        return;
    };
    let record = load(&path, &options(), gpu.clone()).gpu_record();
    let record = record.expect("it is on a GPU");
    gpu.remember(&with_faults(&record, |_| true));
    let alone = loader(&path, &options(), gpu.clone().into());
    let alone = pollster::block_on(alone.expect("a plan").finish());
    assert!(matches!(
        alone.err(),
        Some(RuntimeError::Gpu(GpuError::Wrong { .. }))
    ));
    let mut engine = load(&path, &options(), Hardware::GpuOrCpu(Ok(gpu), pool()));
    let notes = &engine.info().notes;
    assert!(
        matches!(&notes[..], [Note::OnCpu { reason }] if reason.contains("1 in place of 2")),
        "{notes:?}"
    );
    let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
    assert_eq!(got, expected(&path, &text[..20], 8));
}

#[test]
fn a_way_that_goes_wrong_is_told() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let Some(_) = open("a_way_that_goes_wrong_is_told") else {
        return;
    };
    let every_way = || pollster::block_on(Gpu::open()).expect("it was there");
    let engine = load(&path, &options(), every_way());
    assert!(engine.info().notes.is_empty(), "{:?}", engine.info().notes);
    let record = engine.gpu_record().expect("it is on a GPU");
    let gpu = every_way();
    gpu.remember(&with_faults(&record, |variant| variant != "plain"));
    let mut engine = load(&path, &options(), gpu);
    let notes = &engine.info().notes;
    let is_told = |note: &Note| matches!(note, Note::LeftOut { .. });
    assert!(!notes.is_empty() && notes.iter().all(is_told), "{notes:?}");
    let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
    assert_eq!(got, expected(&path, &text[..20], 8));
}

#[test]
fn without_a_gpu_the_cpu_computes_and_says_why() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let missing = GpuError::NoAdapter {
        reason: "this machine has none".to_owned(),
    };
    let mut engine = load(&path, &options(), Hardware::GpuOrCpu(Err(missing), pool()));
    let notes: Vec<String> = engine.info().notes.iter().map(Note::to_string).collect();
    assert_eq!(
        notes,
        [
            "the CPU computes in place of the GPU: there is no GPU that can compute (this machine has none)"
        ]
    );
    let got = greedy(&mut engine, &text[..20], 8).expect("it answers").0;
    assert_eq!(got, expected(&path, &text[..20], 8));
}
