//! Conversations kept, read, changed, deleted; databases of older and newer versions; what a crash leaves.

use hearth_store::conversation::{Conversation, Message, Role, Status};
use hearth_store::{Command, Reply, Store, StoreError};
use rusqlite::Connection;
use serde_json::{Map, json};

fn store() -> Store {
    Store::open(Connection::open_in_memory().expect("memory is there")).expect("it opens")
}

fn conversation(id: &str, updated_at: i64) -> Conversation {
    Conversation {
        id: id.to_owned(),
        title: format!("About {id}"),
        is_pinned: false,
        created_at: 1,
        updated_at,
        model: Some("ember".to_owned()),
        system_prompt: "Be brief.".to_owned(),
        settings: Map::from_iter([("temperature".to_owned(), json!(0.5))]),
        head: None,
    }
}

fn message(id: &str, parent: Option<&str>, content: &str) -> Message {
    Message {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        role: if parent.is_none() {
            Role::User
        } else {
            Role::Assistant
        },
        content: content.to_owned(),
        reasoning: String::new(),
        status: Status::Complete,
        created_at: 2,
        details: Map::new(),
    }
}

fn save(store: &mut Store, it: Conversation) {
    let saved = store.run(Command::SaveConversation { conversation: it });
    assert_eq!(saved.expect("it is kept"), Reply::Done);
}

fn say(store: &mut Store, conversation: &str, it: Message, now: i64) -> Result<Reply, StoreError> {
    store.run(Command::SaveMessage {
        conversation: conversation.to_owned(),
        message: it,
        now,
    })
}

fn read(store: &mut Store, id: &str) -> (Conversation, Vec<Message>) {
    match store.run(Command::Read { id: id.to_owned() }) {
        Ok(Reply::Conversation {
            conversation: whole,
        }) => (whole.conversation, whole.messages),
        other => panic!("{other:?}"),
    }
}

fn titles(store: &mut Store, offset: u32, limit: u32) -> Vec<String> {
    match store.run(Command::List { offset, limit }) {
        Ok(Reply::Conversations { conversations, .. }) => {
            conversations.into_iter().map(|one| one.id).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_kept_is_read_again() {
    let mut store = store();
    let kept = conversation("tides", 5);
    save(&mut store, kept.clone());
    let question = message("m1", None, "What are tides?");
    let mut answer = message("m2", Some("m1"), "The se");
    answer.status = Status::Writing;
    answer.details = Map::from_iter([("tokens".to_owned(), json!(2))]);
    say(&mut store, "tides", question.clone(), 6).expect("kept");
    say(&mut store, "tides", answer.clone(), 7).expect("kept");
    answer.content += "a rises and falls.";
    answer.status = Status::Complete;
    say(&mut store, "tides", answer.clone(), 8).expect("kept");
    let (found, messages) = read(&mut store, "tides");
    let expected = Conversation {
        updated_at: 8,
        head: Some("m2".to_owned()),
        ..kept
    };
    assert_eq!(found, expected);
    assert_eq!(messages, [question, answer]);
}

#[test]
fn an_edit_is_another_branch_and_either_can_be_shown() {
    let mut store = store();
    save(&mut store, conversation("a", 1));
    for (id, parent) in [
        ("q", None),
        ("x", Some("q")),
        ("y", Some("q")),
        ("x2", Some("x")),
    ] {
        say(&mut store, "a", message(id, parent, id), 2).expect("kept");
    }
    say(&mut store, "a", message("q2", None, "edited"), 3).expect("kept");
    assert_eq!(read(&mut store, "a").0.head.as_deref(), Some("q2"));
    let shown = store.run(Command::SetHead {
        conversation: "a".to_owned(),
        message: "x2".to_owned(),
    });
    assert_eq!(shown.expect("it is there"), Reply::Done);
    assert_eq!(read(&mut store, "a").0.head.as_deref(), Some("x2"));
    assert_eq!(read(&mut store, "a").1.len(), 5);
}

#[test]
fn pinned_ones_stand_first_then_the_newest() {
    let mut store = store();
    for (id, updated_at) in [("old", 1), ("new", 9), ("middle", 5)] {
        save(&mut store, conversation(id, updated_at));
    }
    save(
        &mut store,
        Conversation {
            is_pinned: true,
            ..conversation("old", 1)
        },
    );
    assert_eq!(titles(&mut store, 0, 10), ["old", "new", "middle"]);
    assert_eq!(titles(&mut store, 1, 1), ["new"]);
    say(&mut store, "middle", message("m", None, "hello"), 20).expect("kept");
    assert_eq!(titles(&mut store, 0, 10), ["old", "middle", "new"]);
}

#[test]
fn what_is_deleted_is_gone_with_its_messages() {
    let mut store = store();
    for id in ["a", "b"] {
        save(&mut store, conversation(id, 1));
        say(
            &mut store,
            id,
            message(&format!("{id}1"), None, "the albatross"),
            2,
        )
        .expect("kept");
    }
    let deleted = store.run(Command::Delete { id: "a".to_owned() });
    assert_eq!(deleted.expect("it was there"), Reply::Done);
    let again = store.run(Command::Delete { id: "a".to_owned() });
    assert_eq!(again.expect_err("it is gone").code(), "no_conversation");
    let found = store.run(Command::Search {
        text: "albatross".to_owned(),
        limit: 10,
    });
    assert!(
        matches!(found, Ok(Reply::Hits { hits }) if hits.len() == 1 && hits[0].conversation == "b")
    );
    store.run(Command::DeleteAll).expect("all go");
    let Ok(Reply::Statistics {
        conversations,
        messages,
        ..
    }) = store.run(Command::Statistics)
    else {
        panic!("statistics")
    };
    assert_eq!((conversations, messages), (0, 0));
}

#[test]
fn messages_stay_where_they_are() {
    let mut store = store();
    save(&mut store, conversation("a", 1));
    save(&mut store, conversation("b", 1));
    say(&mut store, "a", message("1", None, "one"), 2).expect("kept");
    say(&mut store, "a", message("2", Some("1"), "two"), 2).expect("kept");
    for (conversation, it, code) in [
        ("b", message("1", None, "elsewhere"), "message_moved"),
        ("a", message("1", Some("2"), "a circle"), "message_moved"),
        ("b", message("3", Some("1"), "of another one"), "no_message"),
        ("c", message("3", None, "nowhere"), "no_conversation"),
    ] {
        let error = say(&mut store, conversation, it, 9).expect_err("it is refused");
        assert_eq!(error.code(), code, "{error}");
    }
    assert_eq!(
        read(&mut store, "a").0.updated_at,
        2,
        "what is refused changes nothing"
    );
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    drop(Store::open(Connection::open(&path).expect("a file")).expect("it opens"));
    let connection = Connection::open(&path).expect("a file");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("it is set");
    let before = std::fs::read(&path).expect("it is there");
    let error = Store::open(connection).expect_err("it is newer");
    assert_eq!(error.code(), "store_newer");
    assert!(error.to_string().contains("reload"), "{error}");
    assert_eq!(std::fs::read(&path).expect("it is there"), before);
}

#[test]
fn what_is_no_database_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    std::fs::write(&path, vec![b'x'; 8192]).expect("it is written");
    let error = Store::open(Connection::open(&path).expect("a file")).expect_err("it is none");
    assert_eq!(error.code(), "store_damaged", "{error}");
}

#[test]
fn conversations_outlive_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let mut first = Store::open(Connection::open(&path).expect("a file")).expect("it opens");
    save(&mut first, conversation("a", 1));
    let mut half = message("1", None, "half an ans");
    half.status = Status::Writing;
    say(&mut first, "a", half.clone(), 2).expect("kept");
    // It ends without a word, as a program that was killed does.
    std::mem::forget(first);
    let mut second = Store::open(Connection::open(&path).expect("a file")).expect("it opens");
    assert_eq!(read(&mut second, "a").1, [half]);
}

#[test]
fn a_snapshot_is_the_whole_store() {
    let mut here = store();
    save(&mut here, conversation("a", 1));
    say(&mut here, "a", message("1", None, "hello"), 2).expect("kept");
    let bytes = here.snapshot().expect("it is whole");
    let mut there = Store::from_snapshot(&bytes).expect("it opens");
    assert_eq!(read(&mut there, "a"), read(&mut here, "a"));
    say(
        &mut there,
        "a",
        message("2", Some("1"), "and more ".repeat(10_000).as_str()),
        3,
    )
    .expect("it grows");
    let error = Store::from_snapshot(&[7; 4096]).expect_err("it is no database");
    assert_eq!(error.code(), "store_damaged", "{error}");
}
