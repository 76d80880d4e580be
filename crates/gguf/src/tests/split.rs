use super::{Raw, one_vector};
use crate::{Gguf, GgufError, MetadataError, oracle::split_part, split_names};

#[test]
fn names_of_all_parts_follow_from_any() {
    let want: Vec<String> = (1..=3)
        .map(|i| format!("m/x-Q4-0000{i}-of-00003.gguf"))
        .collect();
    for name in &want {
        assert_eq!(split_names(name).as_ref(), Some(&want));
    }
    for name in [
        "",
        ".gguf",
        "x.gguf",
        "x-00001-of-00003",
        "x-1-of-3.gguf",
        "x-00000-of-00003.gguf",
        "x-00004-of-00003.gguf",
        "x-+0001-of-00003.gguf",
        "x00001-of-00003.gguf",
        "x-00001-of-0000ü.gguf",
        "ü0001-of-00003.gguf",
    ] {
        assert_eq!(split_names(name), None, "{name}");
    }
}

#[test]
fn parts_are_joined() {
    let (first, second) = (split_part(0), split_part(1));
    let gguf = Gguf::parse_split(&[&first, &second]).unwrap();
    let places: Vec<_> = gguf
        .tensors()
        .iter()
        .map(|info| (info.name.as_str(), info.file_index))
        .collect();
    assert_eq!(places, [("t0", 0), ("t1", 1)]);
    assert_eq!(gguf.tensor("t1"), gguf.tensors().last());
    assert_eq!(gguf.metadata().get_u32("split.count"), Ok(2));
}

#[test]
fn a_whole_file_is_a_split_of_one() {
    let gguf = Gguf::parse_split(&[&one_vector(2)]).unwrap();
    assert_eq!(gguf.tensors().len(), 1);
}

#[test]
fn missing_and_foreign_parts_are_errors() {
    let (first, second, other) = (split_part(0), split_part(1), one_vector(2));
    let count =
        |error| matches!(error, GgufError::WrongPartCount { count: 2, found } if found != 2);
    assert!(count(Gguf::parse(&first).unwrap_err()));
    assert!(count(
        Gguf::parse_split(&[&first, &second, &second]).unwrap_err()
    ));
    assert!(matches!(
        Gguf::parse_split(&[]).unwrap_err(),
        GgufError::WrongPartCount { count: 1, found: 0 }
    ));
    let wrong = |error, want: (usize, u64, u64)| matches!(error, GgufError::WrongPart { index, number, count } if (index, number, count) == want);
    let error = Gguf::parse_split(&[&second, &first]).unwrap_err();
    assert!(wrong(error, (0, 1, 2)));
    let error = Gguf::parse_split(&[&first, &first]).unwrap_err();
    assert!(wrong(error, (1, 0, 2)));
    let error = Gguf::parse_split(&[&first, &other]).unwrap_err();
    assert!(wrong(error, (1, 0, 1)));
}

#[test]
fn damage_names_the_part() {
    let (first, second) = (split_part(0), split_part(1));
    let error = Gguf::parse_split(&[&first, &&second[..50]]).unwrap_err();
    assert!(
        matches!(error, GgufError::InPart { index: 1, .. }),
        "{error}"
    );
    let raw = Raw::header(0, 1).string(b"split.count").u32(8).string(b"2");
    let error = Gguf::parse_split(&[&raw.0]).unwrap_err();
    assert!(matches!(
        error,
        GgufError::InPart { index: 0, source } if matches!(*source, GgufError::Metadata(MetadataError::WrongType { .. }))
    ));
}

#[test]
fn totals_and_names_are_checked_across_parts() {
    let part = |index: u8, total: u8, tensor: &str| {
        let raw = Raw::header(1, 3).string(b"split.no").u32(0).u8(index);
        let raw = raw.string(b"split.count").u32(0).u8(2);
        let raw = raw.string(b"split.tensors.count").u32(0).u8(total);
        raw.tensor(tensor, &[1], 0, 0).bytes(&[0; 36]).0
    };
    let error = Gguf::parse_split(&[&part(0, 3, "a"), &part(1, 3, "b")]).unwrap_err();
    assert!(matches!(
        error,
        GgufError::WrongTensorTotal {
            expected: 3,
            found: 2
        }
    ));
    let error = Gguf::parse_split(&[&part(0, 2, "a"), &part(1, 2, "a")]).unwrap_err();
    assert!(matches!(
        error,
        GgufError::DuplicateAcrossParts { tensor, first: 0, second: 1 } if tensor == "a"
    ));
}
