//! Random templates: whatever they say, rendering ends with text or an error, and does not panic.

use proptest::prelude::*;

use super::tests::render;

const LEAVES: &[&str] = &[
    "messages",
    "messages[0]",
    "tools",
    "ns",
    "ns.a",
    "x",
    "none",
    "true",
    "1",
    "0",
    "-1",
    "2.5",
    "1e308",
    "9223372036854775807",
    "170141183460469231731687303715884105727",
    "''",
    "'é b'",
    "[]",
    "[1, 'a']",
    "{}",
    "{'a': 1}",
    "(1, 2)",
    "range(3)",
    "range(9, -9223372036854775807, -1)",
    "dict(a=1)",
    "loop",
    "bos_token",
];

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or",
];

const FILTERS: &[&str] = &[
    "abs",
    "attr('a')",
    "batch(2)",
    "batch(0)",
    "slice(3)",
    "slice(-1)",
    "bool",
    "capitalize",
    "d(1)",
    "dictsort",
    "first",
    "last",
    "float",
    "int",
    "int(base=99)",
    "format(1)",
    "groupby('a')",
    "indent(2)",
    "indent(-1)",
    "items",
    "join",
    "join('-')",
    "length",
    "lines",
    "list",
    "lower",
    "map('upper')",
    "map(attribute='a')",
    "max",
    "min",
    "reject",
    "replace('a', 'b')",
    "replace('', 'b')",
    "reverse",
    "round(400)",
    "round(-400)",
    "safe",
    "select",
    "selectattr('a')",
    "sort",
    "split",
    "split('')",
    "string",
    "sum",
    "title",
    "tojson",
    "tojson(indent=-5)",
    "trim",
    "unique",
    "upper",
    "escape",
];

const METHODS: &[&str] = &[
    "strip()",
    "split('')",
    "split('a', -1)",
    "get('a')",
    "items()",
    "keys()",
    "count('')",
    "find('')",
    "join([1])",
    "format(1, a=2)",
    "replace('', 'x', 99)",
    "startswith('')",
    "splitlines(true)",
    "title()",
    "rfind('b')",
    "removeprefix('')",
    "isdigit()",
    "a",
    "changed(1)",
    "cycle(1, 2)",
];

const TESTS: &[&str] = &[
    "defined",
    "none",
    "mapping",
    "sequence",
    "odd",
    "divisibleby(0)",
    "divisibleby(-1)",
    "eq(1)",
    "in([1])",
    "number",
    "sameas(1)",
    "lower",
    "startingwith('')",
    "test('x')",
];

/// Expressions of all kinds of values, operators, filters, tests and methods, extreme numbers among them.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(LEAVES);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let binary = prop::sample::select(OPERATORS);
            let filter = prop::sample::select(FILTERS);
            let method = prop::sample::select(METHODS);
            let test = prop::sample::select(TESTS);
            let (a, b, c) = (inner.clone(), inner.clone(), inner.clone());
            prop_oneof![
                (inner.clone(), binary, inner.clone())
                    .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                (inner.clone(), filter).prop_map(|(a, filter)| format!("({a})|{filter}")),
                (inner.clone(), method).prop_map(|(a, method)| format!("({a}).{method}")),
                (inner.clone(), test).prop_map(|(a, test)| format!("({a} is {test})")),
                (a, b, c).prop_map(|(a, b, c)| format!("({a})[{b}:{c}]")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[::{b}]")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("(-({a}) if not {b} else [{b}])")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_ends_well(a in expression(), b in expression()) {
        let source = format!(
            "{{% set ns = namespace(a={a}) %}}{{% for x in {b} %}}{{% set ns.a = {a} %}}{{{{ x }}}}{{% endfor %}}{{{{ {b} }}}}"
        );
        if let Err(error) = render(&source) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn any_text_is_a_template_or_an_error(source in "([a-z {}%#'\"|.()0-9~+*\\[\\]-]|\\{%|%\\}|\\{\\{|\\}\\}|é){0,60}") {
        if let Err(error) = render(&source) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
