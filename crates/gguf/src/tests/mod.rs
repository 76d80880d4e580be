//! Files built by the writer or by hand, and real ones.

mod damaged;
mod files;
mod properties;
mod sources;
mod split;
mod writing;

use hearth_tensor::{DType, Shape};

use crate::{Gguf, GgufError, GgufWriter, oracle};

/// A header put together by hand, for what the writer refuses to write.
#[derive(Clone, Default)]
struct Raw(Vec<u8>);

impl Raw {
    /// Magic, version 3, the two counts.
    fn header(n_tensors: u64, n_keys: u64) -> Self {
        Raw(b"GGUF".to_vec()).u32(3).u64(n_tensors).u64(n_keys)
    }

    fn u8(mut self, x: u8) -> Self {
        self.0.push(x);
        self
    }

    fn u32(mut self, x: u32) -> Self {
        self.0.extend(x.to_le_bytes());
        self
    }

    fn u64(mut self, x: u64) -> Self {
        self.0.extend(x.to_le_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn string(self, text: &[u8]) -> Self {
        self.u64(text.len() as u64).bytes(text)
    }

    /// A directory entry with the contiguous dimension first.
    fn tensor(self, name: &str, ne: &[u64], dtype: u32, offset: u64) -> Self {
        let raw = self.string(name.as_bytes()).u32(ne.len() as u32);
        ne.iter()
            .fold(raw, |raw, &n| raw.u64(n))
            .u32(dtype)
            .u64(offset)
    }

    /// Bytes so far, to compare with offsets.
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn error(&self) -> GgufError {
        Gguf::parse(&self.0).expect_err("the file is damaged")
    }
}

/// A model with one F32 vector of `n` elements.
fn one_vector(n: usize) -> Vec<u8> {
    let mut writer = GgufWriter::new();
    writer.metadata("general.architecture", "llama").unwrap();
    writer.tensor("v", DType::F32, &Shape::new([n])).unwrap();
    oracle::file(writer)
}

#[test]
fn every_value_type_comes_back_in_order() {
    let values = oracle::every_value();
    let mut writer = GgufWriter::new();
    for (key, value) in values.clone() {
        writer.metadata(key, value).unwrap();
    }
    let gguf = Gguf::parse(&oracle::file(writer)).unwrap();
    let got: Vec<_> = gguf.metadata().iter().collect();
    let want: Vec<_> = values.iter().map(|(key, value)| (*key, value)).collect();
    assert_eq!(got, want);
    assert!(gguf.tensors().is_empty());
}

#[test]
fn tensors_come_back_with_absolute_aligned_offsets() {
    let seeds = oracle::seeds();
    let (_, bytes) = seeds.iter().find(|(name, _)| *name == "tensors").unwrap();
    let gguf = Gguf::parse(bytes).unwrap();
    assert_eq!((gguf.version(), gguf.alignment()), (3, 64));
    let c = gguf.tensor("c").unwrap();
    assert_eq!(c.dtype, DType::Q4_K);
    assert_eq!(c.shape.dims(), [2, 1, 1, 256]);
    assert_eq!((c.bytes, c.file_index), (288, 0));
    // By hand: a takes 12 bytes, padded to 64; b 2 * 2 * 34 = 136, padded to 192.
    let starts: Vec<u64> = gguf.tensors().iter().map(|info| info.offset).collect();
    let data = starts[0];
    assert_eq!(data % 64, 0);
    assert_eq!(starts, [data, data + 64, data + 256, data + 576]);
    assert_eq!(bytes[data as usize..][..3], [0, 1, 2]);
    assert_eq!(gguf.tensor("e"), None);
}

#[test]
fn version_2_reads_like_version_3() {
    let mut bytes = one_vector(3);
    bytes[4] = 2;
    let gguf = Gguf::parse(&bytes).unwrap();
    assert_eq!((gguf.version(), gguf.tensors().len()), (2, 1));
}

#[test]
fn files_without_padding_at_the_end_are_fine() {
    let bytes = one_vector(3);
    let info = Gguf::parse(&bytes).unwrap().tensors()[0].clone();
    let end = (info.offset + info.bytes) as usize;
    assert!(end < bytes.len());
    assert!(Gguf::parse(&&bytes[..end]).is_ok());

    let header_only = Raw::header(0, 1).string(b"k").u32(0).u8(7);
    let gguf = Gguf::parse(&header_only.0).unwrap();
    assert_eq!(gguf.metadata().get_u32("k"), Ok(7));
}
