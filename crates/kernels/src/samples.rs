//! Deterministic numbers, and blocks of every type: what kernels are tried with, in tests and on devices.

use hearth_tensor::DType;

use crate::weight::{CpuWeight, Layout, TileFormat, WeightBuilder, WeightSpec};

/// A deterministic source of bits (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A source that gives the same bits for the same seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A value in `[-scale, scale)`.
    pub fn float(&mut self, scale: f32) -> f32 {
        let unit = (self.bits() >> 40) as f32 / (1u64 << 24) as f32;
        (unit * 2.0 - 1.0) * scale
    }
}

/// Deterministic values in `[-scale, scale)`.
pub fn floats(seed: u64, n: usize, scale: f32) -> Vec<f32> {
    let mut source = Random::new(seed);
    (0..n).map(|_| source.float(scale)).collect()
}

/// Random blocks of a type whose halves lie at `±[2^-9, 2^-5)`, as those of real weights do.
pub fn blocks(seed: u64, dtype: DType, n_blocks: usize) -> Vec<u8> {
    let mut source = Random::new(seed);
    let mut bytes: Vec<u8> = (0..n_blocks * dtype.block_bytes())
        .map(|_| source.bits() as u8)
        .collect();
    let halves: &[usize] = match dtype {
        DType::F32 | DType::BF16 | DType::IQ1_M | DType::MXFP4 | DType::NVFP4 => &[],
        DType::Q4_1 | DType::Q5_1 | DType::Q4_K | DType::Q5_K => &[0, 2],
        DType::Q2_K => &[80, 82],
        DType::Q3_K => &[108],
        DType::Q6_K => &[208],
        DType::TQ1_0 => &[52],
        DType::TQ2_0 => &[64],
        _ => &[0],
    };
    for block in bytes.chunks_exact_mut(dtype.block_bytes()) {
        for &at in halves {
            let exponent = 6 + source.bits() % 4;
            let bits = (source.bits() & 0x83ff | exponent << 10) as u16;
            block[at..at + 2].copy_from_slice(&bits.to_le_bytes());
        }
        let plain = source.float(1.0).to_le_bytes();
        match dtype {
            DType::F32 => block.copy_from_slice(&plain),
            DType::BF16 => block.copy_from_slice(&plain[2..]),
            DType::MXFP4 => block[0] = 116 + block[0] % 8,
            DType::NVFP4 => block[..4].iter_mut().for_each(|scale| *scale &= 0x1f),
            // The upper half of the exponent, and the lower: the top of the last and the last but one word of scales.
            DType::IQ1_M => {
                block[55] = block[55] & 0x8f | 0x10;
                block[53] |= 0x80;
            }
            _ => {}
        }
    }
    bytes
}

/// A weight from the bytes of a file, in tiles or in rows.
pub(crate) fn packed(dtype: DType, [rows, cols]: [usize; 2], raw: &[u8], tiles: bool) -> CpuWeight {
    let format = TileFormat::for_dtype(dtype, cols).filter(|_| tiles);
    let mut builder = WeightBuilder::new(WeightSpec {
        dtype,
        rows,
        cols,
        layout: format.map_or(Layout::Rows, Layout::Tiles),
    });
    builder.push_rows(raw).expect("whole rows");
    builder.finish().expect("all rows")
}
