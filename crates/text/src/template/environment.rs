//! The filters, tests, functions and methods that templates may use, each paying for its work (see [`meter`](super::meter)).

use minijinja::value::{Kwargs, Rest, Tuple, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Output, State, Value, filters, functions, tests};
use minijinja_contrib::pycompat;

use super::bytecode::{CONCAT, PASS, PASS_FLAT, PASS_PRODUCT, SETTLE, SLICE};
use super::clock::DateTime;
use super::error::{Raised, TemplateLimit};
use super::json;
use super::meter::Meter;
use super::slice::slice;

/// Instructions of the engine that a rendering may take; a long conversation takes some 200 a message.
const STEPS: u64 = 5_000_000;
/// Calls, loops and blocks inside each other. Native and wasm stacks (1 MiB) hold this many.
const RECURSION: usize = 200;

/// An environment for one rendering.
pub(super) fn environment<'s>(meter: &Meter, now: DateTime) -> Environment<'s> {
    let mut env = Environment::empty();
    env.set_fuel(Some(STEPS));
    env.set_recursion_limit(RECURSION);
    add_operators(&mut env, meter);
    add_filters(&mut env, meter);
    add_tests(&mut env, meter);
    add_functions(&mut env, meter, now);
    let methods = meter.clone();
    env.set_unknown_method_callback(move |state, value, method, args| {
        call_method(&methods, state, value, method, args)
    });
    let output = meter.clone();
    env.set_formatter(
        move |out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value| {
            output.charge_output(output.weigh(value)?)?;
            match float_text(value) {
                Some(text) => Ok(out.write_str(&text)?),
                None => minijinja::escape_formatter(out, state, value),
            }
        },
    );
    env
}

/// What stands around the engine's own operators: see [`bytecode`](super::bytecode).
fn add_operators(env: &mut Environment<'_>, meter: &Meter) {
    let reversed = |mut args: Rest<Value>| {
        args.0.reverse();
        Value::from(Tuple::from(args.0))
    };
    let deep = meter.clone();
    env.add_function(PASS, move |args: Rest<Value>| -> Result<Value, Error> {
        args.iter().try_for_each(|arg| deep.weigh(arg).map(drop))?;
        Ok(reversed(args))
    });
    let flat = meter.clone();
    env.add_function(
        PASS_FLAT,
        move |args: Rest<Value>| -> Result<Value, Error> {
            args.iter().try_for_each(|arg| flat.weigh_flat(arg))?;
            Ok(reversed(args))
        },
    );
    let product = meter.clone();
    env.add_function(
        PASS_PRODUCT,
        move |args: Rest<Value>| -> Result<Value, Error> {
            let repeated = args.iter().find(|arg| arg.kind() != ValueKind::Number);
            if let Some(repeated) = repeated {
                let size = product.weigh(repeated)?;
                let times = args.iter().map(magnitude).max().unwrap_or(0);
                product.charge(size.saturating_mul(times))?;
            }
            Ok(reversed(args))
        },
    );
    let settle = meter.clone();
    env.add_filter(SETTLE, move |value: Value| -> Result<Value, Error> {
        Ok(settle.settle(value)?)
    });
    let part = meter.clone();
    env.add_function(
        SLICE,
        move |value: &Value, start: &Value, stop: &Value, step: &Value| -> Result<Value, Error> {
            part.weigh(value)?;
            slice(value, [start, stop, step])
        },
    );
    let concat = meter.clone();
    env.add_function(
        CONCAT,
        move |left: &Value, right: &Value| -> Result<Value, Error> {
            concat.weigh(left)?;
            concat.weigh(right)?;
            let text = |value: &Value| float_text(value).unwrap_or_else(|| value.to_string());
            Ok(Value::from(text(left) + &text(right)))
        },
    );
}

/// A float as Python writes it, where the engine has a form of its own: without an exponent.
fn float_text(value: &Value) -> Option<String> {
    let is_float = value.kind() == ValueKind::Number && !value.is_integer();
    let number = f64::try_from(value.clone()).ok().filter(|_| is_float)?;
    number.is_finite().then(|| json::python_float(number))
}

/// A number as something that can be large; other values are 0.
fn magnitude(value: &Value) -> u64 {
    if value.kind() != ValueKind::Number {
        return 0;
    }
    i128::try_from(value.clone()).map_or(u64::MAX, |number| {
        u64::try_from(number.unsigned_abs()).unwrap_or(u64::MAX)
    })
}

/// Pays for what a call is given: all values whole, and numbers by their size, since widths and counts become output.
fn charge_call(
    meter: &Meter,
    name: &str,
    subject: &Value,
    args: &[Value],
) -> Result<(), TemplateLimit> {
    let size = meter.weigh(subject)?;
    let mut numbers = 0u64;
    for arg in args {
        meter.weigh(arg)?;
        numbers = numbers
            .saturating_add(magnitude(arg))
            .saturating_add(kwargs_magnitude(arg));
    }
    meter.charge(numbers)?;
    let text = |at: usize| args.get(at).and_then(Value::as_str);
    match name {
        // Every character may be a match, or the end of a line, or an item.
        "replace" => {
            let (old, new) = (text(0).map_or(0, str::len), text(1).map_or(0, str::len));
            let matches = size / old.max(1) as u64 + 1;
            meter.charge(matches.saturating_mul(new as u64))
        }
        "indent" => meter.charge(size.saturating_mul(numbers.saturating_add(4))),
        "join" => {
            // As a filter the list comes first, as a method the separator does.
            let separator = text(0).or(subject.as_str()).map_or(0, str::len) as u64;
            let items = args
                .iter()
                .chain([subject])
                .filter_map(Value::len)
                .max()
                .unwrap_or(0) as u64;
            meter.charge(items.saturating_mul(separator))
        }
        "split" | "list" | "splitlines" | "lines" => meter.charge(size.saturating_mul(16)),
        "format" => meter.charge(subject.as_str().map_or(0, digit_runs)),
        _ => Ok(()),
    }
}

fn kwargs_magnitude(arg: &Value) -> u64 {
    if !arg.is_kwargs() {
        return 0;
    }
    let values = arg
        .as_object()
        .and_then(|object| object.try_iter_pairs())
        .into_iter()
        .flatten();
    values
        .map(|(_, value)| magnitude(&value))
        .fold(0, u64::saturating_add)
}

/// The sum of all numbers written in a format string: widths and precisions are among them.
fn digit_runs(format: &str) -> u64 {
    let runs = format
        .split(|character: char| !character.is_ascii_digit())
        .filter(|run| !run.is_empty());
    runs.map(|run| run.parse().unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add)
}

/// Registers filters of the engine by name, each behind [`charge_call`].
macro_rules! metered_filters {
    ($env:expr, $meter:expr, $($name:literal => $filter:path,)*) => {
        $({
            let (meter, inner) = ($meter.clone(), Value::from_function($filter));
            $env.add_filter($name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
                call_filter(&meter, $name, &inner, state, args)
            });
        })*
    };
}

/// Registers tests of the engine by name, each behind [`charge_call`].
macro_rules! metered_tests {
    ($env:expr, $meter:expr, $($name:literal => $test:path,)*) => {
        $({
            let (meter, inner) = ($meter.clone(), Value::from_function($test));
            $env.add_test($name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
                call_filter(&meter, $name, &inner, state, args)
            });
        })*
    };
}

fn call_filter(
    meter: &Meter,
    name: &str,
    inner: &Value,
    state: &mut State<'_, '_>,
    args: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let args = args.into_values();
    if let Some((subject, rest)) = args.split_first() {
        charge_call(meter, name, subject, rest)?;
    }
    Ok(meter.settle(inner.call(state, &args)?)?)
}

fn add_filters(env: &mut Environment<'_>, meter: &Meter) {
    // These look at no more than one item, and hand on what is there already.
    env.add_filter("safe", filters::safe);
    env.add_filter("length", filters::length);
    env.add_filter("count", filters::length);
    env.add_filter("default", filters::default);
    env.add_filter("d", filters::default);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("attr", filters::attr);
    metered_filters! { env, meter,
        "escape" => filters::escape,
        "e" => filters::escape,
        "lower" => filters::lower,
        "upper" => filters::upper,
        "title" => filters::title,
        "capitalize" => filters::capitalize,
        "replace" => filters::replace,
        "dictsort" => filters::dictsort,
        "items" => filters::items,
        "reverse" => filters::reverse,
        "trim" => filters::trim,
        "join" => filters::join,
        "split" => filters::split,
        "lines" => filters::lines,
        "round" => filters::round,
        "abs" => filters::abs,
        "int" => filters::int,
        "float" => filters::float,
        "min" => filters::min,
        "max" => filters::max,
        "sort" => filters::sort,
        "list" => filters::list,
        "string" => filters::string,
        "bool" => filters::bool,
        "batch" => filters::batch,
        "slice" => filters::slice,
        "sum" => filters::sum,
        "indent" => filters::indent,
        "select" => filters::select,
        "reject" => filters::reject,
        "selectattr" => filters::selectattr,
        "rejectattr" => filters::rejectattr,
        "map" => filters::map,
        "groupby" => filters::groupby,
        "unique" => filters::unique,
        "format" => filters::format,
    }
    let to_json = meter.clone();
    env.add_filter(
        "tojson",
        move |value: &Value, positional: Rest<Value>, kwargs: Kwargs| {
            json::tojson(&to_json, value, &positional, &kwargs)
        },
    );
}

fn add_tests(env: &mut Environment<'_>, meter: &Meter) {
    env.add_test("undefined", tests::is_undefined);
    env.add_test("defined", tests::is_defined);
    env.add_test("none", tests::is_none);
    env.add_test("boolean", tests::is_boolean);
    env.add_test("odd", tests::is_odd);
    env.add_test("even", tests::is_even);
    env.add_test("divisibleby", is_divisible_by);
    env.add_test("number", is_number);
    env.add_test("integer", tests::is_integer);
    env.add_test("float", tests::is_float);
    env.add_test("string", tests::is_string);
    env.add_test("sequence", is_sequence);
    env.add_test("iterable", is_iterable);
    env.add_test("mapping", tests::is_mapping);
    env.add_test("sameas", tests::is_sameas);
    env.add_test("true", tests::is_true);
    env.add_test("false", tests::is_false);
    env.add_test("filter", tests::is_filter);
    env.add_test("test", tests::is_test);
    metered_tests! { env, meter,
        "lower" => tests::is_lower,
        "upper" => tests::is_upper,
        "startingwith" => tests::is_startingwith,
        "endingwith" => tests::is_endingwith,
        "eq" => tests::is_eq,
        "equalto" => tests::is_eq,
        "==" => tests::is_eq,
        "ne" => tests::is_ne,
        "!=" => tests::is_ne,
        "lt" => tests::is_lt,
        "lessthan" => tests::is_lt,
        "<" => tests::is_lt,
        "le" => tests::is_le,
        "<=" => tests::is_le,
        "gt" => tests::is_gt,
        "greaterthan" => tests::is_gt,
        ">" => tests::is_gt,
        "ge" => tests::is_ge,
        ">=" => tests::is_ge,
        "in" => tests::is_in,
    }
}

/// Jinja's `number`: Python's booleans are numbers.
fn is_number(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Number | ValueKind::Bool)
}

/// Jinja's `divisibleby`. The engine's own panics on 0.
fn is_divisible_by(value: &Value, divisor: &Value) -> Result<bool, Error> {
    let whole = |value: &Value| i128::try_from(value.clone());
    let remainder = whole(value)?.checked_rem(whole(divisor)?);
    remainder
        .map(|rest| rest == 0)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "nothing is divisible by 0"))
}

/// Jinja's `sequence`: whatever has a length and items, so texts, dictionaries and even undefined values too.
fn is_sequence(value: &Value) -> bool {
    is_iterable(value)
}

/// Jinja's `iterable`: `none` is not, though a loop over it is let through here as one over nothing.
fn is_iterable(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::String
            | ValueKind::Seq
            | ValueKind::Map
            | ValueKind::Iterable
            | ValueKind::Undefined
    )
}

fn add_functions(env: &mut Environment<'_>, meter: &Meter, now: DateTime) {
    env.add_function("range", range);
    for (name, inner) in [
        ("namespace", Value::from_function(functions::namespace)),
        ("dict", Value::from_function(functions::dict)),
    ] {
        let meter = meter.clone();
        env.add_function(
            name,
            move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
                let args = args.into_values();
                args.iter().try_for_each(|arg| meter.weigh(arg).map(drop))?;
                inner.call(state, &args)
            },
        );
    }
    env.add_function(
        "raise_exception",
        |message: &Value| -> Result<Value, Error> {
            let message = message
                .as_str()
                .map_or_else(|| message.kind().to_string(), str::to_owned);
            Err(Error::new(ErrorKind::InvalidOperation, "raise_exception")
                .with_source(Raised(message)))
        },
    );
    let clock = meter.clone();
    env.add_function(
        "strftime_now",
        move |format: &str| -> Result<String, Error> {
            // The longest directive writes 24 bytes for two.
            clock.charge(16 * format.len() as u64)?;
            Ok(now.format(format))
        },
    );
}

/// The engine's `range`, which would overflow far from 0.
fn range(lower: isize, upper: Option<isize>, step: Option<isize>) -> Result<Value, Error> {
    let far = |number: isize| number.unsigned_abs() > 1 << 30;
    if [Some(lower), upper, step].into_iter().flatten().any(far) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "range takes numbers up to 2**30",
        ));
    }
    functions::range(lower, upper, step)
}

/// Python's methods of strings, dictionaries and lists.
fn call_method(
    meter: &Meter,
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if method == "get" {
        // Called for every field of every message, and looks at one of them only.
        return pycompat::unknown_method_callback(state, value, method, args);
    }
    charge_call(meter, method, value, args)?;
    let result = match (value.as_str(), method, args) {
        (Some(text), "removeprefix", [prefix]) => Value::from(
            prefix
                .as_str()
                .and_then(|prefix| text.strip_prefix(prefix))
                .unwrap_or(text),
        ),
        (Some(text), "removesuffix", [suffix]) => Value::from(
            suffix
                .as_str()
                .and_then(|suffix| text.strip_suffix(suffix))
                .unwrap_or(text),
        ),
        _ => pycompat::unknown_method_callback(state, value, method, args)?,
    };
    Ok(meter.settle(result)?)
}
