//! Export and import, and search compared with looking at every text.

use hearth_store::{Command, Reply, Store, StoreError};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};

fn store() -> Store {
    Store::open(Connection::open_in_memory().expect("memory is there")).expect("it opens")
}

fn import(store: &mut Store, file: &Value) -> Result<Reply, StoreError> {
    store.run(Command::Import {
        text: file.to_string(),
    })
}

fn export(store: &mut Store) -> String {
    match store.run(Command::Export { ids: None }) {
        Ok(Reply::Exported { text }) => text,
        other => panic!("{other:?}"),
    }
}

/// An export by hand, as another program might write it.
fn file(id: &str, updated_at: i64, texts: &[&str]) -> Value {
    let messages: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let parent = at.checked_sub(1).map(|before| format!("{id}{before}"));
            json!({ "id": format!("{id}{at}"), "parent": parent, "role": "user", "content": text, "status": "complete", "createdAt": at })
        })
        .collect();
    let head = texts.len().checked_sub(1).map(|last| format!("{id}{last}"));
    json!({ "format": "hearth-conversations", "version": 1, "conversations": [
        { "id": id, "title": id, "createdAt": 1, "updatedAt": updated_at, "head": head, "messages": messages }
    ] })
}

#[test]
fn an_export_makes_the_same_store_elsewhere() {
    let mut here = store();
    import(
        &mut here,
        &file("a", 1, &["one", "two", "three \"quoted\"\n新年"]),
    )
    .expect("it is sound");
    import(&mut here, &file("b", 2, &[])).expect("it is sound");
    let text = export(&mut here);
    let mut there = store();
    let reply = there
        .run(Command::Import { text: text.clone() })
        .expect("it is sound");
    assert_eq!(
        reply,
        Reply::Imported {
            added: 2,
            replaced: 0,
            kept: 0
        }
    );
    assert_eq!(export(&mut there), text);
    let again = there
        .run(Command::Import { text: text.clone() })
        .expect("it is sound");
    assert_eq!(
        again,
        Reply::Imported {
            added: 0,
            replaced: 0,
            kept: 2
        }
    );
    assert_eq!(export(&mut there), text);
}

#[test]
fn the_newer_one_wins() {
    let mut store = store();
    import(&mut store, &file("a", 5, &["old"])).expect("it is sound");
    let newer = import(&mut store, &file("a", 6, &["new"])).expect("it is sound");
    assert!(matches!(newer, Reply::Imported { replaced: 1, .. }));
    let older = import(&mut store, &file("a", 4, &["ancient"])).expect("it is sound");
    assert!(matches!(older, Reply::Imported { kept: 1, .. }));
    assert!(export(&mut store).contains("new"));
}

#[test]
fn a_damaged_file_changes_nothing_and_says_what_is_wrong() {
    let sound = file("a", 1, &["one", "two"]);
    let damaged = |change: fn(&mut Value)| {
        let mut file = sound.clone();
        change(&mut file);
        file
    };
    let cases = [
        (
            damaged(|file| file["format"] = json!("notes")),
            "not_an_export",
        ),
        (damaged(|file| file["version"] = json!(2)), "export_newer"),
        (
            damaged(|file| file["conversations"][0]["title"] = json!(7)),
            "not_an_export",
        ),
        (
            damaged(|file| file["conversations"][0]["messages"][0]["parent"] = json!("a1")),
            "export_damaged",
        ),
        (
            damaged(|file| file["conversations"][0]["messages"][0]["parent"] = json!("a0")),
            "export_damaged",
        ),
        (
            damaged(|file| file["conversations"][0]["messages"][1]["role"] = json!("nobody")),
            "not_an_export",
        ),
        (
            damaged(|file| file["conversations"][0]["head"] = json!("zz")),
            "no_message",
        ),
        (json!("text"), "not_an_export"),
    ];
    for (file, code) in cases {
        let mut store = store();
        let error = import(&mut store, &file).expect_err("it is damaged");
        assert_eq!(error.code(), code, "{error}");
        let counted = store.run(Command::Statistics).expect("it counts");
        assert!(
            matches!(
                counted,
                Reply::Statistics {
                    conversations: 0,
                    messages: 0,
                    ..
                }
            ),
            "{file}"
        );
    }
    let truncated = &sound.to_string()[..100];
    let error = store()
        .run(Command::Import {
            text: truncated.to_owned(),
        })
        .expect_err("it is cut off");
    assert_eq!(error.code(), "not_an_export");
}

fn search(store: &mut Store, text: &str) -> Vec<Option<String>> {
    let found = store.run(Command::Search {
        text: text.to_owned(),
        limit: 1000,
    });
    match found {
        Ok(Reply::Hits { hits }) => hits.into_iter().map(|hit| hit.message).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_of_words_are_found_in_any_script_and_case() {
    let mut store = store();
    let texts = [
        "The Albatross flies",
        "我想去北京看雪",
        "100% of_it",
        "say \"hello\" AND (go) NEAR",
        "Ärger im Büro",
    ];
    import(&mut store, &file("m", 1, &texts)).expect("it is sound");
    for (asked, found) in [
        ("albatross", vec!["m0"]),
        ("BATRO fli", vec!["m0"]),
        ("albatross boat", vec![]),
        ("北京", vec!["m1"]),
        ("雪", vec!["m1"]),
        ("0%", vec!["m2"]),
        ("f_i", vec!["m2"]),
        ("%", vec!["m2"]),
        ("\"hello\" AND", vec!["m3"]),
        ("(go) NEAR", vec!["m3"]),
        ("büro", vec!["m4"]),
        ("*", vec![]),
        ("", vec![]),
    ] {
        let found: Vec<Option<String>> = found.into_iter().map(|id| Some(id.to_owned())).collect();
        assert_eq!(search(&mut store, asked), found, "{asked}");
    }
}

#[test]
fn an_excerpt_shows_what_was_found() {
    let mut store = store();
    let text = format!("{} needle {}", "hay ".repeat(100), "straw ".repeat(100));
    import(&mut store, &file("m", 1, &[&text])).expect("it is sound");
    let Ok(Reply::Hits { hits }) = store.run(Command::Search {
        text: "needle".to_owned(),
        limit: 3,
    }) else {
        panic!("hits")
    };
    let excerpt = &hits[0].excerpt;
    assert!(
        excerpt.contains(" needle ") && excerpt.chars().count() < 140,
        "{excerpt}"
    );
    assert!(
        excerpt.starts_with('…') && excerpt.ends_with('…'),
        "{excerpt}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn search_finds_what_looking_finds(texts in prop::collection::vec("[a-dA-D雪 \"%_*]{0,12}", 1..8), asked in "[a-dD雪\"%_*]{1,4}( [a-d雪]{1,4})?") {
        let mut store = store();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        import(&mut store, &file("m", 1, &texts)).expect("it is sound");
        let mut found = search(&mut store, &asked);
        found.retain(Option::is_some);
        found.sort();
        let words: Vec<String> = asked.split_whitespace().map(str::to_lowercase).collect();
        let has_all = |text: &str| words.iter().all(|word| text.to_lowercase().contains(word.as_str()));
        let expected: Vec<Option<String>> = (0..texts.len()).filter(|&at| has_all(texts[at])).map(|at| Some(format!("m{at}"))).collect();
        prop_assert_eq!(found, expected);
    }
}
