//! Answers with the main model: a second turn, sequences side by side, a cancelled answer, stop texts, the end of the
//! context.

use std::path::PathBuf;

use hearth_conformance::native::{Native, greedy, logits};
use hearth_conformance::reference::{ids, json, max_abs, shared};
use hearth_runtime::engine::StepToken;
use hearth_runtime::{
    Activations, Engine, Event, FinishReason, GenerateOptions, Generation, LoadOptions, Loader,
    Pool, RuntimeError, SequenceId,
};

/// Chunks of another size sum in another order; the same order gives the same bits.
const REORDERED: f32 = 2e-4;

/// The main model and the ids of its reference text.
fn main_model() -> Option<(PathBuf, Vec<u32>)> {
    let path = shared("models/llm/tinystories656K-Q8_0.gguf")?;
    let reference = json(&path.with_file_name("tinystories656K-Q8_0.gguf.ref.json"));
    Some((path, ids(&reference["text_ids"])))
}

fn backend(chunk: usize) -> Native {
    Native {
        chunk,
        ..Native::exact()
    }
}

fn run(generation: &mut Generation, engine: &mut Engine) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = pollster::block_on(generation.next(engine)).expect("generation goes on")
    {
        events.push(event);
    }
    events
}

#[test]
fn a_second_turn_computes_only_what_is_new() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let mut engine = backend(16).load(&path).expect("the model loads");
    let options = |max| GenerateOptions {
        max_tokens: Some(max),
        ignore_eos: true,
        ..GenerateOptions::default()
    };
    let (first, rest) = text.split_at(20);
    let mut generation =
        Generation::start(&mut engine, SequenceId(0), first, options(4)).expect("it starts");
    run(&mut generation, &mut engine);

    let mut generation =
        Generation::start(&mut engine, SequenceId(0), &text, options(12)).expect("it starts");
    let events = run(&mut generation, &mut engine);
    let Some(Event::Finished(finished)) = events.last() else {
        panic!("the last event is the end")
    };
    assert!(finished.usage.cached_tokens >= 20, "{:?}", finished.usage);
    assert_eq!(finished.usage.prompt_tokens, 20 + rest.len());

    let fresh = greedy(
        &mut backend(512).load(&path).expect("the model loads"),
        &text,
        12,
    )
    .expect("it answers")
    .0;
    assert_eq!(
        generation.tokens(),
        fresh,
        "a reused prefix changes nothing"
    );
}

#[test]
fn sequences_side_by_side_do_not_see_each_other() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let file = std::fs::File::open(&path).expect("the model is there");
    let options = LoadOptions {
        activations: Activations::F32,
        sequences: 3,
        max_outputs: 128,
        ..LoadOptions::default()
    };
    let pool = Pool::new(2).expect("threads can be spawned");
    let mut engine = Loader::open(vec![Box::new(file)], options, pool)
        .and_then(|loader| pollster::block_on(loader.finish()))
        .expect("the model loads");
    let alone = logits(
        &mut backend(512).load(&path).expect("the model loads"),
        &text[..8],
    );

    let other: Vec<u32> = text.iter().rev().take(8).copied().collect();
    let mut mixed = Vec::new();
    for (a, b) in text[..8].iter().zip(&other) {
        mixed.push(StepToken {
            id: *b,
            sequence: SequenceId(2),
        });
        mixed.push(StepToken {
            id: *a,
            sequence: SequenceId(0),
        });
    }
    let rows: Vec<usize> = (0..8).map(|i| 2 * i + 1).collect();
    let together = pollster::block_on(engine.step(&mixed, &rows))
        .expect("the step fits")
        .to_vec();
    let worst = max_abs(&together, &alone);
    assert!(worst <= REORDERED, "logits differ by {worst}");
}

#[test]
fn cancelling_keeps_what_was_computed_and_the_engine_goes_on() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let mut engine = backend(8).load(&path).expect("the model loads");
    let want = greedy(&mut engine, &text, 12).expect("it answers").0;

    // During the prompt: one chunk is computed, then nothing more.
    engine.truncate(SequenceId(0), 0);
    let mut generation = Generation::start(
        &mut engine,
        SequenceId(0),
        &text,
        GenerateOptions::default(),
    )
    .expect("it starts");
    let first = pollster::block_on(generation.next(&mut engine)).expect("a chunk is computed");
    assert_eq!(
        first,
        Some(Event::Prefill {
            done_tokens: 8,
            total_tokens: text.len()
        })
    );
    generation.cancel();
    let events = run(&mut generation, &mut engine);
    let [Event::Finished(finished)] = &events[..] else {
        panic!("only the end follows: {events:?}")
    };
    assert_eq!(
        (finished.reason, finished.usage.completion_tokens),
        (FinishReason::Cancelled, 0)
    );
    assert_eq!(engine.cached(SequenceId(0)), &text[..8]);

    // During the answer: the next event is the end.
    let options = GenerateOptions {
        max_tokens: Some(12),
        ignore_eos: true,
        ..GenerateOptions::default()
    };
    let mut generation =
        Generation::start(&mut engine, SequenceId(0), &text, options.clone()).expect("it starts");
    while !matches!(
        pollster::block_on(generation.next(&mut engine)),
        Ok(Some(Event::Token { .. }))
    ) {}
    generation.cancel();
    assert!(matches!(
        run(&mut generation, &mut engine)[..],
        [Event::Finished(_)]
    ));

    let mut generation =
        Generation::start(&mut engine, SequenceId(0), &text, options).expect("it starts");
    run(&mut generation, &mut engine);
    assert_eq!(generation.tokens(), want);
}

#[test]
fn stop_texts_end_the_answer_and_are_not_part_of_it() {
    let Some((path, _)) = main_model() else {
        return;
    };
    let mut engine = backend(128).load(&path).expect("the model loads");
    let reference = json(&path.with_file_name("tinystories656K-Q8_0.gguf.ref.json"));
    let prompt = ids(&reference["prompt_ids"]);
    let (_, text) = greedy(&mut engine, &prompt, 40).expect("it answers");
    // A stop text that begins and ends inside tokens.
    let stop: String = text.chars().skip(20).take(9).collect();
    let before = &text[..text.find(&stop).expect("it was taken from there")];
    let options = GenerateOptions {
        max_tokens: Some(40),
        stop: vec!["never written".into(), stop],
        ..GenerateOptions::default()
    };
    let mut generation =
        Generation::start(&mut engine, SequenceId(0), &prompt, options).expect("it starts");
    let mut streamed = String::new();
    for event in run(&mut generation, &mut engine) {
        match event {
            Event::Token { text, .. } => streamed += &text,
            Event::Finished(finished) => {
                assert_eq!(finished.reason, FinishReason::Stop);
                streamed += &finished.text;
            }
            Event::Prefill { .. } | Event::Recomputed { .. } => {}
        }
        assert!(
            before.starts_with(&streamed),
            "{streamed:?} leaks a part of the stop text"
        );
    }
    assert_eq!(streamed, before);
}

#[test]
fn the_context_ends_an_answer_and_a_longer_prompt_is_an_error() {
    let Some((path, text)) = main_model() else {
        return;
    };
    let file = std::fs::File::open(&path).expect("the model is there");
    let options = LoadOptions {
        context: Some(24),
        ..LoadOptions::default()
    };
    let mut engine = Loader::open(vec![Box::new(file)], options, Pool::single())
        .and_then(|loader| pollster::block_on(loader.finish()))
        .expect("the model loads");
    let start = |engine: &mut Engine, prompt: &[u32]| {
        let endless = GenerateOptions {
            ignore_eos: true,
            ..GenerateOptions::default()
        };
        Generation::start(engine, SequenceId(0), prompt, endless)
    };
    let too_long = start(&mut engine, &text[..25]);
    assert!(matches!(
        too_long,
        Err(RuntimeError::PromptTooLong {
            prompt: 25,
            context: 24
        })
    ));
    assert!(matches!(
        start(&mut engine, &[]),
        Err(RuntimeError::EmptyPrompt)
    ));
    assert!(matches!(
        start(&mut engine, &[999_999]),
        Err(RuntimeError::BadToken { id: 999_999, .. })
    ));

    for n in [20, 24] {
        let mut generation = start(&mut engine, &text[..n]).expect("it fits");
        let events = run(&mut generation, &mut engine);
        let Some(Event::Finished(finished)) = events.last() else {
            panic!("the last event is the end")
        };
        assert_eq!(finished.reason, FinishReason::Length);
        // The last token needs no place: nothing is computed after it.
        assert_eq!(finished.usage.completion_tokens, 24 - n + 1);
    }
}

#[test]
fn a_model_that_does_not_fit_says_so_each_time() {
    let Some((path, _)) = main_model() else {
        return;
    };
    let file = std::fs::File::open(&path).expect("the model is there");
    let options = LoadOptions {
        memory_limit_bytes: Some(1),
        ..LoadOptions::default()
    };
    let loader = Loader::open(vec![Box::new(file)], options, Pool::single());
    let mut loader = loader.expect("the header is read");
    for _ in 0..2 {
        let refused = pollster::block_on(loader.step());
        assert!(matches!(refused, Err(RuntimeError::NotEnoughMemory { .. })));
    }
    let refused = pollster::block_on(loader.finish());
    assert!(matches!(refused, Err(RuntimeError::NotEnoughMemory { .. })));
}
