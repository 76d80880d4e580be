//! What each family's output comes to, case by case.

use super::tests::{collect, parse, think, tools};
use super::*;

#[test]
fn reasoning_is_split_from_the_answer() {
    let qwen = think(ToolFormat::Hermes);
    let outcome = parse(qwen, "", "<think>\nHm < 3.\n\n</think>\n\nYes.\n");
    assert_eq!(
        (outcome.reasoning.as_str(), outcome.content.as_str()),
        ("Hm < 3.", "Yes.\n")
    );
    // The template opened it.
    let outcome = parse(qwen, "<|im_start|>assistant\n<think>\n", "Hm.</think>Yes");
    assert_eq!(
        (outcome.reasoning.as_str(), outcome.content.as_str()),
        ("Hm.", "Yes")
    );
    // It is never closed.
    let outcome = parse(qwen, "<think>", "Hm. </thin\n");
    assert_eq!(
        (outcome.reasoning.as_str(), outcome.content.as_str()),
        ("Hm. </thin\n", "")
    );
    let mistral = OutputFormat {
        reasoning: ReasoningFormat::Mistral,
        tools: ToolFormat::Mistral,
    };
    let outcome = parse(mistral, "", "[THINK]a[/THINK]b[TOOL_CALLS]f[ARGS]{}");
    assert_eq!(
        (outcome.reasoning.as_str(), outcome.content.as_str()),
        ("a", "b")
    );
    assert_eq!(outcome.calls, [("f".into(), "{}".into(), Some(true))]);
    let gemma = OutputFormat {
        reasoning: ReasoningFormat::Gemma4,
        tools: ToolFormat::Gemma4,
    };
    let outcome = parse(gemma, "", "<|channel>thought\nHm.\n<channel|>Yes.");
    assert_eq!(
        (outcome.reasoning.as_str(), outcome.content.as_str()),
        ("Hm.", "Yes.")
    );
}

#[test]
fn harmony_channels_are_told_apart() {
    let text = "<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>commentary<|message|>Now.<|end|>\
        <|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{\"a\": 1}<|call|>";
    let outcome = parse(tools(ToolFormat::Harmony), "<|start|>assistant", text);
    assert_eq!(outcome.order, "rcsae");
    assert_eq!(
        (outcome.reasoning.as_str(), outcome.content.as_str()),
        ("Think.", "Now.")
    );
    assert_eq!(
        outcome.calls,
        [("f".into(), "{\"a\": 1}".into(), Some(true))]
    );
    let outcome = parse(
        tools(ToolFormat::Harmony),
        "",
        "<|channel|>final<|message|>Hi<|return|>",
    );
    assert_eq!(outcome.content, "Hi");
    let prompt = "<|start|>assistant<|channel|>analysis<|message|>";
    assert_eq!(
        parse(tools(ToolFormat::Harmony), prompt, "Hm").reasoning,
        "Hm"
    );
    // Without a header all is content.
    assert_eq!(
        parse(tools(ToolFormat::Harmony), "", "Hi <b>").content,
        "Hi <b>"
    );
    assert_eq!(
        parse(tools(ToolFormat::Harmony), "", "<|channel|>x").content,
        "<|channel|>x"
    );
}

/// Format, text, what calls are in it, and what content.
pub(super) type Case = (
    ToolFormat,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

pub(super) const CASES: &[Case] = &[
    (
        ToolFormat::Hermes,
        "Look: <tool_call>\n{\"arguments\": {\"a\": [1, {}]}, \"name\": \"f\"}\n</tool_call>\n<tool_call>{\"name\":\"g\"}</tool_call>\nOk",
        &[("f", "{\"a\": [1, {}]}"), ("g", "{}")],
        "Look: Ok",
    ),
    (
        ToolFormat::Hermes,
        "<tool_call>{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}</tool_call>",
        &[("f", "{\"a\":1}")],
        "",
    ),
    (
        ToolFormat::Hermes,
        "<tool_call>{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{}}}</tool_call>",
        &[("f", "{}")],
        "",
    ),
    (
        ToolFormat::Hermes,
        "<tool_call>[{\"name\":\"f\"},{\"name\":\"g\"}]</tool_call>",
        &[("f", "{}"), ("g", "{}")],
        "",
    ),
    (
        ToolFormat::Hermes,
        "<tool_call><function=f></function><function=g><parameter=a>True</parameter><parameter=b>12 monkeys</parameter></tool_call>",
        &[("f", "{}"), ("g", "{\"a\":true,\"b\":\"12 monkeys\"}")],
        "",
    ),
    (
        ToolFormat::Hermes,
        "no <tool_calls> here <tool",
        &[],
        "no <tool_calls> here <tool",
    ),
    (
        ToolFormat::Hermes,
        "<tool_call>nonsense</tool_call>",
        &[],
        "<tool_call>nonsense</tool_call>",
    ),
    (
        ToolFormat::Hermes,
        "<tool_call>{\"name\": 1}</tool_call>",
        &[],
        "<tool_call>{\"name\": 1}</tool_call>",
    ),
    (
        ToolFormat::Llama3,
        "<|python_tag|>{\"name\": \"f\", \"parameters\": {\"a\": \"b\"}}",
        &[("f", "{\"a\": \"b\"}")],
        "",
    ),
    (
        ToolFormat::Llama3,
        "<|python_tag|>brave_search.call(query=\"x y\")",
        &[("brave_search", "{\"query\":\"x y\"}")],
        "",
    ),
    (
        ToolFormat::Llama3,
        "{\"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"parameters\": {}}",
        &[("f", "{}"), ("g", "{}")],
        "",
    ),
    (
        ToolFormat::Llama3,
        "<function=f>{\"a\": 1}</function>",
        &[("f", "{\"a\": 1}")],
        "",
    ),
    (
        ToolFormat::Llama3,
        "{\"name\": \"Bob\", \"age\": 3}",
        &[],
        "{\"name\": \"Bob\", \"age\": 3}",
    ),
    (
        ToolFormat::Llama3,
        "Use {\"name\": \"f\", \"parameters\": {}}",
        &[],
        "Use {\"name\": \"f\", \"parameters\": {}}",
    ),
    (
        ToolFormat::Llama3,
        "<|python_tag|>print(\"hi\")\n",
        &[],
        "<|python_tag|>print(\"hi\")\n",
    ),
    (
        ToolFormat::Mistral,
        "[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": 1}, \"id\": \"123456789\"}, {\"name\": \"g\", \"arguments\": {}}]",
        &[("f", "{\"a\": 1}"), ("g", "{}")],
        "",
    ),
    (
        ToolFormat::Mistral,
        "[TOOL_CALLS]f[CALL_ID]abc[ARGS]{\"a\": 1}[TOOL_CALLS]g[ARGS]{}",
        &[("f", "{\"a\": 1}"), ("g", "{}")],
        "",
    ),
    (
        ToolFormat::Mistral,
        "[TOOL_CALLS]f{\"a\": 1}",
        &[("f", "{\"a\": 1}")],
        "",
    ),
    (
        ToolFormat::Mistral,
        "[TOOL_CALLS]not a call",
        &[],
        "[TOOL_CALLS]not a call",
    ),
    (
        ToolFormat::Gemma,
        "So:\n```tool_code\nf(city='Sofia', n=3)\n```",
        &[("f", "{\"city\":\"Sofia\",\"n\":3}")],
        "So:\n",
    ),
    (
        ToolFormat::Gemma4,
        "<|tool_call>call:f{a:<|\"|>x\"<|y<|\"|>,l:[1,<|\"|>z<|\"|>],o:{<|\"|>k<|\"|>:true}}<tool_call|><|tool_call>call:g{}<tool_call|>",
        &[
            (
                "f",
                "{\"a\":\"x\\\"<|y\",\"l\":[1,\"z\"],\"o\":{\"k\":true}}",
            ),
            ("g", "{}"),
        ],
        "",
    ),
    (
        ToolFormat::Lfm2,
        "<|tool_call_start|>[f(town=\"Plovdiv\", unit='celsius'), g(a=[1, 2.5, None,], b={'k': True}, c=\"\\u00e9\\n\\\"\", d=(1,))]<|tool_call_end|>Checking.",
        &[
            ("f", "{\"town\":\"Plovdiv\",\"unit\":\"celsius\"}"),
            (
                "g",
                "{\"a\":[1,2.5,null],\"b\":{\"k\":true},\"c\":\"\\u00e9\\n\\\"\",\"d\":[1]}",
            ),
        ],
        "Checking.",
    ),
    (
        ToolFormat::Lfm2,
        "<|tool_call_start|>[f()]<|tool_call_end|>",
        &[("f", "{}")],
        "",
    ),
    (
        ToolFormat::Lfm2,
        "<|tool_call_start|>[{\"name\": \"f\", \"arguments\": {}}]<|tool_call_end|>",
        &[("f", "{}")],
        "",
    ),
    (
        ToolFormat::Lfm2,
        "<|tool_call_start|>[f(1)]<|tool_call_end|>",
        &[],
        "<|tool_call_start|>[f(1)]<|tool_call_end|>",
    ),
    (
        ToolFormat::DeepSeek,
        "Ok<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": 1}<｜tool▁call▁end｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        &[("f", "{\"a\": 1}"), ("g", "{}")],
        "Ok",
    ),
    (
        ToolFormat::None,
        "<tool_call>{\"name\":\"f\"}",
        &[],
        "<tool_call>{\"name\":\"f\"}",
    ),
];

#[test]
fn families_write_their_calls_in_many_ways() {
    for (format, text, calls, content) in CASES {
        let outcome = parse(tools(*format), "", text);
        let wanted: Vec<_> = calls
            .iter()
            .map(|(name, arguments)| ((*name).to_owned(), (*arguments).to_owned(), Some(true)))
            .collect();
        assert_eq!(outcome.calls, wanted, "{format:?}: {text}");
        assert_eq!(outcome.content, *content, "{format:?}: {text}");
    }
}

#[test]
fn calls_that_break_off_end_with_an_event() {
    let incomplete = |format, text| {
        let outcome = parse(tools(format), "", text);
        assert_eq!(outcome.calls.len(), 1, "{text}: {outcome:?}");
        assert_eq!(outcome.calls[0].2, Some(false), "{text}: {outcome:?}");
        outcome.content
    };
    let open = "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"b";
    assert_eq!(incomplete(ToolFormat::Hermes, open), "");
    let broken = "<tool_call>{\"name\": \"f\", \"arguments\": {a: 1}}</tool_call>";
    assert_eq!(incomplete(ToolFormat::Hermes, broken), "a: 1}}</tool_call>");
    incomplete(
        ToolFormat::Hermes,
        "<tool_call><function=f><parameter=a>long text",
    );
    incomplete(ToolFormat::Mistral, "[TOOL_CALLS]f[ARGS]{\"a\"");
    incomplete(ToolFormat::Gemma4, "<|tool_call>call:f{a:<|\"|>x");
    incomplete(ToolFormat::Lfm2, "<|tool_call_start|>[f(a=\"");
    incomplete(
        ToolFormat::DeepSeek,
        "<｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\":",
    );
    incomplete(
        ToolFormat::Harmony,
        "<|channel|>commentary to=functions.f<|message|>{\"a\"",
    );
    // The closing mark is not needed once the arguments are whole.
    let outcome = parse(
        tools(ToolFormat::Hermes),
        "",
        "<tool_call>{\"name\":\"f\",\"arguments\":{}}",
    );
    assert_eq!(outcome.calls[0].2, Some(true));
}

#[test]
fn arguments_come_while_they_are_written() {
    let mut parser = OutputParser::new(tools(ToolFormat::Hermes));
    assert_eq!(parser.push("Hi <to"), [Event::Content("Hi ".into())]);
    assert_eq!(parser.push("ol_call>{\"name\": \"f\", \"arguments\": "), []);
    let start = Event::ToolCallStart {
        index: 0,
        name: "f".into(),
    };
    let delta = |delta: &str| Event::ToolCallArguments {
        index: 0,
        delta: delta.into(),
    };
    assert_eq!(
        parser.push("{\"a\": \"long te"),
        [start, delta("{\"a\": \"long te")]
    );
    assert_eq!(
        parser.push("xt\"}"),
        [delta("xt\"}"), Event::ToolCallEnd { index: 0 }]
    );
    // A parameter in marks is passed on as soon as it can be nothing but a string.
    let mut parser = OutputParser::new(tools(ToolFormat::Hermes));
    let events = parser.push("<tool_call><function=f><parameter=a>\nSome long text");
    assert_eq!(collect(events).calls[0].1, "{\"a\":\"Some long text");
}
