//! What holds for any text at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::case_tests::CASES;
use super::tests::{parse, tools};
use super::*;
use crate::oracle;

/// Text with many marks and parts of calls in it.
fn marked_text() -> impl Strategy<Value = String> {
    let whole = CASES
        .iter()
        .map(|case| case.1.to_owned())
        .collect::<Vec<_>>();
    let marks = "<tool_call> </tool_call> <function= > </function> <parameter=a> </parameter> {\"name\":\"f\",\"arguments\": {\"a\": 1} \
        } { [ ] ( ) , : = \" ' \\ \\u00 <|\"|> <|\" <|tool_call>call:f{ } <tool_call|> <|tool_call_start|>[ f(a= ] <|tool_call_end|> \
        [TOOL_CALLS] [ARGS] [CALL_ID] f ```tool_code ``` <｜tool▁calls▁begin｜> <｜tool▁call▁begin｜> <｜tool▁sep｜> function \
        <｜tool▁call▁end｜> <|channel|> analysis commentary to=functions.f <|message|> <|start|> <|end|> <|call|> <think> </think> \
        <|python_tag|> None 1 -2.5e3 true é 🦙 text";
    let marks: Vec<String> = marks
        .split(' ')
        .map(str::to_owned)
        .chain([" ".into(), "\n".into()])
        .collect();
    let pieces = prop_oneof![4 => proptest::sample::select(marks), 1 => proptest::sample::select(whole), 1 => ".{0,6}"];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn events_do_not_depend_on_the_cuts(text in marked_text(), head: [u8; 3]) {
        oracle::check_output(&[&head, text.as_bytes()].concat());
    }

    #[test]
    fn without_marks_all_text_is_content(text in marked_text()) {
        prop_assert_eq!(parse(OutputFormat::default(), "", &text).content, text);
    }

    #[test]
    fn any_python_arguments_are_read_back(text in ".{0,12}", number: i32, flag: bool) {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let flag_text = if flag { "True" } else { "False" };
        let call = format!("<|tool_call_start|>[f(a=\"{quoted}\", b=[{number}], c={flag_text})]<|tool_call_end|>");
        let outcome = parse(tools(ToolFormat::Lfm2), "", &call);
        let arguments: Value = serde_json::from_str(&outcome.calls[0].1).unwrap();
        prop_assert_eq!(arguments, json!({"a": text, "b": [number], "c": flag}));
    }
}
