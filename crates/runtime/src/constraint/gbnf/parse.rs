//! GBNF text as a tree.

use std::iter::Peekable;
use std::str::Chars;

use crate::constraint::error::GrammarError;

/// Parentheses inside one another, at most.
const MAX_DEPTH: usize = 100;
/// Repetitions that are counted, at most.
const MAX_COUNT: u32 = 10_000;

/// `name ::= body`.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) body: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    /// A class of characters, as a regular expression has it.
    Class(String),
    Name(String),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
}

impl Node {
    /// The rules that it names.
    pub(super) fn names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Node::Name(name) => names.push(name),
            Node::Sequence(nodes) | Node::Choice(nodes) => {
                nodes.iter().for_each(|node| node.names(names));
            }
            Node::Repeat(node, ..) => node.names(names),
            Node::Text(_) | Node::Class(_) => {}
        }
    }
}

/// The rules of a grammar.
pub(super) fn parse(text: &str) -> Result<Vec<Rule>, GrammarError> {
    let mut parser = Parser {
        rest: text.chars().peekable(),
        line: 1,
    };
    let rules = parser.rules();
    rules.map_err(|why| GrammarError::Gbnf {
        line: parser.line,
        why,
    })
}

type Parsed<T> = Result<T, &'static str>;

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Parser<'_> {
    fn rules(&mut self) -> Parsed<Vec<Rule>> {
        let mut rules = Vec::new();
        self.space(true);
        while self.rest.peek().is_some() {
            let name = self.name();
            if name.is_empty() {
                return Err("a rule's name is expected");
            }
            self.space(false);
            if !"::=".chars().all(|c| self.rest.next_if_eq(&c).is_some()) {
                return Err("::= is expected after a rule's name");
            }
            self.space(true);
            let body = self.choice(0)?;
            if !matches!(self.rest.peek(), None | Some('\n' | '\r')) {
                return Err("the rule does not end here");
            }
            self.space(true);
            rules.push(Rule { name, body });
        }
        Ok(rules)
    }

    fn name(&mut self) -> String {
        let is_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        std::iter::from_fn(|| self.rest.next_if(is_name)).collect()
    }

    /// Over white space and comments, and over line ends where the rule goes on.
    fn space(&mut self, over_lines: bool) {
        while let Some(&c) = self.rest.peek() {
            match c {
                ' ' | '\t' => drop(self.rest.next()),
                '#' => while self.rest.next_if(|&c| c != '\n' && c != '\r').is_some() {},
                '\n' | '\r' if over_lines => {
                    self.line += usize::from(c == '\n');
                    self.rest.next();
                }
                _ => return,
            }
        }
    }

    fn choice(&mut self, depth: usize) -> Parsed<Node> {
        if depth > MAX_DEPTH {
            return Err("parentheses are nested too deep");
        }
        let mut options = vec![self.sequence(depth)?];
        while self.rest.next_if_eq(&'|').is_some() {
            self.space(true);
            options.push(self.sequence(depth)?);
        }
        Ok(if options.len() == 1 {
            options.remove(0)
        } else {
            Node::Choice(options)
        })
    }

    fn sequence(&mut self, depth: usize) -> Parsed<Node> {
        let mut parts: Vec<Node> = Vec::new();
        while let Some(&c) = self.rest.peek() {
            let part = match c {
                '"' => Node::Text(self.text()?),
                '[' => Node::Class(self.class()?),
                '.' => {
                    self.rest.next();
                    Node::Class("(?s:.)".to_owned())
                }
                '(' => {
                    self.rest.next();
                    self.space(true);
                    let inside = self.choice(depth + 1)?;
                    self.rest
                        .next_if_eq(&')')
                        .ok_or("a parenthesis has no end")?;
                    inside
                }
                '*' | '+' | '?' | '{' => {
                    let (min, max) = self.count()?;
                    let last = parts.pop().ok_or("there is nothing to repeat")?;
                    Node::Repeat(Box::new(last), min, max)
                }
                '<' | '!' => return Err("tokens are not supported: use Lark for them"),
                c if c.is_ascii_alphanumeric() => Node::Name(self.name()),
                _ => break,
            };
            parts.push(part);
            self.space(depth > 0);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Node::Sequence(parts)
        })
    }

    fn count(&mut self) -> Parsed<(u32, Option<u32>)> {
        match self.rest.next() {
            Some('*') => return Ok((0, None)),
            Some('+') => return Ok((1, None)),
            Some('?') => return Ok((0, Some(1))),
            _ => {}
        }
        let inside: String = std::iter::from_fn(|| self.rest.next_if(|&c| c != '}')).collect();
        self.rest.next_if_eq(&'}').ok_or("a count has no end")?;
        let number = |text: &str| -> Parsed<u32> {
            let number = text.trim().parse::<u32>().ok();
            number
                .filter(|&n| n <= MAX_COUNT)
                .ok_or("a count is a number up to 10000")
        };
        let (min, max) = match inside.split_once(',') {
            None => {
                let n = number(&inside)?;
                (n, Some(n))
            }
            Some((min, max)) => {
                let min = if min.trim().is_empty() {
                    0
                } else {
                    number(min)?
                };
                let max = if max.trim().is_empty() {
                    None
                } else {
                    Some(number(max)?)
                };
                (min, max)
            }
        };
        if max.is_some_and(|max| max < min) {
            return Err("a count is empty");
        }
        Ok((min, max))
    }

    fn text(&mut self) -> Parsed<String> {
        self.rest.next();
        let mut text = String::new();
        loop {
            match self.rest.next() {
                None | Some('\n') => return Err("a text has no end"),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) => text.push(c),
            }
        }
    }

    fn class(&mut self) -> Parsed<String> {
        self.rest.next();
        let mut class = "[".to_owned();
        if self.rest.next_if_eq(&'^').is_some() {
            class.push('^');
        }
        let before = class.len();
        while self.rest.next_if_eq(&']').is_none() {
            let start = self.class_char()?;
            let mut ahead = self.rest.clone();
            let mut end = start;
            if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
                self.rest.next();
                end = self.class_char()?;
            }
            if end < start {
                return Err("a range of a class has no order");
            }
            class.push_str(&format!(
                "\\x{{{:x}}}-\\x{{{:x}}}",
                start as u32, end as u32
            ));
        }
        if class.len() == before {
            return Err("a class is empty");
        }
        class.push(']');
        Ok(class)
    }

    fn class_char(&mut self) -> Parsed<char> {
        match self.rest.next() {
            None | Some('\n') => Err("a class has no end"),
            Some('\\') => self.escape(),
            Some(c) => Ok(c),
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        match self.rest.next() {
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some('n') => Ok('\n'),
            Some('x') => self.hex(2),
            Some('u') => self.hex(4),
            Some('U') => self.hex(8),
            Some(c @ ('\\' | '"' | '[' | ']' | '^' | '-' | '/')) => Ok(c),
            _ => Err("an escape is not known"),
        }
    }

    fn hex(&mut self, digits: usize) -> Parsed<char> {
        let text: String = self.rest.by_ref().take(digits).collect();
        let number = u32::from_str_radix(&text, 16)
            .ok()
            .filter(|_| text.len() == digits);
        number
            .and_then(char::from_u32)
            .ok_or("an escape is no character")
    }
}
