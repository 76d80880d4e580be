//! For every architecture: the same tokens give the same logits however they reach the states: in chunks of any size,
//! after a prefix that was reused, out of a session that was saved and restored.

use hearth_conformance::case::{self, Case};
use hearth_conformance::native::{Native, extend, greedy, logits};
use hearth_conformance::reference::max_abs;
use hearth_runtime::{Engine, LoadOptions, Pooling, RuntimeError, SequenceId};

/// Steps of another size sum in another order: attention takes its keys in tiles. Logits spread over 5 in these models.
const REORDERED: f32 = 2e-4;

/// Tokens of the prompt that each test computes: more than a window, and than every chunk.
const PROMPT: usize = 150;

/// The models of the zoo that generate text.
fn decoders() -> Vec<(Case, Vec<u32>)> {
    models(false)
}

/// Those that make embeddings.
fn encoders() -> Vec<(Case, Vec<u32>)> {
    models(true)
}

fn models(embeds: bool) -> Vec<(Case, Vec<u32>)> {
    let cases = case::zoo().into_iter();
    let with_prompt = |case: Case| {
        let longest = case.prompts.iter().max_by_key(|p| p.tokens.len());
        let tokens = longest.expect("cases have prompts").tokens.clone();
        assert!(tokens.len() >= PROMPT, "{}: a long prompt", case.name);
        (case, tokens)
    };
    cases
        .filter(|case| case.embeds() == embeds)
        .map(with_prompt)
        .collect()
}

fn load(case: &Case, options: LoadOptions) -> Engine {
    let engine = Native::exact().load_with(&case.model, options);
    engine.unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

fn options(chunk: usize) -> LoadOptions {
    Native {
        chunk,
        ..Native::exact()
    }
    .options()
}

fn assert_close(what: &str, got: &[f32], want: &[f32]) {
    let worst = max_abs(got, want);
    assert!(worst <= REORDERED, "{what}: logits differ by {worst}");
}

/// The last row of `rows`.
fn last<'a>(engine: &Engine, rows: &'a [f32]) -> &'a [f32] {
    &rows[rows.len() - engine.info().n_vocab..]
}

/// Logits of tokens appended to a sequence of any number.
fn extend_in(engine: &mut Engine, sequence: SequenceId, tokens: &[u32]) -> Vec<f32> {
    let mut all = Vec::new();
    let evaluated = engine.evaluate(sequence, tokens, |_, row| all.extend_from_slice(row));
    pollster::block_on(evaluated).expect("reference prompts fit");
    all
}

#[test]
fn chunks_of_any_size_give_the_same_logits() {
    for (case, tokens) in decoders() {
        let whole = logits(&mut load(&case, options(512)), &tokens);
        for chunk in [1, 7, 64] {
            let got = logits(&mut load(&case, options(chunk)), &tokens);
            assert_close(&format!("{}, chunks of {chunk}", case.name), &got, &whole);
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    for (case, tokens) in decoders() {
        let alone = logits(&mut load(&case, options(64)), &tokens);
        let two = Native {
            threads: 2,
            ..Native::exact()
        };
        let mut engine = two.load_with(&case.model, options(64)).expect("as before");
        assert_eq!(logits(&mut engine, &tokens), alone, "{}", case.name);
    }
}

#[test]
fn a_reused_prefix_changes_nothing() {
    for (case, tokens) in decoders() {
        let mut engine = load(&case, options(64));
        let n = 12;
        let mut fresh = load(&case, options(64));
        let answer = |engine: &mut Engine, prompt: &[u32]| {
            let greedy = greedy(engine, prompt, n);
            greedy.unwrap_or_else(|e| panic!("{}: {e}", case.name)).0
        };
        // A first turn; then it goes on, goes back behind its own answer, and into the middle of the first prompt.
        let first = answer(&mut engine, &tokens[..100]);
        let longer = [&tokens[..100], &first[..], &tokens[100..110]].concat();
        let branch = [&tokens[..60], &tokens[90..110]].concat();
        for (what, prompt) in [
            ("goes on", &longer[..]),
            ("goes back", &tokens[..110]),
            ("the same again", &tokens[..110]),
            ("branches", &branch),
        ] {
            let got = answer(&mut engine, prompt);
            fresh.truncate(SequenceId(0), 0);
            let want = answer(&mut fresh, prompt);
            assert_eq!(got, want, "{}, {what}", case.name);
            assert_eq!(
                engine.cached(SequenceId(0)),
                fresh.cached(SequenceId(0)),
                "{}, {what}",
                case.name
            );
        }
    }
}

#[test]
fn truncating_goes_back_to_where_it_says() {
    for (case, tokens) in decoders() {
        let mut engine = load(&case, options(64));
        let whole = logits(&mut engine, &tokens);
        let want = last(&engine, &whole).to_vec();
        // Of a recurrent model a checkpoint is kept on the way; others can go back anywhere.
        logits(&mut engine, &tokens[..70]);
        pollster::block_on(engine.checkpoint(SequenceId(0))).expect("it is kept");
        extend(&mut engine, &tokens[..20]);
        let kept = engine.truncate(SequenceId(0), 75);
        assert_eq!(
            kept,
            if engine.is_recurrent() { 70 } else { 75 },
            "{}",
            case.name
        );
        let kept = engine.truncate(SequenceId(0), 70);
        assert_eq!(kept, 70, "{}", case.name);
        let got = extend(&mut engine, &tokens[70..]);
        assert_close(&case.name, last(&engine, &got), &want);
        // Before the checkpoint there is only the beginning.
        let kept = engine.truncate(SequenceId(0), 33);
        assert_eq!(
            kept,
            if engine.is_recurrent() { 0 } else { 33 },
            "{}",
            case.name
        );
        let got = extend(&mut engine, &tokens[kept..]);
        assert_close(&case.name, last(&engine, &got), &want);
    }
}

#[test]
fn a_restored_session_goes_on_the_same() {
    for (case, tokens) in decoders() {
        let (head, tail) = tokens.split_at(97);
        let mut engine = load(&case, options(64));
        logits(&mut engine, head);
        let saved = pollster::block_on(engine.save_session(SequenceId(0)));
        let saved = saved.unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let want = extend(&mut engine, tail);

        let restored = |what: &str, options: LoadOptions, sequence: usize| {
            let mut other = load(&case, options);
            let sequence = SequenceId(sequence);
            let what = format!("{}, {what}", case.name);
            // Something else is in every sequence before.
            extend_in(&mut other, sequence, &tokens[20..60]);
            let done = other.restore_session(sequence, &saved);
            done.unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(other.cached(sequence), head, "{what}");
            let got = extend_in(&mut other, sequence, tail);
            assert_close(&what, &got, &want);
        };
        restored("as it was", options(64), 0);
        // Long rotary factors depend on the context's length: there it stays on the same side of the original one.
        let longer = LoadOptions {
            context: Some(640),
            ..options(7)
        };
        restored("a longer context", longer, 0);
        let several = LoadOptions {
            sequences: 3,
            ..options(64)
        };
        restored("another sequence", several, 2);
    }
}

#[test]
fn sessions_that_do_not_fit_are_errors_and_change_nothing() {
    let cases = decoders();
    for (index, (case, tokens)) in cases.iter().enumerate() {
        let mut engine = load(case, options(64));
        logits(&mut engine, &tokens[..40]);
        let saved = pollster::block_on(engine.save_session(SequenceId(0))).expect("it is saved");
        let want = extend(&mut engine, &tokens[40..50]);
        engine
            .restore_session(SequenceId(0), &saved)
            .expect("it fits");

        let mut code = |session: &[u8], sequence: usize| {
            let restored = engine.restore_session(SequenceId(sequence), session);
            restored.expect_err("it does not fit").code()
        };
        let mut changed = saved.clone();
        changed[saved.len() / 2] ^= 0x10;
        assert_eq!(code(&changed, 0), "bad_session", "{}", case.name);
        for len in [0, 7, 23, 30, saved.len() - 1] {
            assert_eq!(code(&saved[..len], 0), "bad_session", "{}", case.name);
        }
        assert_eq!(code(&saved, 1), "bad_sequence", "{}", case.name);
        // The model before this one in the list, which may be of the same architecture.
        if let Some((other, other_tokens)) = index.checked_sub(1).and_then(|i| cases.get(i)) {
            let mut other = load(other, options(64));
            logits(&mut other, &other_tokens[..40]);
            let theirs = pollster::block_on(other.save_session(SequenceId(0)));
            let theirs = theirs.expect("it is saved");
            assert_eq!(code(&theirs, 0), "other_model", "{}", case.name);
        }
        let mut short = load(
            case,
            LoadOptions {
                context: Some(32),
                ..options(16)
            },
        );
        let too_long = short.restore_session(SequenceId(0), &saved);
        assert!(
            matches!(
                too_long,
                Err(RuntimeError::PromptTooLong {
                    prompt: 40,
                    context: 32
                })
            ),
            "{}",
            case.name
        );

        assert_eq!(engine.cached(SequenceId(0)), &tokens[..40], "{}", case.name);
        let got = extend(&mut engine, &tokens[40..50]);
        assert_close(&case.name, &got, &want);
    }
}

#[test]
fn an_embedding_does_not_depend_on_what_came_before() {
    for (case, tokens) in encoders() {
        let mut engine = load(&case, options(64));
        let mut embed = |tokens: &[u32]| {
            let embedded = pollster::block_on(engine.embed(tokens));
            embedded.unwrap_or_else(|e| panic!("{}: {e}", case.name))
        };
        let first = embed(&tokens[..17]);
        assert_eq!(embed(&tokens[..17]), first, "{}", case.name);
        let longer = embed(&tokens);
        assert_eq!(
            embed(&tokens[..17]),
            first,
            "{}, after a longer text",
            case.name
        );
        assert_eq!(
            embed(&tokens),
            longer,
            "{}, after a shorter text",
            case.name
        );
        assert_ne!(first, longer, "{}", case.name);

        // Only a model that takes the last token's row can be computed in pieces.
        let mut pieces = load(&case, options(7));
        let got = pollster::block_on(pieces.embed(&tokens)).expect("as before");
        assert_close(&case.name, &got, &longer);
        assert_eq!(
            pieces.chunk() == 7,
            pieces.info().pooling == Some(Pooling::Last),
            "{}",
            case.name
        );
    }
}
