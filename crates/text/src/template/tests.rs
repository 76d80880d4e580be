//! Templates against the strings that Hugging Face's renderer makes of them, and hostile templates against the limits.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, json};

use super::*;

fn shared() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("HEARTH_SHARED").map_or(default, PathBuf::from);
    if !path.is_dir() {
        eprintln!("SKIPPED: no reference data at {}", path.display());
        return None;
    }
    Some(path)
}

fn templates(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|ext| ext == "jinja"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn zoo_templates_render_the_reference_strings() {
    let Some(shared) = shared() else { return };
    let mut failures = Vec::new();
    for path in templates(&shared.join("zoo/chat")) {
        let template = ChatTemplate::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let json = std::fs::read(path.with_extension("json")).unwrap();
        let reference: serde_json::Value = serde_json::from_slice(&json).unwrap();
        for case in reference["cases"].as_array().unwrap() {
            let text = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
            let input = TemplateInput {
                messages: case["messages"].clone(),
                tools: Some(case["tools"].clone()).filter(|tools| !tools.is_null()),
                add_generation_prompt: case["add_generation_prompt"].as_bool().unwrap(),
                kwargs: case["kwargs"].as_object().unwrap().clone(),
                bos_token: text("bos_token"),
                eos_token: text("eos_token"),
                now: reference["strftime_now"].as_str().unwrap().parse().unwrap(),
            };
            let got = match template.render(&input) {
                Ok(text) => Ok(text),
                Err(TemplateError::Raised { message, line }) => {
                    assert!(line.is_some());
                    Err(format!("TemplateError: {message}"))
                }
                Err(other) => Err(other.to_string()),
            };
            let wanted = case["rendered"]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| text("error"));
            if got != wanted {
                failures.push(format!(
                    "{} {}:\n  got    {got:?}\n  wanted {wanted:?}",
                    path.display(),
                    case["name"]
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn every_known_template_parses() {
    let Some(shared) = shared() else { return };
    for path in templates(&shared.join("models/vocab/templates")) {
        let source = std::fs::read_to_string(&path).unwrap();
        if let Err(error) = ChatTemplate::parse(&source) {
            panic!("{}: {error}", path.display());
        }
    }
}

pub(super) fn render(source: &str) -> Result<String, TemplateError> {
    let messages = json!([{"role": "user", "content": "Hi", "items": 1}, {"content": "Hello", "role": "assistant"}]);
    let input = TemplateInput {
        messages,
        bos_token: "<s>".into(),
        ..TemplateInput::default()
    };
    ChatTemplate::parse(source)?.render(&input)
}

fn rendered(source: &str) -> String {
    render(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// Templates and what Jinja makes of them under Hugging Face's settings.
const LANGUAGE: &[(&str, &str)] = &[
    (
        "{{ bos_token }}{% for m in messages %}{{ m['role'] }}: {{ m.content }};{% endfor %}",
        "<s>user: Hi;assistant: Hello;",
    ),
    // trim_blocks and lstrip_blocks; the last newline of the template goes too.
    ("a\n  {% if true %}\nb\n  {% endif %}\nc\n", "a\nb\nc"),
    (
        "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "02",
    ),
    (
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
        "2",
    ),
    (
        "{% for k, v in messages[1].items() %}{{ k }}={{ v }} {% endfor %}",
        "content=Hello role=assistant ",
    ),
    (
        "{% for k, v in messages[0].items() %}{{ k }} {% endfor %}{{ messages[0]['items'] }}",
        "role content items 1",
    ),
    (
        "{{ messages[::-1][0].role }}{{ messages[1:]|length }}{{ (messages + [1])|length }}",
        "assistant13",
    ),
    (
        "{{ messages[0].missing is defined }}{{ messages[0].get('missing') is none }}{{ tools is none }}",
        "FalseTrueTrue",
    ),
    (
        "{{ true }}{{ none }}{{ 1.0 }}{{ 'a' ~ 1 ~ none }}{{ [1, 'x'] }}",
        "TrueNone1.0a1None[1, 'x']",
    ),
    (
        "{{ 'ab'.upper() + ' x '.strip() + 'a,b'.split(',')[1] }}{{ 'abc'.removeprefix('a') }}",
        "ABxbbc",
    ),
    ("{{ strftime_now('%d %b %Y') }}", "01 Jan 1970"),
    ("a {%- generation -%} b {%- endgeneration -%} c", "abc"),
    (
        "{% macro f(x, y=2) %}{{ x + y }}{% endmacro %}{{ f(1) }}{{ f(1, y=4) }}",
        "35",
    ),
    (
        "{{ 'é<>&\\'\"' | tojson }}{{ 'é' | tojson(ensure_ascii=true) }}",
        "\"é<>&'\\\"\"\"\\u00e9\"",
    ),
    (
        "{{ {'b': [1, 2.5, none, true], 'a': {}} | tojson }}",
        "{\"b\": [1, 2.5, null, true], \"a\": {}}",
    ),
    (
        "{{ {'b': [1], 'a': []} | tojson(indent=2, sort_keys=true) }}",
        "{\n  \"a\": [],\n  \"b\": [\n    1\n  ]\n}",
    ),
    (
        "{{ [1, {'a': 2}] | tojson(separators=(',', ':')) }}",
        "[1,{\"a\":2}]",
    ),
    (
        "{% set a, b = (1, 2) %}{{ a }}{{ b }}{{ 1 < 2 < 3 }}{{ 3 in [1, 3] }}{{ 'x' * 3 }}",
        "12TrueTruexxx",
    ),
    (
        "{{ ('a' if x is defined else 'b') or 'c' }}{{ (false and 1) == false }}",
        "bTrue",
    ),
    ("{%- set s -%} x {{ 1 }} {%- endset -%}{{ s }}", "x 1"),
    (
        "{{ [][::-1] }}{{ ''[::-1] }}{{ [][-1:] }}{{ 'abc'[::-1] }}{{ (1, 2)[:1] }}",
        "[][]cba(1,)",
    ),
    (
        "{{ none is iterable }}{{ 'a' is iterable }}{{ {} is sequence }}{{ x is iterable }}",
        "FalseTrueTrueTrue",
    ),
    (
        "{{ true is number }}{{ 1 is number }}{{ '1' is number }}{{ none is sequence }}",
        "TrueTrueFalseFalse",
    ),
    (
        "{% set x = 1e20 %}{{ x }} {{ x ~ 0.5 }} {{ 21.5 }}",
        "1e+20 1e+200.5 21.5",
    ),
    // Python stops here; a template that loops over tools does no harm without any.
    ("{% for t in none %}x{% endfor %}", ""),
    (
        "{% for x in [[1, [2]], [3]] recursive %}{{ loop(x) if x is sequence else x }}{% endfor %}",
        "123",
    ),
];

#[test]
fn the_language_is_that_of_hugging_face() {
    for (source, wanted) in LANGUAGE {
        assert_eq!(rendered(source), *wanted, "{source}");
    }
}

#[test]
fn errors_say_where_and_in_whose_words() {
    let error = render("a\nb{{ raise_exception('no ' ~ messages[0].role) }}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the chat template refuses this conversation in line 2: no user"
    );
    assert!(
        matches!(error, TemplateError::Raised { message, line: Some(2) } if message == "no user")
    );
    let error = render("{% macro f() %}{{ raise_exception('deep') }}{% endmacro %}\n{{ f() }}")
        .unwrap_err();
    assert!(matches!(error, TemplateError::Raised { message, .. } if message == "deep"));
    let error = render("\n\n{% if %}").unwrap_err().to_string();
    assert!(error.contains("not valid in line 3"), "{error}");
    let error = render("\n{{ messages|nonsense }}").unwrap_err().to_string();
    assert!(
        error.contains("in line 2") && error.contains("nonsense"),
        "{error}"
    );
    let error = render("{{ messages[0].a.b }}").unwrap_err().to_string();
    assert!(error.contains("undefined"), "{error}");
    for source in [
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{% block b %}{% endblock %}",
    ] {
        assert!(
            matches!(render(source), Err(TemplateError::Unsupported { .. })),
            "{source}"
        );
    }
    assert!(
        render("{{ f(*messages) }}")
            .unwrap_err()
            .to_string()
            .contains("unpacking")
    );
}

/// Runs `source` on a stack as small as a browser's worker has, against the clock.
fn hostile(source: String) -> TemplateError {
    let shown: String = source.chars().take(100).collect();
    let start = Instant::now();
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let result = thread
        .spawn(move || render(&source))
        .unwrap()
        .join()
        .unwrap();
    let error = result.map(|text| text.len()).expect_err(&shown);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{shown}: {:?}",
        start.elapsed()
    );
    eprintln!("{:>8.1?} {shown}: {error}", start.elapsed());
    error
}

/// Each source ends with an error about `limit`.
fn all_stop(limit: TemplateLimit, sources: &[&str]) {
    for source in sources {
        match hostile((*source).to_owned()) {
            TemplateError::Limit { limit: met, .. } => assert_eq!(met, limit, "{source}"),
            other => panic!("{source}: {other}"),
        }
    }
}

#[test]
fn endless_loops_stop() {
    all_stop(
        TemplateLimit::Steps,
        &[
            "{% for a in range(100000) %}{% for b in range(100000) %}{% set x = 1 %}{% endfor %}{% endfor %}",
            "{% macro f(n) %}{% for i in range(9) %}{% if n %}{{ f(n - 1) }}{% endif %}{% endfor %}{% endmacro %}{{ f(20) }}",
        ],
    );
}

#[test]
fn large_values_are_never_made() {
    all_stop(
        TemplateLimit::Work,
        &[
            "{% set n = 10**9 %}{{ 'x' * n }}",
            "{% set n = 10**9 %}{{ n * 'x' }}",
            "{% set n = 10**8 %}{{ [1] * n }}",
            "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
            "{% set ns = namespace(s=['x']) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
            "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s.replace('x', ns.s) %}{% endfor %}",
            "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s|replace('', ns.s) %}{% endfor %}",
            "{% set ns = namespace(s='x ') %}{% for i in range(60) %}{% set ns.s = ns.s.join(ns.s|list) %}{% endfor %}",
            "{{ 'x\ny'|indent(10**9) }}",
            "{{ 'x\ny'|indent(width=10**9) }}",
            "{{ '%1000000000d'|format(1) }}",
            "{{ '{:>1000000000}'.format('x') }}",
            "{{ '%*d'|format(1000000000, 1) }}",
            "{{ [1]|batch(10**9, 0)|list }}",
            "{{ [1]|slice(10**9)|list }}",
            "{% set n = 10**8 %}{{ [1]|tojson(indent=' ' * n) }}",
            "{% set n = 10**6 %}{% set s = 'x' * n %}{% for i in range(10**5) %}{% if s == 'y' ~ s %}{% endif %}{% endfor %}",
            "{% set n = 10**6 %}{% set s = 'x' * n %}{% for i in range(10**5) %}{{ s|length }}{{ s[-1] }}{% endfor %}",
            "{% set n = 10**6 %}{% set s = 'x' * n %}{% for i in range(10**5) %}{% if 'y' in s %}{% endif %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}",
            "{% set ns = namespace(x={}) %}{% for i in range(60) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}",
            "{% for i in range(10**5) %}{% set x = range(10**5)|list %}{% endfor %}",
        ],
    );
}

#[test]
fn endless_output_stops() {
    all_stop(
        TemplateLimit::Output,
        &[
            "{% for i in range(100000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}",
            "{% set s %}{% for i in range(100000) %}{{ 'x' * 60 }}{% endfor %}{% endset %}",
            "{% set ns = namespace(s='xxxx') %}{% for i in range(60) %}{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = x %}{% endfor %}",
        ],
    );
}

#[test]
fn deep_values_and_calls_stop() {
    all_stop(
        TemplateLimit::Depth,
        &[
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% macro f(x) %}{{ x|map('string')|list }}{{ f([x]) }}{% endmacro %}{{ f([]) }}",
            "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
            "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = (ns.x,) %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = ns.x|batch(1) %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = namespace(x=ns.x) %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = dict(x=ns.x) %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns }}",
            "{% set ns = namespace() %}{% set ns.a = ns %}{% set ns.b = ns %}{{ ns }}",
        ],
    );
    let mut nested = json!("x");
    for _ in 0..MAX_TEST_DEPTH {
        nested = json!([nested]);
    }
    let input = TemplateInput {
        messages: nested,
        ..TemplateInput::default()
    };
    let error = ChatTemplate::parse("{{ messages }}")
        .unwrap()
        .render(&input)
        .unwrap_err();
    assert!(
        matches!(
            error,
            TemplateError::Limit {
                limit: TemplateLimit::Depth,
                ..
            }
        ),
        "{error}"
    );
}

const MAX_TEST_DEPTH: usize = 120;

#[test]
fn lazy_sequences_do_not_pile_up() {
    let source = "{% set ns = namespace(x=[1, 2]) %}{% for i in range(20000) %}{% set ns.x = ns.x[0:] %}{% endfor %}{{ ns.x }}";
    assert_eq!(rendered(source), "[1, 2]");
}

#[test]
fn monstrous_sources_are_refused() {
    let many = |start: &str, part: &str, end: &str| {
        format!("{start}{}{end}", part.repeat(1_000_000 / part.len()))
    };
    let sources = [
        many("{{ a", ".b", " }}"),
        many("{{ a", "[0]", " }}"),
        many("{{ a", "|e", " }}"),
        many("{{ a", "()", " }}"),
        many("{{ 1", " + 1", " }}"),
        many("{{ 1", " ~ 1", " }}"),
        many("{{ 1", " and 1", " }}"),
        many("{{ 1", " < 1", " }}"),
        many("{{ 1", " if 1 else 1", " }}"),
        many("{{ ", "not ", "1 }}"),
        many("{{ ", "-", "1 }}"),
        many("{{ ", "(", " }}"),
        many("{{ ", "[", " }}"),
        many("{{ ", "{1:", " }}"),
        many("{{ 1", " is defined", " }}"),
        many("{{ 2", "**2", " }}"),
        many("", "{% if 1 %}", ""),
        many("", "{% for x in y %}", ""),
        many("", "{% filter e %}", ""),
        many("{% if 1 %}", "{% elif 1 %}", "{% endif %}"),
        "x".repeat((1 << 20) + 1),
        "{{ 'x' * 10**9 }}".to_owned(),
        "{{ ['x'] * 100000000 }}".to_owned(),
        "{{ 'x' * (1000 + 1000) * 1e6 }}".to_owned(),
        format!(
            "{{{{ 'x' * ({0}) * ({0}) * ({0}) }}}}",
            "1+1+".repeat(80) + "1"
        ),
        "{{ 'x' * 1000000 }}".repeat(100),
    ];
    for source in sources {
        hostile(source);
    }
    assert_eq!(
        rendered("{{ '-' * 80 }}{{ [0] * 2 }}{% if 3 * 1000000 > messages|length %}.{% endif %}")
            .len(),
        87
    );
    // What is just short of the limits works on a small stack.
    for (start, part, end) in [
        ("{{ 1", " + 1", " }}"),
        ("{{ 1", " ~ 1", " }}"),
        ("{{ messages", "|d", " }}"),
        ("{{ ", "not ", "1 }}"),
    ] {
        let source = format!("{start}{}{end}", part.repeat(450));
        let thread = std::thread::Builder::new().stack_size(1 << 20);
        let result = thread
            .spawn(move || render(&source).map(drop))
            .unwrap()
            .join()
            .unwrap();
        assert!(
            matches!(result, Ok(()) | Err(TemplateError::Syntax { .. })),
            "{part}: {result:?}"
        );
    }
}

#[test]
fn long_conversations_are_within_the_limits() {
    let turn = |n: usize| json!({"role": if n.is_multiple_of(2) { "user" } else { "assistant" }, "content": "word ".repeat(200)});
    let messages: Vec<_> = (0..1000).map(turn).collect();
    let mut kwargs = Map::new();
    kwargs.insert("enable_thinking".into(), json!(false));
    let input = TemplateInput {
        messages: json!(messages),
        kwargs,
        ..TemplateInput::default()
    };
    let Some(shared) = shared() else { return };
    for path in templates(&shared.join("zoo/chat")) {
        let template = ChatTemplate::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let start = Instant::now();
        let text = template
            .render(&input)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        eprintln!(
            "{:>8.1?} {} bytes {}",
            start.elapsed(),
            text.len(),
            path.display()
        );
        assert!(text.len() > 900_000);
    }
}
