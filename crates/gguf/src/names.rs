//! Finds an entry by its name, without a hash that a file could attack.

/// Positions of entries, sorted by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameIndex(Vec<usize>);

/// Two entries with one name, in the order of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    pub(crate) first: usize,
    pub(crate) second: usize,
}

impl NameIndex {
    /// Sorts `entries` by the name that `name_of` gives.
    pub(crate) fn new<T>(entries: &[T], name_of: impl Fn(&T) -> &str) -> Result<Self, Duplicate> {
        let mut named: Vec<(&str, usize)> = entries
            .iter()
            .enumerate()
            .map(|(i, entry)| (name_of(entry), i))
            .collect();
        named.sort_unstable();
        let twins = named.array_windows().find(|[(a, _), (b, _)]| a == b);
        if let Some(&[(_, first), (_, second)]) = twins {
            return Err(Duplicate { first, second });
        }
        Ok(NameIndex(named.into_iter().map(|(_, i)| i).collect()))
    }

    /// The entry called `name`, of the same entries that the index was made from.
    pub(crate) fn find<'a, T>(
        &self,
        entries: &'a [T],
        name: &str,
        name_of: impl Fn(&T) -> &str,
    ) -> Option<&'a T> {
        let place = self
            .0
            .binary_search_by(|&i| entries.get(i).map_or("", &name_of).cmp(name))
            .ok()?;
        entries.get(*self.0.get(place)?)
    }
}
