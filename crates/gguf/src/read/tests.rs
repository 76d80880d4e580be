use std::{fs::File, io::Write, sync::Arc};

use super::*;

fn assert_reads(source: &dyn ReadAt) {
    assert_eq!(source.size_bytes(), 5);
    let mut three = [0; 3];
    source.read_exact_at(2, &mut three).unwrap();
    assert_eq!(three, [2, 3, 4]);
    source.read_exact_at(5, &mut []).unwrap();
    for offset in [3, 6, u64::MAX] {
        let error = source.read_exact_at(offset, &mut three).unwrap_err();
        assert!(
            matches!(error, ReadError::BeyondEnd { offset: at, len: 3, size: 5 } if at == offset)
                || (matches!(error, ReadError::Io { .. }) && offset == u64::MAX),
            "{error:?}"
        );
    }
}

#[test]
fn memory_reads_exactly_what_is_asked() {
    let bytes = vec![0u8, 1, 2, 3, 4];
    assert_reads(&bytes);
    assert_reads(&bytes.as_slice());
    assert_reads(&Arc::new(bytes.clone()));
    let boxed: Box<dyn ReadAt> = Box::new(bytes);
    assert_reads(&boxed);
    assert_reads(&boxed.as_shared().expect("threads may read memory"));
}

#[test]
fn files_read_exactly_what_is_asked_and_tell_when_they_shrink() {
    let path = std::env::temp_dir().join(format!("hearth-gguf-read-{}", std::process::id()));
    let mut file = File::create_new(&path).unwrap();
    file.write_all(&[0, 1, 2, 3, 4]).unwrap();
    let source = File::open(&path).unwrap();
    assert_reads(&source);
    assert_reads(&source.as_shared().expect("threads may read a file"));

    file.set_len(3).unwrap();
    let error = source.read_exact_at(2, &mut [0; 3]).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(
        matches!(
            error,
            ReadError::BeyondEnd {
                offset: 2,
                len: 3,
                size: 3
            }
        ),
        "{error:?}"
    );
}
