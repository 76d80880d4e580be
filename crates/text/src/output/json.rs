//! JSON, character by character: what is let through is a whole value or the beginning of one.

/// How deep values may nest.
pub(super) const MAX_DEPTH: usize = 100;

/// How long a number may be.
const MAX_SCALAR: usize = 64;

/// What a character did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// It belongs to the value, which goes on.
    More,
    /// It is the value's last.
    Done,
    /// The value ended before it.
    DoneBefore,
    /// It makes no value.
    Broken,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    FirstKey,
    Key,
    Colon,
    FirstItem,
    AfterItem,
    Text { is_key: bool },
    Escape { is_key: bool },
    Hex { is_key: bool, left: u8, code: u32 },
    Scalar,
}

/// Follows one value.
#[derive(Debug)]
pub(super) struct JsonScanner {
    state: State,
    /// Closing brackets of the objects and lists that are open.
    open: Vec<char>,
    scalar: String,
    halves: Halves,
}

impl JsonScanner {
    pub(super) fn new() -> Self {
        JsonScanner {
            state: State::Value,
            open: Vec::new(),
            scalar: String::new(),
            halves: Halves::default(),
        }
    }

    /// Takes the next character, and appends what it is in JSON to `out`: line breaks in strings, which models write,
    /// become escapes.
    pub(super) fn feed(&mut self, c: char, out: &mut String) -> Scan {
        match self.state {
            State::Text { is_key } => return self.text(c, is_key, out),
            State::Escape { is_key } => return self.escape(c, is_key, out),
            State::Hex { is_key, left, code } => {
                let Some(digit) = c.to_digit(16) else {
                    return Scan::Broken;
                };
                let code = code << 4 | digit;
                self.state = match left {
                    1 => State::Text { is_key },
                    _ => State::Hex {
                        is_key,
                        left: left - 1,
                        code,
                    },
                };
                if left == 1 {
                    self.halves.push(code, out);
                }
                return Scan::More;
            }
            State::Scalar if matches!(c, ',' | '}' | ']') || c.is_ascii_whitespace() => {
                return self.end_scalar(c, out);
            }
            State::Scalar => return self.scalar(c, out),
            _ if matches!(c, ' ' | '\t' | '\n' | '\r') => {}
            _ => return self.structure(c, out),
        }
        out.push(c);
        Scan::More
    }

    fn structure(&mut self, c: char, out: &mut String) -> Scan {
        let closes = self.open.last() == Some(&c);
        match (self.state, c) {
            (State::Value | State::FirstItem, '{') => {
                return self.enter('}', State::FirstKey, c, out);
            }
            (State::Value | State::FirstItem, '[') => {
                return self.enter(']', State::FirstItem, c, out);
            }
            (State::Value | State::FirstItem, '"') => self.state = State::Text { is_key: false },
            (State::FirstKey | State::Key, '"') => self.state = State::Text { is_key: true },
            (State::Colon, ':') => self.state = State::Value,
            (State::AfterItem, ',') => {
                let is_object = self.open.last() == Some(&'}');
                self.state = if is_object { State::Key } else { State::Value };
            }
            (State::FirstKey | State::FirstItem | State::AfterItem, _) if closes => {
                out.push(c);
                self.open.pop();
                return self.end();
            }
            (State::Value | State::FirstItem, _) => return self.scalar(c, out),
            _ => return Scan::Broken,
        }
        out.push(c);
        Scan::More
    }

    fn enter(&mut self, close: char, state: State, c: char, out: &mut String) -> Scan {
        if self.open.len() >= MAX_DEPTH {
            return Scan::Broken;
        }
        self.open.push(close);
        self.state = state;
        out.push(c);
        Scan::More
    }

    /// A value ended.
    fn end(&mut self) -> Scan {
        self.state = State::AfterItem;
        if self.open.is_empty() {
            Scan::Done
        } else {
            Scan::More
        }
    }

    fn text(&mut self, c: char, is_key: bool, out: &mut String) -> Scan {
        if c == '\\' {
            self.state = State::Escape { is_key };
            return Scan::More;
        }
        self.halves.end(out);
        if c != '"' {
            push_character(c, out);
            return Scan::More;
        }
        out.push(c);
        if is_key {
            self.state = State::Colon;
            return Scan::More;
        }
        self.end()
    }

    fn escape(&mut self, c: char, is_key: bool, out: &mut String) -> Scan {
        match c {
            'u' => {
                self.state = State::Hex {
                    is_key,
                    left: 4,
                    code: 0,
                };
            }
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
                self.halves.end(out);
                out.extend(['\\', c]);
                self.state = State::Text { is_key };
            }
            _ => return Scan::Broken,
        }
        Scan::More
    }

    fn scalar(&mut self, c: char, out: &mut String) -> Scan {
        let allowed = c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        if !allowed || self.scalar.len() >= MAX_SCALAR {
            return Scan::Broken;
        }
        self.state = State::Scalar;
        self.scalar.push(c);
        out.push(c);
        Scan::More
    }

    fn end_scalar(&mut self, c: char, out: &mut String) -> Scan {
        let scalar = std::mem::take(&mut self.scalar);
        if !is_scalar(&scalar) {
            return Scan::Broken;
        }
        match self.end() {
            Scan::Done => Scan::DoneBefore,
            _ => self.feed(c, out),
        }
    }
}

/// Escapes `\uXXXX` of which two may be one character: a half without the other is U+FFFD, since it is no text.
#[derive(Debug, Default)]
pub(super) struct Halves {
    first: Option<u32>,
}

impl Halves {
    /// Takes the code of an escape.
    pub(super) fn push(&mut self, code: u32, out: &mut String) {
        let first = self.first.take();
        match (first, code) {
            (Some(first), 0xDC00..=0xDFFF) => {
                out.push_str(&format!("\\u{first:04x}\\u{code:04x}"));
                return;
            }
            (Some(_), _) => out.push(char::REPLACEMENT_CHARACTER),
            _ => {}
        }
        match code {
            0xD800..=0xDBFF => self.first = Some(code),
            0xDC00..=0xDFFF => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push_str(&format!("\\u{code:04x}")),
        }
    }

    /// Something else comes.
    pub(super) fn end(&mut self, out: &mut String) {
        if self.first.take().is_some() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Whether `text` is a JSON number, `true`, `false` or `null`.
pub(super) fn is_scalar(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text)
        .is_ok_and(|value| !value.is_string() && !value.is_array() && !value.is_object())
}

/// Appends a character of a string.
pub(super) fn push_character(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0'..='\u{1F}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        _ => out.push(c),
    }
}
