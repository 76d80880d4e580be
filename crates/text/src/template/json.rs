//! The `tojson` filter as templates expect it: Python's `json.dumps`, not the engine's HTML-safe form.
//!
//! `ensure_ascii` is off unless asked for; separators are `", "` and `": "`, with `indent` `","` and `": "`; keys keep
//! their order unless `sort_keys`; numbers are written as Python writes them.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use super::meter::Meter;

/// How `json.dumps` was asked to write.
struct Style {
    ensure_ascii: bool,
    sort_keys: bool,
    /// One level of indentation, and with it a line per item.
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
}

/// `value|tojson(ensure_ascii, indent, separators, sort_keys)`, each by position or by name.
pub(super) fn tojson(
    meter: &Meter,
    value: &Value,
    positional: &[Value],
    kwargs: &Kwargs,
) -> Result<Value, Error> {
    let style = Style::read(positional, kwargs)?;
    kwargs.assert_all_used()?;
    meter.weigh(value)?;
    let mut out = String::new();
    Writer {
        meter,
        style: &style,
        out: &mut out,
    }
    .value(value, 0)?;
    Ok(Value::from(out))
}

impl Style {
    fn read(positional: &[Value], kwargs: &Kwargs) -> Result<Self, Error> {
        let argument = |at: usize, name: &str| -> Result<Option<Value>, Error> {
            let value: Option<Value> = kwargs.get(name)?;
            Ok(value
                .or_else(|| positional.get(at).cloned())
                .filter(|value| !value.is_none() && !value.is_undefined()))
        };
        let indent = argument(1, "indent")?.map(|value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => " ".repeat(u8::try_from(value).map_or(0, usize::from)),
        });
        let (mut item_separator, mut key_separator) = (
            if indent.is_some() { "," } else { ", " }.to_owned(),
            ": ".to_owned(),
        );
        if let Some(pair) = argument(2, "separators")? {
            let mut parts = pair
                .try_iter()?
                .map(|part| part.as_str().map(str::to_owned));
            let (Some(Some(item)), Some(Some(key)), None) =
                (parts.next(), parts.next(), parts.next())
            else {
                return Err(Error::new(
                    ErrorKind::InvalidOperation,
                    "separators takes two strings",
                ));
            };
            (item_separator, key_separator) = (item, key);
        }
        Ok(Style {
            ensure_ascii: argument(0, "ensure_ascii")?.is_some_and(|value| value.is_true()),
            sort_keys: argument(3, "sort_keys")?.is_some_and(|value| value.is_true()),
            indent,
            item_separator,
            key_separator,
        })
    }
}

struct Writer<'a> {
    meter: &'a Meter,
    style: &'a Style,
    out: &'a mut String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, level: usize) -> Result<(), Error> {
        match value.kind() {
            ValueKind::None => self.out.push_str("null"),
            ValueKind::Bool => self
                .out
                .push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.number(value),
            ValueKind::String => self.string(value.as_str().unwrap_or_default())?,
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter()?.collect();
                self.list(['[', ']'], &items, level, |writer, item| {
                    writer.value(item, level + 1)
                })?;
            }
            ValueKind::Map => {
                let mut pairs = Vec::new();
                for (key, item) in value
                    .as_object()
                    .and_then(|object| object.try_iter_pairs())
                    .into_iter()
                    .flatten()
                {
                    pairs.push((key_text(&key)?, item));
                }
                if self.style.sort_keys {
                    pairs.sort_by(|a, b| a.0.cmp(&b.0));
                }
                self.list(['{', '}'], &pairs, level, |writer, (key, item)| {
                    writer.string(key)?;
                    writer.out.push_str(&writer.style.key_separator);
                    writer.value(item, level + 1)
                })?;
            }
            kind => {
                let detail = format!("a value of type {kind} has no JSON form");
                return Err(Error::new(ErrorKind::BadSerialization, detail));
            }
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        brackets: [char; 2],
        items: &[T],
        level: usize,
        write: impl Fn(&mut Self, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let [open, close] = brackets;
        self.out.push(open);
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push_str(&self.style.item_separator);
            }
            self.new_line(level + 1)?;
            write(self, item)?;
        }
        if !items.is_empty() {
            self.new_line(level)?;
        }
        self.out.push(close);
        Ok(())
    }

    fn new_line(&mut self, level: usize) -> Result<(), Error> {
        if let Some(indent) = &self.style.indent {
            self.meter.charge(1 + (indent.len() * level) as u64)?;
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(indent.as_str(), level));
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), Error> {
        // Six bytes for one at most.
        self.meter.charge(6 * text.len() as u64)?;
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                _ if character < ' '
                    || (self.style.ensure_ascii && !(' '..='~').contains(&character)) =>
                {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        // Writing to a string does not fail.
                        let _ = write!(self.out, "\\u{unit:04x}");
                    }
                }
                _ => self.out.push(character),
            }
        }
        self.out.push('"');
        Ok(())
    }

    fn number(&mut self, value: &Value) {
        if value.is_integer() {
            let _ = write!(self.out, "{value}");
        } else {
            self.out.push_str(&python_float(
                f64::try_from(value.clone()).unwrap_or(f64::NAN),
            ));
        }
    }
}

/// The text of a key: `json.dumps` takes strings, numbers, booleans and `None`.
fn key_text(key: &Value) -> Result<String, Error> {
    match key.kind() {
        ValueKind::String => Ok(key.as_str().unwrap_or_default().to_owned()),
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(if key.is_true() { "true" } else { "false" }.to_owned()),
        ValueKind::Number if key.is_integer() => Ok(key.to_string()),
        ValueKind::Number => Ok(python_float(f64::try_from(key.clone()).unwrap_or(f64::NAN))),
        kind => Err(Error::new(
            ErrorKind::BadSerialization,
            format!("a value of type {kind} is no JSON key"),
        )),
    }
}

/// A float as Python's `repr` writes it: shortest digits, with an exponent below 1e-4 and from 1e16 on.
pub(super) fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-4..16).contains(&exponent) {
        let plain = number.to_string();
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::python_float;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        // Expected values from CPython's repr().
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e16, "1e+16"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e300, "1e+300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, text) in cases {
            assert_eq!(python_float(number), text);
        }
    }
}
