//! Grammars of each kind over real vocabularies: what they admit, what they refuse, how they end.

use std::path::{Path, PathBuf};

use hearth_gguf::Gguf;

use super::*;

/// Vocabularies of each family of tokenizers, cut down to some thousand tokens.
const VOCABULARIES: [&str; 5] = ["qwen3", "llama-spm", "gemma3", "gpt-oss", "phi3"];

/// The vocabulary of a reference model; nothing, after saying so, without the models.
fn vocabulary(name: &str) -> Option<Vocabulary> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("HEARTH_SHARED").map_or(default, PathBuf::from);
    let folder = root.join("zoo/models").join(name);
    let files = ["model.f16.gguf", "model.q8_0.gguf"].map(|file| folder.join(file));
    let Some(path) = files.iter().find(|path| path.is_file()) else {
        eprintln!("SKIPPED: no reference model at {}", folder.display());
        return None;
    };
    let bytes = std::fs::read(path).expect("the model can be read");
    let gguf = Gguf::parse(&bytes).expect("the model is GGUF");
    Some(Vocabulary::read(&gguf).expect("the model has a vocabulary"))
}

/// Whether a text, in the model's own tokens, fulfils a grammar.
fn admits(vocabulary: &Vocabulary, grammar: &Grammar, text: &str) -> bool {
    let tokens = vocabulary.tokens().expect("the vocabulary has a trie");
    let mut constraint = Constraint::new(vocabulary, grammar).expect("the grammar is usable");
    for id in vocabulary.tokenizer().encode_inside(text) {
        if constraint.is_over() || constraint.take(tokens, id).is_err() {
            return false;
        }
    }
    constraint.may_end()
}

fn refusal(vocabulary: &Vocabulary, grammar: Grammar) -> String {
    match Constraint::new(vocabulary, &grammar) {
        Ok(_) => panic!("{grammar:?} is taken"),
        Err(error) => error.to_string(),
    }
}

fn schema(text: &str) -> Grammar {
    Grammar::JsonSchema(text.to_owned())
}

fn ended(vocabulary: &Vocabulary, grammar: &Grammar, limit: usize) -> Option<String> {
    let tokens = vocabulary.tokens().expect("the vocabulary has a trie");
    let mut constraint = Constraint::new(vocabulary, grammar).expect("the grammar is usable");
    let forced = constraint.take_forced(tokens).expect("it goes on");
    let way = constraint.shortest_end(tokens, limit);
    let way = way.expect("it goes on")?;
    let bytes: Vec<u8> = [forced, way]
        .concat()
        .iter()
        .flat_map(|&id| tokens.bytes(id).to_vec())
        .collect();
    Some(String::from_utf8(bytes).expect("texts are UTF-8"))
}

#[test]
fn masks_admit_what_the_grammar_does() {
    for name in VOCABULARIES {
        let Some(vocabulary) = vocabulary(name) else {
            return;
        };
        let tokens = vocabulary.tokens().expect("the vocabulary has a trie");
        let ends = vocabulary.tokenizer().end_of_generation();
        let mut constraint = Constraint::new(&vocabulary, &Grammar::Regex("[a-c]{2,4}".to_owned()))
            .expect("it is usable");
        for step in 0..4 {
            let mask = constraint.mask().expect("there is a mask");
            assert!(!mask.is_zero(), "{name}");
            for id in mask.iter() {
                let bytes = tokens.bytes(id);
                let is_text = !bytes.is_empty() && bytes.iter().all(|b| (b'a'..=b'c').contains(b));
                assert!(
                    is_text || (step >= 2 && ends.contains(&id)),
                    "{name}: {id} after {step}"
                );
            }
            // All end tokens may end it, once it may end.
            assert!(
                ends.iter().all(|&id| mask.is_allowed(id) == (step >= 2)),
                "{name}: {step}"
            );
            let a = mask
                .iter()
                .find(|&id| tokens.bytes(id) == b"a")
                .expect("there is an a");
            constraint.take(tokens, a).expect("it is admitted");
        }
        assert!(constraint.is_over(), "{name}: nothing follows four letters");
    }
}

#[test]
fn forced_text_is_cut_as_the_tokenizer_cuts_it() {
    const TEXT: &str = "the answer is 42, größer than 🦙";
    for name in VOCABULARIES {
        let Some(vocabulary) = vocabulary(name) else {
            return;
        };
        let tokens = vocabulary.tokens().expect("the vocabulary has a trie");
        let grammar = Grammar::Lark(format!("start: {TEXT:?}"));
        let mut constraint = Constraint::new(&vocabulary, &grammar).expect("it is usable");
        let forced = constraint.take_forced(tokens).expect("it goes on");
        assert_eq!(forced, vocabulary.tokenizer().encode_inside(TEXT), "{name}");
        assert!(constraint.is_over(), "{name}");
    }
}

#[test]
fn lark_names_tokens_and_holds_schemas() {
    let Some(vocabulary) = vocabulary("qwen3") else {
        return;
    };
    let tokens = vocabulary.tokens().expect("the vocabulary has a trie");
    let tokenizer = vocabulary.tokenizer();
    let [open, close] = ["<tool_call>", "</tool_call>"]
        .map(|text| tokenizer.token_id(text).expect("it is a token"));
    let grammar = r#"
        // "<tool_call>" in a comment or a text is none
        start: <tool_call> "\n" call "\n" </tool_call>
        call: %json {"type": "object", "properties": {"name": {"const": "f<tool_call>"}, "day": {"type": "string", "pattern": "^.\\d$"}}, "required": ["name", "day"], "additionalProperties": false}
    "#;
    let mut constraint =
        Constraint::new(&vocabulary, &Grammar::Lark(grammar.to_owned())).expect("it is usable");
    let forced = constraint.take_forced(tokens).expect("it goes on");
    assert_eq!(forced.first(), Some(&open));
    let rest = "\", \"day\": \"x7\"}\n";
    // What is forced ends where the next token might begin earlier.
    let start = "\n{\"name\":\"f<tool_call>";
    let written: Vec<u8> = forced[1..]
        .iter()
        .flat_map(|&id| tokens.bytes(id).to_vec())
        .collect();
    let missing = [start, rest].concat()[written.len()..].to_owned();
    assert!(
        [start, rest].concat().as_bytes().starts_with(&written),
        "{}",
        String::from_utf8_lossy(&written)
    );
    for id in tokenizer.encode_inside(&missing) {
        constraint.take(tokens, id).expect("the grammar admits it");
    }
    assert!(!constraint.may_end());
    constraint
        .take(tokens, close)
        .expect("the grammar admits it");
    assert!(constraint.is_over());
    assert!(refusal(&vocabulary, Grammar::Lark("start: <nobody>".to_owned())).contains("nobody"));
    assert!(
        refusal(
            &vocabulary,
            Grammar::Lark(r#"start: %json {"not": {}}"#.to_owned())
        )
        .contains("not")
    );
}

#[test]
fn schemas_mean_what_the_specification_says() {
    let Some(vocabulary) = vocabulary("llama-spm") else {
        return;
    };
    let cases: [(&str, &[&str], &[&str]); 12] = [
        (
            r#"{"type":"string","pattern":"^.$"}"#,
            &[r#""a""#, r#""é""#],
            &[r#""\n""#, r#""ab""#, "\"\u{2028}\""],
        ),
        (
            r#"{"type":"string","pattern":"\\d"}"#,
            &[r#""a1""#],
            &[r#""a""#, r#""٣""#],
        ),
        (
            r#"{"type":"string","format":"date"}"#,
            &[r#""2024-02-29""#, r#""2000-02-29""#],
            &[r#""2023-02-29""#, r#""1900-02-29""#, r#""2024-13-01""#],
        ),
        (
            r#"{"type":"string","format":"int32"}"#,
            &[r#""any""#],
            &["1"],
        ),
        (
            r#"{"properties":{"a":{"type":"integer"}},"required":["a"],"type":"object","additionalProperties":false}"#,
            &[r#"{"a":1}"#, "{ \"a\": 1 }", "{\n  \"a\": 1\n}"],
            &["{}", r#"{"a":1,"b":2}"#, r#"{"a":"1"}"#],
        ),
        (
            r##"{"oneOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}],"$defs":{"a":{"type":"string"},"b":{"type":"integer"}}}"##,
            &["1", r#""x""#],
            &["null"],
        ),
        (
            r#"{"type":"integer","multipleOf":3,"minimum":0}"#,
            &["0", "9", "12"],
            &["-3", "10"],
        ),
        (
            r#"{"type":"array","prefixItems":[{"const":1}],"items":false}"#,
            &["[]", "[1]"],
            &["[2]", "[1,1]"],
        ),
        (r#"{"type":["null","boolean"]}"#, &["null", "true"], &["0"]),
        (
            r#"{"const":{"a":[1,"ü"]}}"#,
            &[r#"{"a":[1,"ü"]}"#],
            &[r#"{"a":[1]}"#],
        ),
        (
            r##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"array","items":{"$ref":"#/$defs/t"}}}}"##,
            &["[[],[[]]]"],
            &["[1]"],
        ),
        ("true", &["[null,1]", r#"{"a":{}}"#], &["nul", "[1"]),
    ];
    for (text, good, bad) in cases {
        let grammar = schema(text);
        good.iter()
            .for_each(|json| assert!(admits(&vocabulary, &grammar, json), "{text}: {json}"));
        bad.iter()
            .for_each(|json| assert!(!admits(&vocabulary, &grammar, json), "{text}: {json}"));
    }
    assert!(
        admits(&vocabulary, &Grammar::JsonObject, r#"{"a": [1.5e3]}"#)
            && !admits(&vocabulary, &Grammar::JsonObject, "[]")
    );
}

#[test]
fn what_is_not_supported_is_named() {
    let Some(vocabulary) = vocabulary("llama-spm") else {
        return;
    };
    let cases = [
        (r#"{"not":{"type":"string"}}"#, "not"),
        (r#"{"if":{},"then":{},"else":{}}"#, "if"),
        (r#"{"type":"array","uniqueItems":true}"#, "uniqueItems"),
        (r#"{"type":"array","contains":{"const":1}}"#, "contains"),
        (
            r#"{"type":"object","propertyNames":{"maxLength":3}}"#,
            "propertyNames",
        ),
        (
            r#"{"type":"object","dependentRequired":{"a":["b"]}}"#,
            "dependentRequired",
        ),
        (
            r#"{"type":"object","dependentSchemas":{"a":{}}}"#,
            "dependentSchemas",
        ),
        (
            r#"{"unevaluatedProperties":false}"#,
            "unevaluatedProperties",
        ),
        (r#"{"unevaluatedItems":false}"#, "unevaluatedItems"),
        (r##"{"$dynamicRef":"#x"}"##, "$dynamicRef"),
        (
            r#"{"$ref":"https://example.com/other"}"#,
            "https://example.com/other",
        ),
        (r##"{"$ref":"#/$defs/none"}"##, "none"),
        (
            r#"{"properties":{"a":{"$id":"https://example.com/a"}}}"#,
            "$id",
        ),
        (r#"{"type":"string","format":"idn-email"}"#, "idn-email"),
        (r#"{"type":"string","pattern":"(?=a)b"}"#, "ahead"),
        (
            r#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#,
            "oneOf",
        ),
        (
            r#"{"type":"object","properties":{"a":{}},"minProperties":2}"#,
            "maxProperties",
        ),
        (r#"{"type":"integer","minimum":3,"maximum":2}"#, "minimum"),
        (
            r#"{"type":"object","required":["a"],"additionalProperties":false}"#,
            "a",
        ),
        (r#"{"type":"strin"}"#, "strin"),
        (
            r#"{"minLength":"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"}"#,
            "minLength",
        ),
        (r#"{"type":"#, "JSON"),
        ("[]", "schema"),
        ("false", "false"),
    ];
    for (text, named) in cases {
        let message = refusal(&vocabulary, schema(text));
        assert!(message.contains(named), "{text}: {message}");
    }
}

#[test]
fn hostile_grammars_are_refused_in_time() {
    let Some(vocabulary) = vocabulary("llama-spm") else {
        return;
    };
    let nested = |open: &str, close: &str, n| [open.repeat(n), close.repeat(n)].concat();
    let grammars = [
        Grammar::Regex("(a{1000}){1000}".to_owned()),
        Grammar::Regex(nested("(", ")", 20_000)),
        Grammar::Regex("a{4000000000}".to_owned()),
        Grammar::Regex("[".to_owned()),
        Grammar::Lark(nested("start: (", ")", 20_000)),
        Grammar::Lark(format!(
            "start: {}\"a\"{}",
            "(".repeat(20_000),
            ")".repeat(20_000)
        )),
        Grammar::Lark("start: start".to_owned()),
        Grammar::Lark(String::new()),
        Grammar::Lark("x".repeat(MAX_BYTES + 1)),
        schema(&nested("[", "]", 100_000)),
        schema(&format!(
            "{}{}{}",
            r#"{"items":"#.repeat(100),
            "{}",
            "}".repeat(100)
        )),
        schema(r##"{"$ref":"#"}"##),
        schema(r##"{"allOf":[{"$ref":"#"}]}"##),
        schema(r##"{"oneOf":[{"$ref":"#/oneOf/0"}]}"##),
        schema(r#"{"type":"array","minItems":4000000000}"#),
        schema(r#"{"type":"string","minLength":4000000000}"#),
        schema(r#"{"type":"string","pattern":"^(([a-z]{1,200}){1,200}){1,200}$"}"#),
    ];
    for grammar in grammars {
        let started = std::time::Instant::now();
        let _ = Constraint::new(&vocabulary, &grammar).map(|constraint| {
            let tokens = vocabulary.tokens().expect("the vocabulary has a trie");
            constraint.shortest_end(tokens, 50)
        });
        let seconds = started.elapsed().as_secs_f64();
        assert!(
            seconds < 10.0,
            "{seconds} s: {}",
            format!("{grammar:?}").chars().take(60).collect::<String>()
        );
    }
}

#[test]
fn the_way_to_the_end_is_short() {
    for name in VOCABULARIES {
        let Some(vocabulary) = vocabulary(name) else {
            return;
        };
        let cases = [
            (schema("{}"), 1),
            (schema(r#"{"type":"string"}"#), 2),
            (schema(r#"{"type":"array","minItems":3}"#), 7),
            (schema(r#"{"type":"string","minLength":5}"#), 7),
            (schema(r#"{"type":"string","format":"email"}"#), 12),
            (schema(r#"{"type":"string","format":"uuid"}"#), 38),
            (
                schema(r#"{"type":"string","pattern":"^[a-z]+(-[0-9]{2})+x$"}"#),
                12,
            ),
            (
                schema(
                    r##"{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}"##,
                ),
                20,
            ),
            (Grammar::Regex("a+b+c".to_owned()), 4),
            (
                Grammar::Lark("start: e\ne: \"(\" e \"+\" e \")\" | /[0-9]/".to_owned()),
                1,
            ),
            (
                Grammar::Gbnf("root ::= \"<\" [a-z]+ \">\" root \"</>\" | [a-z]+".to_owned()),
                1,
            ),
        ];
        for (grammar, most) in cases {
            let text =
                ended(&vocabulary, &grammar, 100).unwrap_or_else(|| panic!("{name}: {grammar:?}"));
            assert!(
                admits(&vocabulary, &grammar, &text),
                "{name}: {grammar:?}: {text}"
            );
            assert!(
                ended(&vocabulary, &grammar, most).is_some(),
                "{name}: {grammar:?}: more than {most}: {text}"
            );
        }
    }
}

#[test]
fn gbnf_grammars_admit_their_texts() {
    let Some(vocabulary) = vocabulary("qwen3") else {
        return;
    };
    const JSON: &str = r#"
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9]+)? ws
ws     ::= | " " | "\n" [ \t]{0,20}  # blanks
"#;
    const ARITHMETIC: &str = "root ::= (expr \"=\" ws term \"\\n\")+\nexpr ::= term ([-+*/] term)*\nterm ::= ident | num | \"(\" ws expr \")\" ws\n\
        ident ::= [a-z] [a-z0-9_]* ws\nnum ::= [0-9]+ ws\nws ::= [ \\t\\n]*\n";
    const CHESS: &str = "root ::= \"1. \" move \" \" move \"\\n\" ([1-9] [0-9]? \". \" move \" \" move \"\\n\")+\n\
        move ::= (pawn | piece | castle) [+#]?\npawn ::= ([a-h] \"x\")? [a-h] [1-8] (\"=\" [NBKQR])?\n\
        piece ::= [NBKQR] [a-h]? [1-8]? \"x\"? [a-h] [1-8]\ncastle ::= \"O-O\" \"-O\"?";
    const JAPANESE: &str = "root ::= jp-char+ ([ \\t\\n] jp-char+)*\njp-char ::= hiragana | katakana\nhiragana ::= [ぁ-ゟ]\nkatakana ::= [\\u30A1-\\u30FF]";
    const C: &str = "root ::= (declaration)*\ndeclaration ::= type identifier \"(\" parameter? \")\" \"{\" statement* \"}\"\n\
        type ::= \"int\" ws | \"float\" ws\nidentifier ::= [a-zA-Z_] [a-zA-Z_0-9]*\nparameter ::= type identifier\n\
        statement ::= type identifier ws \"=\" ws expression \";\" | \"if\" \"(\" expression \")\" \"{\" statement* \"}\"\n\
        expression ::= [0-9]+ (ws [-+] ws [0-9]+)*\nws ::= [ \\t\\n]+";
    let cases: [(&str, &[&str], &[&str]); 6] = [
        (
            JSON,
            &["{}", r#"{"a": [1, -2.5e3, "x\"\u00e9"], "b": {"c": null}}"#],
            &["[]", r#"{"a"}"#, r#"{"a":01}"#],
        ),
        (
            ARITHMETIC,
            &["1+2=3\n", "(x1*(y-2))=z\na=b\n"],
            &["1+=2\n", "1+2=3"],
        ),
        (
            CHESS,
            &["1. e4 e5\n2. Nf3 Nc6\n", "1. e4 c5\n2. O-O-O Qxd8+\n"],
            &["1. e9 e5\n2. a1 a2\n", "e4"],
        ),
        (JAPANESE, &["ひらがな カタカナ"], &["kana", "ひ  "]),
        (C, &["int main(){int x = 1 + 2;if(1){}}", ""], &["int (){}"]),
        (
            "root ::= . (\"a\" | \"\") \"!\"{2,3}",
            &["xa!!", "é!!!"],
            &["x!", "x!!!!"],
        ),
    ];
    for (text, good, bad) in cases {
        let grammar = Grammar::Gbnf(text.to_owned());
        good.iter()
            .for_each(|it| assert!(admits(&vocabulary, &grammar, it), "{text}: {it}"));
        bad.iter()
            .for_each(|it| assert!(!admits(&vocabulary, &grammar, it), "{text}: {it}"));
    }
}
