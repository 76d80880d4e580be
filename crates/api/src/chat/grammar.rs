//! What the answer's form must be, as a grammar: a format that was asked for, or a call of a tool that is required.
//!
//! Grammars are written in Lark as `llguidance` reads it. An answer that has a form comes at once, without reasoning before it: a model
//! that thinks to the end of its tokens would leave none for the answer, and an answer has its form every time.

use hearth_runtime::Vocabulary;
use hearth_runtime::constraint::Grammar;
use hearth_runtime::text::output::{OutputFormat, ToolFormat};
use serde_json::{Value, json};

use super::request::{Checked, ResponseFormat, ToolPlan};
use super::tool::ChatFunction;

/// The grammar of the answer, if it has one, and in which form calls of tools come.
pub fn of_answer(
    checked: &Checked,
    plan: &ToolPlan<'_>,
    mut format: OutputFormat,
    vocabulary: &Vocabulary,
) -> (Option<Grammar>, OutputFormat) {
    if !plan.required.is_empty() {
        format.tools = required_form(format.tools);
        let calls = Calls {
            vocabulary,
            form: format.tools,
        };
        let rules = calls.rules(&plan.required, plan.parallel);
        return (Some(Grammar::Lark(rules)), format);
    }
    let grammar = match &checked.request.grammar {
        Some(choice) => Some(choice.grammar()),
        None => schema_of(checked).map(|schema| Grammar::JsonSchema(schema.to_string())),
    };
    (grammar, format)
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
    /// Rules of an answer: one call or, where that is allowed, several.
    fn rules(&self, functions: &[&ChatFunction], parallel: bool) -> String {
        let mut rules = format!("start: {}\n", self.answer(parallel));
        let names: Vec<String> = (0..functions.len()).map(|i| format!("call_{i}")).collect();
        rules.push_str(&format!("call: {}\n", names.join(" | ")));
        for (i, function) in functions.iter().enumerate() {
            let (before, after) = self.around_arguments(&function.name);
            rules.push_str(&format!("call_{i}: {before} arguments_{i} {after}\n"));
            rules.push_str(&format!("arguments_{i}: %json {}\n", function.schema()));
        }
        rules
    }

    /// What stands around all calls.
    fn answer(&self, parallel: bool) -> String {
        let mark = |text| mark(self.vocabulary, text);
        let more = |between: &str| {
            if parallel {
                format!("call ({} call)*", quoted(between))
            } else {
                "call".to_owned()
            }
        };
        match self.form {
            ToolFormat::Mistral => {
                format!("{} \"[\" {} \"]\"", mark("[TOOL_CALLS]"), more(", "))
            }
            ToolFormat::Lfm2 => format!(
                "{} \"[\" {} \"]\" {}",
                mark("<|tool_call_start|>"),
                more(", "),
                mark("<|tool_call_end|>")
            ),
            ToolFormat::DeepSeek => format!(
                "{} {} {}",
                mark("<｜tool▁calls▁begin｜>"),
                more("\n"),
                mark("<｜tool▁calls▁end｜>")
            ),
            ToolFormat::Hermes => more("\n"),
            // One call is the whole answer.
            _ => "call".to_owned(),
        }
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
                    "{} {} {} \"json\" {}",
                    mark("<|channel|>"),
                    quoted(&format!("commentary to=functions.{name} ")),
                    mark("<|constrain|>"),
                    mark("<|message|>")
                ),
                String::new(),
            ),
            _ => (
                format!("{} \"\\n\" {}", mark("<tool_call>"), named("arguments")),
                format!("\"}}\\n\" {}", mark("</tool_call>")),
            ),
        }
    }
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
