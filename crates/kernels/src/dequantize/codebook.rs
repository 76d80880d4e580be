//! Codes of four bits that stand for 16 values at uneven distances.

/// What a 4-bit code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codebook {
    /// IQ4_NL and IQ4_XS: dense around zero. Source: `kvalues_iq4nl` of ggml-common.h.
    Iq4,
    /// MXFP4 and NVFP4: twice the value of an E2M1 float. Source: OCP Microscaling Formats 1.0, table 3.
    Fp4,
}

impl Codebook {
    /// The value of each code.
    pub const fn values(self) -> &'static [i8; 16] {
        match self {
            Codebook::Iq4 => &[
                -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
            ],
            Codebook::Fp4 => &[0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12],
        }
    }

    /// What is added to values so that [`offset_values`](Self::offset_values) are as small as they can be: 0 where they
    /// take all of a signed byte.
    pub(crate) const fn offset(self) -> i8 {
        match self {
            Codebook::Iq4 => 0,
            Codebook::Fp4 => 12,
        }
    }

    /// Bits of the [`offset_values`](Self::offset_values); 8 are signed ones.
    pub(crate) const fn offset_bits(self) -> u32 {
        match self {
            Codebook::Iq4 => 8,
            Codebook::Fp4 => 5,
        }
    }

    /// The value of each code plus the [`offset`](Self::offset), as a byte.
    pub(crate) const fn offset_values(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let mut i = 0;
        while i < 16 {
            bytes[i] = (self.values()[i] + self.offset()) as u8;
            i += 1;
        }
        bytes
    }

    /// The value of a code, of which the low four bits count.
    #[inline(always)]
    pub(crate) const fn value(self, code: i8) -> i8 {
        self.values()[code as usize & 15]
    }
}
