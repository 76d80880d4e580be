//! Tokens that the GPU chooses, several steps ahead of the host, are those that the host's sampler chooses from the same logits, and
//! nothing else can be told from a generation but how much is read back.

use hearth_conformance::case::Case;
use hearth_conformance::native::{Native, kinds_on_gpu};
use hearth_runtime::device::Device;
use hearth_runtime::{
    DraftSource, Engine, Event, FinishReason, GenerateOptions, Generation, LoadOptions, Sampling,
    SequenceId,
};
use pollster::block_on;

/// A logit bias of so many entries is the host's to add.
const LONG_BIAS: usize = 1025;
/// What may be read back for a token.
const BYTES_A_TOKEN: u64 = 16;

/// A model of each kind with a text, where there are a GPU and models.
fn kinds(test: &str) -> Vec<(Case, Vec<u32>)> {
    kinds_on_gpu(test, 40)
}

fn load(case: &Case, context: usize) -> Engine {
    let native = Native::gpu().expect("the test asked for it");
    let options = LoadOptions {
        sequences: 2,
        context: Some(context),
        ..native.options()
    };
    let engine = native.load_with(&case.model, options);
    engine.unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

fn options(sampling: Sampling) -> GenerateOptions {
    GenerateOptions {
        max_tokens: Some(20),
        ignore_eos: true,
        sampling,
        ..GenerateOptions::default()
    }
}

/// The same, so that the host chooses.
fn by_host(options: &GenerateOptions) -> GenerateOptions {
    let mut options = options.clone();
    options.sampling.logit_bias.resize(LONG_BIAS, (0, 0.0));
    options
}

fn start(engine: &mut Engine, prompt: &[u32], options: GenerateOptions) -> Generation {
    let started = Generation::start(engine, SequenceId(0), prompt, options);
    started.expect("it starts")
}

fn next(generation: &mut Generation, engine: &mut Engine) -> Option<Event> {
    block_on(generation.next(engine)).expect("it goes on")
}

/// All events, without their times, each with the tokens in the cache after it.
fn events(
    engine: &mut Engine,
    prompt: &[u32],
    options: GenerateOptions,
    cancel_after: usize,
) -> Vec<(Event, Vec<u32>)> {
    let mut generation = start(engine, prompt, options);
    let mut all = Vec::new();
    while let Some(mut event) = next(&mut generation, engine) {
        if let Event::Finished(finished) = &mut event {
            finished.timings = Default::default();
        }
        all.push((event, engine.cached(SequenceId(0)).to_vec()));
        if generation.tokens().len() == cancel_after {
            generation.cancel();
        }
    }
    all
}

fn samplings() -> Vec<Sampling> {
    let base = Sampling {
        temperature: 0.9,
        seed: 11,
        ..Sampling::default()
    };
    vec![
        Sampling::default(),
        base.clone(),
        Sampling {
            top_k: 40,
            top_p: 0.9,
            min_p: 0.02,
            repetition_penalty: 1.2,
            frequency_penalty: 0.3,
            presence_penalty: 0.2,
            penalty_window: 30,
            logit_bias: vec![(5, 2.0), (7, -1.0)],
            ..base.clone()
        },
        Sampling {
            repetition_penalty: 1.5,
            presence_penalty: 0.5,
            ..Sampling::default()
        },
    ]
}

#[test]
fn the_gpu_generates_what_the_hosts_sampler_does() {
    for (case, prompt) in kinds("the_gpu_generates_what_the_hosts_sampler_does") {
        let (mut ours, mut hosts) = (load(&case, 256), load(&case, 256));
        for sampling in samplings() {
            // To the end, and left in the middle, where steps are under way.
            for cancel_after in [usize::MAX, 7] {
                let options = options(sampling.clone());
                let got = events(&mut ours, &prompt, options.clone(), cancel_after);
                let want = events(&mut hosts, &prompt, by_host(&options), cancel_after);
                assert_eq!(got, want, "{}, {sampling:?}", case.name);
            }
        }
    }
}

#[test]
fn what_was_given_ahead_leaves_no_trace() {
    for (case, prompt) in kinds("what_was_given_ahead_leaves_no_trace") {
        let (mut ours, mut hosts) = (load(&case, 256), load(&case, 256));
        let options = options(samplings().remove(1));
        let mut turns = vec![prompt.clone()];
        for (engine, options) in [
            (&mut ours, options.clone()),
            (&mut hosts, by_host(&options)),
        ] {
            let mut generation = start(engine, &prompt, options);
            while generation.tokens().len() < 5 {
                next(&mut generation, engine).expect("there are more tokens");
            }
            turns.push([&prompt, generation.tokens(), &prompt[..3]].concat());
            // It is left as it is, and never asked again.
        }
        assert_eq!(turns[1], turns[2], "{}", case.name);
        let got = events(&mut ours, &turns[1], options.clone(), usize::MAX);
        let want = events(&mut hosts, &turns[1], by_host(&options), usize::MAX);
        assert_eq!(got, want, "{}", case.name);
        let saved = [&mut ours, &mut hosts].map(|e| block_on(e.save_session(SequenceId(0))));
        let [got, want] = saved.map(|saved| saved.expect("it is saved"));
        assert!(got == want, "{}: the caches differ", case.name);
    }
}

#[test]
fn a_text_that_stops_the_answer_stops_it_in_flight() {
    for (case, prompt) in kinds("a_text_that_stops_the_answer_stops_it_in_flight") {
        let (mut ours, mut hosts) = (load(&case, 256), load(&case, 256));
        let free = options(samplings().remove(1));
        let of_free = events(&mut hosts, &prompt, by_host(&free), usize::MAX);
        hosts.truncate(SequenceId(0), 0);
        let mut texts = of_free.iter().filter_map(|(event, _)| match event {
            Event::Token { text, .. } if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        });
        let Some(stop) = texts.nth(4) else {
            eprintln!("SKIPPED: {}: its tokens have no texts", case.name);
            continue;
        };
        let stopped = GenerateOptions {
            stop: vec![stop],
            ..free
        };
        let got = events(&mut ours, &prompt, stopped.clone(), usize::MAX);
        let want = events(&mut hosts, &prompt, by_host(&stopped), usize::MAX);
        assert_eq!(got, want, "{}", case.name);
        let Some((Event::Finished(finished), _)) = got.last() else {
            panic!("the last event is the end")
        };
        assert_eq!(finished.reason, FinishReason::Stop, "{}", case.name);
    }
}

#[test]
fn the_context_ends_in_flight_as_it_does_otherwise() {
    for (case, prompt) in kinds("the_context_ends_in_flight_as_it_does_otherwise") {
        let (mut ours, mut hosts) = (load(&case, 46), load(&case, 46));
        let options = GenerateOptions {
            max_tokens: None,
            ..options(samplings().remove(1))
        };
        let got = events(&mut ours, &prompt, options.clone(), usize::MAX);
        let want = events(&mut hosts, &prompt, by_host(&options), usize::MAX);
        assert_eq!(got, want, "{}", case.name);
    }
}

#[test]
fn answers_side_by_side_do_not_mix() {
    for (case, prompt) in kinds("answers_side_by_side_do_not_mix") {
        let mut engine = load(&case, 256);
        let other: Vec<u32> = prompt.iter().rev().copied().collect();
        let sampling = samplings().remove(2);
        let alone = [&prompt, &other].map(|prompt| {
            let mut generation = start(&mut engine, prompt, options(sampling.clone()));
            while next(&mut generation, &mut engine).is_some() {}
            generation.tokens().to_vec()
        });
        let mut both: Vec<Generation> = [(0, &prompt), (1, &other)]
            .map(|(sequence, prompt)| {
                let options = options(sampling.clone());
                Generation::start(&mut engine, SequenceId(sequence), prompt, options)
            })
            .into_iter()
            .map(|started| started.expect("it starts"))
            .collect();
        let mut is_over = false;
        while !is_over {
            is_over = true;
            for generation in &mut both {
                is_over &= next(generation, &mut engine).is_none();
            }
        }
        for (generation, alone) in both.iter().zip(&alone) {
            assert_eq!(generation.tokens(), alone, "{}", case.name);
        }
    }
}

#[test]
fn an_id_is_all_that_is_read_back() {
    for (case, prompt) in kinds("an_id_is_all_that_is_read_back") {
        let mut engine = load(&case, 256);
        for sampling in samplings() {
            let mut generation = start(&mut engine, &prompt, options(sampling));
            while generation.tokens().is_empty() {
                next(&mut generation, &mut engine);
            }
            let before = read_bytes(&mut engine);
            while next(&mut generation, &mut engine).is_some() {}
            let bytes = read_bytes(&mut engine) - before;
            let tokens = generation.tokens().len() as u64 - 1;
            assert!(bytes > 0 && bytes <= BYTES_A_TOKEN * tokens, "{bytes}");
        }
    }
}

fn read_bytes(engine: &mut Engine) -> u64 {
    let Device::Gpu(gpu) = engine.device_mut() else {
        panic!("it was loaded for a GPU")
    };
    gpu.gpu().traffic().read_bytes
}

#[test]
fn guesses_are_made_on_a_gpu_where_they_are_asked_for() {
    for (case, prompt) in kinds("guesses_are_made_on_a_gpu_where_they_are_asked_for") {
        let mut engine = load(&case, 256);
        let is_recurrent = engine.is_recurrent();
        // An answer that repeats itself.
        let sampling = Sampling {
            logit_bias: vec![(7, 100.0)],
            ..Sampling::default()
        };
        let [by_default, guessed] = [DraftSource::Auto, DraftSource::Lookup].map(|source| {
            let options = GenerateOptions {
                speculation: source.into(),
                ..options(sampling.clone())
            };
            let mut generation = start(&mut engine, &prompt, options);
            let mut drafted = 0;
            while let Some(event) = next(&mut generation, &mut engine) {
                if let Event::Finished(finished) = event {
                    drafted = finished.usage.drafted_tokens;
                }
            }
            (generation.tokens().to_vec(), drafted)
        });
        assert_eq!(by_default.0, guessed.0, "{}", case.name);
        assert_eq!(by_default.1, 0, "{}", case.name);
        assert_eq!(guessed.1 == 0, is_recurrent, "{}", case.name);
    }
}

#[test]
fn an_answer_goes_on_on_a_cpu_that_has_computed_nothing_yet() {
    for (case, prompt) in kinds("an_answer_goes_on_on_a_cpu_that_has_computed_nothing_yet") {
        let options = options(Sampling {
            presence_penalty: 0.3,
            ..Sampling::default()
        });
        let mut gpu = load(&case, 256);
        let mut cpu = Native::exact().load(&case.model).expect("the model loads");
        let mut whole = start(&mut cpu, &prompt, options.clone());
        while next(&mut whole, &mut cpu).is_some() {}
        for given in [0, 6] {
            let mut generation = start(&mut gpu, &prompt, options.clone());
            let mut is_prefilled = false;
            while !is_prefilled || generation.tokens().len() < given {
                let event = next(&mut generation, &mut gpu);
                let total = prompt.len();
                is_prefilled |= matches!(event, Some(Event::Prefill { done_tokens, .. }) if done_tokens == total);
            }
            cpu.truncate(SequenceId(0), 0);
            while next(&mut generation, &mut cpu).is_some() {}
            assert_eq!(generation.tokens(), whole.tokens(), "{}", case.name);
            assert_eq!(cpu.cached(SequenceId(0)).len(), prompt.len() + 19);
        }
    }
}
