//! The budget of a rendering: every byte and value that a template makes the engine touch is paid for first.
//!
//! The engine counts instructions, but one instruction can copy a gigabyte (`'x' * 10**9`) or walk a value that holds
//! itself twice, forty levels deep. So each operator and filter charges the size of what it is given before it runs,
//! and what it makes is flat: values nest no deeper than [`MAX_DEPTH`], and lazy sequences are made into lists.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::Value;
use minijinja::value::ValueKind;

use super::error::TemplateLimit;

/// What a value costs beside its bytes.
const NODE: u64 = 16;
/// How deep values may nest. Conversations and JSON schemas stay below 30.
pub(super) const MAX_DEPTH: usize = 100;
/// What any template may spend, whatever it is given.
const FREE_WORK: u64 = 32 << 20;
/// What it may spend per byte of what it is given.
const WORK_PER_BYTE: u64 = 64;
/// What it may write, whatever it is given: long system prompts have some 50 KB.
const FREE_OUTPUT: u64 = 4 << 20;
/// What it may write per byte of what it is given: JSON escapes take six bytes for one.
const OUTPUT_PER_BYTE: u64 = 8;

/// The budget that is left; clones share it.
#[derive(Clone)]
pub(super) struct Meter {
    work: Arc<AtomicU64>,
    output: Arc<AtomicU64>,
}

impl Meter {
    /// The budget for a template that is given `input_bytes`.
    pub(super) fn new(input_bytes: u64) -> Self {
        let budget = |free: u64, per_byte: u64| {
            Arc::new(AtomicU64::new(
                free.saturating_add(per_byte.saturating_mul(input_bytes)),
            ))
        };
        Meter {
            work: budget(FREE_WORK, WORK_PER_BYTE),
            output: budget(FREE_OUTPUT, OUTPUT_PER_BYTE),
        }
    }

    /// Pays for `amount` bytes.
    pub(super) fn charge(&self, amount: u64) -> Result<(), TemplateLimit> {
        pay(&self.work, amount).ok_or(TemplateLimit::Work)
    }

    /// Pays for `bytes` of output.
    pub(super) fn charge_output(&self, bytes: u64) -> Result<(), TemplateLimit> {
        pay(&self.output, bytes).ok_or(TemplateLimit::Output)
    }

    /// Pays for all of `value` and what it holds; returns its size.
    pub(super) fn weigh(&self, value: &Value) -> Result<u64, TemplateLimit> {
        self.weigh_at(value, 0)
    }

    fn weigh_at(&self, value: &Value, depth: usize) -> Result<u64, TemplateLimit> {
        if depth > MAX_DEPTH {
            return Err(TemplateLimit::Depth);
        }
        let own = NODE + flat_len(value);
        self.charge(own)?;
        let mut size = own;
        match value.kind() {
            ValueKind::Map => {
                for (key, item) in value
                    .as_object()
                    .and_then(|object| object.try_iter_pairs())
                    .into_iter()
                    .flatten()
                {
                    size += self.weigh_at(&key, depth + 1)? + self.weigh_at(&item, depth + 1)?;
                }
            }
            ValueKind::Seq | ValueKind::Iterable => {
                for item in value.try_iter().into_iter().flatten() {
                    size += self.weigh_at(&item, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(size)
    }

    /// Pays for `value` without what it holds.
    pub(super) fn weigh_flat(&self, value: &Value) -> Result<(), TemplateLimit> {
        self.charge(
            1 + flat_len(value)
                + value
                    .as_object()
                    .and_then(|object| object.enumerator_len())
                    .unwrap_or(0) as u64,
        )
    }

    /// Checks a value that an operation has made: pays for it, and makes it a list if it is lazy.
    pub(super) fn settle(&self, value: Value) -> Result<Value, TemplateLimit> {
        match value.kind() {
            ValueKind::Iterable => {
                let mut items = Vec::new();
                for item in value.try_iter().into_iter().flatten() {
                    self.weigh_at(&item, 1)?;
                    items.push(item);
                }
                Ok(Value::from(items))
            }
            ValueKind::Seq | ValueKind::Map => self.weigh(&value).map(|_| value),
            _ => self.charge(flat_len(&value)).map(|()| value),
        }
    }
}

fn flat_len(value: &Value) -> u64 {
    value.as_bytes().map_or(0, <[u8]>::len) as u64
}

fn pay(left: &AtomicU64, amount: u64) -> Option<()> {
    let now = left.load(Ordering::Relaxed).checked_sub(amount);
    left.store(now.unwrap_or(0), Ordering::Relaxed);
    now.map(drop)
}
