//! A model file for people.

use std::fmt::Write;

use hearth_runtime::DType;
use hearth_runtime::gguf::{Gguf, ValueRef};

use super::{Inspected, parameters, quantization};

pub(super) fn text(inspected: &Inspected, full: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = summary(&mut out, inspected);
    let _ = metadata(&mut out, &inspected.gguf, full);
    let _ = tensors(&mut out, &inspected.gguf);
    out
}

fn summary(out: &mut String, inspected: &Inspected) -> std::fmt::Result {
    let gguf = &inspected.gguf;
    let key = |key| gguf.metadata().get_str(key).unwrap_or("–");
    let parts = match inspected.parts {
        1 => String::new(),
        n => format!(" in {n} parts"),
    };
    writeln!(out, "file          {}", inspected.path.display())?;
    writeln!(
        out,
        "size          {}{parts}",
        megabytes(inspected.size_bytes)
    )?;
    writeln!(out, "name          {}", key("general.name"))?;
    writeln!(out, "architecture  {}", key("general.architecture"))?;
    writeln!(out, "parameters    {}", count(parameters(gguf)))?;
    writeln!(
        out,
        "quantisation  {}",
        quantization(gguf).map_or("–", DType::name)
    )?;
    match &inspected.plan {
        Ok(info) => {
            let m = &info.memory;
            writeln!(out, "supported     yes")?;
            writeln!(
                out,
                "memory        {} for {} tokens of context: weights {}, KV cache {}, working {}",
                megabytes(m.total_bytes()),
                info.n_ctx,
                megabytes(m.weights_bytes),
                megabytes(m.state_bytes),
                megabytes(m.working_bytes)
            )
        }
        Err(error) => writeln!(out, "supported     no: {error}"),
    }
}

fn metadata(out: &mut String, gguf: &Gguf, full: bool) -> std::fmt::Result {
    let width = gguf
        .metadata()
        .iter()
        .map(|(key, _)| key.chars().count())
        .max();
    let width = width.unwrap_or(0).min(50);
    writeln!(out, "\nmetadata ({})", gguf.metadata().len())?;
    for (key, value) in gguf.metadata().iter() {
        match value.view() {
            ValueRef::Array(array) if full => {
                writeln!(
                    out,
                    "  {key:width$}  {} × {}",
                    array.len(),
                    array.elem_type()
                )?;
                for (i, element) in array.iter().enumerate() {
                    writeln!(out, "    {i:>7}  {element}")?;
                }
            }
            _ => writeln!(out, "  {key:width$}  {value}")?,
        }
    }
    Ok(())
}

fn tensors(out: &mut String, gguf: &Gguf) -> std::fmt::Result {
    let width = gguf.tensors().iter().map(|t| t.name.chars().count()).max();
    let width = width.unwrap_or(0).min(50);
    writeln!(
        out,
        "\ntensors ({}), outermost dimension first",
        gguf.tensors().len()
    )?;
    for t in gguf.tensors() {
        let dims: Vec<String> = t.shape.dims().iter().map(usize::to_string).collect();
        writeln!(
            out,
            "  {:width$}  {:7}  {:18}  {:>12} bytes at {}",
            t.name,
            t.dtype.name(),
            dims.join(" × "),
            t.bytes,
            t.offset
        )?;
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn count(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..1_000_000 => format!("{:.1} K", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", n as f64 / 1e6),
        _ => format!("{:.2} B", n as f64 / 1e9),
    }
}
