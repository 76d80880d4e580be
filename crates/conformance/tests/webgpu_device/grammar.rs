//! Answers that keep to a grammar.

use hearth_conformance::native::Native;
use hearth_conformance::reference::shared;
use hearth_runtime::constraint::{FreeText, Grammar};
use hearth_runtime::text::DecodeOptions;
use hearth_runtime::{GenerateOptions, Sampling, SequenceId};

use crate::{answer, load, open, options, with_losses};

#[test]
fn an_answer_under_a_grammar_is_that_of_the_cpu_losses_or_not() {
    const TEST: &str = "an_answer_under_a_grammar_is_that_of_the_cpu_losses_or_not";
    let Some(path) = shared("zoo/models/qwen3/model.f16.gguf") else {
        return;
    };
    let Some(gpu) = open(TEST) else { return };
    let schema = r#"{"type":"object","properties":{"place":{"type":"string","maxLength":5},"days":{"enum":[3,14]}},"required":["place","days"],"additionalProperties":false}"#;
    let thinks = FreeText {
        open: None,
        close: "</think>".to_owned(),
        between: "\n\n".to_owned(),
        without: String::new(),
        returns: false,
    };
    let asked = GenerateOptions {
        grammar: Some(Grammar::JsonSchema(schema.to_owned())),
        free_text: Some(thinks),
        ..answer(60, Sampling::default())
    };
    let prompt: Vec<u32> = (0..20).map(|i| 7 + i * 13 % 90).collect();
    let mut engine = Native::exact().load(&path).expect("the model loads");
    let (want, _) = with_losses(&mut engine, &prompt, asked.clone(), &[]);
    let mut engine = load(&path, &options(), gpu);
    let (got, _) = with_losses(&mut engine, &prompt, asked.clone(), &[]);
    assert_eq!(got, want);
    engine.truncate(SequenceId(0), 0);
    let (got, recomputed) = with_losses(&mut engine, &prompt, asked, &[1, 9, 50]);
    assert_eq!(got, want);
    assert!(recomputed >= 3, "{recomputed}");
    let vocabulary = engine.vocabulary().expect("a vocabulary");
    let text = vocabulary
        .tokenizer()
        .decode(&got, DecodeOptions::default());
    let text = String::from_utf8(text).expect("it is text");
    let said = text.split_once("</think>").expect("it thinks").1;
    let said: serde_json::Value = serde_json::from_str(said).expect("JSON");
    assert!(said["days"] == 3 || said["days"] == 14, "{said}");
}
