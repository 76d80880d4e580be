//! Decodes strings and metadata values from the cursor.

use crate::{Array, GgufError, Strings, Text, Value, ValueType, cursor::Cursor, metadata::Entry};

/// Arrays may stand in arrays this deep. Files in use have none; llama.cpp refuses them.
pub(crate) const MAX_ARRAY_DEPTH: usize = 4;

/// Arrays of numbers are decoded in pieces of about this many bytes.
const PIECE_BYTES: usize = 64 << 10;

/// One metadata entry: key, type, value.
pub(crate) fn entry(cursor: &mut Cursor<'_>) -> Result<Entry, GgufError> {
    let offset = cursor.offset();
    let key = name(cursor, "a metadata key")?;
    let value = match value_type(cursor)? {
        ValueType::U8 => Value::U8(u8::from_le_bytes(cursor.array("a u8")?)),
        ValueType::I8 => Value::I8(i8::from_le_bytes(cursor.array("an i8")?)),
        ValueType::U16 => Value::U16(u16::from_le_bytes(cursor.array("a u16")?)),
        ValueType::I16 => Value::I16(i16::from_le_bytes(cursor.array("an i16")?)),
        ValueType::U32 => Value::U32(cursor.u32("a u32")?),
        ValueType::I32 => Value::I32(i32::from_le_bytes(cursor.array("an i32")?)),
        ValueType::F32 => Value::F32(f32::from_le_bytes(cursor.array("an f32")?)),
        ValueType::Bool => Value::Bool(bools(cursor, 1)?.first() == Some(&true)),
        ValueType::String => Value::String(Text::from(string(cursor, "a metadata string")?)),
        ValueType::Array => Value::Array(array(cursor, 1)?),
        ValueType::U64 => Value::U64(cursor.u64("a u64")?),
        ValueType::I64 => Value::I64(i64::from_le_bytes(cursor.array("an i64")?)),
        ValueType::F64 => Value::F64(f64::from_le_bytes(cursor.array("an f64")?)),
    };
    Ok(Entry { key, value, offset })
}

/// A key or a tensor name, which must be UTF-8.
pub(crate) fn name(cursor: &mut Cursor<'_>, what: &'static str) -> Result<String, GgufError> {
    let offset = cursor.offset();
    let bytes = string(cursor, what)?;
    match std::str::from_utf8(bytes) {
        Ok(name) => Ok(name.to_owned()),
        Err(_) => Err(GgufError::NameNotUtf8 { what, offset }),
    }
}

fn string<'c>(cursor: &'c mut Cursor<'_>, what: &'static str) -> Result<&'c [u8], GgufError> {
    let offset = cursor.offset();
    let len = cursor.u64(what)?;
    let remaining = cursor.remaining();
    match usize::try_from(len) {
        Ok(n) if len <= remaining => cursor.take(n, what),
        _ => Err(GgufError::StringTooLong {
            what,
            offset,
            len,
            remaining,
        }),
    }
}

fn value_type(cursor: &mut Cursor<'_>) -> Result<ValueType, GgufError> {
    let offset = cursor.offset();
    let id = cursor.u32("a metadata type")?;
    ValueType::from_id(id).ok_or(GgufError::UnknownValueType { id, offset })
}

fn array(cursor: &mut Cursor<'_>, depth: usize) -> Result<Array, GgufError> {
    let offset = cursor.offset();
    if depth > MAX_ARRAY_DEPTH {
        return Err(GgufError::NestingTooDeep {
            offset,
            max: MAX_ARRAY_DEPTH,
        });
    }
    let elem = value_type(cursor)?;
    let count = cursor.u64("the length of an array")?;
    let remaining = cursor.remaining();
    let n = usize::try_from(count)
        .ok()
        .filter(|_| count <= remaining / elem.min_bytes())
        .ok_or(GgufError::ArrayTooLong {
            offset,
            count,
            elem,
            remaining,
        })?;
    Ok(match elem {
        ValueType::U8 => Array::U8(numbers(cursor, n, u8::from_le_bytes)?),
        ValueType::I8 => Array::I8(numbers(cursor, n, i8::from_le_bytes)?),
        ValueType::U16 => Array::U16(numbers(cursor, n, u16::from_le_bytes)?),
        ValueType::I16 => Array::I16(numbers(cursor, n, i16::from_le_bytes)?),
        ValueType::U32 => Array::U32(numbers(cursor, n, u32::from_le_bytes)?),
        ValueType::I32 => Array::I32(numbers(cursor, n, i32::from_le_bytes)?),
        ValueType::F32 => Array::F32(numbers(cursor, n, f32::from_le_bytes)?),
        ValueType::Bool => Array::Bool(bools(cursor, n)?),
        ValueType::String => Array::String(strings(cursor, n)?),
        ValueType::Array => Array::Array(arrays(cursor, n, depth)?),
        ValueType::U64 => Array::U64(numbers(cursor, n, u64::from_le_bytes)?),
        ValueType::I64 => Array::I64(numbers(cursor, n, i64::from_le_bytes)?),
        ValueType::F64 => Array::F64(numbers(cursor, n, f64::from_le_bytes)?),
    })
}

// The caller has checked that n elements fit into the bytes that follow, so reserving room for them is safe.
fn numbers<T, const N: usize>(
    cursor: &mut Cursor<'_>,
    n: usize,
    decode: fn([u8; N]) -> T,
) -> Result<Vec<T>, GgufError> {
    let mut out = Vec::with_capacity(n);
    while out.len() < n {
        let piece = n.saturating_sub(out.len()).min(PIECE_BYTES / N);
        let bytes = cursor.take(piece.saturating_mul(N), "the elements of an array")?;
        out.extend(bytes.as_chunks().0.iter().copied().map(decode));
    }
    Ok(out)
}

fn bools(cursor: &mut Cursor<'_>, n: usize) -> Result<Vec<bool>, GgufError> {
    let offset = cursor.offset();
    let bytes = numbers(cursor, n, u8::from_le_bytes)?;
    match bytes.iter().position(|&byte| byte > 1) {
        None => Ok(bytes.into_iter().map(|byte| byte == 1).collect()),
        Some(i) => Err(GgufError::BadBool {
            found: bytes.get(i).copied().unwrap_or_default(),
            offset: offset.saturating_add(i as u64),
        }),
    }
}

fn strings(cursor: &mut Cursor<'_>, n: usize) -> Result<Strings, GgufError> {
    let mut out = Strings::with_capacity(n);
    for _ in 0..n {
        out.push(string(cursor, "a string in an array")?);
    }
    Ok(out)
}

fn arrays(cursor: &mut Cursor<'_>, n: usize, depth: usize) -> Result<Vec<Array>, GgufError> {
    // Grows as elements are really there: an element in memory is larger than an empty one in the file.
    let mut out = Vec::new();
    for _ in 0..n {
        out.push(array(cursor, depth.saturating_add(1))?);
    }
    Ok(out)
}
