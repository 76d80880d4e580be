//! What is done to a template's text before the engine sees it.

use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

use super::error::TemplateError;

/// Longest template that is read; the longest real ones have some 50 KB.
const MAX_BYTES: usize = 1 << 20;
/// Most tokens inside one tag. The engine's parser and compiler recurse over chains such as `a.b.c` and `a ~ b ~ c`,
/// and real tags stay below 300.
const MAX_TAG_TOKENS: usize = 1000;
/// Most branches of one `if`, for the same reason; counted over the whole template, since real ones have some 100.
const MAX_ELIFS: usize = 400;

/// Most bytes and items that products of constants may make, over the whole template.
const MAX_CONSTANTS: u64 = 4 << 20;

/// Checks the size and shape of `source`, and turns `{% generation %}` (which marks the model's own words for training,
/// and renders what it holds) into `{% if true %}`, keeping the white space control.
pub(super) fn prepare(source: &str, syntax: &SyntaxConfig) -> Result<String, TemplateError> {
    if source.len() > MAX_BYTES {
        return Err(TemplateError::TooLong {
            bytes: source.len(),
            limit: MAX_BYTES,
        });
    }
    let source = replace_generation(source);
    check_shape(&source, syntax)?;
    Ok(source)
}

fn check_shape(source: &str, syntax: &SyntaxConfig) -> Result<(), TemplateError> {
    let mut tokenizer = Tokenizer::new(source, "chat template", false, syntax.clone());
    let (mut in_tag, mut elifs, mut constants) = (0, 0, 0u64);
    let mut product = Product::default();
    while let Some((token, span)) = tokenizer.next_token().map_err(TemplateError::from_parser)? {
        let refused = |what| {
            Err(TemplateError::Unsupported {
                what,
                line: Some(usize::from(span.start_line)),
            })
        };
        match token {
            Token::BlockStart | Token::VariableStart => {
                (in_tag, product) = (0, Product::default());
            }
            Token::BlockEnd | Token::VariableEnd => {
                constants = constants.saturating_add(product.bound())
            }
            _ => in_tag += 1,
        }
        product.see(&token);
        elifs += usize::from(matches!(token, Token::Ident("elif")));
        if in_tag > MAX_TAG_TOKENS {
            return refused("a tag of more than 1000 words");
        }
        if elifs > MAX_ELIFS {
            return refused("more than 400 `elif` branches");
        }
        if constants > MAX_CONSTANTS {
            return refused("products of constants that are too large");
        }
    }
    Ok(())
}

/// Bounds what the engine's compiler makes of the constants in one tag. It folds `'x' * 10**8` before any budget is there,
/// so a tag that multiplies may hold numbers and texts of moderate size only.
#[derive(Default)]
struct Product {
    multiplies: bool,
    raises: bool,
    /// The product of each number plus one (less one): no less than any sum or product of the numbers.
    numbers: u64,
    /// Bytes of text and number of words, of which lists are made.
    material: u64,
}

impl Product {
    fn see(&mut self, token: &Token<'_>) {
        let number = match token {
            Token::Int(number) => number.saturating_add(1),
            Token::Float(number) => (number.abs() as u64).saturating_add(2),
            Token::Int128(_) => u64::MAX,
            _ => 1,
        };
        self.numbers = (self.numbers.saturating_add(1)).saturating_mul(number) - 1;
        self.multiplies |= matches!(token, Token::Mul);
        self.raises |= matches!(token, Token::Pow);
        self.material += match token {
            Token::Str(text) => text.len() as u64,
            Token::String(text) => text.len() as u64,
            Token::BracketOpen | Token::ParenOpen | Token::Comma => 1,
            _ => 0,
        };
    }

    fn bound(&self) -> u64 {
        match (self.multiplies && self.material > 0, self.raises) {
            (false, _) => 0,
            (true, true) => u64::MAX,
            (true, false) => self.material.saturating_mul(self.numbers.saturating_add(1)),
        }
    }
}

fn replace_generation(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let (open, inner) = tag.split_at(2);
        out.push_str(open);
        let control = inner.len() - inner.trim_start_matches(['-', '+']).len();
        let (control, inner) = inner.split_at(control.min(1));
        out.push_str(control);
        let word = inner.trim_start();
        let after = |name: &str| {
            let after = word.strip_prefix(name)?;
            let closed = after.trim_start();
            closed
                .strip_prefix(['-', '+'])
                .unwrap_or(closed)
                .starts_with("%}")
                .then_some(after)
        };
        if let Some(after) = after("generation") {
            out.push_str(" if true");
            rest = after;
        } else if let Some(after) = after("endgeneration") {
            out.push_str(" endif");
            rest = after;
        } else {
            rest = inner;
        }
    }
    out.push_str(rest);
    out
}
