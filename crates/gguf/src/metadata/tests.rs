use super::*;
use crate::{Array, Gguf, GgufWriter, Text, oracle};

fn parsed(entries: Vec<(&str, Value)>) -> Metadata {
    let mut writer = GgufWriter::new();
    for (key, value) in entries {
        writer.metadata(key, value).unwrap();
    }
    let gguf = Gguf::parse(&oracle::file(writer)).unwrap();
    gguf.metadata().clone()
}

#[test]
fn integers_convert_where_they_fit() {
    let metadata = parsed(oracle::every_value());
    assert_eq!(metadata.get_u32("u8"), Ok(200));
    assert_eq!(metadata.get_u64("u32"), Ok(4_000_000_000));
    assert_eq!(metadata.get_i32("i8"), Ok(-100));
    assert_eq!(metadata.get_usize("u16"), Ok(60_000));
    assert_eq!(metadata.get_u64("u64"), Ok(u64::MAX));
    assert_eq!(metadata.get_u32s("u16s"), Ok(vec![0, 65_535]));
    assert_eq!(metadata.get_i32s("i32s"), Ok(vec![-1, 2]));
    assert_eq!(metadata.get_u32s("none"), Ok(vec![]));
    let out_of_range = |key: &str, value, expected| MetadataError::OutOfRange {
        key: key.to_owned(),
        expected,
        value,
        offset: metadata.entry(key).unwrap().offset,
    };
    assert_eq!(metadata.get_u32("i8"), Err(out_of_range("i8", -100, "u32")));
    assert_eq!(
        metadata.get_u32("u64"),
        Err(out_of_range("u64", u64::MAX.into(), "u32"))
    );
    assert_eq!(
        metadata.get_u32s("i32s"),
        Err(out_of_range("i32s", -1, "array of u32"))
    );
}

#[test]
fn other_types_come_back_unchanged() {
    let metadata = parsed(oracle::every_value());
    assert_eq!(metadata.get_f32("f32"), Ok(1e-6));
    assert_eq!(metadata.get_f32("f64"), Ok(std::f32::consts::PI));
    assert_eq!(metadata.get_bool("bool"), Ok(true));
    assert_eq!(metadata.get_str("string"), Ok("héllo"));
    assert_eq!(metadata.get_bytes("bytes"), Ok(&b"\xFF\xFE"[..]));
    assert_eq!(metadata.get_f32s("f32s"), Ok(&[0.5, f32::INFINITY][..]));
    assert_eq!(metadata.get_bools("bools"), Ok(&[true, false][..]));
    assert_eq!(
        metadata.get_strings("strings").unwrap().get_str(2),
        Some("ü")
    );
    assert_eq!(metadata.get_array("nested").unwrap().len(), 2);
    assert!(matches!(
        metadata.get_str("bytes"),
        Err(MetadataError::NotUtf8 { key, .. }) if key == "bytes"
    ));
}

#[test]
fn wrong_types_and_missing_keys_are_named() {
    let metadata = parsed(oracle::every_value());
    let found = |error| match error {
        MetadataError::WrongType { found, .. } => found,
        other => panic!("{other}"),
    };
    assert_eq!(found(metadata.get_u32("f32").unwrap_err()), ValueType::F32);
    assert_eq!(found(metadata.get_f32("u32").unwrap_err()), ValueType::U32);
    assert_eq!(found(metadata.get_bool("u8").unwrap_err()), ValueType::U8);
    assert_eq!(
        found(metadata.get_str("u8s").unwrap_err()),
        ValueType::Array
    );
    assert_eq!(
        found(metadata.get_strings("u8s").unwrap_err()),
        ValueType::U8
    );
    assert_eq!(found(metadata.get_u32s("u8").unwrap_err()), ValueType::U8);
    assert_eq!(
        found(metadata.get_u32s("f32s").unwrap_err()),
        ValueType::F32
    );
    let missing = metadata.get_u32("no.such.key").unwrap_err();
    assert!(missing.to_string().contains("`no.such.key`"));
    assert_eq!(metadata.get_u32("no.such.key").optional(), Ok(None));
    assert_eq!(metadata.get_u32("u8").optional(), Ok(Some(200)));
    assert!(metadata.get_u32("f32").optional().is_err());
}

#[test]
fn values_have_short_summaries() {
    let show = |value: Value| value.to_string();
    assert_eq!(show(0.1f32.into()), "0.1");
    assert_eq!(show((-3i64).into()), "-3");
    assert_eq!(show("a\n".into()), r#""a\n""#);
    assert_eq!(show(Text::from(&b"\xFF"[..]).into()), "\"\u{FFFD}\"");
    assert_eq!(show(Array::from(vec![1u8, 2]).into()), "[1, 2]");
    let many = show(Array::from(vec![7u32; 1000]).into());
    assert_eq!(many, "[7, 7, 7, 7, 7, 7, … 1000 × u32]");
    let long = show("ü".repeat(100).into());
    assert_eq!(long, format!("\"{}\"… (200 bytes)", "ü".repeat(60)));
}
