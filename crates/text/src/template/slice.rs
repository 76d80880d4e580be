//! `value[start:stop:step]` as Python has it, for texts and lists. The engine's own form panics on some empty lists.

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, ErrorKind, Value};

/// The characters or items from `start` to before `stop`, each `step`-th; bounds that are `none` are the ends.
///
/// Bounds below zero count from the end, bounds beyond the ends are the ends. Nothing has no items.
pub(super) fn slice(value: &Value, bounds: [&Value; 3]) -> Result<Value, Error> {
    let bound = |value: &Value| {
        if value.is_none() || value.is_undefined() {
            return Ok(None);
        }
        i64::try_from(value.clone()).map(Some)
    };
    let [start, stop, step] = bounds;
    let (start, stop, step) = (bound(start)?, bound(stop)?, bound(step)?.unwrap_or(1));
    if step == 0 {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a slice takes no steps of 0",
        ));
    }
    let pick = |len: usize| Places::new((start, stop), step, len);
    match value.kind() {
        ValueKind::String => {
            let characters: Vec<char> = value.as_str().unwrap_or_default().chars().collect();
            let text: String = pick(characters.len())
                .filter_map(|at| characters.get(at))
                .collect();
            Ok(Value::from(text))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter()?.collect();
            let items: Vec<Value> = pick(items.len())
                .filter_map(|at| items.get(at).cloned())
                .collect();
            Ok(if value.is_tuple() {
                Value::from(Tuple::from(items))
            } else {
                Value::from(items)
            })
        }
        ValueKind::None | ValueKind::Undefined => Ok(Value::from(Vec::<Value>::new())),
        kind => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a value of type {kind} has no slices"),
        )),
    }
}

/// The places that a slice takes, in its order.
struct Places {
    next: i64,
    end: i64,
    step: i64,
}

impl Places {
    fn new((start, stop): (Option<i64>, Option<i64>), step: i64, len: usize) -> Self {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        // Forwards the ends are 0 and `len`, backwards the places before them.
        let (first, last) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let place = |bound: i64| {
            if bound < 0 {
                bound.saturating_add(len)
            } else {
                bound
            }
            .clamp(first, last)
        };
        let (from, to) = if step > 0 {
            (first, last)
        } else {
            (last, first)
        };
        Places {
            next: start.map_or(from, place),
            end: stop.map_or(to, place),
            step,
        }
    }
}

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let inside = if self.step > 0 {
            self.next < self.end
        } else {
            self.next > self.end
        };
        let place = usize::try_from(self.next).ok().filter(|_| inside)?;
        self.next = self.next.saturating_add(self.step);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_pythons() {
        // Expected values from CPython: "abcdef"[start:stop:step], and the same of "".
        let cases = [
            ((None, None, None), "abcdef"),
            ((Some(1), None, None), "bcdef"),
            ((None, Some(-1), None), "abcde"),
            ((Some(-2), None, None), "ef"),
            ((Some(4), Some(2), None), ""),
            ((Some(-99), Some(99), Some(2)), "ace"),
            ((None, None, Some(-1)), "fedcba"),
            ((Some(99), Some(-99), Some(-2)), "fdb"),
            ((Some(3), None, Some(-1)), "dcba"),
            ((Some(1), Some(3), Some(-1)), ""),
            ((Some(-2), Some(0), Some(-1)), "edcb"),
            ((Some(0), None, Some(i64::MAX)), "a"),
            ((None, None, Some(i64::MIN)), "f"),
        ];
        let value = |bound: Option<i64>| bound.map_or(Value::from(()), Value::from);
        for ((start, stop, step), wanted) in cases {
            let bounds = [&value(start), &value(stop), &value(step)];
            let list: Vec<Value> = "abcdef".chars().map(Value::from).collect();
            let items = slice(&Value::from(list), bounds).unwrap();
            let items: String = items
                .try_iter()
                .unwrap()
                .map(|item| item.to_string())
                .collect();
            assert_eq!(items, wanted, "{start:?}:{stop:?}:{step:?}");
            assert_eq!(
                slice(&Value::from("abcdef"), bounds).unwrap().as_str(),
                Some(wanted)
            );
            assert_eq!(slice(&Value::from(""), bounds).unwrap().as_str(), Some(""));
            assert_eq!(
                slice(&Value::from(Vec::<Value>::new()), bounds)
                    .unwrap()
                    .len(),
                Some(0)
            );
        }
        let none = Value::from(());
        assert!(slice(&Value::from("a"), [&none, &none, &Value::from(0)]).is_err());
        assert!(slice(&Value::from(1), [&none, &none, &none]).is_err());
    }
}
