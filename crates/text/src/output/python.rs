//! Calls in Python's syntax: `[name(argument="value"), …]`.

use super::group::{Calls, Group, Step, close, is_name};
use super::held::Held;
use super::json::Scan;
use super::literal::Literal;

/// How much text may be a name.
const MAX_NAME: usize = 256;

/// Calls up to a closing mark.
pub(super) struct PythonCalls {
    state: State,
    in_list: bool,
    close: &'static str,
}

enum State {
    Open,
    Name,
    Arguments {
        name: String,
        literal: Literal,
        /// What the arguments are so far, until it is clear that they are some.
        waiting: String,
    },
    Next,
    Close,
}

impl PythonCalls {
    pub(super) fn new(close: &'static str) -> Self {
        PythonCalls {
            state: State::Open,
            in_list: false,
            close,
        }
    }

    fn name(&mut self, held: &mut Held) -> Step {
        let at = match held.find(&["("]) {
            Ok((at, _)) if at <= MAX_NAME => at,
            Ok(_) => return Step::Broken,
            Err(len) if len > MAX_NAME || held.ended => return Step::Broken,
            Err(_) => return Step::More,
        };
        let name = held.text().get(..at).unwrap_or_default().trim().to_owned();
        if !is_name(&name) {
            return Step::Broken;
        }
        // Llama's built-in tools are called by a method of that name.
        let name = name
            .strip_suffix(".call")
            .map(str::to_owned)
            .unwrap_or(name);
        held.take(at + 1);
        let mut waiting = String::new();
        let literal = Literal::python_call(&mut waiting);
        self.state = State::Arguments {
            name,
            literal,
            waiting,
        };
        Step::Again
    }

    fn arguments(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let State::Arguments {
            name,
            literal,
            waiting,
        } = &mut self.state
        else {
            return Step::Broken;
        };
        let scan = loop {
            let Some(c) = held.peek() else {
                break Scan::More;
            };
            let scan = literal.feed(c, waiting);
            if scan == Scan::Broken {
                break scan;
            }
            held.skip();
            if scan != Scan::More {
                break scan;
            }
        };
        if literal.is_clear {
            if !out.open {
                out.start(name);
            }
            out.delta(std::mem::take(waiting));
        }
        match scan {
            Scan::More => Step::More,
            Scan::Done => {
                out.end();
                self.state = State::Next;
                Step::Again
            }
            Scan::DoneBefore | Scan::Broken => Step::Broken,
        }
    }

    fn next(&mut self, held: &mut Held) -> Step {
        held.skip_white_space();
        self.state = match held.peek() {
            None if held.ended => return Step::Done,
            None => return Step::More,
            Some(',' | ';') => {
                held.skip();
                State::Open
            }
            Some(']') if self.in_list => {
                held.skip();
                State::Close
            }
            Some(c) if !self.in_list && (c.is_alphabetic() || c == '_') => State::Name,
            Some(_) => State::Close,
        };
        Step::Again
    }
}

impl Group for PythonCalls {
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        match self.state {
            State::Open => {
                held.skip_white_space();
                match held.peek() {
                    None if held.ended => return Step::Broken,
                    None => return Step::More,
                    Some('[') if !self.in_list => {
                        held.skip();
                        self.in_list = true;
                    }
                    Some(_) => self.state = State::Name,
                }
                Step::Again
            }
            State::Name => self.name(held),
            State::Arguments { .. } => self.arguments(held, out),
            State::Next => self.next(held),
            State::Close => close(held, self.close),
        }
    }
}
