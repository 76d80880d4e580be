//! FNV-1a: tells models and damaged sessions apart. No protection against forgery.

/// A running hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// Take in some bytes.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Take in the hash of some bytes: in whatever order that is done, the result is the same. Programs for a CPU and for a
    /// GPU read the weights of a model in different orders.
    pub(crate) fn join(&mut self, parts: &[&[u8]]) {
        let mut one = Self::default();
        for part in parts {
            one.add(part);
        }
        self.0 = self.0.wrapping_add(one.0);
    }

    /// The hash so far.
    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// The hash of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> u64 {
        let mut fingerprint = Self::default();
        fingerprint.add(bytes);
        fingerprint.value()
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn hashes_are_as_published() {
        // The test vectors of the FNV reference code, 64 bits, FNV-1a.
        assert_eq!(Fingerprint::of(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fingerprint::of(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Fingerprint::of(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
