//! Fields of JSON objects, with errors that name them.

use fancy_regex::Regex;
use serde_json::Value;

use super::error::TokenizerJsonError;

/// An object of the file, and the part of the file that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) part: &'static str,
}

impl<'a> Node<'a> {
    /// The field, unless it is missing or null.
    pub(super) fn get(self, field: &str) -> Option<&'a Value> {
        self.value.get(field).filter(|value| !value.is_null())
    }

    /// The component's `type`.
    pub(super) fn kind(self) -> Result<&'a str, TokenizerJsonError> {
        self.text("type")
    }

    /// The error for a component that this build does not have.
    pub(super) fn unsupported(self, name: &str) -> TokenizerJsonError {
        TokenizerJsonError::Unsupported {
            part: self.part,
            name: name.to_owned(),
        }
    }

    /// The error for a field.
    pub(super) fn wrong(self, field: &'static str, wanted: &'static str) -> TokenizerJsonError {
        TokenizerJsonError::Field {
            part: self.part,
            field,
            wanted,
        }
    }

    pub(super) fn text(self, field: &'static str) -> Result<&'a str, TokenizerJsonError> {
        let value = self.get(field).and_then(Value::as_str);
        value.ok_or_else(|| self.wrong(field, "a string"))
    }

    /// A boolean; `default` where it is missing.
    pub(super) fn flag(
        self,
        field: &'static str,
        default: bool,
    ) -> Result<bool, TokenizerJsonError> {
        match self.get(field) {
            None => Ok(default),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| self.wrong(field, "a boolean")),
        }
    }

    pub(super) fn list(self, field: &'static str) -> Result<&'a [Value], TokenizerJsonError> {
        let list = self.get(field).and_then(Value::as_array);
        list.map(Vec::as_slice)
            .ok_or_else(|| self.wrong(field, "a list"))
    }

    /// A string of one character.
    pub(super) fn character(self, field: &'static str) -> Result<char, TokenizerJsonError> {
        let mut characters = self.text(field)?.chars();
        match (characters.next(), characters.next()) {
            (Some(c), None) => Ok(c),
            _ => Err(self.wrong(field, "one character")),
        }
    }

    /// `{"String": …}` or `{"Regex": …}`.
    pub(super) fn pattern(self, field: &'static str) -> Result<Pattern, TokenizerJsonError> {
        let value = self.get(field);
        let of = |name| {
            value
                .and_then(|value| value.get(name))
                .and_then(Value::as_str)
        };
        if let Some(literal) = of("String") {
            return Ok(Pattern::Literal(literal.to_owned()));
        }
        let regex = of("Regex").ok_or_else(|| self.wrong(field, "a pattern"))?;
        Pattern::regex(regex)
    }
}

/// What to look for in a text.
pub(super) enum Pattern {
    Literal(String),
    Regex(Box<Regex>),
}

impl Pattern {
    pub(super) fn regex(pattern: &str) -> Result<Pattern, TokenizerJsonError> {
        match Regex::new(pattern) {
            Ok(regex) => Ok(Pattern::Regex(Box::new(regex))),
            Err(source) => Err(TokenizerJsonError::Pattern {
                pattern: pattern.to_owned(),
                source: Box::new(source),
            }),
        }
    }

    /// Where it is in `text`: from, to, in order, none of them empty. A pattern that backtracks without end finds no
    /// more.
    pub(super) fn find(&self, text: &str) -> Vec<(usize, usize)> {
        match self {
            Pattern::Literal(literal) if literal.is_empty() => Vec::new(),
            Pattern::Literal(literal) => text
                .match_indices(literal.as_str())
                .map(|(at, found)| (at, at + found.len()))
                .collect(),
            Pattern::Regex(regex) => regex
                .find_iter(text)
                .map_while(Result::ok)
                .map(|found| (found.start(), found.end()))
                .filter(|(start, end)| start < end)
                .collect(),
        }
    }

    /// `text` with every match replaced by `content`.
    pub(super) fn replace(&self, text: &str, content: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in self.find(text) {
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(content);
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}
