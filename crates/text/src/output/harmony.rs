//! The harmony format of gpt-oss: messages with a header that names a channel, and perhaps a tool.
//!
//! `<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>commentary to=functions.f
//! <|constrain|>json<|message|>{…}<|call|>`. The prompt ends with `<|start|>assistant`, so that the output begins inside
//! a header.

use super::Event;
use super::group::{Calls, Group, Step, is_name};
use super::held::{Begins, Held};
use super::json::{JsonScanner, Scan};

const MESSAGE: &str = "<|message|>";
const START: &str = "<|start|>";
const MESSAGE_ENDS: &[&str] = &["<|end|>", "<|return|>", "<|call|>", START];
/// What a header may begin with; anything else is text without a header.
const HEADER_BEGINS: &[&str] = &[
    "<|channel|>",
    MESSAGE,
    "<|constrain|>",
    "assistant",
    " to=",
    "to=",
];

/// How long a header may be.
const MAX_HEADER: usize = 512;

/// Where in a message the output is.
pub(super) struct Harmony {
    state: State,
}

enum State {
    /// Before a header: what ends a message may still come.
    Between,
    Header,
    Text {
        is_reasoning: bool,
    },
    /// A message to a tool, before its arguments.
    Call(String),
    Arguments(JsonScanner),
}

impl Harmony {
    /// Goes on where `prompt` ends.
    pub(super) fn after(prompt: &str) -> Self {
        let header = prompt
            .strip_suffix(MESSAGE)
            .and_then(|prompt| prompt.rsplit(START).next());
        Harmony {
            state: header.map_or(State::Between, state_of),
        }
    }

    fn between(&mut self, held: &mut Held) -> Step {
        if held.text().is_empty() {
            return Step::More;
        }
        let mut perhaps = false;
        for mark in MESSAGE_ENDS {
            match held.take_mark(mark) {
                Begins::Yes if *mark == START => {
                    self.state = State::Header;
                    return Step::Again;
                }
                Begins::Yes => return Step::Again,
                begins => perhaps |= begins == Begins::Perhaps,
            }
        }
        let begins = |mark: &&str| held.begins_with(mark);
        let mut begins = HEADER_BEGINS.iter().map(begins);
        if begins.clone().any(|begins| begins == Begins::Yes) {
            self.state = State::Header;
            return Step::Again;
        }
        if perhaps || begins.any(|begins| begins == Begins::Perhaps) {
            return Step::More;
        }
        self.state = State::Text {
            is_reasoning: false,
        };
        Step::Again
    }

    fn header(&mut self, held: &mut Held) -> Step {
        self.state = match held.find(&[MESSAGE]) {
            Ok((at, _)) if at <= MAX_HEADER => {
                let state = state_of(held.text().get(..at).unwrap_or_default());
                held.take(at + MESSAGE.len());
                state
            }
            Err(len) if len <= MAX_HEADER && !held.ended => return Step::More,
            _ => State::Text {
                is_reasoning: false,
            },
        };
        Step::Again
    }

    fn text(&mut self, is_reasoning: bool, held: &mut Held, out: &mut Calls) -> Step {
        let found = held.find(MESSAGE_ENDS);
        let (len, mark) = match found {
            Ok((at, which)) => (at, MESSAGE_ENDS.get(which).copied()),
            Err(len) => (len, None),
        };
        let text = held.take(len).to_owned();
        if !text.is_empty() {
            out.events.push(match is_reasoning {
                true => Event::Reasoning(text),
                false => Event::Content(text),
            });
        }
        match mark {
            Some(_) => {
                self.state = State::Between;
                Step::Again
            }
            None => Step::More,
        }
    }

    fn call(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let State::Call(name) = &self.state else {
            return Step::Again;
        };
        let begin = held.text().trim_start();
        if begin.is_empty() && !held.ended {
            return Step::More;
        }
        self.state = if begin.starts_with('{') {
            held.skip_white_space();
            out.start(name);
            State::Arguments(JsonScanner::new())
        } else {
            State::Text {
                is_reasoning: false,
            }
        };
        Step::Again
    }

    fn arguments(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let State::Arguments(scanner) = &mut self.state else {
            return Step::Again;
        };
        let mut delta = String::new();
        let scan = loop {
            let Some(c) = held.peek() else {
                break Scan::More;
            };
            let scan = scanner.feed(c, &mut delta);
            if matches!(scan, Scan::More | Scan::Done) {
                held.skip();
            }
            if scan != Scan::More {
                break scan;
            }
        };
        out.delta(delta);
        match scan {
            Scan::More => return Step::More,
            Scan::Done => {
                out.end();
                self.state = State::Between;
            }
            Scan::DoneBefore | Scan::Broken => {
                out.incomplete();
                self.state = State::Text {
                    is_reasoning: false,
                };
            }
        }
        Step::Again
    }
}

impl Group for Harmony {
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        match self.state {
            State::Between => self.between(held),
            State::Header => self.header(held),
            State::Text { is_reasoning } => self.text(is_reasoning, held, out),
            State::Call(_) => self.call(held, out),
            State::Arguments(_) => self.arguments(held, out),
        }
    }
}

/// What follows a header.
fn state_of(header: &str) -> State {
    let after = |mark: &str| {
        let rest = header.split_once(mark)?.1;
        rest.split(|c: char| c.is_whitespace() || c == '<').next()
    };
    let tool = after("to=").map(|tool| tool.strip_prefix("functions.").unwrap_or(tool));
    match tool.filter(|tool| is_name(tool)) {
        Some(tool) => State::Call(tool.to_owned()),
        None => State::Text {
            is_reasoning: after("<|channel|>") == Some("analysis"),
        },
    }
}
