//! Calls whose name stands before a JSON object: Mistral's, Llama's, DeepSeek's; and Gemma 4's, which is nearly one.

use super::group::{Calls, Group, Step, close, is_name};
use super::held::{Begins, Held};
use super::json::{JsonScanner, Scan};
use super::literal::Literal;

/// How much text may be a name with what is around it.
const MAX_NAME: usize = 512;

/// How the name is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// `name[ARGS]{…}`, perhaps with `[CALL_ID]…` before the arguments.
    Mistral,
    /// `name>{…}</function>`, after `<function=`.
    Llama,
    /// `function<｜tool▁sep｜>name` and a block of JSON, or `name<｜tool▁sep｜>{…}`.
    DeepSeek,
    /// `call:name{key:value}<tool_call|>`.
    Gemma4,
}

pub(super) const DEEPSEEK_CALLS: &str = "<｜tool▁calls▁begin｜>";
pub(super) const DEEPSEEK_CALL: &str = "<｜tool▁call▁begin｜>";
const DEEPSEEK_CALLS_END: &str = "<｜tool▁calls▁end｜>";
const DEEPSEEK_CALL_END: &str = "<｜tool▁call▁end｜>";
const DEEPSEEK_SEPARATOR: &str = "<｜tool▁sep｜>";

/// A name, then arguments.
pub(super) struct NamedCalls {
    naming: Naming,
    state: State,
}

enum State {
    /// Before a call of a group that may hold several.
    Between,
    Name,
    /// DeepSeek's first form: the name is in a line after the separator.
    NameLine,
    Arguments(String, Arguments),
    Close,
}

/// What the arguments are written in.
enum Arguments {
    Json(JsonScanner),
    Literal(Literal),
}

impl NamedCalls {
    pub(super) fn new(naming: Naming, between: bool) -> Self {
        NamedCalls {
            naming,
            state: if between { State::Between } else { State::Name },
        }
    }

    fn between(&mut self, held: &mut Held) -> Step {
        held.skip_white_space();
        match (
            held.begins_with(DEEPSEEK_CALL),
            held.begins_with(DEEPSEEK_CALLS_END),
        ) {
            (Begins::Yes, _) => {
                held.take(DEEPSEEK_CALL.len());
                self.state = State::Name;
                Step::Again
            }
            (Begins::Perhaps, _) | (_, Begins::Perhaps) => Step::More,
            _ => close(held, DEEPSEEK_CALLS_END),
        }
    }

    /// The marks one of which follows the name.
    fn name_ends(&self) -> &'static [&'static str] {
        match self.naming {
            Naming::Mistral => &["[ARGS]", "[CALL_ID]", "{"],
            Naming::Llama => &[">"],
            Naming::DeepSeek => &[DEEPSEEK_SEPARATOR],
            Naming::Gemma4 => &["{"],
        }
    }

    fn name(&mut self, held: &mut Held) -> Step {
        held.skip_white_space();
        let (at, which) = match held.find(self.name_ends()) {
            Ok((at, _)) if at > MAX_NAME => return Step::Broken,
            Ok(found) => found,
            Err(len) if len > MAX_NAME || held.ended => return Step::Broken,
            Err(_) => return Step::More,
        };
        let name = held.text().get(..at).unwrap_or_default().trim();
        let name = match self.naming {
            Naming::Gemma4 => name.strip_prefix("call:").unwrap_or_default(),
            _ => name,
        };
        let name = name.to_owned();
        if !is_name(&name) {
            return Step::Broken;
        }
        let mark = self.name_ends().get(which).copied().unwrap_or_default();
        match (self.naming, mark) {
            (Naming::Mistral, "[CALL_ID]") => {
                // The id says nothing: the arguments have a mark of their own.
                match held.find(&["[ARGS]"]) {
                    Ok((args, _)) if args <= MAX_NAME => held.take(args + "[ARGS]".len()),
                    Ok(_) => return Step::Broken,
                    Err(len) if len > MAX_NAME || held.ended => return Step::Broken,
                    Err(_) => return Step::More,
                };
            }
            (_, "{") => {
                held.take(at);
            }
            _ => {
                held.take(at + mark.len());
            }
        }
        self.state = match self.naming {
            Naming::DeepSeek if name == "function" => State::NameLine,
            Naming::Gemma4 => {
                held.skip();
                let mut first = String::new();
                let literal = Literal::gemma_call(&mut first);
                State::Arguments(name, Arguments::Literal(literal))
            }
            _ => State::Arguments(name, Arguments::Json(JsonScanner::new())),
        };
        Step::Again
    }

    fn name_line(&mut self, held: &mut Held) -> Step {
        let (at, _) = match held.find(&["\n", "```", "{"]) {
            Ok((at, _)) if at > MAX_NAME => return Step::Broken,
            Ok(found) => found,
            Err(len) if len > MAX_NAME || held.ended => return Step::Broken,
            Err(_) => return Step::More,
        };
        let name = held.text().get(..at).unwrap_or_default().trim().to_owned();
        if !is_name(&name) {
            return Step::Broken;
        }
        held.take(at);
        self.state = State::Arguments(name, Arguments::Json(JsonScanner::new()));
        Step::Again
    }

    /// Takes what may stand before an object; `None` where that is not clear yet.
    fn before_object(&self, held: &mut Held) -> Option<bool> {
        held.skip_white_space();
        for mark in ["```json", "```"] {
            if self.naming == Naming::DeepSeek {
                match held.take_mark(mark) {
                    Begins::Perhaps => return None,
                    Begins::Yes => break,
                    Begins::No => {}
                }
            }
        }
        held.skip_white_space();
        held.peek().map(|c| c == '{')
    }

    fn arguments(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let is_gemma = self.naming == Naming::Gemma4;
        if !out.open && !is_gemma {
            match self.before_object(held) {
                None if held.ended => return Step::Broken,
                None => return Step::More,
                Some(false) => return Step::Broken,
                Some(true) => {}
            }
        }
        let State::Arguments(name, arguments) = &mut self.state else {
            return Step::Broken;
        };
        let mut delta = String::new();
        if !out.open {
            out.start(name);
            delta.push_str(if is_gemma { "{" } else { "" });
        }
        let scan = loop {
            let Some(c) = held.peek() else {
                break Scan::More;
            };
            let scan = match arguments {
                Arguments::Json(scanner) => scanner.feed(c, &mut delta),
                Arguments::Literal(literal) => literal.feed(c, &mut delta),
            };
            if matches!(scan, Scan::More | Scan::Done) {
                held.skip();
            }
            if scan != Scan::More {
                break scan;
            }
        };
        out.delta(delta);
        match scan {
            Scan::More => Step::More,
            Scan::Done => {
                out.end();
                self.state = State::Close;
                Step::Again
            }
            Scan::DoneBefore | Scan::Broken => Step::Broken,
        }
    }

    fn close(&mut self, held: &mut Held) -> Step {
        match self.naming {
            Naming::Mistral => Step::Done,
            Naming::Llama => close(held, "</function>"),
            Naming::Gemma4 => close(held, "<tool_call|>"),
            Naming::DeepSeek => {
                for mark in ["```", DEEPSEEK_CALL_END] {
                    held.skip_white_space();
                    if held.take_mark(mark) == Begins::Perhaps {
                        return Step::More;
                    }
                }
                self.state = State::Between;
                Step::Again
            }
        }
    }
}

impl Group for NamedCalls {
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        match self.state {
            State::Between => self.between(held),
            State::Name => self.name(held),
            State::NameLine => self.name_line(held),
            State::Arguments(..) => self.arguments(held, out),
            State::Close => self.close(held),
        }
    }
}
