//! Random numbers that are the same everywhere: SplitMix64 (Steele, Lea, Flood 2014).

/// A source of random bits.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The source for the tensor `name`: each has its own, so that none depends on those before it.
    pub(super) fn of(seed: u64, name: &str) -> Self {
        // FNV-1a.
        let start = 0xCBF2_9CE4_8422_2325u64;
        let hash = name.bytes().fold(start, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3)
        });
        let mut random = Random(seed);
        Random(hash ^ random.next())
    }

    /// 64 random bits.
    #[inline(always)]
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Random bytes.
    pub(super) fn fill(&mut self, out: &mut [u8]) {
        let (words, rest) = out.as_chunks_mut::<8>();
        for word in words {
            *word = self.next().to_le_bytes();
        }
        let last = self.next().to_le_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// 2^16 numbers with mean 0 and spread 1, bell-shaped with tails up to 6.5 as trained weights have: the quantiles of
/// the logistic distribution.
pub(super) fn bell() -> Vec<f32> {
    const COUNT: u32 = 1 << 16;
    let spread = std::f64::consts::PI / 3f64.sqrt();
    let quantile = |i: u32| {
        let below = (f64::from(i) + 0.5) / f64::from(COUNT);
        ((below / (1.0 - below)).ln() / spread) as f32
    };
    (0..COUNT).map(quantile).collect()
}
