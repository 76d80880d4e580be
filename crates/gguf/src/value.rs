//! Metadata values: numbers, strings and arrays of them.

use std::fmt;

use crate::{Strings, Text};

macro_rules! value_types {
    ($($variant:ident = $id:literal, $name:literal, $min_bytes:literal;)*) => {
        /// The type of a metadata value, with its number in files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the specification's")]
        pub enum ValueType { $($variant = $id,)* }

        impl ValueType {
            /// The number that stands for this type in a file.
            pub const fn id(self) -> u32 {
                match self { $(ValueType::$variant => $id,)* }
            }

            /// The type with this number.
            pub const fn from_id(id: u32) -> Option<Self> {
                match id { $($id => Some(ValueType::$variant),)* _ => None }
            }

            /// The name that people know, such as `u32`.
            pub const fn name(self) -> &'static str {
                match self { $(ValueType::$variant => $name,)* }
            }

            /// The fewest bytes that a value takes in a file.
            pub(crate) const fn min_bytes(self) -> u64 {
                match self { $(ValueType::$variant => $min_bytes,)* }
            }
        }
    };
}

value_types! {
    U8 = 0, "u8", 1;
    I8 = 1, "i8", 1;
    U16 = 2, "u16", 2;
    I16 = 3, "i16", 2;
    U32 = 4, "u32", 4;
    I32 = 5, "i32", 4;
    F32 = 6, "f32", 4;
    Bool = 7, "bool", 1;
    String = 8, "string", 8;
    Array = 9, "array", 12;
    U64 = 10, "u64", 8;
    I64 = 11, "i64", 8;
    F64 = 12, "f64", 8;
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One metadata value, as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    String(Text),
    Array(Array),
    U64(u64),
    I64(i64),
    F64(f64),
}

/// An array, its elements packed.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    Bool(Vec<bool>),
    String(Strings),
    Array(Vec<Array>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F64(Vec<f64>),
}

/// A value with its width forgotten, borrowed: what a JSON writer or a conversion needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// Any unsigned integer.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// Any float; an `f32` is widened, which is exact.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// The bytes of a string, UTF-8 or not.
    Text(&'a [u8]),
    /// An array.
    Array(&'a Array),
}

impl Value {
    /// Its type.
    pub fn value_type(&self) -> ValueType {
        match self {
            Value::U8(_) => ValueType::U8,
            Value::I8(_) => ValueType::I8,
            Value::U16(_) => ValueType::U16,
            Value::I16(_) => ValueType::I16,
            Value::U32(_) => ValueType::U32,
            Value::I32(_) => ValueType::I32,
            Value::F32(_) => ValueType::F32,
            Value::Bool(_) => ValueType::Bool,
            Value::String(_) => ValueType::String,
            Value::Array(_) => ValueType::Array,
            Value::U64(_) => ValueType::U64,
            Value::I64(_) => ValueType::I64,
            Value::F64(_) => ValueType::F64,
        }
    }

    /// The value with its width forgotten.
    pub fn view(&self) -> ValueRef<'_> {
        match self {
            Value::U8(x) => ValueRef::Unsigned((*x).into()),
            Value::I8(x) => ValueRef::Signed((*x).into()),
            Value::U16(x) => ValueRef::Unsigned((*x).into()),
            Value::I16(x) => ValueRef::Signed((*x).into()),
            Value::U32(x) => ValueRef::Unsigned((*x).into()),
            Value::I32(x) => ValueRef::Signed((*x).into()),
            Value::F32(x) => ValueRef::Float((*x).into()),
            Value::Bool(x) => ValueRef::Bool(*x),
            Value::String(x) => ValueRef::Text(x.as_bytes()),
            Value::Array(x) => ValueRef::Array(x),
            Value::U64(x) => ValueRef::Unsigned(*x),
            Value::I64(x) => ValueRef::Signed(*x),
            Value::F64(x) => ValueRef::Float(*x),
        }
    }
}

impl Array {
    /// The type of its elements.
    pub fn elem_type(&self) -> ValueType {
        match self {
            Array::U8(_) => ValueType::U8,
            Array::I8(_) => ValueType::I8,
            Array::U16(_) => ValueType::U16,
            Array::I16(_) => ValueType::I16,
            Array::U32(_) => ValueType::U32,
            Array::I32(_) => ValueType::I32,
            Array::F32(_) => ValueType::F32,
            Array::Bool(_) => ValueType::Bool,
            Array::String(_) => ValueType::String,
            Array::Array(_) => ValueType::Array,
            Array::U64(_) => ValueType::U64,
            Array::I64(_) => ValueType::I64,
            Array::F64(_) => ValueType::F64,
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Array::U8(x) => x.len(),
            Array::I8(x) => x.len(),
            Array::U16(x) => x.len(),
            Array::I16(x) => x.len(),
            Array::U32(x) => x.len(),
            Array::I32(x) => x.len(),
            Array::F32(x) => x.len(),
            Array::Bool(x) => x.len(),
            Array::String(x) => x.len(),
            Array::Array(x) => x.len(),
            Array::U64(x) => x.len(),
            Array::I64(x) => x.len(),
            Array::F64(x) => x.len(),
        }
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `i` with its width forgotten.
    pub fn get(&self, i: usize) -> Option<ValueRef<'_>> {
        Some(match self {
            Array::U8(x) => ValueRef::Unsigned((*x.get(i)?).into()),
            Array::I8(x) => ValueRef::Signed((*x.get(i)?).into()),
            Array::U16(x) => ValueRef::Unsigned((*x.get(i)?).into()),
            Array::I16(x) => ValueRef::Signed((*x.get(i)?).into()),
            Array::U32(x) => ValueRef::Unsigned((*x.get(i)?).into()),
            Array::I32(x) => ValueRef::Signed((*x.get(i)?).into()),
            Array::F32(x) => ValueRef::Float((*x.get(i)?).into()),
            Array::Bool(x) => ValueRef::Bool(*x.get(i)?),
            Array::String(x) => ValueRef::Text(x.get(i)?),
            Array::Array(x) => ValueRef::Array(x.get(i)?),
            Array::U64(x) => ValueRef::Unsigned(*x.get(i)?),
            Array::I64(x) => ValueRef::Signed(*x.get(i)?),
            Array::F64(x) => ValueRef::Float(*x.get(i)?),
        })
    }

    /// All elements with their width forgotten.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ValueRef<'_>> {
        (0..self.len()).map(|i| self.get(i).unwrap_or(ValueRef::Bool(false)))
    }
}

impl ValueRef<'_> {
    /// The integer, whatever its width; `None` for anything else.
    pub fn as_integer(&self) -> Option<i128> {
        match *self {
            ValueRef::Unsigned(x) => Some(x.into()),
            ValueRef::Signed(x) => Some(x.into()),
            _ => None,
        }
    }
}

/// Longest text and most elements that `Display` writes out.
const SHOWN_CHARS: usize = 60;
const SHOWN_ELEMS: usize = 6;

/// A summary for people: long strings and arrays are cut.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueRef::Unsigned(x) => write!(f, "{x}"),
            ValueRef::Signed(x) => write!(f, "{x}"),
            ValueRef::Float(x) => write!(f, "{x}"),
            ValueRef::Bool(x) => write!(f, "{x}"),
            ValueRef::Text(bytes) => {
                // A character takes at most four bytes, so only a prefix needs decoding.
                let prefix = bytes.get(..SHOWN_CHARS * 4 + 4).unwrap_or(bytes);
                let text = String::from_utf8_lossy(prefix);
                match text.char_indices().nth(SHOWN_CHARS) {
                    None => write!(f, "{text:?}"),
                    Some((end, _)) => {
                        let shown = text.get(..end).unwrap_or_default();
                        write!(f, "{shown:?}… ({} bytes)", bytes.len())
                    }
                }
            }
            ValueRef::Array(array) => {
                write!(f, "[")?;
                for (i, elem) in array.iter().take(SHOWN_ELEMS).enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{elem}")?;
                }
                if array.len() > SHOWN_ELEMS {
                    write!(f, ", … {} × {}", array.len(), array.elem_type())?;
                }
                write!(f, "]")
            }
        }
    }
}

/// A summary for people: long strings and arrays are cut.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Not widened, so that the shortest decimal form shows.
            Value::F32(x) => write!(f, "{x}"),
            other => other.view().fmt(f),
        }
    }
}

macro_rules! from {
    ($($from:ty => $to:ident: $variant:ident;)*) => {
        $(impl From<$from> for $to {
            fn from(x: $from) -> Self {
                $to::$variant(x.into())
            }
        })*
    };
}

from! {
    u8 => Value: U8; i8 => Value: I8; u16 => Value: U16; i16 => Value: I16; u32 => Value: U32; i32 => Value: I32;
    u64 => Value: U64; i64 => Value: I64; f32 => Value: F32; f64 => Value: F64; bool => Value: Bool;
    Text => Value: String; &str => Value: String; String => Value: String; Array => Value: Array;
    Strings => Array: String; Vec<Array> => Array: Array; Vec<bool> => Array: Bool;
    Vec<u8> => Array: U8; Vec<i8> => Array: I8; Vec<u16> => Array: U16; Vec<i16> => Array: I16;
    Vec<u32> => Array: U32; Vec<i32> => Array: I32; Vec<u64> => Array: U64; Vec<i64> => Array: I64;
    Vec<f32> => Array: F32; Vec<f64> => Array: F64;
}
