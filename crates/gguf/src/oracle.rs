//! What must hold for any bytes: shared by the property tests and the fuzz targets.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "an oracle panics where the parser is wrong"
)]

use hearth_tensor::{DType, Shape};

use crate::{Array, Gguf, GgufWriter, ReadAt, Strings, Text, Value, WriteError};

/// Parses `bytes` and, where they are accepted, checks every promise of the description.
///
/// # Panics
/// If a promise is broken.
pub fn check_bytes(bytes: &[u8]) {
    let Ok(gguf) = Gguf::parse(&bytes) else {
        return;
    };
    check_tensors(&gguf, bytes.len() as u64);
    for (key, value) in gguf.metadata().iter() {
        let found = gguf.metadata().get(key).expect("a listed key is found");
        assert!(std::ptr::eq(found, value), "{key} finds another entry");
        assert!(value.to_string().len() < 100_000, "{key}: no summary");
    }
    if let Some(first) = rewrite(&gguf, bytes) {
        let again = Gguf::parse(&first).expect("what was written is accepted");
        let second = rewrite(&again, &first).expect("what was written can be written");
        assert!(first == second, "writing and parsing change something");
        assert_eq!(gguf.tensors().len(), again.tensors().len());
        assert_eq!(gguf.metadata().len(), again.metadata().len());
    }
}

fn check_tensors(gguf: &Gguf, size: u64) {
    let mut ranges = Vec::new();
    for info in gguf.tensors() {
        assert_eq!(gguf.tensor(&info.name), Some(info));
        let elems = info.shape.elems().expect("elements were counted") as u64;
        let blocks = info.bytes / info.dtype.block_bytes() as u64;
        assert_eq!(elems, blocks * info.dtype.block_elems() as u64);
        ranges.push(info.offset..info.offset + info.bytes);
    }
    ranges.sort_by_key(|range| range.start);
    for pair in ranges.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:?} overlap");
    }
    let end = ranges.last().map_or(0, |range| range.end);
    assert!(end <= size, "data ends at {end} of {size}");
}

/// Writes the same model again; `None` where the parser is more tolerant than the writer, and where little but padding
/// would be written.
fn rewrite(gguf: &Gguf, bytes: &[u8]) -> Option<Vec<u8>> {
    if gguf.alignment() > 1 << 16 {
        return None;
    }
    let mut writer = GgufWriter::new();
    for (key, value) in gguf.metadata().iter() {
        match writer.metadata(key, value.clone()) {
            Err(WriteError::BadAlignment) => return None,
            added => added.expect("keys are unique"),
        }
    }
    for info in gguf.tensors() {
        let added = writer.tensor(&info.name, info.dtype, &info.shape);
        added.expect("tensors are unique and their dimensions are checked");
    }
    let mut body = writer.begin(Vec::new()).expect("memory takes everything");
    for info in gguf.tensors() {
        let mut data = vec![0; usize::try_from(info.bytes).expect("it is in memory")];
        let read = bytes.read_exact_at(info.offset, &mut data);
        read.expect("the data is in the file");
        body.append(&data).expect("the data has the right size");
    }
    Some(body.finish().expect("all data was written"))
}

/// Small valid files that together use every feature: a seed corpus, and material for mutations.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut version_2 = vocabulary();
    version_2[4] = 2;
    vec![
        ("empty", file(GgufWriter::new())),
        ("vocabulary", vocabulary()),
        ("version_2", version_2),
        ("every_value_type", every_value_type()),
        ("tensors", tensors()),
        ("split_part", split_part(0)),
    ]
}

fn vocabulary() -> Vec<u8> {
    let tokens: Strings = [&b"<s>"[..], b"\xE2\x96\x81a", b"\xFF", b""]
        .into_iter()
        .collect();
    build(|writer| {
        writer.metadata("general.architecture", "llama")?;
        writer.metadata("tokenizer.ggml.tokens", Array::from(tokens))?;
        writer.metadata(
            "tokenizer.ggml.scores",
            Array::from(vec![0.0f32, -1.0, -2.0, -3.5]),
        )?;
        writer.metadata(
            "tokenizer.ggml.token_type",
            Array::from(vec![3i32, 1, 6, 1]),
        )?;
        writer.metadata("tokenizer.ggml.add_bos_token", true)
    })
}

pub(crate) fn every_value() -> Vec<(&'static str, Value)> {
    let nested = Array::from(vec![
        Array::from(vec![1u8, 2]),
        Array::from(vec![Array::from(vec![true, false]), Array::F64(vec![])]),
    ]);
    let strings: Strings = ["a", "", "ü"].into_iter().collect();
    vec![
        ("u8", 200u8.into()),
        ("i8", (-100i8).into()),
        ("u16", 60_000u16.into()),
        ("i16", (-30_000i16).into()),
        ("u32", 4_000_000_000u32.into()),
        ("i32", (-2_000_000_000i32).into()),
        ("f32", 1e-6f32.into()),
        ("bool", true.into()),
        ("string", "héllo".into()),
        ("bytes", Text::from(&b"\xFF\xFE"[..]).into()),
        ("u64", u64::MAX.into()),
        ("i64", i64::MIN.into()),
        ("f64", std::f64::consts::PI.into()),
        ("u8s", Array::from(vec![0u8, 255]).into()),
        ("i8s", Array::from(vec![-128i8, 127]).into()),
        ("u16s", Array::from(vec![0u16, 65_535]).into()),
        ("i16s", Array::from(vec![-1i16]).into()),
        ("u32s", Array::from(vec![1u32, 2, 3]).into()),
        ("i32s", Array::from(vec![-1i32, 2]).into()),
        ("f32s", Array::from(vec![0.5f32, f32::INFINITY]).into()),
        ("bools", Array::from(vec![true, false]).into()),
        ("strings", Array::from(strings).into()),
        ("nested", nested.into()),
        ("u64s", Array::from(vec![u64::MAX]).into()),
        ("i64s", Array::from(vec![i64::MIN]).into()),
        ("f64s", Array::from(vec![0.25f64]).into()),
        ("none", Array::U32(Vec::new()).into()),
    ]
}

fn every_value_type() -> Vec<u8> {
    build(|writer| {
        every_value()
            .into_iter()
            .try_for_each(|(key, value)| writer.metadata(key, value))
    })
}

fn tensors() -> Vec<u8> {
    build(|writer| {
        writer.metadata("general.alignment", 64u32)?;
        writer.tensor("a", DType::F32, &Shape::new([3]))?;
        writer.tensor("b", DType::Q8_0, &Shape::new([2, 64]))?;
        writer.tensor("c", DType::Q4_K, &Shape::new([2, 1, 1, 256]))?;
        writer.tensor("d", DType::I8, &Shape::new([1, 5]))
    })
}

/// Part `index` of two; each holds one tensor.
pub(crate) fn split_part(index: u16) -> Vec<u8> {
    build(|writer| {
        writer.metadata("split.no", index)?;
        writer.metadata("split.count", 2u16)?;
        writer.metadata("split.tensors.count", 2i32)?;
        writer.tensor(&format!("t{index}"), DType::F16, &Shape::new([4]))
    })
}

fn build(fill: impl FnOnce(&mut GgufWriter) -> Result<(), WriteError>) -> Vec<u8> {
    let mut writer = GgufWriter::new();
    fill(&mut writer).expect("seeds are valid");
    file(writer)
}

/// The file with counting bytes as data.
pub(crate) fn file(writer: GgufWriter) -> Vec<u8> {
    let sizes: Vec<u64> = writer.tensor_sizes().collect();
    let mut body = writer.begin(Vec::new()).expect("memory takes everything");
    for size in sizes {
        let data: Vec<u8> = (0..size).map(|i| i.to_le_bytes()[0]).collect();
        body.append(&data).expect("the data has the right size");
    }
    body.finish().expect("all data was written")
}
