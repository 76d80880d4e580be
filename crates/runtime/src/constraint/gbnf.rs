//! GBNF, llama.cpp's form of grammars, as Lark.
//!
//! GBNF goes by characters, Lark by lexemes. What has no recursion is a regular language and becomes one regular expression: a grammar
//! without any is just that. In other grammars each text, class, repetition and choice without recursion is a lexeme. A lexeme takes all
//! that it can, so where one is followed by something that might as well belong to it, fewer texts are admitted than GBNF would; never
//! more.
//!
//! Source: `grammars/README.md` of llama.cpp.

mod parse;

use std::fmt::Write;

use super::MAX_BYTES;
use super::error::GrammarError;
use parse::{Node, Rule};

/// Rules inside one another, at most.
const MAX_DEPTH: usize = 100;

/// The same language in Lark, or a part of it.
pub(super) fn to_lark(text: &str) -> Result<String, GrammarError> {
    let rules = parse::parse(text)?;
    let root = find(&rules, "root")?;
    let writer = Writer::new(&rules)?;
    let mut out = String::new();
    let mut wanted = vec![root];
    let mut at = 0;
    while let Some(&rule) = wanted.get(at) {
        at += 1;
        let name = if rule == root {
            "start".to_owned()
        } else {
            format!("r{rule}")
        };
        let mut body = String::new();
        writer.rule(&rules[rule].body, &mut body, &mut wanted, 0)?;
        let _ = writeln!(out, "{name}: {body}");
    }
    // The rule `start` refers to itself by its number.
    if out.contains(&format!("r{root} ")) {
        let _ = writeln!(out, "r{root}: start");
    }
    Ok(out)
}

fn find(rules: &[Rule], name: &str) -> Result<usize, GrammarError> {
    let found = rules.iter().position(|rule| rule.name == name);
    found.ok_or_else(|| GrammarError::NoRule {
        name: name.to_owned(),
    })
}

struct Writer<'a> {
    rules: &'a [Rule],
    /// Whether a rule leads to no recursion.
    regular: Vec<bool>,
    /// The rules that a rule names, by their names.
    index: hashbrown::HashMap<&'a str, usize>,
}

impl<'a> Writer<'a> {
    fn new(rules: &'a [Rule]) -> Result<Self, GrammarError> {
        let mut index = hashbrown::HashMap::new();
        for (at, rule) in rules.iter().enumerate() {
            index.entry(rule.name.as_str()).or_insert(at);
        }
        let mut named = Vec::with_capacity(rules.len());
        for rule in rules {
            let mut names = Vec::new();
            rule.body.names(&mut names);
            let found = names.into_iter().map(|name| {
                let found = index.get(name).copied();
                found.ok_or_else(|| GrammarError::NoRule {
                    name: name.to_owned(),
                })
            });
            named.push(found.collect::<Result<Vec<usize>, _>>()?);
        }
        // A rule is regular once all that it names are.
        let mut regular = vec![false; rules.len()];
        loop {
            let more: Vec<usize> = (0..rules.len())
                .filter(|&rule| !regular[rule] && named[rule].iter().all(|&other| regular[other]))
                .collect();
            if more.is_empty() {
                break;
            }
            more.into_iter().for_each(|rule| regular[rule] = true);
        }
        Ok(Writer {
            rules,
            regular,
            index,
        })
    }

    fn is_regular(&self, node: &Node) -> bool {
        let mut names = Vec::new();
        node.names(&mut names);
        names
            .iter()
            .all(|&name| self.index.get(name).is_some_and(|&rule| self.regular[rule]))
    }

    /// Write a node as part of a rule. Rules that it names are added to `wanted`.
    fn rule(
        &self,
        node: &Node,
        out: &mut String,
        wanted: &mut Vec<usize>,
        depth: usize,
    ) -> Result<(), GrammarError> {
        let is_whole = depth == 0 && wanted.len() == 1;
        let has_parts = matches!(node, Node::Sequence(_) | Node::Name(_));
        if self.is_regular(node) && (is_whole || !has_parts) {
            let mut regex = String::new();
            self.regex(node, &mut regex, 0)?;
            let _ = write!(out, "/{regex}/ ");
            return Ok(());
        }
        match node {
            Node::Name(name) => {
                let rule = self.index.get(name.as_str()).copied().unwrap_or(0);
                if !wanted.contains(&rule) {
                    wanted.push(rule);
                }
                let _ = write!(out, "r{rule} ");
            }
            Node::Sequence(parts) => {
                if parts.is_empty() {
                    out.push_str("\"\" ");
                }
                for part in parts {
                    self.rule(part, out, wanted, depth + 1)?;
                }
            }
            Node::Choice(options) => {
                out.push_str("( ");
                for (at, option) in options.iter().enumerate() {
                    out.push_str(if at > 0 { "| " } else { "" });
                    self.rule(option, out, wanted, depth + 1)?;
                }
                out.push_str(") ");
            }
            Node::Repeat(node, min, max) => {
                out.push_str("( ");
                self.rule(node, out, wanted, depth + 1)?;
                let _ = match max {
                    Some(max) => write!(out, "){{{min},{max}}} "),
                    None => write!(out, "){{{min},}} "),
                };
            }
            Node::Text(_) | Node::Class(_) => {}
        }
        Ok(())
    }

    /// Write a regular node as an expression.
    fn regex(&self, node: &Node, out: &mut String, depth: usize) -> Result<(), GrammarError> {
        let (bytes, max) = (out.len(), MAX_BYTES);
        if bytes > max || depth > MAX_DEPTH {
            return Err(GrammarError::TooLong { bytes, max });
        }
        match node {
            Node::Text(text) => text.chars().for_each(|c| literal(c, out)),
            Node::Class(class) => out.push_str(class),
            Node::Name(name) => {
                let rule = self.index.get(name.as_str()).copied().unwrap_or(0);
                self.regex(&self.rules[rule].body, out, depth + 1)?;
            }
            Node::Sequence(parts) => {
                for part in parts {
                    self.regex(part, out, depth)?;
                }
            }
            Node::Choice(options) => {
                out.push_str("(?:");
                for (at, option) in options.iter().enumerate() {
                    out.push_str(if at > 0 { "|" } else { "" });
                    self.regex(option, out, depth)?;
                }
                out.push(')');
            }
            Node::Repeat(node, min, max) => {
                out.push_str("(?:");
                self.regex(node, out, depth)?;
                let _ = match max {
                    Some(max) => write!(out, "){{{min},{max}}}"),
                    None => write!(out, "){{{min},}}"),
                };
            }
        }
        Ok(())
    }
}

fn literal(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", c as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grammar_without_recursion_is_one_expression() {
        let lark = to_lark("root ::= item+ # all\nitem ::= \"- \" [^\\n]+ \"\\n\"");
        let expected = r"start: /(?:\x{2d}\x{20}(?:[^\x{a}-\x{a}]){1,}\x{a}){1,}/ ";
        assert_eq!(lark.as_deref(), Ok(format!("{expected}\n").as_str()));
    }

    #[test]
    fn rules_that_recur_stay_rules() {
        let lark = to_lark("root ::= \"(\" root \")\" | [a-c]{2}").expect("it is a grammar");
        assert_eq!(
            lark,
            "start: ( /\\x{28}/ r0 /\\x{29}/ | /(?:[\\x{61}-\\x{63}]){2,2}/ ) \nr0: start\n"
        );
    }

    #[test]
    fn errors_name_the_line_or_the_rule() {
        let at = |line, text: &str| match to_lark(text) {
            Err(GrammarError::Gbnf { line: found, .. }) => assert_eq!(found, line, "{text}"),
            other => panic!("{text}: {other:?}"),
        };
        at(1, "root = \"a\"");
        at(2, "root ::= a\na ::= \"x");
        at(1, "root ::= [a");
        at(1, "root ::= (\"a\"");
        at(1, "root ::= \"a\"{3,2}");
        at(1, "root ::= *");
        at(1, &format!("root ::= {}", "(".repeat(100_000)));
        let missing = |name: &str| {
            Err(GrammarError::NoRule {
                name: name.to_owned(),
            })
        };
        assert_eq!(to_lark("root ::= b"), missing("b"));
        assert_eq!(to_lark("start ::= \"a\""), missing("root"));
    }

    #[test]
    fn rules_that_grow_without_end_are_refused() {
        let mut text = "root ::= a0\n".to_owned();
        for at in 0..40 {
            let _ = writeln!(text, "a{at} ::= a{} a{}", at + 1, at + 1);
        }
        text.push_str("a40 ::= \"x\"");
        assert!(matches!(to_lark(&text), Err(GrammarError::TooLong { .. })));
    }
}
