//! The metadata of a file: keys in file order, and getters that say which key is missing or of the wrong type.

use crate::{
    Array, Strings, Value, ValueRef, ValueType,
    names::{Duplicate, NameIndex},
};

/// Keys and values in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    entries: Vec<Entry>,
    by_key: NameIndex,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Value,
    /// Where the entry starts in the file.
    pub(crate) offset: u64,
}

/// Why a getter has no answer. Offsets are those of the entry in its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// There is no such key.
    #[error(
        "the file has no metadata key `{key}`; it is of another kind than expected, or was converted incompletely"
    )]
    MissingKey {
        /// The key.
        key: String,
    },
    /// The value is of another type.
    #[error("metadata key `{key}` (offset {offset}) should be {expected}, but is of type {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What was asked for.
        expected: &'static str,
        /// What it is; for an array the type of its elements where these are wrong.
        found: ValueType,
        /// Where the entry starts.
        offset: u64,
    },
    /// The integer does not fit the type that was asked for.
    #[error("metadata key `{key}` (offset {offset}) is {value}, which does not fit {expected}")]
    OutOfRange {
        /// The key.
        key: String,
        /// What was asked for.
        expected: &'static str,
        /// The value.
        value: i128,
        /// Where the entry starts.
        offset: u64,
    },
    /// The string is no UTF-8.
    #[error("metadata key `{key}` (offset {offset}) is not valid UTF-8; the file is damaged")]
    NotUtf8 {
        /// The key.
        key: String,
        /// Where the entry starts.
        offset: u64,
    },
}

impl Metadata {
    pub(crate) fn new(entries: Vec<Entry>) -> Result<Self, (Vec<Entry>, Duplicate)> {
        match NameIndex::new(&entries, |entry| &entry.key) {
            Ok(by_key) => Ok(Metadata { entries, by_key }),
            Err(duplicate) => Err((entries, duplicate)),
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.by_key.find(&self.entries, key, |entry| &entry.key)
    }

    fn require(&self, key: &str) -> Result<&Entry, MetadataError> {
        self.entry(key).ok_or_else(|| MetadataError::MissingKey {
            key: key.to_owned(),
        })
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|entry| (entry.key.as_str(), &entry.value))
    }

    /// The value of `key`, as the file has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A `u32`, from an integer of any width that fits.
    pub fn get_u32(&self, key: &str) -> Result<u32, MetadataError> {
        self.require(key)?.integer("u32")
    }

    /// A `u64`, from an integer of any width that fits.
    pub fn get_u64(&self, key: &str) -> Result<u64, MetadataError> {
        self.require(key)?.integer("u64")
    }

    /// An `i32`, from an integer of any width that fits.
    pub fn get_i32(&self, key: &str) -> Result<i32, MetadataError> {
        self.require(key)?.integer("i32")
    }

    /// A `usize`, from an integer of any width that fits.
    pub fn get_usize(&self, key: &str) -> Result<usize, MetadataError> {
        self.require(key)?.integer("usize")
    }

    /// An `f32`; an `f64` is rounded.
    pub fn get_f32(&self, key: &str) -> Result<f32, MetadataError> {
        let entry = self.require(key)?;
        match entry.value {
            Value::F32(x) => Ok(x),
            #[allow(clippy::cast_possible_truncation, reason = "rounding is the contract")]
            Value::F64(x) => Ok(x as f32),
            _ => Err(entry.wrong_type("f32")),
        }
    }

    /// A boolean.
    pub fn get_bool(&self, key: &str) -> Result<bool, MetadataError> {
        let entry = self.require(key)?;
        match entry.value {
            Value::Bool(x) => Ok(x),
            _ => Err(entry.wrong_type("bool")),
        }
    }

    /// A string that is UTF-8.
    pub fn get_str(&self, key: &str) -> Result<&str, MetadataError> {
        let entry = self.require(key)?;
        let Value::String(text) = &entry.value else {
            return Err(entry.wrong_type("string"));
        };
        text.as_str().ok_or_else(|| MetadataError::NotUtf8 {
            key: key.to_owned(),
            offset: entry.offset,
        })
    }

    /// The bytes of a string, UTF-8 or not.
    pub fn get_bytes(&self, key: &str) -> Result<&[u8], MetadataError> {
        let entry = self.require(key)?;
        match &entry.value {
            Value::String(text) => Ok(text.as_bytes()),
            _ => Err(entry.wrong_type("string")),
        }
    }

    /// An array of any type.
    pub fn get_array(&self, key: &str) -> Result<&Array, MetadataError> {
        let entry = self.require(key)?;
        match &entry.value {
            Value::Array(array) => Ok(array),
            _ => Err(entry.wrong_type("array")),
        }
    }

    /// An array of strings.
    pub fn get_strings(&self, key: &str) -> Result<&Strings, MetadataError> {
        let entry = self.require(key)?;
        match &entry.value {
            Value::Array(Array::String(strings)) => Ok(strings),
            _ => Err(entry.wrong_type("array of strings")),
        }
    }

    /// An array of `u32`, from integers of any width that fit.
    pub fn get_u32s(&self, key: &str) -> Result<Vec<u32>, MetadataError> {
        self.require(key)?.integers("array of u32")
    }

    /// An array of `i32`, from integers of any width that fit.
    pub fn get_i32s(&self, key: &str) -> Result<Vec<i32>, MetadataError> {
        self.require(key)?.integers("array of i32")
    }

    /// An array of `f32`.
    pub fn get_f32s(&self, key: &str) -> Result<&[f32], MetadataError> {
        let entry = self.require(key)?;
        match &entry.value {
            Value::Array(Array::F32(floats)) => Ok(floats),
            _ => Err(entry.wrong_type("array of f32")),
        }
    }

    /// An array of booleans.
    pub fn get_bools(&self, key: &str) -> Result<&[bool], MetadataError> {
        let entry = self.require(key)?;
        match &entry.value {
            Value::Array(Array::Bool(bools)) => Ok(bools),
            _ => Err(entry.wrong_type("array of bool")),
        }
    }
}

impl Entry {
    fn wrong_type(&self, expected: &'static str) -> MetadataError {
        let found = match &self.value {
            Value::Array(array) if expected.starts_with("array of") => array.elem_type(),
            other => other.value_type(),
        };
        MetadataError::WrongType {
            key: self.key.clone(),
            expected,
            found,
            offset: self.offset,
        }
    }

    fn integer<T: TryFrom<i128>>(&self, expected: &'static str) -> Result<T, MetadataError> {
        self.convert(self.value.view(), expected)
    }

    fn integers<T: TryFrom<i128>>(&self, expected: &'static str) -> Result<Vec<T>, MetadataError> {
        let Value::Array(array) = &self.value else {
            return Err(self.wrong_type(expected));
        };
        array
            .iter()
            .map(|elem| self.convert(elem, expected))
            .collect()
    }

    fn convert<T: TryFrom<i128>>(
        &self,
        value: ValueRef<'_>,
        expected: &'static str,
    ) -> Result<T, MetadataError> {
        let value = value
            .as_integer()
            .ok_or_else(|| self.wrong_type(expected))?;
        T::try_from(value).map_err(|_| MetadataError::OutOfRange {
            key: self.key.clone(),
            expected,
            value,
            offset: self.offset,
        })
    }
}

/// Turns a missing key into `None`; every other error stays one.
///
/// ```
/// use hearth_gguf::{Metadata, Optional};
/// assert_eq!(Metadata::default().get_u32("llama.expert_count").optional(), Ok(None));
/// ```
pub trait Optional<T> {
    /// `Ok(None)` if the key is missing.
    fn optional(self) -> Result<Option<T>, MetadataError>;
}

impl<T> Optional<T> for Result<T, MetadataError> {
    fn optional(self) -> Result<Option<T>, MetadataError> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(MetadataError::MissingKey { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests;
