//! A model file as JSON.

use std::collections::BTreeMap;

use hearth_runtime::DType;
use hearth_runtime::gguf::{Array, Gguf, TensorInfo, ValueRef};
use serde_json::{Map, Value, json};

use super::Inspected;

/// Longer arrays are summarised.
const SHORT_ARRAY: usize = 16;
/// Elements of a long array that are shown.
const FIRST_ELEMENTS: usize = 4;

pub(super) fn json(inspected: &Inspected, full: bool) -> Value {
    let gguf = &inspected.gguf;
    let metadata: Map<String, Value> = gguf
        .metadata()
        .iter()
        .map(|(key, value)| (key.to_owned(), value_json(value.view(), full)))
        .collect();
    let (memory, reason) = match &inspected.plan {
        Ok(info) => (
            json!({
                "context": info.n_ctx,
                "cache_type": info.cache_type,
                "weights_bytes": info.memory.weights_bytes,
                "state_bytes": info.memory.state_bytes,
                "working_bytes": info.memory.working_bytes,
                "total_bytes": info.memory.total_bytes(),
            }),
            Value::Null,
        ),
        Err(error) => (Value::Null, json!(error.to_string())),
    };
    json!({
        "path": inspected.path,
        "parts": inspected.parts,
        "size_bytes": inspected.size_bytes,
        "gguf_version": gguf.version(),
        "alignment": gguf.alignment(),
        "architecture": gguf.metadata().get_str("general.architecture").ok(),
        "name": gguf.metadata().get_str("general.name").ok(),
        "parameters": parameters(gguf),
        "quantization": quantization(gguf).map(DType::name),
        "supported": inspected.plan.is_ok(),
        "reason": reason,
        "code": inspected.plan.as_ref().err().map(|error| error.code()),
        "memory": memory,
        "metadata": metadata,
        "tensors": gguf.tensors().iter().map(tensor_json).collect::<Vec<_>>(),
    })
}

fn tensor_json(tensor: &TensorInfo) -> Value {
    json!({
        "name": tensor.name,
        "type": tensor.dtype.name(),
        "shape": tensor.shape.dims(),
        "offset": tensor.offset,
        "bytes": tensor.bytes,
        "part": tensor.file_index,
    })
}

fn value_json(value: ValueRef<'_>, full: bool) -> Value {
    match value {
        ValueRef::Unsigned(x) => json!(x),
        ValueRef::Signed(x) => json!(x),
        ValueRef::Float(x) => json!(x),
        ValueRef::Bool(x) => json!(x),
        ValueRef::Text(bytes) => json!(String::from_utf8_lossy(bytes)),
        ValueRef::Array(array) if full || array.len() <= SHORT_ARRAY => {
            array.iter().map(|x| value_json(x, full)).collect()
        }
        ValueRef::Array(array) => summary(array),
    }
}

fn summary(array: &Array) -> Value {
    let first = array.iter().take(FIRST_ELEMENTS);
    json!({
        "type": array.elem_type().name(),
        "length": array.len(),
        "first": first.map(|x| value_json(x, false)).collect::<Vec<_>>(),
    })
}

/// Elements of all tensors.
pub(crate) fn parameters(gguf: &Gguf) -> u64 {
    let elems = |t: &TensorInfo| t.shape.elems().unwrap_or(0) as u64;
    gguf.tensors().iter().map(elems).sum()
}

/// The most frequent type among the matrices; `None` if there are none.
pub(crate) fn quantization(gguf: &Gguf) -> Option<DType> {
    let mut counts: BTreeMap<DType, usize> = BTreeMap::new();
    for tensor in gguf.tensors().iter().filter(|t| t.shape.dims().len() > 1) {
        *counts.entry(tensor.dtype).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|&(_, n)| n)
        .map(|(dtype, _)| dtype)
}
