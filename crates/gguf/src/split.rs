//! Split files: the names of the parts, and the keys by which parts know their place.
//!
//! Parts are called `NAME-00001-of-00003.gguf`, counted from 1; the key `split.no` counts from 0.
//! Source: `llama_split_path` and `gguf-split` of llama.cpp.

use crate::{Gguf, GgufError, Metadata, Optional, TensorInfo, names::NameIndex};

/// Place of this part, from 0.
pub(crate) const KEY_NO: &str = "split.no";
/// Number of parts.
pub(crate) const KEY_COUNT: &str = "split.count";
/// Number of tensors in all parts.
pub(crate) const KEY_TENSORS: &str = "split.tensors.count";

/// Digits of a part number in a name, which bounds the number of parts too.
const DIGITS: usize = 5;

/// The names of all parts, from the name of any one of them; `None` if `name` is not that of a part.
///
/// ```
/// let names = hearth_gguf::split_names("dir/x-00002-of-00002.gguf");
/// assert_eq!(names.as_deref(), Some(&["dir/x-00001-of-00002.gguf".into(), "dir/x-00002-of-00002.gguf".into()][..]));
/// assert_eq!(hearth_gguf::split_names("x.gguf"), None);
/// ```
pub fn split_names(name: &str) -> Option<Vec<String>> {
    let stem = name.strip_suffix(".gguf")?;
    let (rest, count) = number_at_end(stem)?;
    let (rest, number) = number_at_end(rest.strip_suffix("-of-")?)?;
    let prefix = rest.strip_suffix('-')?;
    if number == 0 || number > count {
        return None;
    }
    let names = (1..=count).map(|i| format!("{prefix}-{i:05}-of-{count:05}.gguf"));
    Some(names.collect())
}

fn number_at_end(text: &str) -> Option<(&str, u32)> {
    let (rest, digits) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then_some((rest, digits.parse().ok()?))
}

/// Checks that the file at `index` of `found` is that part of that many.
pub(crate) fn check_place(
    metadata: &Metadata,
    index: usize,
    found: usize,
) -> Result<(), GgufError> {
    // A file without the keys, or with a count of 0 or 1, is whole.
    let count = metadata.get_u64(KEY_COUNT).optional()?.unwrap_or(1).max(1);
    let number = metadata.get_u64(KEY_NO).optional()?.unwrap_or(0);
    if index == 0 && count != found as u64 {
        return Err(GgufError::WrongPartCount { count, found });
    }
    if count != found as u64 || number != index as u64 {
        return Err(GgufError::WrongPart {
            index,
            number,
            count,
        });
    }
    Ok(())
}

/// Joins the directories of all parts; the metadata is that of the first.
pub(crate) fn merge(parts: Vec<Gguf>) -> Result<Gguf, GgufError> {
    let mut parts = parts.into_iter();
    let Some(mut merged) = parts.next() else {
        return Err(GgufError::WrongPartCount { count: 1, found: 0 });
    };
    for (index, part) in (1..).zip(parts) {
        let tensors = part.tensors.into_iter();
        merged.tensors.extend(tensors.map(|info| TensorInfo {
            file_index: index,
            ..info
        }));
    }
    let found = merged.tensors.len() as u64;
    if let Some(expected) = merged.metadata.get_u64(KEY_TENSORS).optional()?
        && expected != found
    {
        return Err(GgufError::WrongTensorTotal { expected, found });
    }
    let part_of = |i: usize| merged.tensors.get(i).map_or(0, |info| info.file_index);
    let by_name = NameIndex::new(&merged.tensors, |info| &info.name).map_err(|twins| {
        GgufError::DuplicateAcrossParts {
            tensor: merged
                .tensors
                .get(twins.second)
                .map(|info| info.name.clone())
                .unwrap_or_default(),
            first: part_of(twins.first),
            second: part_of(twins.second),
        }
    })?;
    merged.by_name = by_name;
    Ok(merged)
}
