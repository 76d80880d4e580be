//! What is read from a source, and what its failures become.

use std::cell::Cell;

use super::{Raw, one_vector};
use crate::{Gguf, GgufError, MAX_HEADER_BYTES, ReadAt, ReadError, Strings};

/// `head`, then zeros up to `size`; counts what is read.
struct Sparse {
    head: Vec<u8>,
    size: u64,
    reads: Cell<usize>,
    bytes_read: Cell<u64>,
}

impl Sparse {
    fn new(head: Vec<u8>, size: u64) -> Self {
        Sparse {
            head,
            size,
            reads: Cell::new(0),
            bytes_read: Cell::new(0),
        }
    }
}

impl ReadAt for Sparse {
    fn size_bytes(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        self.bytes_read
            .set(self.bytes_read.get() + into.len() as u64);
        for (i, byte) in (offset..).zip(into) {
            *byte = self.head.get(i as usize).copied().unwrap_or(0);
        }
        Ok(())
    }
}

#[test]
fn a_20_gb_file_costs_one_small_read() {
    // Two tensors of 10 GB each: I8, 10 * 2^30 elements.
    let n = 10 << 30;
    let raw = Raw::header(2, 0).tensor("a", &[1 << 20, n >> 20], 24, 0);
    let raw = raw.tensor("b", &[1 << 20, n >> 20], 24, n);
    let start = raw.len().next_multiple_of(32);
    let source = Sparse::new(raw.0, start + 2 * n);
    let gguf = Gguf::parse(&source).unwrap();
    assert_eq!(gguf.tensor("b").unwrap().offset, start + n);
    assert_eq!((source.reads.get(), source.bytes_read.get()), (1, 64 << 10));

    let short = Sparse::new(source.head, start + 2 * n - 1);
    let error = Gguf::parse(&short).unwrap_err();
    assert!(matches!(error, GgufError::TensorBeyondEnd { .. }));
}

#[test]
fn large_vocabularies_take_few_reads() {
    let tokens: Strings = (0..262_144).map(|i| format!("token number {i}")).collect();
    let mut writer = crate::GgufWriter::new();
    writer
        .metadata("tokens", crate::Array::from(tokens.clone()))
        .unwrap();
    let bytes = writer.begin(Vec::new()).unwrap().finish().unwrap();
    let size = bytes.len() as u64;
    let source = Sparse::new(bytes, size);
    let gguf = Gguf::parse(&source).unwrap();
    assert_eq!(gguf.metadata().get_strings("tokens"), Ok(&tokens));
    assert_eq!(source.bytes_read.get(), size, "no byte is read twice");
    assert!(source.reads.get() <= 10, "{} reads", source.reads.get());
}

#[test]
fn the_header_of_a_large_file_is_limited() {
    let size = 20 << 30;
    // A string that really is 10 GB long.
    let string = Raw::header(0, 1).string(b"k").u32(8).u64(10 << 30);
    let error = Gguf::parse(&Sparse::new(string.0, size)).unwrap_err();
    assert!(matches!(error, GgufError::StringTooLong { .. }), "{error}");
    // An array that really has 10 G elements.
    let array = Raw::header(0, 1).string(b"k").u32(9).u32(0).u64(10 << 30);
    let error = Gguf::parse(&Sparse::new(array.0, size)).unwrap_err();
    assert!(matches!(error, GgufError::ArrayTooLong { .. }), "{error}");
    // A string up to the limit, then one more key.
    let string = Raw::header(0, 2).string(b"k").u32(8);
    let left = MAX_HEADER_BYTES - string.len() - 8;
    let error = Gguf::parse(&Sparse::new(string.u64(left).0, size)).unwrap_err();
    assert!(
        matches!(
            error,
            GgufError::HeaderTooLarge {
                offset: MAX_HEADER_BYTES,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn items_that_straddle_windows_are_whole() {
    // The first window is 64 KiB; move a number across its end byte by byte.
    for filler in (64 << 10) - 100..(64 << 10) + 20 {
        let raw = Raw::header(0, 2).string(b"f").u32(8);
        let raw = raw.string(&vec![b'x'; filler]).string(b"n").u32(10);
        let gguf = Gguf::parse(&raw.u64(0x0123_4567_89AB_CDEF).0).unwrap();
        let number = gguf.metadata().get_u64("n");
        assert_eq!(number, Ok(0x0123_4567_89AB_CDEF), "filler {filler}");
    }
}

/// Present when it is opened, gone when it is read.
struct Vanishing(u64);

impl ReadAt for Vanishing {
    fn size_bytes(&self) -> u64 {
        self.0
    }

    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
        Err(ReadError::Vanished {
            offset,
            len: into.len(),
        })
    }
}

#[test]
fn a_source_that_vanishes_is_named() {
    let error = Gguf::parse(&Vanishing(1000)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("vanished"), "{text}");
    assert!(matches!(
        error,
        GgufError::Read {
            source: ReadError::Vanished { offset: 0, .. },
            ..
        }
    ));
    let shrunk = Vanishing(0);
    let error = Gguf::parse(&shrunk).unwrap_err();
    assert!(matches!(error, GgufError::Truncated { size: 0, .. }));
}

#[test]
fn a_size_that_lies_is_an_error_of_the_source() {
    struct Lying(Vec<u8>);
    impl ReadAt for Lying {
        fn size_bytes(&self) -> u64 {
            self.0.len() as u64 + 1
        }
        fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ReadError> {
            self.0.read_exact_at(offset, into)
        }
    }
    let error = Gguf::parse(&Lying(one_vector(3))).unwrap_err();
    assert!(matches!(error, GgufError::Read { .. }), "{error}");
}
