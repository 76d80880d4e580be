//! Random blocks of each type, made as they lie in the file: random codes under a scale that gives the wanted spread.
//! That is much faster than rounding random numbers.

use hearth_runtime::{DType, quantize};

use super::random::{Random, bell};
use super::tensors::Numbers;

/// The smallest number of full precision in half precision; kernels are slow below.
const MIN_NORMAL_F16: f32 = 6.11e-5;
/// Scales of one tensor, to choose from.
const SCALES: usize = 64;
/// Root mean square of the factors of those scales, which are between 0.75 and 1.25.
const SCALE_RMS: f32 = 1.0104;
/// Bits of an index into the quantiles.
const MASK: u64 = 0xFFFF;

/// Makes the blocks of one tensor, piece by piece.
#[derive(Debug)]
pub(super) struct Maker {
    random: Random,
    dtype: DType,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Elements to choose from, encoded.
    Plain(Vec<u8>),
    /// Elements in their order, encoded; the next one.
    Given(Vec<u8>, usize),
    /// Scales to choose from, encoded: `d`, and what goes with it.
    Blocks(Vec<[[u8; 2]; 2]>),
    /// Exponents around this one.
    Exponents(u8),
}

impl Maker {
    /// A maker of blocks of `dtype`, or `None` where the type or the numbers are not of a kind that is made.
    pub(super) fn new(random: Random, dtype: DType, numbers: &Numbers) -> Option<Self> {
        let kind = match (numbers, dtype) {
            (Numbers::Given(all), _) if !dtype.is_quantized() => {
                Kind::Given(encoded(dtype, all)?, 0)
            }
            (Numbers::Around { mean, std }, DType::F32 | DType::F16 | DType::BF16) => {
                let all: Vec<f32> = bell().iter().map(|x| normal(mean + std * x)).collect();
                Kind::Plain(encoded(dtype, &all)?)
            }
            (Numbers::Around { std, .. }, DType::MXFP4) => {
                // The spread of the 16 codes, each as likely as the others, is 2.93.
                let exponent = (std / 2.93).log2().round();
                Kind::Exponents((127.0 + exponent).clamp(1.0, 254.0) as u8)
            }
            (Numbers::Around { std, .. }, _) => Kind::Blocks(scales(dtype, *std)?),
            (Numbers::Given(_), _) => return None,
        };
        Some(Maker {
            random,
            dtype,
            kind,
        })
    }

    /// The next whole blocks.
    pub(super) fn fill(&mut self, out: &mut [u8]) {
        let (random, dtype) = (&mut self.random, self.dtype);
        match &mut self.kind {
            Kind::Plain(all) if dtype == DType::F32 => choose::<4>(random, all, out),
            Kind::Plain(all) => choose::<2>(random, all, out),
            Kind::Given(all, next) => {
                out.copy_from_slice(&all[*next..*next + out.len()]);
                *next += out.len();
            }
            Kind::Blocks(scales) => {
                random.fill(out);
                for block in out.chunks_exact_mut(dtype.block_bytes()) {
                    let bits = random.next();
                    let at = (bits % SCALES as u64) as usize;
                    finish(dtype, block, scales[at], bits >> 8);
                }
            }
            Kind::Exponents(middle) => {
                random.fill(out);
                for block in out.chunks_exact_mut(dtype.block_bytes()) {
                    block[0] = *middle - (block[0] & 1);
                }
            }
        }
    }
}

/// A number that is normal in half precision too.
fn normal(x: f32) -> f32 {
    x.signum() * x.abs().max(MIN_NORMAL_F16)
}

fn encoded(dtype: DType, elems: &[f32]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; dtype.bytes_for(elems.len())?];
    quantize::quantize_row_into(dtype, elems, &mut bytes).ok()?;
    Some(bytes)
}

/// Elements of `N` bytes, chosen from 2^16.
fn choose<const N: usize>(random: &mut Random, all: &[u8], out: &mut [u8]) {
    let (all, _) = all.as_chunks::<N>();
    let (out, _) = out.as_chunks_mut::<N>();
    for group in out.chunks_mut(4) {
        let mut bits = random.next();
        for elem in group {
            *elem = all[(bits & MASK) as usize];
            bits >>= 16;
        }
    }
}

/// Scales for elements with this spread: the spread of equally likely codes and of the groups' scales is divided out.
fn scales(dtype: DType, std: f32) -> Option<Vec<[[u8; 2]; 2]>> {
    /// Spread of whole numbers from 0 to `codes - 1`.
    fn uniform(codes: f32) -> f32 {
        ((codes * codes - 1.0) / 12.0).sqrt()
    }
    // The second factor is the root mean square of the groups' scales, see `finish`.
    let (spread, minimum) = match dtype {
        DType::Q4_0 => (uniform(16.0), 0.0),
        DType::Q5_0 => (uniform(32.0), 0.0),
        DType::Q5_1 => (uniform(32.0), -15.5),
        DType::Q8_0 => (uniform(255.0), 0.0),
        DType::Q4_K => (uniform(16.0) * 32.8, 7.5),
        DType::Q5_K => (uniform(32.0) * 16.2, 15.5),
        DType::Q6_K => (uniform(64.0) * 7.84, 0.0),
        _ => return None,
    };
    let largest = std / spread / SCALE_RMS;
    let all = (0..SCALES).map(|i| {
        let d = largest * (0.75 + 0.5 * i as f32 / (SCALES - 1) as f32);
        let bytes = encoded(DType::F16, &[d, d * minimum])?;
        Some([[bytes[0], bytes[1]], [bytes[2], bytes[3]]])
    });
    all.collect()
}

/// Put scales into a block of random bytes. Where a zero point is not the middle of the codes, signs are random.
fn finish(dtype: DType, block: &mut [u8], [d, second]: [[u8; 2]; 2], bits: u64) {
    let sign = (bits as u8) & 0x80;
    match dtype {
        DType::Q4_0 | DType::Q5_0 => block[..2].copy_from_slice(&[d[0], d[1] | sign]),
        DType::Q5_1 => {
            block[..2].copy_from_slice(&d);
            block[2..4].copy_from_slice(&second);
        }
        DType::Q8_0 => {
            block[..2].copy_from_slice(&d);
            for code in &mut block[2..] {
                // The code that has no opposite is never written.
                *code = if *code == 0x80 { 0 } else { *code };
            }
        }
        DType::Q4_K | DType::Q5_K => {
            block[..2].copy_from_slice(&d);
            block[2..4].copy_from_slice(&second);
            let (low, range) = if dtype == DType::Q4_K {
                (16, 31)
            } else {
                (8, 15)
            };
            let scale = |group: usize| low + ((bits >> (5 * group)) as u8 & range);
            six_bits(&mut block[4..16], scale);
        }
        DType::Q6_K => {
            for scale in &mut block[192..208] {
                let size = (4 + (*scale & 7)) as i8;
                *scale = if *scale & 0x80 == 0 { size } else { -size } as u8;
            }
            block[208..210].copy_from_slice(&d);
        }
        _ => {}
    }
}

/// The 6-bit scales of eight groups, each minimum equal to the scale, so that the middle code is 0.
fn six_bits(out: &mut [u8], scale: impl Fn(usize) -> u8) {
    for group in 0..4 {
        let (first, later) = (scale(group), scale(group + 4));
        out[group] = first | later >> 4 << 6;
        out[group + 4] = out[group];
        out[group + 8] = (later & 15) | (later & 15) << 4;
    }
}

#[cfg(test)]
mod tests {
    use hearth_runtime::dequantize;

    use super::*;

    const BLOCKS: usize = 400;

    fn made(seed: u64, dtype: DType, numbers: &Numbers) -> Vec<f32> {
        let mut maker = Maker::new(Random::of(seed, "a"), dtype, numbers).expect("a known type");
        let mut bytes = vec![0; BLOCKS * 256 / dtype.block_elems() * dtype.block_bytes()];
        let (first, second) = bytes.split_at_mut(dtype.block_bytes() * 8);
        maker.fill(first);
        maker.fill(second);
        let mut floats = vec![0.0; BLOCKS * 256];
        dequantize::dequantize_row_into(dtype, &bytes, &mut floats).expect("can be read");
        floats
    }

    #[test]
    fn numbers_have_the_wanted_mean_and_spread() {
        use DType::*;
        for dtype in [
            F32, F16, BF16, Q4_0, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, MXFP4,
        ] {
            for std in [0.02, 0.0625, 0.5] {
                let x = made(7, dtype, &Numbers::Around { mean: 0.0, std });
                let n = x.len() as f32;
                let mean = x.iter().sum::<f32>() / n;
                let spread = (x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n).sqrt();
                assert!(mean.abs() < 0.03 * std, "{dtype} {std}: {mean}");
                // Exponents go by powers of two.
                let slack = if dtype == MXFP4 { 0.5..1.5 } else { 0.97..1.03 };
                assert!(slack.contains(&(spread / std)), "{dtype} {std}: {spread}");
                assert!(x.iter().all(|x| x.abs() < 8.0 * std));
            }
        }
    }

    #[test]
    fn scales_are_normal_numbers() {
        use DType::*;
        for dtype in [Q4_0, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K] {
            for bytes in scales(dtype, 0.02).expect("a known type") {
                let exponent = (u16::from_le_bytes(bytes[0]) >> 10) & 31;
                assert!(exponent > 0, "{dtype}");
            }
        }
    }

    #[test]
    fn given_numbers_stay() {
        let numbers: Vec<f32> = (0..BLOCKS * 256).map(|i| i as f32).collect();
        assert_eq!(
            made(7, DType::F32, &Numbers::Given(numbers.clone())),
            numbers
        );
    }

    #[test]
    fn seeds_differ_and_repeat() {
        let numbers = Numbers::Around {
            mean: 0.0,
            std: 0.1,
        };
        for dtype in [DType::F16, DType::Q4_K] {
            assert_eq!(made(1, dtype, &numbers), made(1, dtype, &numbers));
            assert_ne!(made(1, dtype, &numbers), made(2, dtype, &numbers));
        }
    }
}
