//! What is added to a finished product.

use std::ops::Range;

use crate::cpu::Operand;

/// Which inputs are added.
#[derive(Clone, Copy, Debug)]
pub(in crate::matmul) struct Inputs {
    pub(in crate::matmul) bias: Option<usize>,
    pub(in crate::matmul) residual: Option<usize>,
}

impl Inputs {
    /// The addends of a call.
    pub(in crate::matmul) fn of<'a>(self, inputs: &[Operand<'a>]) -> Epilogue<'a> {
        Epilogue {
            bias: self.bias.map(|i| inputs[i].f32()),
            residual: self.residual.map(|i| (inputs[i].f32(), inputs[i].cols())),
        }
    }
}

/// The addends of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epilogue<'a> {
    bias: Option<&'a [f32]>,
    /// Elements, and how many make a row.
    residual: Option<(&'a [f32], usize)>,
}

impl<'a> Epilogue<'a> {
    /// A bias, or nothing.
    pub(crate) fn bias(bias: Option<&'a [f32]>) -> Self {
        Epilogue {
            bias,
            residual: None,
        }
    }

    /// Add to the columns `cols` of row `row`, which `y` holds.
    #[inline(always)]
    pub(in crate::matmul) fn add_to(&self, row: usize, cols: Range<usize>, y: &mut [f32]) {
        if let Some(bias) = self.bias {
            add(&bias[cols.clone()], y);
        }
        if let Some((residual, stride)) = self.residual {
            add(&residual[row * stride..][cols], y);
        }
    }
}

#[inline(always)]
fn add(from: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(from) {
        *y += x;
    }
}
