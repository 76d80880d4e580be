//! The normalisation that SentencePiece compiles into a vocabulary (`precompiled_charsmap`): which bytes become which.
//!
//! Layout: a little-endian `u32` with the length of a double array in bytes, the array of `u32` (S. Kanda 2018:
//! offset in bits 10–30, shifted by 8 more where bit 9 is set; label in bits 0–7 and 31; bit 8 says that a value
//! follows), then zero-terminated replacements.

/// A compiled map.
pub(crate) struct Charsmap {
    nodes: Vec<u32>,
    replacements: Vec<u8>,
}

impl Charsmap {
    /// Reads the blob; `None` where its length field does not fit.
    pub(crate) fn new(blob: &[u8]) -> Option<Charsmap> {
        let (size, rest) = blob.split_first_chunk::<4>()?;
        let (array, replacements) =
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*size)).ok()?)?;
        let (nodes, _) = array.as_chunks::<4>();
        Some(Charsmap {
            nodes: nodes.iter().map(|node| u32::from_le_bytes(*node)).collect(),
            replacements: replacements.to_vec(),
        })
    }

    /// The longest beginning of `text` that is replaced: its length, and what it becomes.
    pub(crate) fn longest_match(&self, text: &[u8]) -> Option<(usize, &[u8])> {
        let mut found = None;
        let mut place = offset(self.node(0)?);
        for (at, &byte) in text.iter().enumerate() {
            place ^= u32::from(byte);
            let Some(node) = self
                .node(place)
                .filter(|node| byte != 0 && node & (1 << 31 | 0xFF) == u32::from(byte))
            else {
                break;
            };
            place ^= offset(node);
            if node & (1 << 8) != 0 {
                found = self.node(place).map(|node| (at + 1, node & !(1 << 31)));
            }
        }
        let (len, at) = found?;
        let rest = self.replacements.get(at as usize..)?;
        Some((len, rest.get(..memchr::memchr(0, rest)?)?))
    }

    fn node(&self, place: u32) -> Option<u32> {
        self.nodes.get(place as usize).copied()
    }
}

fn offset(node: u32) -> u32 {
    (node >> 10) << ((node & (1 << 9)) >> 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_made_map_is_read_and_a_broken_one_is_none() {
        // Root offset 0x40: `A` is at 0x40 ^ 0x41 = 1, has a value at 1 ^ 2 = 3, which is replacement 0.
        let mut nodes = [0u32; 4];
        nodes[0] = 0x40 << 10;
        nodes[1] = 2 << 10 | 1 << 8 | u32::from(b'A');
        nodes[3] = 1 << 31;
        let mut blob = 16u32.to_le_bytes().to_vec();
        blob.extend(nodes.iter().flat_map(|node| node.to_le_bytes()));
        blob.extend(b"aa\0");
        let map = Charsmap::new(&blob).unwrap();
        assert_eq!(map.longest_match(b"AB"), Some((1, &b"aa"[..])));
        assert_eq!(map.longest_match(b"B"), None);
        assert_eq!(map.longest_match(b""), None);
        assert!(Charsmap::new(&blob[..8]).is_none());
        assert!(Charsmap::new(b"\x01").is_none());
        // A value that points nowhere is no match.
        assert_eq!(
            Charsmap::new(&blob[..20]).unwrap().longest_match(b"A"),
            None
        );
    }
}
