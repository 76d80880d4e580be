//! Byte strings and their numbers, both ways: one arena, one hash table, no allocation per string.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// An append-only list of byte strings that can be found by their content.
#[derive(Clone)]
pub(crate) struct StringTable {
    bytes: Vec<u8>,
    /// `bounds[id]..bounds[id + 1]` is string `id` in `bytes`.
    bounds: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl StringTable {
    /// An empty table with room for `strings` strings of `bytes` bytes together.
    pub(crate) fn with_capacity(strings: usize, bytes: usize) -> Self {
        let mut bounds = Vec::with_capacity(strings + 1);
        bounds.push(0);
        StringTable {
            bytes: Vec::with_capacity(bytes),
            bounds,
            index: HashTable::with_capacity(strings),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// Number of strings, repeated ones counted.
    pub(crate) fn len(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The string with number `id`; empty where there is none.
    pub(crate) fn get(&self, id: u32) -> &[u8] {
        string_at(&self.bytes, &self.bounds, id)
    }

    /// The number of `string`; of a repeated string the last one.
    pub(crate) fn find(&self, string: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(string);
        self.index.find(hash, |&id| self.get(id) == string).copied()
    }

    /// Appends `string`, and finds it from now on in place of an equal one before it.
    pub(crate) fn push(&mut self, string: &[u8]) -> u32 {
        let id = self.len() as u32;
        self.bytes.extend_from_slice(string);
        self.bounds.push(self.bytes.len() as u32);
        let StringTable {
            bytes,
            bounds,
            index,
            hasher,
        } = self;
        let hash = hasher.hash_one(string);
        match index.find_mut(hash, |&other| string_at(bytes, bounds, other) == string) {
            Some(other) => *other = id,
            None => {
                index.insert_unique(hash, id, |&other| {
                    hasher.hash_one(string_at(bytes, bounds, other))
                });
            }
        }
        id
    }

    /// The number of `string`, which is appended where it is new.
    pub(crate) fn intern(&mut self, string: &[u8]) -> u32 {
        self.find(string).unwrap_or_else(|| self.push(string))
    }
}

fn string_at<'a>(bytes: &'a [u8], bounds: &[u32], id: u32) -> &'a [u8] {
    let id = id as usize;
    match (bounds.get(id), bounds.get(id + 1)) {
        (Some(&start), Some(&end)) => bytes.get(start as usize..end as usize).unwrap_or(&[]),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_and_the_last_of_equal_ones_wins() {
        let mut table = StringTable::with_capacity(0, 0);
        assert_eq!(table.push(b"a"), 0);
        assert_eq!(table.push(b""), 1);
        assert_eq!(table.push(b"a"), 2);
        assert_eq!(table.find(b"a"), Some(2));
        assert_eq!(table.find(b""), Some(1));
        assert_eq!(table.find(b"b"), None);
        assert_eq!(table.intern(b"b"), 3);
        assert_eq!(table.intern(b"b"), 3);
        assert_eq!(
            (table.get(0), table.get(3), table.get(9)),
            (&b"a"[..], &b"b"[..], &b""[..])
        );
    }
}
