//! What a token is for: the token types of GGUF as a set, since the rules below add to them.

/// A set of token properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TokenAttr(u8);

impl TokenAttr {
    /// Stands for text that the vocabulary lacks.
    pub(crate) const UNKNOWN: TokenAttr = TokenAttr(1);
    /// An ordinary piece of text.
    pub(crate) const NORMAL: TokenAttr = TokenAttr(1 << 1);
    /// Steers the model and is not text (`<|im_end|>`).
    pub(crate) const CONTROL: TokenAttr = TokenAttr(1 << 2);
    /// Text that is always one token, whatever stands around it.
    pub(crate) const USER_DEFINED: TokenAttr = TokenAttr(1 << 3);
    /// One byte, written `<0xXX>`.
    pub(crate) const BYTE: TokenAttr = TokenAttr(1 << 4);
    /// Takes the white space before it away.
    pub(crate) const LSTRIP: TokenAttr = TokenAttr(1 << 5);
    /// Takes the white space after it away.
    pub(crate) const RSTRIP: TokenAttr = TokenAttr(1 << 6);

    /// The set for a `tokenizer.ggml.token_type`; unused, undefined and unheard-of types are the empty set.
    pub(crate) fn from_gguf(token_type: i32) -> Self {
        match token_type {
            1 => Self::NORMAL,
            2 => Self::UNKNOWN,
            3 => Self::CONTROL,
            4 => Self::USER_DEFINED,
            6 => Self::BYTE,
            _ => Self::default(),
        }
    }

    /// Both sets together.
    pub(crate) const fn with(self, other: TokenAttr) -> Self {
        TokenAttr(self.0 | other.0)
    }

    /// This set less `other`.
    pub(crate) const fn without(self, other: TokenAttr) -> Self {
        TokenAttr(self.0 & !other.0)
    }

    /// Whether the sets share a property.
    pub(crate) const fn has(self, other: TokenAttr) -> bool {
        self.0 & other.0 != 0
    }
}
