//! What the answer's form must be, as a grammar: a format that was asked for, a call of a tool that is required, either of the two where
//! a format is asked for and tools may be called, or calls that must follow their schemas wherever the model makes them.
//!
//! Grammars are written in Lark as `llguidance` reads it. A model that reasons does so before an answer in a form too: as free text, which
//! is ended in time for the answer.

use hearth_runtime::Vocabulary;
use hearth_runtime::constraint::{FreeText, Grammar};
use hearth_runtime::text::output::{ReasoningFormat, ToolFormat};
use serde_json::{Value, json};

use super::prompt::ChatPrompt;
use super::request::{Checked, ReasoningEffort, ResponseFormat, ToolPlan};
use super::tool::ChatFunction;

/// How gpt-oss begins a message and the name of its channel, what it thinks in one, and what it answers in one.
const HARMONY_START: &str = "<|start|>assistant";
const HARMONY_CHANNEL: &str = "<|channel|>";
const HARMONY_THOUGHT: &str = "<|channel|>analysis<|message|>";
const HARMONY_ANSWER: &str = "<|channel|>final<|message|>";

/// The form of an answer.
#[derive(Clone, Debug)]
pub(super) struct AnswerForm {
    /// What it must keep to.
    pub(super) grammar: Option<Grammar>,
    /// What may stand before that, or around it.
    pub(super) free_text: Option<FreeText>,
    /// How calls of tools are written in it.
    pub(super) tools: ToolFormat,
}

impl AnswerForm {
    /// Of a request. Where reasoning is not wanted and the prompt has opened it, the prompt ends it.
    pub(super) fn of(
        checked: &Checked,
        plan: &ToolPlan<'_>,
        prompt: &mut ChatPrompt,
        vocabulary: &Vocabulary,
    ) -> Self {
        let native = prompt.format.tools;
        let tools = required_form(native);
        let calls = Calls {
            vocabulary,
            form: tools,
        };
        let thinks = checked.request.reasoning_effort != Some(ReasoningEffort::None);
        if !plan.required.is_empty() {
            let free_text = reasoning(prompt, vocabulary, thinks, calls.opening());
            let begins = free_text.is_none();
            let rules = calls.rules(&plan.required, plan.parallel, begins);
            return AnswerForm {
                grammar: Some(Grammar::Lark(rules)),
                free_text,
                tools,
            };
        }
        let schema = schema_of(checked);
        if let (Some(schema), false) = (&schema, plan.shown.is_empty()) {
            let shared = calls.shared_opening();
            let free_text = reasoning(prompt, vocabulary, thinks, shared);
            let begins = free_text.is_none();
            return AnswerForm {
                grammar: Some(Grammar::Lark(calls.or_answer(plan, schema, begins))),
                free_text,
                tools,
            };
        }
        let grammar = match &checked.request.grammar {
            Some(choice) => Some(choice.grammar()),
            None => schema.map(|schema| Grammar::JsonSchema(schema.to_string())),
        };
        if grammar.is_none() && tools == native && plan.is_strict() && !calls.opening().is_empty() {
            return AnswerForm {
                grammar: Some(Grammar::Lark(calls.wherever(plan))),
                free_text: Some(around_calls(calls.opening())),
                tools,
            };
        }
        let is_harmony = native == ToolFormat::Harmony;
        let opening = if is_harmony { HARMONY_ANSWER } else { "" };
        let free_text = grammar
            .as_ref()
            .and_then(|_| reasoning(prompt, vocabulary, thinks, opening));
        if grammar.is_some() && free_text.is_none() {
            prompt.append(opening, vocabulary);
        }
        AnswerForm {
            grammar,
            free_text,
            tools: native,
        }
    }
}

/// The model's reasoning before an answer in a form, which begins with `opening`; `None` where there is none. A prompt that opens it for
/// nothing is ended.
fn reasoning(
    prompt: &mut ChatPrompt,
    vocabulary: &Vocabulary,
    thinks: bool,
    opening: &str,
) -> Option<FreeText> {
    if prompt.format.tools == ToolFormat::Harmony {
        return thinks.then(|| FreeText {
            open: Some(HARMONY_THOUGHT.to_owned()),
            close: "<|end|>".to_owned(),
            between: format!("{HARMONY_START}{opening}"),
            without: opening.to_owned(),
            returns: false,
        });
    }
    let (open, close) = prompt.format.reasoning.marks()?;
    let said = prompt.text.trim_end();
    let (is_open, is_over) = (said.ends_with(open), said.ends_with(close));
    let between = match prompt.format.reasoning {
        ReasoningFormat::Think => "\n\n",
        _ => "",
    };
    if !thinks && is_open {
        prompt.append(&format!("\n{close}{between}"), vocabulary);
    }
    let comes = thinks && !is_over;
    comes.then(|| FreeText {
        open: (!is_open).then(|| open.to_owned()),
        close: close.to_owned(),
        between: format!("{between}{opening}"),
        without: opening.to_owned(),
        returns: false,
    })
}

/// Free text around calls, which begin with `opening`.
fn around_calls(opening: &str) -> FreeText {
    FreeText {
        open: None,
        close: opening.to_owned(),
        between: String::new(),
        without: String::new(),
        returns: true,
    }
}

/// The JSON schema that was asked for.
fn schema_of(checked: &Checked) -> Option<Value> {
    let object = || json!({ "type": "object" });
    match checked.request.response_format.as_ref()? {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(object()),
        ResponseFormat::JsonSchema { json_schema } => {
            Some(json_schema.schema.clone().unwrap_or_else(object))
        }
    }
}

/// The form in which a family calls tools where it must: its own where that is JSON, else the one that most models have seen.
fn required_form(form: ToolFormat) -> ToolFormat {
    match form {
        ToolFormat::Llama3
        | ToolFormat::Mistral
        | ToolFormat::Lfm2
        | ToolFormat::DeepSeek
        | ToolFormat::Harmony => form,
        _ => ToolFormat::Hermes,
    }
}

/// Writes the rules of calls.
struct Calls<'a> {
    vocabulary: &'a Vocabulary,
    form: ToolFormat,
}

impl Calls<'_> {
    /// What calls begin with: nobody writes it for anything else. Empty where there is no such mark.
    fn opening(&self) -> &'static str {
        match self.form {
            ToolFormat::Mistral => "[TOOL_CALLS]",
            ToolFormat::Lfm2 => "<|tool_call_start|>",
            ToolFormat::DeepSeek => "<｜tool▁calls▁begin｜>",
            ToolFormat::Harmony => "<|channel|>commentary to=functions.",
            ToolFormat::Hermes => "<tool_call>",
            _ => "",
        }
    }

    /// The same, in a rule.
    fn opening_rule(&self) -> String {
        match self.form {
            ToolFormat::Harmony => format!(
                "{} \"commentary to=functions.\"",
                mark(self.vocabulary, HARMONY_CHANNEL)
            ),
            ToolFormat::Llama3 => String::new(),
            _ => mark(self.vocabulary, self.opening()),
        }
    }

    /// Rules of an answer: one call or, where that is allowed, several, with or without what they begin with.
    fn rules(&self, functions: &[&ChatFunction], parallel: bool, begins: bool) -> String {
        let opening = match begins {
            true => self.opening_rule(),
            false => String::new(),
        };
        let functions: Vec<(&str, Value)> = functions
            .iter()
            .map(|function| (function.name.as_str(), function.schema()))
            .collect();
        let more = match (parallel, self.form) {
            (false, _) | (_, ToolFormat::Harmony | ToolFormat::Llama3) => String::new(),
            (_, ToolFormat::Mistral | ToolFormat::Lfm2) => "(\", \" call)*".to_owned(),
            (_, ToolFormat::Hermes) => format!("(\"\\n\" {} call)*", self.opening_rule()),
            _ => "(\"\\n\" call)*".to_owned(),
        };
        format!(
            "start: {opening} {}\n{}",
            self.calls(&more),
            self.each(&functions)
        )
    }

    /// Rules of one call after what it begins with.
    fn wherever(&self, plan: &ToolPlan<'_>) -> String {
        format!("start: {}\n{}", self.calls(""), self.each(&functions(plan)))
    }

    /// What calls and answers begin with alike.
    fn shared_opening(&self) -> &'static str {
        match self.form {
            ToolFormat::Harmony => HARMONY_CHANNEL,
            _ => "",
        }
    }

    /// Rules of a call, or else of an answer under a schema, with or without what both begin with.
    fn or_answer(&self, plan: &ToolPlan<'_>, schema: &Value, begins: bool) -> String {
        let mark = |text| mark(self.vocabulary, text);
        let call = self.calls("");
        let start = match self.form {
            ToolFormat::Harmony => {
                let opening = match begins {
                    true => mark(HARMONY_CHANNEL),
                    false => String::new(),
                };
                let message = mark("<|message|>");
                format!(
                    "{opening} (\"final\" {message} answer | \"commentary to=functions.\" {call})"
                )
            }
            _ => format!("answer | {} {call}", self.opening_rule()),
        };
        let each = self.each(&functions(plan));
        format!("start: {start}\nanswer: %json {schema}\n{each}")
    }

    /// A call with those after it, and what stands around all.
    fn calls(&self, more: &str) -> String {
        let mark = |text| mark(self.vocabulary, text);
        match self.form {
            ToolFormat::Mistral => format!("\"[\" call {more} \"]\""),
            ToolFormat::Lfm2 => format!("\"[\" call {more} \"]\" {}", mark("<|tool_call_end|>")),
            ToolFormat::DeepSeek => format!("call {more} {}", mark("<｜tool▁calls▁end｜>")),
            _ => format!("call {more}"),
        }
    }

    /// The rules of calls of each function.
    fn each(&self, functions: &[(&str, Value)]) -> String {
        let names: Vec<String> = (0..functions.len()).map(|i| format!("call_{i}")).collect();
        let mut rules = format!("call: {}\n", names.join(" | "));
        for (i, (name, schema)) in functions.iter().enumerate() {
            let (before, after) = self.around_arguments(name);
            rules.push_str(&format!("call_{i}: {before} arguments_{i} {after}\n"));
            rules.push_str(&format!("arguments_{i}: %json {schema}\n"));
        }
        rules
    }

    /// What stands before and after the arguments of a call of this function.
    fn around_arguments(&self, name: &str) -> (String, String) {
        let mark = |text| mark(self.vocabulary, text);
        let named = |key: &str| {
            let name = Value::from(name);
            quoted(&format!("{{\"name\": {name}, \"{key}\": "))
        };
        match self.form {
            ToolFormat::Llama3 => (named("parameters"), quoted("}")),
            ToolFormat::Mistral | ToolFormat::Lfm2 => (named("arguments"), quoted("}")),
            ToolFormat::DeepSeek => (
                format!(
                    "{} \"function\" {} {}",
                    mark("<｜tool▁call▁begin｜>"),
                    mark("<｜tool▁sep｜>"),
                    quoted(&format!("{name}\n```json\n"))
                ),
                format!("{} {}", quoted("\n```"), mark("<｜tool▁call▁end｜>")),
            ),
            ToolFormat::Harmony => (
                format!(
                    "{} {} \"json\" {}",
                    quoted(&format!("{name} ")),
                    mark("<|constrain|>"),
                    mark("<|message|>")
                ),
                String::new(),
            ),
            _ => (
                format!("\"\\n\" {}", named("arguments")),
                format!("\"}}\\n\" {}", mark("</tool_call>")),
            ),
        }
    }
}

/// The functions that the model sees, with the schemas of those that are strict.
fn functions<'a>(plan: &'a ToolPlan<'_>) -> Vec<(&'a str, Value)> {
    let functions = plan.functions().map(|function| {
        let any = || json!({ "type": "object" });
        let is_strict = function.strict == Some(true);
        let schema = if is_strict { function.schema() } else { any() };
        (function.name.as_str(), schema)
    });
    functions.collect()
}

/// A mark: a token of its own where the vocabulary has it as one that text cannot make, else its text.
fn mark(vocabulary: &Vocabulary, text: &str) -> String {
    match control_token(vocabulary, text) {
        Some(id) => format!("<[{id}]>"),
        None => quoted(text),
    }
}

fn control_token(vocabulary: &Vocabulary, text: &str) -> Option<u32> {
    let tokenizer = vocabulary.tokenizer();
    tokenizer
        .token_id(text)
        .filter(|&id| tokenizer.is_control(id))
}

/// A literal of Lark, which are written as those of JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
