//! ECMAScript's regular expressions, which JSON Schema's patterns are, in the dialect of `llguidance`.
//!
//! Both look alike and differ in details that would let a wrong text pass: what `.`, `\d`, `\w` and `\s` stand for, and what `[`, `&&`
//! and `--` mean inside a class. Everything is spelled out. What a text cannot be held to while it is written, such as looking around
//! and back, is an error.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use super::error::GrammarError;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Z_a-z";
/// White space and line ends of ECMA-262.
const SPACE: &str = r"\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}";
/// All but line ends.
const ANY: &str = r"[^\n\r\x{2028}\x{2029}]";

/// The same language in the other dialect.
pub(super) fn translate(pattern: &str) -> Result<String, GrammarError> {
    let mut translation = Translation {
        rest: pattern.chars().peekable(),
        out: String::with_capacity(2 * pattern.len()),
    };
    match translation.all() {
        Ok(()) => Ok(translation.out),
        Err(why) => Err(GrammarError::Pattern {
            pattern: pattern.to_owned(),
            why,
        }),
    }
}

struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

/// What an escape stands for.
enum Escape {
    One(char),
    /// The inside of a class, and whether it is negated.
    Class(String, bool),
}

impl Translation<'_> {
    fn all(&mut self) -> Result<(), &'static str> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => match self.escape()? {
                    Escape::One(c) => self.literal(c),
                    Escape::Class(inside, negated) => self.class_of(&inside, negated),
                },
                '.' => self.out.push_str(ANY),
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.not_lazy();
                }
                '{' => self.count(),
                ')' | '|' | '^' | '$' => self.out.push(c),
                c => self.literal(c),
            }
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if c.is_alphanumeric() || c == ' ' || c == '_' {
            self.out.push(c);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(self.out, "\\x{{{:x}}}", c as u32);
        }
    }

    fn class_of(&mut self, inside: &str, negated: bool) {
        let not = if negated { "^" } else { "" };
        let _ = write!(self.out, "[{not}{inside}]");
    }

    fn group(&mut self) -> Result<(), &'static str> {
        self.out.push_str("(?:");
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        match self.rest.next() {
            Some(':') => Ok(()),
            Some('=' | '!') => Err("it looks ahead"),
            Some('<') => match self.rest.next() {
                Some('=' | '!') => Err("it looks behind"),
                _ => {
                    let name = self.rest.by_ref().find(|&c| c == '>');
                    name.map(drop).ok_or("a group's name has no end")
                }
            },
            _ => Err("a group begins in a way that is not known"),
        }
    }

    /// A text matches as a whole or not at all, so it makes no difference how much is taken first.
    fn not_lazy(&mut self) {
        self.rest.next_if_eq(&'?');
    }

    /// `{n}`, `{n,}` or `{n,m}`, or a brace that stands for itself.
    fn count(&mut self) {
        let inside: String = self.rest.clone().take_while(|&c| c != '}').collect();
        let numbers: Vec<&str> = inside.split(',').collect();
        let is_number = |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
        let is_count = match numbers[..] {
            [n] => is_number(&n),
            [n, m] => is_number(&n) && (m.is_empty() || is_number(&m)),
            _ => false,
        };
        if !is_count {
            return self.literal('{');
        }
        self.rest.by_ref().find(|&c| c == '}');
        let _ = write!(self.out, "{{{inside}}}");
        self.not_lazy();
    }

    fn class(&mut self) -> Result<(), &'static str> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut inside = String::new();
        while self.rest.next_if_eq(&']').is_none() {
            self.class_item(&mut inside)?;
        }
        match (inside.is_empty(), negated) {
            (true, true) => self.out.push_str("(?s:.)"),
            (true, false) => return Err("an empty class matches nothing"),
            (false, _) => self.class_of(&inside, negated),
        }
        Ok(())
    }

    fn class_item(&mut self, inside: &mut String) -> Result<(), &'static str> {
        let start = match self.class_char()? {
            Escape::One(c) => c,
            Escape::Class(set, negated) => {
                let not = if negated { "^" } else { "" };
                let _ = write!(inside, "[{not}{set}]");
                return Ok(());
            }
        };
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
        let mut end = start;
        if is_range {
            self.rest.next();
            match self.class_char()? {
                Escape::One(c) if c >= start => end = c,
                _ => return Err("a range of a class has no order"),
            }
        }
        let _ = write!(inside, "\\x{{{:x}}}-\\x{{{:x}}}", start as u32, end as u32);
        Ok(())
    }

    fn class_char(&mut self) -> Result<Escape, &'static str> {
        match self.rest.next() {
            None => Err("a class has no end"),
            Some('\\') if self.rest.next_if_eq(&'b').is_some() => Ok(Escape::One('\u{8}')),
            Some('\\') => self.escape(),
            Some(c) => Ok(Escape::One(c)),
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Escape, &'static str> {
        let class = |set: &str, negated| Ok(Escape::Class(set.to_owned(), negated));
        let c = self.rest.next().ok_or("it ends with a backslash")?;
        match c {
            'd' | 'D' => class(DIGIT, c == 'D'),
            'w' | 'W' => class(WORD, c == 'W'),
            's' | 'S' => class(SPACE, c == 'S'),
            'p' | 'P' => {
                let name: String = self.rest.by_ref().take_while(|&c| c != '}').collect();
                let name = name.strip_prefix('{').ok_or("\\p wants a name in braces")?;
                Ok(Escape::Class(format!("\\{c}{{{name}}}"), false))
            }
            't' => Ok(Escape::One('\t')),
            'n' => Ok(Escape::One('\n')),
            'r' => Ok(Escape::One('\r')),
            'v' => Ok(Escape::One('\u{b}')),
            'f' => Ok(Escape::One('\u{c}')),
            '0' => Ok(Escape::One('\0')),
            'c' => {
                let letter = self.rest.next().filter(char::is_ascii_alphabetic);
                let letter = letter.ok_or("\\c wants a letter")?;
                Ok(Escape::One(char::from(letter as u8 % 32)))
            }
            'x' => self.hex(2).and_then(one),
            'u' => self.unicode(),
            'b' | 'B' => Err("it looks at the boundaries of words"),
            'k' | '1'..='9' => Err("it looks back at a group"),
            c if c.is_ascii_alphabetic() => Err("an escape is not known"),
            c => Ok(Escape::One(c)),
        }
    }

    fn unicode(&mut self) -> Result<Escape, &'static str> {
        if self.rest.next_if_eq(&'{').is_some() {
            let digits: String = self.rest.by_ref().take_while(|&c| c != '}').collect();
            return one(u32::from_str_radix(&digits, 16).unwrap_or(u32::MAX));
        }
        let first = self.hex(4)?;
        let mut ahead = self.rest.clone();
        if (0xD800..0xDC00).contains(&first)
            && ahead.next() == Some('\\')
            && ahead.next() == Some('u')
        {
            self.rest = ahead;
            let second = self.hex(4)?;
            let pair = char::decode_utf16([first as u16, second as u16]).next();
            return match pair {
                Some(Ok(c)) => Ok(Escape::One(c)),
                _ => Err(NO_CHARACTER),
            };
        }
        one(first)
    }

    fn hex(&mut self, digits: usize) -> Result<u32, &'static str> {
        let text: String = self.rest.by_ref().take(digits).collect();
        let all = text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u32::from_str_radix(&text, 16).ok().filter(|_| all);
        number.ok_or("an escape wants hexadecimal digits")
    }
}

const NO_CHARACTER: &str = "an escape is no character";

fn one(number: u32) -> Result<Escape, &'static str> {
    char::from_u32(number).map(Escape::One).ok_or(NO_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_spelled_out() {
        assert_eq!(translate(r"^\d+?$").as_deref(), Ok("^[0-9]+$"));
        assert_eq!(
            translate("a.b").as_deref(),
            Ok(r"a[^\n\r\x{2028}\x{2029}]b")
        );
        assert_eq!(
            translate("[[a&&b]").as_deref(),
            Ok(r"[\x{5b}-\x{5b}\x{61}-\x{61}\x{26}-\x{26}\x{26}-\x{26}\x{62}-\x{62}]")
        );
        assert_eq!(
            translate(r"[^\w-]").as_deref(),
            Ok(r"[^[0-9A-Z_a-z]\x{2d}-\x{2d}]")
        );
        assert_eq!(translate("x{2,}{a}").as_deref(), Ok(r"x{2,}\x{7b}a\x{7d}"));
        assert_eq!(
            translate(r"(?<year>\u{1F600}|\uD83D\uDE00|\/)").as_deref(),
            Ok(r"(?:\x{1f600}|\x{1f600}|\x{2f})")
        );
    }

    #[test]
    fn what_cannot_be_followed_is_an_error() {
        for pattern in [
            "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(a)\1", r"\bword", r"\k<a>", "[", "[]",
            "[z-a]", "\\", r"\u12", "(?i)a",
        ] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
    }
}
