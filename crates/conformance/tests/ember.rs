//! The repository's own model: llama.cpp's tokens, and what its card says of it. Needs nothing outside of the repository.

use hearth_conformance::ember;
use hearth_conformance::native::greedy;

/// Samples of each kind that a test asks: enough to see that a model is broken, few enough to wait for.
const EACH: usize = 40;

#[test]
fn its_tokens_are_those_of_llama_cpp() {
    let reference = ember::reference().expect("the reference is there");
    let mut engine = ember::load(1).expect("it loads");
    assert!(!reference.answers.is_empty());
    for answer in &reference.answers {
        let vocabulary = engine.vocabulary().expect("it has a vocabulary");
        let ids = vocabulary.tokenizer().encode_marks(&answer.prompt);
        assert_eq!(ids, answer.prompt_ids, "{}", answer.prompt);
        let n = answer.greedy64_ids.len();
        let (tokens, _) = greedy(&mut engine, &ids, n).expect("it answers");
        assert_eq!(tokens, answer.greedy64_ids, "{}", answer.prompt);
    }
}

#[test]
fn it_predicts_what_it_never_saw() {
    let samples = ember::samples().expect("the samples are there");
    let mut engine = ember::load(2).expect("it loads");
    let asked = ember::some_of_each_kind(&samples, EACH);
    let scores = ember::evaluate(&mut engine, asked).expect("it answers");
    println!("{scores}");
    for (kind, most) in [
        ("chat", 2.8),
        ("copy", 2.0),
        ("identity", 2.0),
        ("passage", 2.2),
        ("tools", 1.5),
    ] {
        let perplexity = scores.kinds[kind].perplexity();
        assert!(perplexity < most, "{kind}: {perplexity}\n{scores}");
    }
}
