//! Arguments that are not JSON, character by character to JSON: Python's call syntax and literals, and Gemma 4's.
//!
//! `city="Sofia", days=[1, None])` → `{"city":"Sofia","days":[1,null]}`;
//! `{city:<|"|>Sofia<|"|>,days:[1]}` → `{"city":"Sofia","days":[1]}`. A word that is no number, truth value or nothing is
//! a string.

use super::json::{self, Halves, MAX_DEPTH, Scan};

/// Gemma 4's quotation mark.
const MARK: &str = "<|\"|>";

/// What ends a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    Character(char),
    Mark,
}

/// An object, list or call that is open.
#[derive(Debug, Clone, Copy)]
struct Container {
    close: char,
    /// Between key and value; lists have none.
    separator: Option<char>,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value; or the end of the container, where `or_end`.
    Value {
        or_end: bool,
    },
    Key,
    Separator,
    AfterItem,
    Text {
        quote: Quote,
        is_key: bool,
    },
    Escape {
        quote: char,
        is_key: bool,
    },
    Hex {
        quote: char,
        is_key: bool,
        left: u8,
        code: u32,
        short: bool,
    },
    Word {
        is_key: bool,
    },
}

/// Follows one object or the arguments of one call.
#[derive(Debug)]
pub(super) struct Literal {
    state: State,
    open: Vec<Container>,
    word: String,
    /// How much of [`MARK`] has come.
    mark: usize,
    marks: bool,
    /// A comma has come, and nothing after it.
    comma: bool,
    halves: Halves,
    /// Whether something has come that belongs to a call and to nothing else.
    pub(super) is_clear: bool,
}

impl Literal {
    /// The arguments of a Python call, after the opening parenthesis. Writes the beginning of the object to `out`.
    pub(super) fn python_call(out: &mut String) -> Self {
        out.push('{');
        Literal {
            state: State::Key,
            open: vec![Container {
                close: ')',
                separator: Some('='),
            }],
            word: String::new(),
            mark: 0,
            marks: false,
            comma: false,
            halves: Halves::default(),
            is_clear: false,
        }
    }

    /// The arguments of a Gemma 4 call, after the opening brace.
    pub(super) fn gemma_call(out: &mut String) -> Self {
        out.push('{');
        Literal {
            state: State::Key,
            open: vec![Container {
                close: '}',
                separator: Some(':'),
            }],
            word: String::new(),
            mark: 0,
            marks: true,
            comma: false,
            halves: Halves::default(),
            is_clear: false,
        }
    }

    /// Takes the next character, and appends what it becomes to `out`.
    pub(super) fn feed(&mut self, c: char, out: &mut String) -> Scan {
        match self.state {
            State::Text { quote, is_key } => self.text(c, quote, is_key, out),
            State::Escape { quote, is_key } => self.escape(c, quote, is_key, out),
            State::Hex { .. } => self.hex(c, out),
            State::Word { is_key } => self.word(c, is_key, out),
            _ if self.mark > 0 => self.begin_mark(c),
            _ if c.is_whitespace() => Scan::More,
            _ => self.structure(c, out),
        }
    }

    fn structure(&mut self, c: char, out: &mut String) -> Scan {
        let Some(&container) = self.open.last() else {
            return Scan::Broken;
        };
        let may_end = matches!(
            self.state,
            State::Key | State::Value { or_end: true } | State::AfterItem
        );
        if may_end && c == container.close {
            self.is_clear = true;
            return self.close(container, out);
        }
        match (self.state, c) {
            (State::Separator, _) if Some(c) == container.separator => {
                self.is_clear = true;
                out.push(':');
                self.state = State::Value { or_end: false };
            }
            (State::AfterItem, ',') => {
                self.comma = true;
                self.state = self.next_item();
            }
            (State::Value { .. }, '{') => return self.enter('}', Some(':'), '{', out),
            (State::Value { .. }, '[') => return self.enter(']', None, '[', out),
            (State::Value { .. }, '(') if !self.marks => return self.enter(')', None, '[', out),
            (State::Value { .. } | State::Key, '\'' | '"') => {
                self.begin_item(out);
                out.push('"');
                self.state = State::Text {
                    quote: Quote::Character(c),
                    is_key: self.state == State::Key,
                };
            }
            (State::Value { .. } | State::Key, '<') if self.marks => {
                self.begin_item(out);
                out.push('"');
                self.mark = 1;
            }
            (State::Value { .. } | State::Key, _) if is_word(c, self.marks) => {
                self.begin_item(out);
                self.word.push(c);
                self.state = State::Word {
                    is_key: self.state == State::Key,
                };
            }
            _ => return Scan::Broken,
        }
        Scan::More
    }

    /// Writes the comma that came before this item.
    fn begin_item(&mut self, out: &mut String) {
        if std::mem::take(&mut self.comma) {
            out.push(',');
        }
    }

    fn next_item(&self) -> State {
        match self.open.last() {
            Some(Container {
                separator: Some(_), ..
            }) => State::Key,
            _ => State::Value { or_end: true },
        }
    }

    fn enter(
        &mut self,
        close: char,
        separator: Option<char>,
        open: char,
        out: &mut String,
    ) -> Scan {
        if self.open.len() >= MAX_DEPTH {
            return Scan::Broken;
        }
        self.begin_item(out);
        self.open.push(Container { close, separator });
        out.push(open);
        self.state = self.next_item();
        Scan::More
    }

    fn close(&mut self, container: Container, out: &mut String) -> Scan {
        // Python allows a comma before the end.
        self.comma = false;
        out.push(if container.separator.is_some() {
            '}'
        } else {
            ']'
        });
        self.open.pop();
        self.state = State::AfterItem;
        if self.open.is_empty() {
            Scan::Done
        } else {
            Scan::More
        }
    }

    /// A string or word ended.
    fn end(&mut self, is_key: bool) {
        self.state = if is_key {
            State::Separator
        } else {
            State::AfterItem
        };
    }

    /// The rest of a mark that opens a string.
    fn begin_mark(&mut self, c: char) -> Scan {
        if MARK.get(self.mark..).and_then(|rest| rest.chars().next()) != Some(c) {
            return Scan::Broken;
        }
        self.mark += 1;
        if self.mark == MARK.len() {
            self.mark = 0;
            self.state = State::Text {
                quote: Quote::Mark,
                is_key: self.state == State::Key,
            };
        }
        Scan::More
    }

    fn text(&mut self, c: char, quote: Quote, is_key: bool, out: &mut String) -> Scan {
        if c != '\\' {
            self.halves.end(out);
        }
        match quote {
            Quote::Character(end) if c == end => {
                out.push('"');
                self.end(is_key);
            }
            Quote::Character(quote) if c == '\\' => self.state = State::Escape { quote, is_key },
            Quote::Character(_) => json::push_character(c, out),
            Quote::Mark => {
                if MARK.get(self.mark..).and_then(|rest| rest.chars().next()) == Some(c) {
                    self.mark += 1;
                    if self.mark == MARK.len() {
                        self.mark = 0;
                        out.push('"');
                        self.end(is_key);
                    }
                    return Scan::More;
                }
                // What looked like the mark was text; only its first character can begin it again.
                for held in MARK.get(..self.mark).unwrap_or_default().chars() {
                    json::push_character(held, out);
                }
                self.mark = usize::from(c == '<');
                if c != '<' {
                    json::push_character(c, out);
                }
            }
        }
        Scan::More
    }

    fn escape(&mut self, c: char, quote: char, is_key: bool, out: &mut String) -> Scan {
        let hex = |left, short| State::Hex {
            quote,
            is_key,
            left,
            code: 0,
            short,
        };
        self.state = match c {
            'x' => hex(2, true),
            'u' => hex(4, true),
            'U' => hex(8, false),
            _ => State::Text {
                quote: Quote::Character(quote),
                is_key,
            },
        };
        if !matches!(c, 'x' | 'u') {
            self.halves.end(out);
        }
        match c {
            'x' | 'u' | 'U' | '\n' => {}
            'n' => out.push_str("\\n"),
            't' => out.push_str("\\t"),
            'r' => out.push_str("\\r"),
            'b' => out.push_str("\\b"),
            'f' => out.push_str("\\f"),
            '0' => out.push_str("\\u0000"),
            '\'' | '"' | '\\' | '/' => json::push_character(c, out),
            // Python keeps the backslash of an escape that it does not know.
            _ => {
                out.push_str("\\\\");
                json::push_character(c, out);
            }
        }
        Scan::More
    }

    fn hex(&mut self, c: char, out: &mut String) -> Scan {
        let State::Hex {
            quote,
            is_key,
            left,
            code,
            short,
        } = self.state
        else {
            return Scan::Broken;
        };
        let Some(digit) = c.to_digit(16) else {
            return Scan::Broken;
        };
        let code = code << 4 | digit;
        if left > 1 {
            self.state = State::Hex {
                quote,
                is_key,
                left: left - 1,
                code,
                short,
            };
            return Scan::More;
        }
        self.state = State::Text {
            quote: Quote::Character(quote),
            is_key,
        };
        match char::from_u32(code).filter(|_| !short) {
            Some(c) => json::push_character(c, out),
            None if short => self.halves.push(code, out),
            None => return Scan::Broken,
        }
        Scan::More
    }

    fn word(&mut self, c: char, is_key: bool, out: &mut String) -> Scan {
        let ends = match (is_key, self.open.last()) {
            (true, Some(container)) => {
                Some(c) == container.separator || matches!(c, ',' | ')' | '}')
            }
            _ => matches!(c, ',' | ']' | '}') || (c == ')' && !self.marks),
        };
        if !ends {
            if self.word.len() >= 256 || !(is_word(c, self.marks) || c == ' ') {
                return Scan::Broken;
            }
            self.word.push(c);
            return Scan::More;
        }
        let word = std::mem::take(&mut self.word);
        let word = word.trim();
        match word {
            _ if is_key => push_string(word, out),
            "True" | "true" => out.push_str("true"),
            "False" | "false" => out.push_str("false"),
            "None" | "null" => out.push_str("null"),
            number if json::is_scalar(number) => out.push_str(number),
            text => push_string(text, out),
        }
        self.end(is_key);
        self.structure(c, out)
    }
}

fn is_word(c: char, anything: bool) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.') || (anything && !c.is_control())
}

fn push_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        json::push_character(c, out);
    }
    out.push('"');
}
