//! Speculation changes no bit: for every architecture the same events as without it, the same tokens in the cache after
//! each of them, and the same states.

use hearth_conformance::case::{self, Arithmetic, Case};
use hearth_conformance::native::Native;
use hearth_runtime::engine::StepToken;
use hearth_runtime::{
    DraftSource, Engine, Event, GenerateOptions, Generation, LoadOptions, Sampling, SequenceId,
    Usage,
};
use pollster::block_on;

/// Tokens of the longest step that a generation computes: a token and all that are guessed to follow.
const STEP: usize = 1 + hearth_runtime::speculation::MAX_DRAFT;

const SEQUENCE: SequenceId = SequenceId(0);

/// The models of the zoo that generate text, each with a text.
fn decoders() -> Vec<(Case, Vec<u32>)> {
    let cases = case::zoo().into_iter().filter(|case| !case.embeds());
    cases.map(with_text).collect()
}

fn with_text(case: Case) -> (Case, Vec<u32>) {
    let longest = case.prompts.iter().max_by_key(|p| p.tokens.len());
    let tokens = longest.expect("cases have prompts").tokens.clone();
    (case, tokens)
}

fn load(case: &Case, options: LoadOptions) -> Engine {
    let engine = Native::exact().load_with(&case.model, options);
    engine.unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

fn options() -> LoadOptions {
    LoadOptions {
        context: Some(256),
        chunk: 64,
        max_outputs: STEP,
        ..Native::exact().options()
    }
}

/// A text that repeats itself.
fn repeating(tokens: &[u32]) -> Vec<u32> {
    [&tokens[..20], &tokens[..20], &tokens[..7]].concat()
}

/// Logits of tokens appended in one step.
fn step(engine: &mut Engine, ids: &[u32]) -> Vec<f32> {
    let tokens: Vec<StepToken> = ids
        .iter()
        .map(|&id| StepToken {
            id,
            sequence: SEQUENCE,
        })
        .collect();
    let rows: Vec<usize> = (0..ids.len()).collect();
    let logits = block_on(engine.step(&tokens, &rows));
    logits.expect("the step fits").to_vec()
}

/// The position of the first number that differs in any bit.
fn difference(a: &[f32], b: &[f32]) -> Option<usize> {
    assert_eq!(a.len(), b.len(), "as many rows");
    let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
    a.iter().zip(b).position(|pair| !same(pair))
}

fn steps_are_equal(native: &Native, (case, text): &(Case, Vec<u32>)) {
    let options = LoadOptions {
        max_outputs: STEP,
        chunk: 64,
        ..native.options()
    };
    let what = format!("{}, {native}, {:?}", case.name, native.activations);
    let mut engine = native
        .load_with(&case.model, options)
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let (head, tail) = text.split_at(text.len() - STEP);
    for chunk in head.chunks(64) {
        step_without_logits(&mut engine, chunk);
    }
    block_on(engine.checkpoint(SEQUENCE)).expect("it is kept");
    let alone: Vec<f32> = tail
        .iter()
        .flat_map(|&id| step(&mut engine, &[id]))
        .collect();
    let n_vocab = engine.info().n_vocab;
    for len in 2..=tail.len() {
        assert_eq!(engine.truncate(SEQUENCE, head.len()), head.len(), "{what}");
        let together = step(&mut engine, &tail[..len]);
        if let Some(at) = difference(&together, &alone[..len * n_vocab]) {
            let (token, id) = (at / n_vocab, at % n_vocab);
            panic!(
                "{what}: token {token} of a step of {len} has {} for {id}, alone {}",
                together[at], alone[at]
            );
        }
    }
}

fn step_without_logits(engine: &mut Engine, ids: &[u32]) {
    let sequence = SEQUENCE;
    let tokens: Vec<StepToken> = ids.iter().map(|&id| StepToken { id, sequence }).collect();
    block_on(engine.step(&tokens, &[])).expect("the step fits");
}

#[test]
fn a_token_has_the_same_logits_alone_and_in_a_step() {
    for case in decoders() {
        for arithmetic in Arithmetic::ALL {
            for native in Native::all(arithmetic.activations()) {
                steps_are_equal(&native, &case);
            }
        }
    }
}

#[test]
fn a_token_has_the_same_logits_alone_and_in_a_step_with_every_type() {
    for case in case::quants().into_iter().map(with_text) {
        for arithmetic in Arithmetic::ALL {
            steps_are_equal(&Native::all(arithmetic.activations())[0], &case);
        }
    }
}

/// Generate with and without speculation, event by event, and compare. Both are cancelled after so many events, if they
/// are not over then. Gives the numbers of tokens with it.
fn compare(
    what: &str,
    [plain, fast]: [&mut Engine; 2],
    prompt: &[u32],
    options: &GenerateOptions,
    cancel_after: usize,
) -> Usage {
    let without = GenerateOptions {
        speculation: DraftSource::Off.into(),
        ..options.clone()
    };
    let start = |engine: &mut Engine, options: &GenerateOptions| {
        let started = Generation::start(engine, SEQUENCE, prompt, options.clone());
        started.unwrap_or_else(|e| panic!("{what}: {e}"))
    };
    let mut generations = [start(plain, &without), start(fast, options)];
    for count in 1.. {
        let [a, b] = &mut generations;
        let want = block_on(a.next(plain)).expect("it goes on");
        let got = block_on(b.next(fast)).expect("it goes on");
        assert_eq!(plain.cached(SEQUENCE), fast.cached(SEQUENCE), "{what}");
        match (want, got) {
            (Some(Event::Finished(want)), Some(Event::Finished(got))) => {
                assert_eq!(
                    (&got.text, &got.output, got.reason),
                    (&want.text, &want.output, want.reason),
                    "{what}"
                );
                assert_eq!(got.usage.completion_tokens, want.usage.completion_tokens);
                assert_eq!(got.usage.prompt_tokens, want.usage.prompt_tokens);
                assert_eq!(got.usage.cached_tokens, want.usage.cached_tokens);
                assert_eq!(
                    (want.usage.drafted_tokens, want.usage.accepted_tokens),
                    (0, 0)
                );
                return got.usage;
            }
            (want, got) => assert_eq!(got, want, "{what}, event {count}"),
        }
        if count == cancel_after {
            generations.iter_mut().for_each(Generation::cancel);
        }
    }
    unreachable!("a generation ends")
}

/// Ways to choose tokens, of which each has a reason to be disturbed by speculation.
fn ways(text: &[u32]) -> Vec<(&'static str, GenerateOptions)> {
    let greedy = GenerateOptions {
        max_tokens: Some(48),
        ignore_eos: true,
        ..GenerateOptions::default()
    };
    let with = |sampling: Sampling| GenerateOptions {
        sampling,
        ..greedy.clone()
    };
    let penalties = Sampling {
        repetition_penalty: 1.3,
        frequency_penalty: 0.2,
        presence_penalty: 0.1,
        penalty_window: 16,
        ..Sampling::default()
    };
    let seeded = Sampling {
        temperature: 0.8,
        top_k: 40,
        top_p: 0.95,
        seed: 7,
        ..Sampling::default()
    };
    // Two or three tokens in random order: guesses are often right, and often wrong.
    let few = Sampling {
        temperature: 4.0,
        logit_bias: text[..3].iter().map(|&id| (id, 1e4)).collect(),
        seed: 11,
        ..Sampling::default()
    };
    let few_with_penalties = Sampling {
        seed: 12,
        temperature: 4.0,
        logit_bias: few.logit_bias.clone(),
        ..penalties.clone()
    };
    vec![
        ("greedy", greedy.clone()),
        ("penalties", with(penalties)),
        ("seeded", with(seeded)),
        ("few tokens", with(few.clone())),
        ("few tokens with penalties", with(few_with_penalties)),
        (
            "typed, and ending where the model ends",
            GenerateOptions {
                typed: true,
                ignore_eos: false,
                ..with(few)
            },
        ),
        (
            "to the end of the context",
            GenerateOptions {
                max_tokens: None,
                ..greedy
            },
        ),
    ]
}

#[test]
fn looking_up_changes_nothing() {
    let mut accepted_greedily = 0;
    for (case, text) in decoders() {
        let (mut plain, mut fast) = (load(&case, options()), load(&case, options()));
        let prompt = repeating(&text);
        for (way, options) in ways(&text) {
            let what = format!("{}, {way}", case.name);
            let usage = compare(
                &what,
                [&mut plain, &mut fast],
                &prompt,
                &options,
                usize::MAX,
            );
            if plain.is_recurrent() {
                assert_eq!(usage.drafted_tokens, 0, "{what}");
                continue;
            }
            if way == "greedy" {
                accepted_greedily += usage.accepted_tokens;
            }
            if way == "few tokens" {
                assert!(usage.accepted_tokens > 0, "{what}: {usage:?}");
                assert!(
                    usage.accepted_tokens < usage.drafted_tokens,
                    "{what}: {usage:?}"
                );
            }
            let saved = [&mut plain, &mut fast].map(|engine| {
                let saved = block_on(engine.save_session(SEQUENCE));
                saved.expect("it is saved")
            });
            assert!(saved[0] == saved[1], "{what}: the states are the same");
        }
    }
    assert!(accepted_greedily > 0 || case::zoo().is_empty());
}

#[test]
fn an_answer_may_end_within_a_draft() {
    for (case, text) in decoders() {
        let (mut plain, mut fast) = (load(&case, options()), load(&case, options()));
        let prompt = repeating(&text);
        // One token again and again: every guess is right, so every end is within a draft or at its edge.
        let options = GenerateOptions {
            sampling: Sampling {
                logit_bias: vec![(text[1], 1e4)],
                ..Sampling::default()
            },
            ignore_eos: true,
            max_tokens: Some(40),
            ..GenerateOptions::default()
        };
        let mut compare = |way: String, options: &GenerateOptions, cancel_after: usize| {
            let what = format!("{}, {way}", case.name);
            compare(
                &what,
                [&mut plain, &mut fast],
                &prompt,
                options,
                cancel_after,
            )
        };
        for n in 0..24 {
            let fewer = GenerateOptions {
                max_tokens: Some(n),
                ..options.clone()
            };
            let usage = compare(format!("{n} tokens"), &fewer, usize::MAX);
            assert_eq!(usage.completion_tokens, n);
            compare(format!("cancelled after {n}"), &options, n);
        }
        let vocabulary = plain_text(&case, text[1]);
        for n in [1, 3, 6, 11].into_iter().filter(|_| !vocabulary.is_empty()) {
            let stopping = GenerateOptions {
                stop: vec![vocabulary.repeat(n)],
                ..options.clone()
            };
            compare(format!("stopped after {n}"), &stopping, usize::MAX);
        }
    }
}

/// What a token adds to a text.
fn plain_text(case: &Case, id: u32) -> String {
    let engine = load(case, options());
    let vocabulary = engine.vocabulary().expect("it has texts");
    vocabulary.token_text(Some(id))
}

#[test]
fn a_session_saved_within_a_draft_goes_on_the_same() {
    for (case, text) in decoders() {
        let (mut engine, mut other) = (load(&case, options()), load(&case, options()));
        if engine.is_recurrent() {
            continue;
        }
        let prompt = repeating(&text);
        let (_, few) = ways(&text).swap_remove(3);
        let mut generation =
            Generation::start(&mut engine, SEQUENCE, &prompt, few).expect("it starts");
        while let Some(event) = block_on(generation.next(&mut engine)).expect("it goes on") {
            if !matches!(event, Event::Token { .. }) {
                continue;
            }
            let saved = block_on(engine.save_session(SEQUENCE)).expect("it is saved");
            other.restore_session(SEQUENCE, &saved).expect("it fits");
            let generated = generation.tokens();
            let seen = [&prompt, generated].concat();
            let (last, before) = seen.split_last().expect("a prompt is not empty");
            assert_eq!(other.cached(SEQUENCE), before, "{}", case.name);
            if generated.len().is_multiple_of(5) {
                // Tokens one by one, and the same without what came of guesses.
                let got = step(&mut other, &[*last]);
                other.truncate(SEQUENCE, 0);
                for chunk in prompt.chunks(64) {
                    step_without_logits(&mut other, chunk);
                }
                let rest = seen[prompt.len()..].iter();
                let want = rest.map(|&id| step(&mut other, &[id])).last();
                let want = want.expect("a token was generated");
                assert_eq!(difference(&got, &want), None, "{}", case.name);
            }
        }
    }
}

#[test]
fn a_draft_model_changes_nothing() {
    let cases = decoders();
    let n_vocab = |case: &Case| load(case, options()).info().n_vocab;
    let sizes: Vec<usize> = cases.iter().map(|(case, _)| n_vocab(case)).collect();
    for ((case, text), size) in cases.iter().zip(&sizes) {
        let (mut plain, mut fast) = (load(case, options()), load(case, options()));
        let prompt = repeating(text);
        let by_model = |options: GenerateOptions| GenerateOptions {
            speculation: DraftSource::Model.into(),
            ..options
        };
        let others = cases.iter().zip(&sizes).filter(|(_, other)| *other == size);
        for ((other, _), _) in others {
            let what = format!("{} for {}", other.name, case.name);
            // Another chunk, so that it has to catch up.
            let chunk = if other.name == case.name { 64 } else { 9 };
            let draft = load(other, LoadOptions { chunk, ..options() });
            let recurrent = draft.is_recurrent() || fast.is_recurrent();
            if let Err(error) = fast.set_draft_model(draft) {
                assert_eq!(error.code(), "bad_draft_model", "{what}");
                assert!(recurrent || other.name != case.name, "{what}: {error}");
                continue;
            }
            for (way, options) in ways(text) {
                let what = format!("{what}, {way}");
                let options = by_model(options);
                let engines = [&mut plain, &mut fast];
                let usage = compare(&what, engines, &prompt, &options, usize::MAX);
                if other.name == case.name && ["greedy", "to the end of the context"].contains(&way)
                {
                    assert_eq!(usage.accepted_tokens, usage.drafted_tokens, "{what}");
                    assert!(
                        usage.accepted_tokens > 2 * usage.completion_tokens / 3,
                        "{what}: {usage:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_draft_model_is_asked_for_only_where_there_is_one() {
    for (case, text) in decoders() {
        let mut engine = load(&case, options());
        let options = GenerateOptions {
            speculation: DraftSource::Model.into(),
            ..GenerateOptions::default()
        };
        let error = Generation::start(&mut engine, SEQUENCE, &text, options);
        assert_eq!(error.expect_err("there is none").code(), "bad_draft_model");
    }
}

#[test]
fn generations_side_by_side_do_not_disturb_each_other() {
    for (case, text) in decoders() {
        let mut both = load(
            &case,
            LoadOptions {
                sequences: 2,
                ..options()
            },
        );
        let prompts = [repeating(&text), repeating(&text[30..])];
        let (_, few) = ways(&text).swap_remove(3);
        let mut generations = Vec::new();
        for (index, prompt) in prompts.iter().enumerate() {
            let started = Generation::start(&mut both, SequenceId(index), prompt, few.clone());
            generations.push(started.expect("it starts"));
        }
        while let [Some(_), Some(_)] = [0, 1].map(|i: usize| {
            let event = block_on(generations[i].next(&mut both));
            event.expect("it goes on")
        }) {}
        for (generation, prompt) in generations.iter().zip(&prompts) {
            let mut alone = load(&case, options());
            let without = GenerateOptions {
                speculation: DraftSource::Off.into(),
                ..few.clone()
            };
            let mut want =
                Generation::start(&mut alone, SEQUENCE, prompt, without).expect("it starts");
            while block_on(want.next(&mut alone))
                .expect("it goes on")
                .is_some()
            {}
            assert_eq!(generation.tokens(), want.tokens(), "{}", case.name);
        }
    }
}
