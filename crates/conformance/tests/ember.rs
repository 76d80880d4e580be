//! The repository's own model: llama.cpp's tokens, and what its card says of it. Needs nothing outside of the repository.

use hearth_conformance::ember;
use hearth_conformance::native::greedy;
use hearth_conformance::reference::robust_prefix;
use hearth_runtime::Engine;

/// Samples of each kind that a test asks: enough to see that a model is broken, few enough to wait for.
const EACH: usize = 40;

/// Both round activations to 8 bits, in orders of their own, which moves a lead by up to a tenth in each: where the likeliest token leads by less, that decides.
const LEAD: f32 = 0.2;
/// Of the tokens, how many lead by so much at least.
const COMPARED: f64 = 0.9;

#[test]
fn its_tokens_are_those_of_llama_cpp() {
    let reference = ember::reference().expect("the reference is there");
    let mut engine = ember::load(1).expect("it loads");
    assert!(!reference.answers.is_empty());
    let (mut compared, mut all) = (0, 0);
    for answer in &reference.answers {
        let vocabulary = engine.vocabulary().expect("it has a vocabulary");
        let prompt = vocabulary.tokenizer().encode_marks(&answer.prompt);
        assert_eq!(prompt, answer.prompt_ids, "{}", answer.prompt);
        let (want, leads) = (&answer.greedy64_ids, &answer.greedy64_margins);
        assert_eq!(leads.len(), want.len());
        // Written freely, as far as nothing but the model decides; and where something else does, from behind that on.
        let (tokens, _) = greedy(&mut engine, &prompt, want.len()).expect("it answers");
        let robust = robust_prefix(leads, LEAD);
        assert_eq!(tokens[..robust], want[..robust], "{}", answer.prompt);
        let chosen = likeliest(&mut engine, &prompt, want);
        for at in (0..want.len()).filter(|&at| leads[at] >= LEAD) {
            compared += 1;
            assert_eq!(chosen[at], want[at], "token {at} of {}", answer.prompt);
        }
        all += want.len();
    }
    assert!(f64::from(compared) >= COMPARED * all as f64, "{compared}");
}

/// The likeliest token after `prompt`, and after it with each token of `answer` but the last.
fn likeliest(engine: &mut Engine, prompt: &[u32], answer: &[u32]) -> Vec<u32> {
    let text = [prompt, &answer[..answer.len() - 1]].concat();
    let positions: Vec<usize> = (prompt.len() - 1..text.len()).collect();
    let logits = pollster::block_on(engine.logits(&text, &positions)).expect("it computes");
    logits
        .chunks_exact(engine.info().n_vocab)
        .map(|row| {
            let first = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            first.map_or(0, |(id, _)| id as u32)
        })
        .collect()
}

#[test]
fn it_predicts_what_it_never_saw() {
    let samples = ember::samples().expect("the samples are there");
    let mut engine = ember::load(2).expect("it loads");
    let asked = ember::some_of_each_kind(&samples, EACH);
    let scores = ember::evaluate(&mut engine, asked).expect("it answers");
    println!("{scores}");
    for (kind, most) in [
        ("chat", 2.6),
        ("copy", 1.3),
        ("identity", 1.8),
        ("passage", 1.4),
        ("tools", 1.1),
    ] {
        let perplexity = scores.kinds[kind].perplexity();
        assert!(perplexity < most, "{kind}: {perplexity}\n{scores}");
    }
}
