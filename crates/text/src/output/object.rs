//! Calls that are JSON objects with a name and arguments.

use serde_json::{Map, Value};

use super::group::{Calls, Group, Step, close, is_name};
use super::held::{Begins, Held};
use super::json::{JsonScanner, Scan};

/// One object: `{"name": …, "arguments": {…}}`.
pub(super) struct ObjectCall {
    state: State,
    scanner: JsonScanner,
    /// A string that is being read.
    text: String,
    key: String,
    name: Option<String>,
    /// Arguments that came before the name.
    waiting: String,
    called: bool,
    /// An object without arguments is no call: it may be an answer in JSON.
    needs_arguments: bool,
    /// Objects `function` that are open.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    KeyOrEnd,
    Key,
    Colon,
    Value,
    Name,
    Arguments,
    Encoded,
    Other,
    Next,
}

impl ObjectCall {
    pub(super) fn new(needs_arguments: bool) -> Self {
        ObjectCall {
            state: State::Open,
            scanner: JsonScanner::new(),
            text: String::new(),
            key: String::new(),
            name: None,
            waiting: String::new(),
            called: false,
            needs_arguments,
            depth: 0,
        }
    }

    fn read(&mut self, state: State) {
        self.scanner = JsonScanner::new();
        self.text.clear();
        self.state = state;
    }

    /// Decides by the key how the value is read.
    fn value(&mut self, c: char, held: &mut Held, out: &mut Calls) -> Step {
        match (self.key.as_str(), c) {
            ("name", '"') if self.name.is_none() => self.read(State::Name),
            ("name", _) => return Step::Broken,
            ("function", '{') if self.depth == 0 => {
                held.skip();
                self.depth = 1;
                self.state = State::KeyOrEnd;
            }
            ("function", '"') if self.name.is_none() => self.read(State::Name),
            ("arguments" | "parameters", '{') if !self.called && self.waiting.is_empty() => {
                self.read(State::Arguments);
                if let Some(name) = &self.name {
                    self.called = true;
                    out.start(name);
                }
            }
            ("arguments" | "parameters", '"') if !self.called && self.waiting.is_empty() => {
                self.read(State::Encoded);
            }
            _ => self.read(State::Other),
        }
        Step::Again
    }

    /// Reads on in a value.
    fn scan(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        let mut taken = String::new();
        let scan = loop {
            let Some(c) = held.peek() else {
                break Scan::More;
            };
            let scan = self.scanner.feed(c, &mut taken);
            if matches!(scan, Scan::More | Scan::Done) {
                held.skip();
            }
            if scan != Scan::More {
                break scan;
            }
        };
        match self.state {
            State::Arguments if self.called => out.delta(taken),
            State::Arguments => self.waiting.push_str(&taken),
            State::Other => {}
            _ => self.text.push_str(&taken),
        }
        match scan {
            Scan::More => Step::More,
            Scan::Broken => Step::Broken,
            Scan::Done | Scan::DoneBefore => self.scanned(out),
        }
    }

    /// A value is complete.
    fn scanned(&mut self, out: &mut Calls) -> Step {
        let text = || serde_json::from_str::<String>(&self.text).ok();
        let state = std::mem::replace(&mut self.state, State::Next);
        match state {
            State::Key => {
                let Some(key) = text() else {
                    return Step::Broken;
                };
                self.key = key;
                self.state = State::Colon;
            }
            State::Name => {
                let Some(name) = text().filter(|name| is_name(name)) else {
                    return Step::Broken;
                };
                self.name = Some(name);
                self.call_waiting(out);
            }
            State::Arguments if self.called => out.end(),
            State::Arguments => self.call_waiting(out),
            State::Encoded => {
                let is_object =
                    |text: &String| serde_json::from_str::<Map<String, Value>>(text).is_ok();
                let Some(arguments) = text().filter(is_object) else {
                    return Step::Broken;
                };
                self.waiting = arguments;
                self.call_waiting(out);
            }
            _ => {}
        }
        Step::Again
    }

    /// Calls with the arguments that wait, if the name is known.
    fn call_waiting(&mut self, out: &mut Calls) {
        if let Some(name) = self.name.as_ref().filter(|_| !self.waiting.is_empty()) {
            self.called = true;
            out.start(name);
            out.delta(std::mem::take(&mut self.waiting));
            out.end();
        }
    }

    /// The object ended.
    fn finish(&mut self, out: &mut Calls) -> Step {
        match &self.name {
            _ if self.called => Step::Done,
            Some(name) if !self.needs_arguments => {
                out.start(name);
                out.delta("{}".to_owned());
                out.end();
                Step::Done
            }
            _ => Step::Broken,
        }
    }
}

impl Group for ObjectCall {
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        if matches!(
            self.state,
            State::Key | State::Name | State::Arguments | State::Encoded | State::Other
        ) {
            return self.scan(held, out);
        }
        held.skip_white_space();
        let Some(c) = held.peek() else {
            return Step::More;
        };
        match (self.state, c) {
            (State::Value, _) => return self.value(c, held, out),
            (State::KeyOrEnd, '"') => {
                self.read(State::Key);
                return Step::Again;
            }
            (State::Open, '{') => self.state = State::KeyOrEnd,
            (State::Colon, ':') => self.state = State::Value,
            (State::Next, ',') => self.state = State::KeyOrEnd,
            (State::KeyOrEnd | State::Next, '}') => {
                held.skip();
                if self.depth > 0 {
                    self.depth = 0;
                    self.state = State::Next;
                    return Step::Again;
                }
                return self.finish(out);
            }
            _ => return Step::Broken,
        }
        held.skip();
        Step::Again
    }
}

/// What is around objects.
pub(super) struct Objects {
    call: ObjectCall,
    needs_arguments: bool,
    /// In a list: `[{…}, {…}]`.
    pub(super) list: bool,
    /// After an object.
    between: bool,
    close: &'static str,
}

impl Objects {
    /// Objects up to `close`, which may be empty. Where `bare`, nothing marks that calls come.
    pub(super) fn new(list: bool, bare: bool, close: &'static str) -> Self {
        Objects {
            call: ObjectCall::new(bare),
            needs_arguments: bare,
            list,
            between: false,
            close,
        }
    }
}

impl Group for Objects {
    fn step(&mut self, held: &mut Held, out: &mut Calls) -> Step {
        if !self.between {
            let step = self.call.step(held, out);
            if step == Step::Done {
                self.between = true;
                return Step::Again;
            }
            return step;
        }
        held.skip_white_space();
        let next = match held.peek() {
            None if held.ended => return Step::Done,
            None => return Step::More,
            Some(',') if self.list => {
                held.skip();
                true
            }
            Some(']') if self.list => {
                held.skip();
                self.list = false;
                return Step::Again;
            }
            // Llama writes several calls with semicolons.
            Some(';') if self.needs_arguments => {
                held.skip();
                true
            }
            Some('{') => true,
            _ => false,
        };
        if next {
            self.between = false;
            self.call = ObjectCall::new(self.needs_arguments);
            return Step::Again;
        }
        if self.close.is_empty() {
            return Step::Done;
        }
        match held.begins_with(self.close) {
            Begins::Perhaps => Step::More,
            _ => close(held, self.close),
        }
    }
}
