//! The nonlinear functions of networks, by element.
//!
//! | name | `f(x)` |
//! |---|---|
//! | `Identity` | `x` |
//! | `Silu` | `x * sigmoid(x)` |
//! | `GeluTanh` | `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` |
//! | `GeluErf` | `x / 2 * (1 + erf(x / sqrt(2)))` |
//! | `Sigmoid` | `1 / (1 + e^-x)` |
//!
//! A NaN stays NaN. `Silu` and `GeluTanh` of `-inf` are NaN, as in ggml; `GeluErf` of it is 0.
//! Source: Hendrycks & Gimpel 2016, <https://arxiv.org/abs/1606.08415>; ONNX `Gelu-20`, `Sigmoid-13`.

use hearth_simd::Simd;

use crate::lanes::Map1;

/// A function of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// The element itself: a gate with it is a product.
    Identity,
    /// `x * sigmoid(x)`, also called Swish.
    Silu,
    /// The Gaussian error linear unit by way of tanh.
    GeluTanh,
    /// The Gaussian error linear unit itself.
    GeluErf,
    /// `1 / (1 + e^-x)`.
    Sigmoid,
}

/// Something to be done with a function that the compiler knows.
pub(crate) trait ActivationVisitor {
    /// What it gives back.
    type Output;
    /// Do it.
    fn visit(self, function: impl Map1) -> Self::Output;
}

impl Activation {
    /// Every function.
    pub const ALL: [Activation; 5] = [
        Activation::Identity,
        Activation::Silu,
        Activation::GeluTanh,
        Activation::GeluErf,
        Activation::Sigmoid,
    ];

    /// Its place in [`Activation::ALL`], by which shaders know it.
    pub(crate) fn number(self) -> usize {
        Self::ALL
            .iter()
            .position(|&other| other == self)
            .unwrap_or(0)
    }

    /// Choose the function once, outside of all loops.
    pub(crate) fn visit<V: ActivationVisitor>(self, visitor: V) -> V::Output {
        match self {
            Activation::Identity => visitor.visit(Identity),
            Activation::Silu => visitor.visit(Silu),
            Activation::GeluTanh => visitor.visit(GeluTanh),
            Activation::GeluErf => visitor.visit(GeluErf),
            Activation::Sigmoid => visitor.visit(Sigmoid),
        }
    }

    /// The function in `f64`, by its formula: for the references of operations, never used in production.
    pub fn reference(self, x: f64) -> f64 {
        match self {
            Activation::Identity => x,
            Activation::Silu => x / (1.0 + (-x).exp()),
            Activation::GeluTanh => {
                let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
                0.5 * x * (1.0 + u.tanh())
            }
            Activation::GeluErf => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        }
    }
}

/// The error function by its series of positive terms, `2 / sqrt(pi) * e^(-x^2) * sum 2^n x^(2n+1) / (2n+1)!!`.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 || x.is_nan() {
        return if x.is_nan() { x } else { x.signum() };
    }
    let (mut term, mut sum) = (x, 0.0);
    for n in 1..200 {
        sum += term;
        term *= 2.0 * x * x / f64::from(2 * n + 1);
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// `x * sigmoid(slope * x)`.
#[inline(always)]
pub(crate) fn swish<S: Simd>(simd: S, x: S::F32, slope: S::F32) -> S::F32 {
    let e = simd.exp(simd.sub(simd.splat(0.0), simd.mul(slope, x)));
    simd.div(x, simd.add(simd.splat(1.0), e))
}

#[derive(Clone, Copy)]
struct Identity;

impl Map1 for Identity {
    #[inline(always)]
    fn apply<S: Simd>(self, _simd: S, x: S::F32) -> S::F32 {
        x
    }
}

#[derive(Clone, Copy)]
struct Silu;

impl Map1 for Silu {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32 {
        swish(simd, x, simd.splat(1.0))
    }
}

#[derive(Clone, Copy)]
struct GeluTanh;

/// `2 * sqrt(2 / pi)`.
const TWICE_ROOT: f32 = 1.595_769;

impl Map1 for GeluTanh {
    /// As `(1 + tanh u) / 2 = sigmoid(2u)`, without the cancellation of `1 + tanh u` where `u` is negative.
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32 {
        let square = simd.mul(x, x);
        let cubic = simd.splat(0.044_715 * TWICE_ROOT);
        swish(simd, x, simd.mul_add(square, cubic, simd.splat(TWICE_ROOT)))
    }
}

#[derive(Clone, Copy)]
struct GeluErf;

/// Where the normal distribution's tail is 0 in f32.
const FAR: f32 = 14.0;
/// `t = 1 / (1 + STRETCH * a)` makes of the tail's factor a short polynomial.
const STRETCH: f32 = 0.3;
/// Coefficients of `t^8` to `t`, fitted to a relative error of 1.3e-7 over `0..=FAR`.
const TAIL: [f32; 8] = [
    0.035_932,
    -0.158_276_99,
    0.208_208_13,
    -0.055_395_093,
    0.129_469_78,
    0.099_637_33,
    0.120_798_38,
    0.119_626_39,
];

impl Map1 for GeluErf {
    /// `max(x, 0) - a * tail(a)` with `a = |x|`; the share of the normal distribution beyond `a` is
    /// `tail(a) = e^(-a^2 / 2) * polynomial(t)`. Nothing cancels, on either side.
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32 {
        let zero = simd.splat(0.0);
        let a = simd.min(simd.splat(FAR), simd.max(x, simd.sub(zero, x)));
        let one = simd.splat(1.0);
        let t = simd.div(one, simd.mul_add(a, simd.splat(STRETCH), one));
        let mut polynomial = simd.splat(TAIL[0]);
        for c in &TAIL[1..] {
            polynomial = simd.mul_add(polynomial, t, simd.splat(*c));
        }
        let bell = simd.exp(simd.mul(simd.mul(a, a), simd.splat(-0.5)));
        let tail = simd.mul(bell, simd.mul(polynomial, t));
        simd.keep_nan(x, simd.sub(simd.max(zero, x), simd.mul(a, tail)))
    }
}

#[derive(Clone, Copy)]
struct Sigmoid;

impl Map1 for Sigmoid {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, x: S::F32) -> S::F32 {
        let e = simd.exp(simd.sub(simd.splat(0.0), x));
        simd.div(simd.splat(1.0), simd.add(simd.splat(1.0), e))
    }
}

#[cfg(test)]
mod tests {
    use super::Activation;

    #[test]
    fn reference_gives_the_values_of_tables() {
        // The normal distribution function at 1 and 2, and tanh, exp of published tables.
        for (f, x, want) in [
            (Activation::GeluErf, 1.0, 0.841_344_746_068_543),
            (Activation::GeluErf, -1.0, -0.158_655_253_931_457),
            (Activation::GeluErf, 2.0, 2.0 * 0.977_249_868_051_821),
            (Activation::GeluErf, -20.0, 0.0),
            (Activation::GeluTanh, 1.0, 0.841_191_990_608_276),
            (Activation::GeluTanh, 0.0, 0.0),
            (Activation::Sigmoid, 1.0, 0.731_058_578_630_005),
            (Activation::Silu, -1.0, -0.268_941_421_369_995),
        ] {
            let got = f.reference(x);
            assert!((got - want).abs() < 1e-14, "{f:?}({x}): {got} {want}");
        }
    }
}
