use hearth_tensor::{DType, Shape};

use crate::{Array, DimsFault, Gguf, GgufWriter, WriteError, oracle};

#[test]
fn a_file_is_written_byte_for_byte_as_specified() {
    let mut writer = GgufWriter::new();
    writer.metadata("a", 7u8).unwrap();
    writer.metadata("b", Array::from(vec![true])).unwrap();
    writer.tensor("t", DType::F16, &Shape::new([1, 2])).unwrap();
    let mut body = writer.begin(Vec::new()).unwrap();
    body.append(&[1, 2, 3]).unwrap();
    body.append(&[4]).unwrap();
    let got = body.finish().unwrap();

    let mut want = b"GGUF\x03\0\0\0".to_vec();
    want.extend(b"\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0");
    want.extend(b"\x01\0\0\0\0\0\0\0a\0\0\0\0\x07");
    want.extend(b"\x01\0\0\0\0\0\0\0b\x09\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\x01");
    want.extend(b"\x01\0\0\0\0\0\0\0t\x02\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0");
    want.extend(b"\x01\0\0\0\0\0\0\0\0\0\0\0");
    want.resize(128, 0);
    want.extend(b"\x01\x02\x03\x04");
    want.resize(160, 0);
    assert_eq!(got, want);
}

#[test]
fn what_makes_no_valid_file_is_refused() {
    let mut writer = GgufWriter::new();
    writer.metadata("k", 1u8).unwrap();
    let error = writer.metadata("k", 2u8).unwrap_err();
    assert!(matches!(error, WriteError::DuplicateKey { key } if key == "k"));
    for bad in [0u32, 4, 48] {
        let error = writer.metadata("general.alignment", bad).unwrap_err();
        assert!(matches!(error, WriteError::BadAlignment));
    }
    let error = writer.metadata("general.alignment", 32u64).unwrap_err();
    assert!(matches!(error, WriteError::BadAlignment));

    let shape = Shape::new([4]);
    writer.tensor("t", DType::F32, &shape).unwrap();
    let error = writer.tensor("t", DType::F32, &shape).unwrap_err();
    assert!(matches!(error, WriteError::DuplicateTensor { .. }));
    for (dims, dtype) in [
        (&[][..], DType::F32),
        (&[1; 5], DType::F32),
        (&[0], DType::F32),
        (&[usize::MAX, 2], DType::F32),
        (&[2, 31], DType::Q4_0),
    ] {
        let error = writer.tensor("u", dtype, &Shape::new(dims)).unwrap_err();
        assert!(matches!(error, WriteError::BadDims { .. }), "{error}");
    }
    let huge = Shape::new([usize::MAX / 8]);
    for name in ["u", "v", "w"] {
        writer.tensor(name, DType::F64, &huge).unwrap();
    }
    let error = writer.begin(Vec::new()).unwrap_err();
    let fault = DimsFault::Overflow;
    assert!(matches!(error, WriteError::BadDims { fault: f, .. } if f == fault));
}

#[test]
fn data_must_fit_the_directory() {
    let begin = || {
        let mut writer = GgufWriter::new();
        writer.tensor("t", DType::I8, &Shape::new([3])).unwrap();
        writer.begin(Vec::new()).unwrap()
    };
    let error = begin().append(&[0; 5]).unwrap_err();
    assert!(matches!(error, WriteError::TooMuchData { tensor, excess: 2 } if tensor == "t"));
    let mut body = begin();
    body.append(&[0; 3]).unwrap();
    body.append(&[]).unwrap();
    let error = body.append(&[0]).unwrap_err();
    assert!(matches!(error, WriteError::TooMuchData { excess: 1, .. }));
    let mut body = begin();
    body.append(&[0; 2]).unwrap();
    let error = body.finish().unwrap_err();
    assert!(matches!(
        error,
        WriteError::Incomplete { tensor, missing: 1 } if tensor == "t"
    ));
}

#[test]
fn alignment_of_the_file_is_kept() {
    for alignment in [8u32, 32, 4096] {
        let mut writer = GgufWriter::new();
        writer.metadata("general.alignment", alignment).unwrap();
        for name in ["a", "b"] {
            writer.tensor(name, DType::I8, &Shape::new([3])).unwrap();
        }
        let bytes = oracle::file(writer);
        let gguf = Gguf::parse(&bytes).unwrap();
        assert_eq!(gguf.alignment(), u64::from(alignment));
        for info in gguf.tensors() {
            assert_eq!(info.offset % u64::from(alignment), 0);
            assert_eq!(bytes[info.offset as usize..][..3], [0, 1, 2]);
        }
    }
}
