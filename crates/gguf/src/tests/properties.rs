use hearth_tensor::{DType, Shape};
use proptest::{collection::vec, prelude::*};

use crate::{Array, Gguf, GgufWriter, Text, Value, oracle};

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        any::<u16>().prop_map(Value::from),
        any::<i16>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Text::from(&bytes[..]).into()),
    ]
}

fn array() -> impl Strategy<Value = Array> {
    let flat = prop_oneof![
        vec(any::<u8>(), 0..9).prop_map(Array::from),
        vec(any::<i16>(), 0..9).prop_map(Array::from),
        vec(any::<u32>(), 0..9).prop_map(Array::from),
        vec(any::<f32>(), 0..9).prop_map(Array::from),
        vec(any::<i64>(), 0..9).prop_map(Array::from),
        vec(any::<bool>(), 0..9).prop_map(Array::from),
        vec(vec(any::<u8>(), 0..5), 0..9)
            .prop_map(|strings| Array::String(strings.into_iter().collect())),
    ];
    flat.prop_recursive(3, 30, 4, |inner| vec(inner, 0..4).prop_map(Array::from))
}

fn model() -> impl Strategy<Value = GgufWriter> {
    let value = prop_oneof![scalar(), array().prop_map(Value::from)];
    let dtype = proptest::sample::select(DType::ALL);
    let tensor = (dtype, 1usize..3, vec(1usize..4, 0..4));
    let alignment = proptest::option::of((3u32..8).prop_map(|bits| 1 << bits));
    (vec(value, 0..8), vec(tensor, 0..6), alignment).prop_map(|(values, tensors, alignment)| {
        let mut writer = GgufWriter::new();
        for (i, value) in values.into_iter().enumerate() {
            writer.metadata(&format!("key.{i}"), value).unwrap();
        }
        if let Some(alignment) = alignment {
            writer
                .metadata("general.alignment", Value::U32(alignment))
                .unwrap();
        }
        for (i, (dtype, blocks, mut dims)) in tensors.into_iter().enumerate() {
            dims.truncate(3);
            dims.push(blocks * dtype.block_elems());
            let shape = Shape::new(dims);
            writer.tensor(&format!("t{i}"), dtype, &shape).unwrap();
        }
        writer
    })
}

/// A change of a valid file: bytes overwritten, or bytes cut out.
fn damage() -> impl Strategy<Value = (usize, Vec<u8>, usize)> {
    let interesting = prop_oneof![
        vec(any::<u8>(), 1..9),
        Just(u64::MAX.to_le_bytes().to_vec()),
        Just((1u64 << 62).to_le_bytes().to_vec()),
        Just(0u64.to_le_bytes().to_vec()),
        (0u8..16).prop_map(|byte| vec![byte]),
    ];
    (any::<usize>(), interesting, 0usize..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        oracle::check_bytes(&bytes);
        let magic = [&b"GGUF\x03\0\0\0"[..], &bytes].concat();
        oracle::check_bytes(&magic);
    }

    #[test]
    fn damaged_files_never_panic(
        seed in proptest::sample::select(oracle::seeds()),
        changes in vec(damage(), 1..5),
    ) {
        let (_, mut bytes) = seed;
        for (at, patch, cut) in changes {
            let at = at % bytes.len();
            for (byte, new) in bytes[at..].iter_mut().zip(patch) {
                *byte = new;
            }
            let end = (at + cut).min(bytes.len() - 1);
            bytes.drain(at.min(end)..end);
        }
        oracle::check_bytes(&bytes);
    }

    #[test]
    fn what_is_written_is_read(writer in model()) {
        let plan = format!("{writer:?}");
        let bytes = oracle::file(writer);
        oracle::check_bytes(&bytes);
        let gguf = Gguf::parse(&bytes).unwrap();
        for (key, value) in gguf.metadata().iter() {
            // The plan prints values in the same form, NaN included.
            let entry = format!("({key:?}, {value:?})");
            prop_assert!(plan.contains(&entry), "{} not in {}", entry, plan);
        }
    }
}

#[test]
fn seeds_are_accepted() {
    for (name, bytes) in oracle::seeds() {
        oracle::check_bytes(&bytes);
        let whole = Gguf::parse(&bytes).is_ok();
        assert_eq!(whole, name != "split_part", "{name}");
    }
}
