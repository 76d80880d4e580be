//! Chat templates: a conversation becomes the prompt that the model was trained on, by the Jinja template in its file.
//!
//! Templates are programs by strangers, and run in a sandbox: on `minijinja`, without files or other templates, with
//! limits on steps, nesting, output and on all the data that is touched (the engine itself counts steps
//! only). What they meet is what Hugging Face's `apply_chat_template` gives them: `trim_blocks` and `lstrip_blocks`,
//! `break` and `continue`, Python's methods, `tojson` as `json.dumps`, `raise_exception`, `strftime_now`,
//! `{% generation %}`, and messages and tools with their keys in the order given.
//!
//! A template is compiled at each rendering, which costs less than what renders: 20 KB take well under a millisecond.

mod bytecode;
mod clock;
mod environment;
mod error;
mod json;
mod meter;
#[cfg(test)]
mod property_tests;
mod slice;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use clock::{DateTime, DateTimeError};
pub use error::{TemplateError, TemplateLimit};
use meter::Meter;
use minijinja::machinery::{CodeGenerator, Instructions, eval, make_string_output, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Value};

/// The name of the template in the engine.
const NAME: &str = "chat template";

/// A chat template that has been read and checked.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    source: String,
}

/// What a template is given.
#[derive(Debug, Clone, Default)]
pub struct TemplateInput {
    /// The conversation: a list of objects with `role` and `content`, in OpenAI's shape.
    pub messages: serde_json::Value,
    /// The tools that the model may call, in OpenAI's shape; `None` is Jinja's `none`.
    pub tools: Option<serde_json::Value>,
    /// Whether the prompt ends where the assistant begins to speak.
    pub add_generation_prompt: bool,
    /// More variables by name (`enable_thinking`); they win over those above.
    pub kwargs: serde_json::Map<String, serde_json::Value>,
    /// The text of the begin token, where the vocabulary has one.
    pub bos_token: String,
    /// The text of the end token.
    pub eos_token: String,
    /// The date for `strftime_now`.
    pub now: DateTime,
}

impl ChatTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// Text that is no Jinja, or uses parts of it that chat templates have no use for, or is absurdly long.
    pub fn parse(source: &str) -> Result<ChatTemplate, TemplateError> {
        let template = ChatTemplate {
            source: source::prepare(source, &syntax()?)?,
        };
        compile(&template.source)?;
        Ok(template)
    }

    /// The prompt for a conversation.
    ///
    /// # Errors
    /// [`TemplateError::Raised`] where the template refuses the conversation, [`TemplateError::Limit`] where it was
    /// stopped, [`TemplateError::Render`] where it failed otherwise.
    pub fn render(&self, input: &TemplateInput) -> Result<String, TemplateError> {
        let meter = Meter::new(input_size(input)?);
        let instructions = compile(&self.source)?;
        let env = environment::environment(&meter, input.now);
        let mut out = String::new();
        let blocks = BTreeMap::new();
        let mut output = make_string_output(&mut out);
        eval(
            &env,
            &instructions,
            context(input),
            &blocks,
            &mut output,
            AutoEscape::None,
        )
        .map_err(TemplateError::from_engine)?;
        drop(output);
        Ok(out)
    }
}

/// Jinja as Hugging Face configures it.
fn syntax() -> Result<SyntaxConfig, TemplateError> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(TemplateError::from_parser)
}

/// The metered instructions of a prepared template.
fn compile(source: &str) -> Result<Instructions<'_>, TemplateError> {
    let tree = parse(source, NAME, syntax()?).map_err(TemplateError::from_parser)?;
    let mut generator = CodeGenerator::new(NAME, source);
    generator.compile_stmt(&tree);
    let (instructions, _) = generator.finish();
    bytecode::meter(&instructions, NAME, source)
}

fn context(input: &TemplateInput) -> Value {
    let mut variables = BTreeMap::from([
        ("messages", engine_value(&input.messages)),
        (
            "tools",
            input.tools.as_ref().map_or(Value::from(()), engine_value),
        ),
        ("documents", Value::from(())),
        (
            "add_generation_prompt",
            Value::from(input.add_generation_prompt),
        ),
        ("bos_token", Value::from(input.bos_token.as_str())),
        ("eos_token", Value::from(input.eos_token.as_str())),
    ]);
    for (name, json) in &input.kwargs {
        variables.insert(name, engine_value(json));
    }
    Value::from_pairs(variables)
}

/// JSON as the engine has it, with the keys in their order.
fn engine_value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(flag) => Value::from(*flag),
        serde_json::Value::Number(number) => {
            match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => Value::from(number),
                (_, Some(number), _) => Value::from(number),
                (.., number) => Value::from(number.unwrap_or(f64::NAN)),
            }
        }
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(engine_value).collect(),
        serde_json::Value::Object(entries) => Value::from_pairs(
            entries
                .iter()
                .map(|(key, item)| (key.as_str(), engine_value(item))),
        ),
    }
}

/// The size of what a template is given; an error where it nests too deeply to be walked.
fn input_size(input: &TemplateInput) -> Result<u64, TemplateError> {
    let json = input
        .kwargs
        .values()
        .chain(&input.tools)
        .chain([&input.messages]);
    json.map(|value| json_size(value, 0))
        .sum::<Option<u64>>()
        .map(|size| size + (input.bos_token.len() + input.eos_token.len()) as u64)
        .ok_or(TemplateError::Limit {
            limit: TemplateLimit::Depth,
            line: None,
        })
}

fn json_size(value: &serde_json::Value, depth: usize) -> Option<u64> {
    // Some room is left for what a template wraps around it.
    if depth > meter::MAX_DEPTH / 2 {
        return None;
    }
    let inner: u64 = match value {
        serde_json::Value::String(text) => text.len() as u64,
        serde_json::Value::Array(items) => items
            .iter()
            .map(|item| json_size(item, depth + 1))
            .sum::<Option<u64>>()?,
        serde_json::Value::Object(entries) => entries
            .iter()
            .map(|(key, item)| json_size(item, depth + 1).map(|size| size + key.len() as u64))
            .sum::<Option<u64>>()?,
        _ => 0,
    };
    Some(inner + 8)
}
