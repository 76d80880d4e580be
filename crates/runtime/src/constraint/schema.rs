//! JSON schemas made ready for `llguidance`: what it would take otherwise than the specification says is rewritten or refused.
//!
//! - Patterns come into its dialect of regular expressions, formats become patterns.
//! - The options of `oneOf` that are references are put in place, so that it sees whether they exclude one another.
//! - White space between values is bounded, and each character of a text has one spelling, so that a name cannot come twice.
//! - A schema inside that has its own `$id` is refused: references would lead elsewhere. Values of a wrong type are refused.
//!
//! What neither knows is an error of `llguidance`, which names the keyword.

use hashbrown::HashSet;
use serde_json::{Map, Value, json};

use super::error::GrammarError;
use super::format::{self, Format};
use super::pattern;

/// Between two parts of a value: a space, or a line end and an indent.
const WHITE_SPACE: &str = r"\x20|\r?\n[\x20]{0,32}|\r?\n\t{0,8}";
/// Characters with a short escape have no other spelling, and other control characters none.
const ESCAPES: &str = "nrbtf\\\"";
/// References that lead to references are followed so often.
const MAX_REFERENCES: usize = 16;

/// Keywords whose value is one schema.
const ONE: [&str; 4] = ["items", "additionalItems", "additionalProperties", "not"];
/// Keywords whose value is a list of schemas.
const LISTS: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords whose value has schemas by names.
const MAPS: [&str; 4] = ["properties", "patternProperties", "$defs", "definitions"];

/// The schema in `text`, ready to be compiled.
pub(super) fn read(text: &str) -> Result<Value, GrammarError> {
    let schema = serde_json::from_str(text).map_err(|error| GrammarError::NotJson {
        message: error.to_string(),
    })?;
    prepare(schema)
}

/// A schema, ready to be compiled.
pub(super) fn prepare(schema: Value) -> Result<Value, GrammarError> {
    let mut root = match schema {
        Value::Bool(true) => json!({}),
        Value::Bool(false) => {
            return Err(GrammarError::refused(
                "the schema is false: nothing fulfils it",
            ));
        }
        schema => schema,
    };
    let mut places = vec![Vec::new()];
    let mut seen = HashSet::new();
    while let Some(place) = places.pop() {
        if seen.insert(place.clone()) {
            one(&mut root, &place, &mut places)?;
        }
    }
    let escapes = if has_rare_control(&root) {
        "nrbtf\\\"u"
    } else {
        ESCAPES
    };
    if let Some(keywords) = root.as_object_mut() {
        let options = json!({ "whitespace_pattern": WHITE_SPACE, "json_allowed_escapes": escapes });
        keywords.insert("x-guidance".to_owned(), options);
    }
    Ok(root)
}

/// A place in a schema: the steps of a JSON pointer.
type Place = Vec<String>;

fn pointer(place: &[String]) -> String {
    let steps = place
        .iter()
        .map(|step| step.replace('~', "~0").replace('/', "~1"));
    format!(
        "#{}",
        steps.map(|step| format!("/{step}")).collect::<String>()
    )
}

fn at<'a>(root: &'a mut Value, place: &[String]) -> Option<&'a mut Value> {
    place.iter().try_fold(root, |value, step| match value {
        Value::Object(map) => map.get_mut(step),
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Make the schema at `place` ready, but not those inside: their places are added to `places`.
fn one(root: &mut Value, place: &Place, places: &mut Vec<Place>) -> Result<(), GrammarError> {
    in_place_options(root, place)?;
    // A reference that leads nowhere is reported by the compiler.
    let Some(schema) = at(root, place) else {
        return Ok(());
    };
    let keywords = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(keywords) => keywords,
        _ => return Err(bad("schema", place, "an object or a boolean")),
    };
    check(keywords, place)?;
    if keywords.contains_key("$id") && !place.is_empty() {
        return Err(unsupported("\"$id\" inside a schema", place));
    }
    if keywords.get("uniqueItems") == Some(&Value::Bool(false)) {
        keywords.remove("uniqueItems");
    }
    patterns(keywords, place)?;
    places.extend(reference(keywords));
    for (keyword, inside) in keywords.iter() {
        let below = |steps: &[&str]| {
            let steps = steps.iter().map(|&step| step.to_owned());
            place.iter().cloned().chain(steps).collect::<Place>()
        };
        let keyword = keyword.as_str();
        match inside {
            Value::Object(map) if MAPS.contains(&keyword) => {
                places.extend(map.keys().map(|name| below(&[keyword, name])));
            }
            Value::Array(list) if LISTS.contains(&keyword) => {
                places.extend((0..list.len()).map(|i| below(&[keyword, &i.to_string()])));
            }
            _ if ONE.contains(&keyword) => places.push(below(&[keyword])),
            _ => {}
        }
    }
    Ok(())
}

/// Where the schema's `$ref` leads, if that is inside the document.
fn reference(keywords: &Map<String, Value>) -> Option<Place> {
    let steps = keywords.get("$ref")?.as_str()?.strip_prefix("#/")?;
    Some(steps.split('/').map(str::to_owned).collect())
}

/// Put what the options of `oneOf` refer to in their places.
fn in_place_options(root: &mut Value, place: &[String]) -> Result<(), GrammarError> {
    let schema = at(root, place);
    let options = schema.and_then(|schema| schema.get("oneOf")?.as_array().cloned());
    let Some(mut options) = options else {
        return Ok(());
    };
    for option in &mut options {
        let mut left = MAX_REFERENCES;
        while let Some(target) = option
            .as_object()
            .filter(|o| o.len() == 1)
            .and_then(reference)
        {
            if left == 0 {
                return Err(unsupported("a \"$ref\" that leads to itself", place));
            }
            left -= 1;
            match at(root, &target) {
                Some(found) => *option = found.clone(),
                None => break,
            }
        }
    }
    if let Some(keywords) = at(root, place).and_then(Value::as_object_mut) {
        keywords.insert("oneOf".to_owned(), Value::Array(options));
    }
    Ok(())
}

/// Bring patterns and formats into the compiler's dialect.
fn patterns(keywords: &mut Map<String, Value>, place: &[String]) -> Result<(), GrammarError> {
    // Options of `oneOf` may come here a second time, ready already.
    if keywords.contains_key(READY) {
        return Ok(());
    }
    let mut has_patterns = false;
    if let Some(Value::String(text)) = keywords.get_mut("pattern") {
        *text = pattern::translate(text)?;
        has_patterns = true;
    }
    if let Some(Value::Object(schemas)) = keywords.get_mut("patternProperties") {
        let mut translated = Map::new();
        for (name, schema) in std::mem::take(schemas) {
            translated.insert(pattern::translate(&name)?, schema);
        }
        *schemas = translated;
        has_patterns = true;
    }
    if let Some(name) = keywords.get("format").and_then(Value::as_str) {
        match format::of(name) {
            Format::Refused => return Err(unsupported(&format!("\"format\": {name:?}"), place)),
            Format::Annotation => {}
            Format::Pattern(format) => {
                let texts = json!({ "pattern": pattern::translate(format)?, READY: true });
                let all = keywords.entry("allOf").or_insert_with(|| json!([]));
                all.as_array_mut()
                    .into_iter()
                    .for_each(|all| all.push(texts.clone()));
            }
        }
        keywords.remove("format");
    }
    if has_patterns {
        keywords.insert(READY.to_owned(), Value::Bool(true));
    }
    Ok(())
}

/// Marks a schema whose patterns are in the compiler's dialect; no keyword, so nobody looks at it.
const READY: &str = "x-hearth-ready";

/// What the values of keywords must be.
fn check(keywords: &Map<String, Value>, place: &[String]) -> Result<(), GrammarError> {
    for (keyword, value) in keywords {
        let texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
        let (ok, expected) = match keyword.as_str() {
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" => (value.is_u64(), "a whole number, 0 or more"),
            "pattern" | "format" | "$ref" | "$id" => (value.is_string(), "a text"),
            "required" => (value.as_array().is_some_and(texts), "a list of texts"),
            "enum" | "anyOf" | "oneOf" | "allOf" | "prefixItems" => (value.is_array(), "a list"),
            "properties" | "patternProperties" | "$defs" | "definitions" => {
                (value.is_object(), "an object")
            }
            "minimum" | "maximum" => (value.is_number(), "a number"),
            "exclusiveMinimum" | "exclusiveMaximum" => {
                (value.is_number() || value.is_boolean(), "a number")
            }
            "multipleOf" => (value.as_f64().is_some_and(|n| n > 0.0), "a number above 0"),
            "uniqueItems" => (value.is_boolean(), "true or false"),
            "type" => (
                value.is_string() || value.as_array().is_some_and(texts),
                "the name of a type, or a list of them",
            ),
            _ => continue,
        };
        if !ok {
            return Err(bad(keyword, place, expected));
        }
    }
    Ok(())
}

fn bad(keyword: &str, place: &[String], expected: &'static str) -> GrammarError {
    GrammarError::BadValue {
        keyword: keyword.to_owned(),
        place: pointer(place),
        expected,
    }
}

fn unsupported(what: &str, place: &[String]) -> GrammarError {
    GrammarError::Unsupported {
        what: what.to_owned(),
        place: pointer(place),
    }
}

/// Whether a text in it has a control character that JSON has no short escape for.
fn has_rare_control(value: &Value) -> bool {
    let rare = |text: &str| {
        text.chars()
            .any(|c| c < ' ' && !"\n\r\t\u{8}\u{c}".contains(c))
    };
    match value {
        Value::String(text) => rare(text),
        Value::Array(list) => list.iter().any(has_rare_control),
        Value::Object(map) => map
            .iter()
            .any(|(name, value)| rare(name) || has_rare_control(value)),
        _ => false,
    }
}
