//! Every way in which a header can lie is an error that says where.

use super::{Raw, one_vector};
use crate::{DimsFault, Gguf, GgufError, MetadataError, ValueType, oracle};

const U8: u32 = 0;
const BOOL: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
const F32: u32 = 0;
const Q8_0: u32 = 8;

macro_rules! assert_error {
    ($error:expr, $pattern:pat $(if $guard:expr)?) => {
        let error = $error;
        let text = format!("{error:?}: {error}");
        assert!(matches!(error, $pattern $(if $guard)?), "{text}");
    };
}

#[test]
fn other_files_are_refused() {
    assert_error!(
        Raw(b"PK\x03\x04....".to_vec()).error(),
        GgufError::BadMagic {
            found: [b'P', b'K', 3, 4]
        }
    );
    for version in [0, 1, 4, 0x0102] {
        let file = Raw(b"GGUF".to_vec()).u32(version);
        assert_error!(file.error(), GgufError::UnsupportedVersion { version: v } if v == version);
    }
    for version in [1u32, 2, 3] {
        let file = Raw(b"GGUF".to_vec()).bytes(&version.to_be_bytes());
        assert_error!(file.error(), GgufError::BigEndian { .. });
    }
}

#[test]
fn truncated_files_are_errors() {
    for (name, bytes) in oracle::seeds() {
        let Ok(gguf) = Gguf::parse(&bytes) else {
            continue; // A part of a split model.
        };
        let last = gguf.tensors().last();
        // Only the padding behind the last tensor or the header may be missing.
        let needed = last.map_or(bytes.len() - 31, |info| (info.offset + info.bytes) as usize);
        for len in 0..needed {
            let cut = &bytes[..len];
            if let Ok(cut) = Gguf::parse(&cut) {
                assert!(last.is_none(), "{name}: {len} bytes are enough");
                assert_eq!(cut.metadata().len(), gguf.metadata().len());
            }
        }
    }
    let cut = one_vector(3)[..20].to_vec();
    assert_error!(
        Raw(cut).error(),
        GgufError::Truncated {
            offset: 16,
            needed: 8,
            size: 20,
            ..
        }
    );
}

#[test]
fn counts_are_checked_against_the_bytes_there() {
    for count in [1, u64::MAX] {
        assert_error!(
            Raw::header(count, 0).error(),
            GgufError::TooManyTensors { offset: 8, count: c, max: 0 } if c == count
        );
        assert_error!(
            Raw::header(0, count).error(),
            GgufError::TooManyKeys { offset: 16, count: c, max: 0 } if c == count
        );
    }
}

#[test]
fn lengths_are_checked_against_the_bytes_there() {
    for len in [9, u64::MAX] {
        let key = Raw::header(0, 1).u64(len).bytes(b"abcdefgh");
        assert_error!(
            key.error(),
            GgufError::StringTooLong { offset: 24, len: l, remaining: 8, .. } if l == len
        );
    }
    let value = Raw::header(0, 1).string(b"k").u32(STRING).u64(1 << 40);
    assert_error!(value.error(), GgufError::StringTooLong { offset: 37, .. });
    for (elem, count) in [(U8, 17), (STRING, 3), (ARRAY, 2), (6, 5), (6, u64::MAX)] {
        let array = Raw::header(0, 1).string(b"k").u32(ARRAY).u32(elem);
        let array = array.u64(count).bytes(&[0; 16]);
        assert_error!(
            array.error(),
            GgufError::ArrayTooLong { offset: 37, count: c, remaining: 16, .. } if c == count
        );
    }
}

#[test]
fn values_are_checked() {
    let raw = Raw::header(0, 1).string(b"k").u32(13).u8(0);
    assert_error!(
        raw.error(),
        GgufError::UnknownValueType { id: 13, offset: 33 }
    );
    let raw = Raw::header(0, 1).string(b"k").u32(BOOL).u8(2);
    assert_error!(
        raw.error(),
        GgufError::BadBool {
            found: 2,
            offset: 37
        }
    );
    let raw = Raw::header(0, 1).string(b"k").u32(ARRAY).u32(BOOL).u64(2);
    assert_error!(
        raw.u8(1).u8(9).error(),
        GgufError::BadBool {
            found: 9,
            offset: 50
        }
    );
    let raw = Raw::header(0, 1).string(b"\xFF").u32(U8).u8(0);
    assert_error!(raw.error(), GgufError::NameNotUtf8 { offset: 24, .. });
}

#[test]
fn arrays_nest_only_so_deep() {
    let nested = |depth: usize| {
        let raw = Raw::header(0, 1).string(b"k").u32(ARRAY);
        let outer = (1..depth).fold(raw, |raw, _| raw.u32(ARRAY).u64(1));
        outer.u32(U8).u64(1).u8(0)
    };
    assert!(Gguf::parse(&nested(4).0).is_ok());
    assert_error!(
        nested(5).error(),
        GgufError::NestingTooDeep { offset: 85, max: 4 }
    );
    assert_error!(nested(10_000).error(), GgufError::NestingTooDeep { .. });
}

#[test]
fn duplicate_keys_are_errors() {
    let one = |raw: Raw, key: &[u8]| raw.string(key).u32(U8).u8(0);
    let raw = one(one(one(Raw::header(0, 3), b"k"), b"a"), b"k");
    assert_error!(
        raw.error(),
        GgufError::DuplicateKey { key, first_offset: 24, offset: 52 } if key == "k"
    );
}

#[test]
fn alignment_is_checked() {
    for alignment in [0, 1, 4, 24, 33] {
        let raw = Raw::header(0, 1).string(b"general.alignment").u32(4);
        assert_error!(
            raw.u32(alignment).error(),
            GgufError::BadAlignment { alignment: a, offset: 24 } if a == u64::from(alignment)
        );
    }
    let raw = Raw::header(0, 1).string(b"general.alignment").u32(STRING);
    assert_error!(
        raw.string(b"32").error(),
        GgufError::Metadata(MetadataError::WrongType {
            found: ValueType::String,
            offset: 24,
            ..
        })
    );
    // Aligned as far as a u64 goes, the data of a tensor starts beyond every file.
    let raw = Raw::header(1, 1).string(b"general.alignment").u32(10);
    let raw = raw.u64(1 << 63).tensor("t", &[1], F32, 1 << 63);
    assert_error!(raw.error(), GgufError::TensorBeyondEnd { .. });
}

#[test]
fn dimensions_are_checked() {
    let cases: [(&[u64], u32, DimsFault); 9] = [
        (&[], F32, DimsFault::Count { n_dims: 0 }),
        (&[1; 5], F32, DimsFault::Count { n_dims: 5 }),
        (&[0], F32, DimsFault::Zero { axis: 0 }),
        (&[32, 0], Q8_0, DimsFault::Zero { axis: 1 }),
        (&[1 << 32, 1 << 32], F32, DimsFault::Overflow),
        (&[u64::MAX], F32, DimsFault::Overflow),
        (&[1 << 62, 2, 2], 24, DimsFault::Overflow),
        (&[1 << 61, 2], F32, DimsFault::Overflow),
        (
            &[33, 32],
            Q8_0,
            DimsFault::PartialBlock {
                cols: 33,
                dtype: hearth_tensor::DType::Q8_0,
            },
        ),
    ];
    for (ne, dtype, want) in cases {
        let raw = Raw::header(1, 0).tensor("t", ne, dtype, 0).bytes(&[0; 64]);
        assert_error!(
            raw.error(),
            GgufError::BadDims { tensor, fault, offset: 24 } if tensor == "t" && fault == want
        );
    }
    let many = Raw::header(1, 0).string(b"t").u32(u32::MAX).bytes(&[0; 64]);
    let n_dims = u64::from(u32::MAX);
    assert_error!(
        many.error(),
        GgufError::BadDims { fault, .. } if fault == DimsFault::Count { n_dims }
    );
}

#[test]
fn unknown_tensor_types_are_errors() {
    for id in [4, 36, 1000] {
        let raw = Raw::header(1, 0).tensor("t", &[32], id, 0);
        assert_error!(
            raw.error(),
            GgufError::UnknownDType { tensor, id: i, offset: 45 } if tensor == "t" && i == id
        );
    }
}

#[test]
fn tensor_places_are_checked() {
    let two = |second: u64, n: u64| {
        let raw = Raw::header(2, 0).tensor("a", &[16], F32, 0);
        raw.tensor("b", &[n], F32, second).bytes(&[0; 31 + 128])
    };
    assert!(Gguf::parse(&two(64, 16).0).is_ok());
    assert_error!(
        two(48, 4).error(),
        GgufError::MisalignedTensor { tensor, start: 48, alignment: 32, offset: 57 }
            if tensor == "b"
    );
    // The header is 90 bytes long, so the data starts at 96.
    assert_eq!(two(0, 1).len(), 90 + 31 + 128);
    assert_error!(
        two(32, 4).error(),
        GgufError::OverlappingTensors { first, second, offset: 128 }
            if first == "a" && second == "b"
    );
    assert_error!(
        two(128, 100).error(),
        GgufError::TensorBeyondEnd { tensor, start: 224, bytes: 400, size: 249, offset: 57 }
            if tensor == "b"
    );
    assert_error!(
        two(u64::MAX - 31, 4).error(),
        GgufError::TensorBeyondEnd {
            start: u64::MAX,
            ..
        }
    );
}

#[test]
fn duplicate_tensors_are_errors() {
    let raw = Raw::header(2, 0).tensor("a", &[8], F32, 0);
    let raw = raw.tensor("a", &[8], F32, 32).bytes(&[0; 128]);
    assert_error!(
        raw.error(),
        GgufError::DuplicateTensor { tensor, first_offset: 24, offset: 57 } if tensor == "a"
    );
}
