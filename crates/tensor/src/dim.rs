//! Dimensions that are known only when a step runs: `scale * symbol + offset`.
//!
//! A graph is built once for any number of tokens; [`Bindings`] give the symbols their values for one step.

use std::fmt;

/// A quantity that differs from step to step, such as the number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u8);

/// A dimension: a constant, or a linear function of one symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dim {
    /// Known when the graph is built.
    Fixed(usize),
    /// `scale * symbol + offset`.
    Linear {
        /// The quantity that varies.
        symbol: Symbol,
        /// Factor of the symbol.
        scale: usize,
        /// Constant term.
        offset: usize,
    },
}

impl Dim {
    /// The symbol itself.
    pub const fn symbol(symbol: Symbol) -> Self {
        Dim::Linear {
            symbol,
            scale: 1,
            offset: 0,
        }
    }

    /// The value if it does not depend on a step.
    pub const fn fixed(self) -> Option<usize> {
        match self {
            Dim::Fixed(n) => Some(n),
            Dim::Linear { .. } => None,
        }
    }

    /// The value in a step. A symbol that is not bound counts as 0.
    pub fn resolve(self, bindings: &Bindings) -> usize {
        match self {
            Dim::Fixed(n) => n,
            Dim::Linear {
                symbol,
                scale,
                offset,
            } => scale * bindings.get(symbol) + offset,
        }
    }

    /// This dimension `n` times; `None` on overflow.
    pub fn times(self, n: usize) -> Option<Self> {
        Some(match self {
            Dim::Fixed(d) => Dim::Fixed(d.checked_mul(n)?),
            Dim::Linear {
                symbol,
                scale,
                offset,
            } => Dim::Linear {
                symbol,
                scale: scale.checked_mul(n)?,
                offset: offset.checked_mul(n)?,
            },
        })
    }
}

impl From<usize> for Dim {
    fn from(n: usize) -> Self {
        Dim::Fixed(n)
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Dim::Fixed(n) => write!(f, "{n}"),
            Dim::Linear {
                symbol,
                scale,
                offset,
            } => {
                if scale != 1 {
                    write!(f, "{scale}*")?;
                }
                write!(f, "s{}", symbol.0)?;
                if offset != 0 {
                    write!(f, "+{offset}")?;
                }
                Ok(())
            }
        }
    }
}

/// Number of symbols that [`Bindings`] hold.
const MAX_SYMBOLS: usize = 8;

/// The values of the symbols in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bindings([usize; MAX_SYMBOLS]);

impl Bindings {
    /// These bindings with `symbol` set to `value`.
    pub fn with(mut self, symbol: Symbol, value: usize) -> Self {
        self.0[usize::from(symbol.0) % MAX_SYMBOLS] = value;
        self
    }

    /// The value of `symbol`; 0 if it was never set.
    pub fn get(&self, symbol: Symbol) -> usize {
        self.0[usize::from(symbol.0) % MAX_SYMBOLS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Symbol = Symbol(0);

    #[test]
    fn linear_dims_follow_their_symbol() {
        let dim = Dim::symbol(TOKENS).times(3).expect("3 does not overflow");
        assert_eq!(dim.resolve(&Bindings::default().with(TOKENS, 5)), 15);
        assert_eq!(dim.resolve(&Bindings::default()), 0);
        assert_eq!(dim.fixed(), None);
        assert_eq!(dim.to_string(), "3*s0");
    }
}
