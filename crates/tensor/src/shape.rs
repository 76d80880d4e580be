//! Row-major shapes: the outermost dimension first, the contiguous one last.
//!
//! GGUF files list dimensions the other way round; [`Shape::from_ggml`] turns them.

use std::fmt;

/// The dimensions of a tensor, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// A shape from its dimensions, outermost first.
    pub fn new(dims: impl Into<Vec<usize>>) -> Self {
        Shape(dims.into())
    }

    /// A shape from GGML's `ne`, which lists the contiguous dimension first.
    pub fn from_ggml(ne: &[usize]) -> Self {
        Shape(ne.iter().rev().copied().collect())
    }

    /// The dimensions, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// Elements of the contiguous dimension; 1 for a scalar.
    pub fn cols(&self) -> usize {
        self.0.last().copied().unwrap_or(1)
    }

    /// Product of all dimensions but the contiguous one; `None` on overflow.
    pub fn rows(&self) -> Option<usize> {
        let outer = &self.0[..self.0.len().saturating_sub(1)];
        outer.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
    }

    /// Number of elements; `None` on overflow.
    pub fn elems(&self) -> Option<usize> {
        self.rows()?.checked_mul(self.cols())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ggml_order_is_reversed() {
        let shape = Shape::from_ggml(&[64, 10, 2]);
        assert_eq!(shape.dims(), [2, 10, 64]);
        assert_eq!(
            (shape.rows(), shape.cols(), shape.elems()),
            (Some(20), 64, Some(1280))
        );
    }

    #[test]
    fn overflow_is_none() {
        assert_eq!(Shape::new([usize::MAX, 2]).elems(), None);
    }
}
