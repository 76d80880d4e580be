//! Full text. The index is of trigrams: it finds parts of words, in every language. Shorter words than that are looked for one message at
//! a time.

use rusqlite::{Connection, params_from_iter};

use crate::command::Hit;
use crate::error::StoreError;

/// What the index can find.
const TRIGRAM: usize = 3;
/// Characters of an excerpt before what was found, and after.
const BEFORE: usize = 30;
const AFTER: usize = 90;
const ELLIPSIS: char = '…';

/// Titles first, then messages, each with all the words in it.
pub(crate) fn search(db: &Connection, text: &str, limit: u32) -> Result<Vec<Hit>, StoreError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let titles =
        "SELECT c.id, c.title, NULL, c.title FROM {from} ORDER BY c.updated_at DESC LIMIT {limit}";
    let messages = "SELECT c.id, c.title, m.id, m.content FROM {from} ORDER BY m.created_at DESC, m.number DESC LIMIT {limit}";
    let mut hits = found(db, titles, &TITLES, &words, limit)?;
    let rest = limit.saturating_sub(hits.len() as u32);
    hits.extend(found(db, messages, &MESSAGES, &words, rest)?);
    Ok(hits)
}

/// Where to look.
struct Place {
    /// The tables, without the index.
    tables: &'static str,
    /// The index, and how it joins them.
    index: &'static str,
    joined: &'static str,
    /// The column that has the words.
    column: &'static str,
}

const TITLES: Place = Place {
    tables: "conversation c",
    index: "conversation_text",
    joined: "conversation_text.rowid = c.number",
    column: "c.title",
};
const MESSAGES: Place = Place {
    tables: "message m JOIN conversation c ON c.id = m.conversation",
    index: "message_text",
    joined: "message_text.rowid = m.number",
    column: "m.content",
};

fn found(
    db: &Connection,
    query: &str,
    place: &Place,
    words: &[&str],
    limit: u32,
) -> Result<Vec<Hit>, StoreError> {
    let (long, short): (Vec<&str>, Vec<&str>) = words
        .iter()
        .partition(|word| word.chars().count() >= TRIGRAM);
    let mut from = place.tables.to_owned();
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    if !long.is_empty() {
        from += &format!(" JOIN {} ON {}", place.index, place.joined);
        conditions.push(format!("{} MATCH ?", place.index));
        values.push(
            long.iter()
                .map(|word| quoted(word))
                .collect::<Vec<_>>()
                .join(" AND "),
        );
    }
    for word in short {
        conditions.push(format!("{} LIKE ? ESCAPE '\\'", place.column));
        values.push(like(word));
    }
    let from = format!("{from} WHERE {}", conditions.join(" AND "));
    let sql = query
        .replace("{from}", &from)
        .replace("{limit}", &limit.to_string());
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        let text: String = row.get(3)?;
        Ok(Hit {
            conversation: row.get(0)?,
            title: row.get(1)?,
            message: row.get(2)?,
            excerpt: excerpt(&text, words),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A word as the index's query language has it: nothing in it has a meaning.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// A pattern that a text with the word in it matches.
fn like(word: &str) -> String {
    let escaped = word
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// The text around the first of the words that it has, in one line.
fn excerpt(text: &str, words: &[&str]) -> String {
    let characters: Vec<char> = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let lower: Vec<char> = characters.iter().map(|&c| lowercase(c)).collect();
    let at = words
        .iter()
        .filter_map(|word| position(&lower, word))
        .min()
        .unwrap_or(0);
    let start = at.saturating_sub(BEFORE);
    let end = (at + AFTER).min(characters.len());
    let mut shown = String::new();
    if start > 0 {
        shown.push(ELLIPSIS);
    }
    shown.extend(&characters[start..end]);
    if end < characters.len() {
        shown.push(ELLIPSIS);
    }
    shown
}

fn position(text: &[char], word: &str) -> Option<usize> {
    let word: Vec<char> = word.chars().map(lowercase).collect();
    text.windows(word.len()).position(|window| window == word)
}

/// One character for one, so that places stay the same.
fn lowercase(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
