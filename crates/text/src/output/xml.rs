//! Calls in marks like XML's: `<function=name><parameter=key>value</parameter></function>`.
//!
//! Values stand as they are, so their type is not told: what is JSON (or Python's `True`, `False`, `None`) is taken as
//! that, all else is a string. A string is passed on as soon as it is clear that it is one.

use super::group::{Calls, Group, Step, close, is_name};
use super::held::{Begins, Held};
use super::json::push_character;

/// How much text may be a name.
const MAX_NAME: usize = 256;
const END_PARAMETER: &str = "</parameter>";
const END_FUNCTION: &str = "</function>";

/// Calls up to a closing mark.
pub(super) struct XmlCalls {
    state: State,
    /// Arguments of this call so far.
    count: usize,
    close: &'static str,
}

#[derive(PartialEq, Eq)]
enum State {
    Open,
    Name,
    Parameters,
    Key,
    /// A value whose type is not clear.
    Value,
    /// In a string; `begins` where its first line break was not yet looked for.
    Text,
    Next,
}

impl XmlCalls {
    pub(super) fn new(close: &'static str) -> Self {
        XmlCalls {
            state: State::Open,
            count: 0,
            close,
        }
    }

    /// Takes a name up to `>`.
    fn name(held: &mut Held) -> Result<String, Step> {
        let at = match held.find(&[">"]) {
            Ok((at, _)) if at <= MAX_NAME => at,
            Ok(_) => return Err(Step::Broken),
            Err(len) if len > MAX_NAME || held.ended => return Err(Step::Broken),
            Err(_) => return Err(Step::More),
        };
        let name = held.text().get(..at).unwrap_or_default().trim().to_owned();
        if !is_name(&name) {
            return Err(Step::Broken);
        }
        held.take(at + 1);
        Ok(name)
    }

    fn parameters(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        held.skip_white_space();
        match held.take_mark("<parameter=") {
            Begins::Yes => {
                self.state = State::Key;
                return Step::Again;
            }
            Begins::Perhaps => return Step::More,
            Begins::No => {}
        }
        // Some forget the end of the function.
        for mark in [END_FUNCTION, self.close] {
            match held.begins_with(mark) {
                Begins::Yes => {
                    if mark == END_FUNCTION {
                        held.take(mark.len());
                    }
                    out.delta(if self.count == 0 { "{}" } else { "}" }.to_owned());
                    out.end();
                    self.state = State::Next;
                    return Step::Again;
                }
                Begins::Perhaps => return Step::More,
                Begins::No => {}
            }
        }
        Step::Broken
    }

    fn key(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let key = match Self::name(held) {
            Ok(key) => key,
            Err(step) => return step,
        };
        let mut delta = if self.count == 0 { "{\"" } else { ",\"" }.to_owned();
        key.chars().for_each(|c| push_character(c, &mut delta));
        delta.push_str("\":");
        out.delta(delta);
        self.count += 1;
        self.state = State::Value;
        Step::Again
    }

    /// A value: as a whole where it is short or may be JSON, else as text.
    fn value(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        match held.find(&[END_PARAMETER]) {
            Ok((at, _)) => {
                let text = held.text().get(..at).unwrap_or_default();
                let text = text.strip_prefix('\n').unwrap_or(text);
                let text = text.strip_suffix('\n').unwrap_or(text);
                out.delta(json_of(text));
                held.take(at + END_PARAMETER.len());
                self.state = State::Parameters;
                Step::Again
            }
            Err(_) if held.ended => Step::Broken,
            Err(_) if is_surely_text(held.text()) => {
                if held.peek() == Some('\n') {
                    held.skip();
                }
                out.delta("\"".to_owned());
                self.state = State::Text;
                Step::Again
            }
            Err(_) => Step::More,
        }
    }

    fn text(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let found = held.find(&[END_PARAMETER]);
        let len = match found {
            Ok((at, _)) => at,
            Err(_) if held.ended => return Step::Broken,
            Err(len) => len,
        };
        let text = held.text().get(..len).unwrap_or_default();
        // The last line break belongs to the mark.
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut delta = String::with_capacity(text.len());
        text.chars().for_each(|c| push_character(c, &mut delta));
        let len = text.len();
        if let Ok((at, _)) = found {
            held.take(at + END_PARAMETER.len());
            delta.push('"');
            self.state = State::Parameters;
        } else {
            held.take(len);
        }
        out.delta(delta);
        match found {
            Ok(_) => Step::Again,
            Err(_) => Step::More,
        }
    }
}

/// Whether `text`, the beginning of a value, can be nothing but a string.
fn is_surely_text(text: &str) -> bool {
    // The first characters of numbers, objects, lists, strings and words of JSON and Python.
    let first = text.trim_start().chars().next();
    first.is_some_and(|c| {
        !matches!(
            c,
            '-' | '0'..='9' | '{' | '[' | '"' | '<' | 't' | 'f' | 'n' | 'T' | 'F' | 'N'
        )
    })
}

/// A whole value as JSON.
fn json_of(text: &str) -> String {
    let word = text.trim();
    match word {
        "True" => return "true".to_owned(),
        "False" => return "false".to_owned(),
        "None" => return "null".to_owned(),
        _ => {}
    }
    match serde_json::from_str::<serde_json::Value>(word) {
        Ok(value) if !value.is_string() => word.to_owned(),
        _ => {
            let mut out = String::with_capacity(text.len() + 2);
            out.push('"');
            text.chars().for_each(|c| push_character(c, &mut out));
            out.push('"');
            out
        }
    }
}

impl Group for XmlCalls {
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        match self.state {
            State::Open => {
                held.skip_white_space();
                match held.take_mark("<function=") {
                    Begins::Yes => self.state = State::Name,
                    Begins::Perhaps => return Step::More,
                    Begins::No => return Step::Broken,
                }
                Step::Again
            }
            State::Name => match Self::name(held) {
                Ok(name) => {
                    out.start(&name);
                    self.count = 0;
                    self.state = State::Parameters;
                    Step::Again
                }
                Err(step) => step,
            },
            State::Parameters => self.parameters(held, out),
            State::Key => self.key(held, out),
            State::Value => self.value(held, out),
            State::Text => self.text(held, out),
            State::Next => {
                held.skip_white_space();
                match held.begins_with("<function=") {
                    Begins::Perhaps => Step::More,
                    Begins::Yes => {
                        self.state = State::Open;
                        Step::Again
                    }
                    Begins::No => close(held, self.close),
                }
            }
        }
    }
}
