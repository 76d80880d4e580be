//! The scale, and perhaps the minimum, whose rounded codes come closest to the elements.
//!
//! Several inverse scales around the one that maps the largest element to the largest code are tried. The codes of each
//! are held, and the scale that fits them best in the sense of weighted least squares is solved for. Sums go by lanes
//! in an order that is the same on every instruction set.

/// Lanes of a sum.
const LANES: usize = 8;

/// 1.5 * 2^23: an f32 of magnitude below 2^22 plus this, and minus it again, is a whole number.
const ROUND: f32 = 12_582_912.0;

/// Elements below this are zero in every type: half precision starts at 6e-8.
pub(super) const TINY: f32 = 1e-20;

/// `x` rounded to a whole number, to nearest even, and kept within `low..=high`, whole numbers below 2^21.
#[inline(always)]
pub(super) fn round_within(x: f32, low: f32, high: f32) -> f32 {
    // Not `max` and `min`: those ask for NaN first.
    let x = if x > low { x } else { low };
    let x = if x < high { x } else { high };
    (x + ROUND) - ROUND
}

#[inline(always)]
fn sum(lanes: [f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[inline(always)]
fn scaled<const N: usize>(x: &[f32; N], by: f32) -> [f32; N] {
    let mut scaled = [0.0; N];
    for i in 0..N {
        scaled[i] = x[i] * by;
    }
    scaled
}

/// The element of the largest magnitude, with its sign.
#[inline(always)]
pub(super) fn extreme(x: &[f32]) -> f32 {
    let (mut low, mut high) = (0.0f32, 0.0f32);
    for &x in x {
        low = low.min(x);
        high = high.max(x);
    }
    if -low > high { low } else { high }
}

/// The scale for codes in `-limit..limit`; positive where the extreme element is negative, so that it gets the code
/// that has no opposite. Weights are the squares of the elements.
#[inline(always)]
pub(super) fn scale<const N: usize>(x: &[f32; N], limit: f32) -> f32 {
    let extreme = extreme(x);
    if extreme.abs() < TINY {
        return 0.0;
    }
    let inverse = 1.0 / extreme;
    let unit = scaled(x, inverse);
    let (mut best, mut scale) = (0.0, 0.0);
    for step in -9..=9 {
        let by = -(limit + 0.1 * step as f32);
        let (mut products, mut squares) = ([0.0; LANES], [0.0; LANES]);
        for chunk in 0..N / LANES {
            for i in 0..LANES {
                let x = unit[chunk * LANES + i];
                let code = round_within(x * by, -limit, limit - 1.0);
                let weighted = x * x * code;
                products[i] += weighted * x;
                squares[i] += weighted * code;
            }
        }
        let (product, square) = (sum(products), sum(squares));
        if square > 0.0 && product * product > best * square {
            best = product * product / square;
            scale = product / square;
        }
    }
    scale * extreme
}

/// Which scales [`scale_and_minimum`] tries: the largest element gets the code `top + first`, `top + first + 0.1`, ….
#[derive(Clone, Copy)]
pub(super) struct Steps {
    /// The largest code.
    pub(super) top: f32,
    /// The first difference to it.
    pub(super) first: f32,
    /// How many are tried.
    pub(super) count: usize,
}

/// The scale for codes in `0..=top` and what is to be subtracted from scaled codes; neither is negative. The weight of
/// an element is its magnitude plus the root mean square.
#[inline(always)]
pub(super) fn scale_and_minimum<const N: usize>(x: &[f32; N], steps: Steps) -> (f32, f32) {
    let (mut low, mut high) = (x[0], x[0]);
    for &x in x {
        low = low.min(x);
        high = high.max(x);
    }
    let low = low.min(0.0);
    let size = high.max(-low);
    if high - low < TINY || size < TINY {
        return (0.0, -low);
    }
    let inverse = 1.0 / size;
    let unit = scaled(x, inverse);
    let (low, range) = (low * inverse, high * inverse - low * inverse);
    let weights = weights(&unit);
    let mut fit = Fit {
        scale: range / steps.top,
        minimum: low,
    };
    let mut least = fit.error(&unit, &weights, steps.top / range, low, steps.top);
    for step in 0..steps.count {
        let by = (steps.top + steps.first + 0.1 * step as f32) / range;
        let Some(next) = Fit::least_squares(&unit, &weights, by, low, steps.top) else {
            continue;
        };
        let error = next.error(&unit, &weights, by, low, steps.top);
        if error < least {
            (fit, least) = (next, error);
        }
    }
    (fit.scale * size, -fit.minimum * size)
}

#[inline(always)]
fn weights<const N: usize>(x: &[f32; N]) -> [f32; N] {
    let mut squares = [0.0; LANES];
    for chunk in 0..N / LANES {
        for i in 0..LANES {
            let x = x[chunk * LANES + i];
            squares[i] += x * x;
        }
    }
    let mean = (sum(squares) / N as f32).sqrt();
    let mut weights = [0.0; N];
    for i in 0..N {
        weights[i] = mean + x[i].abs();
    }
    weights
}

/// `scale * code + minimum`.
#[derive(Clone, Copy)]
struct Fit {
    scale: f32,
    minimum: f32,
}

impl Fit {
    /// The best fit to the codes `by * (x - low)`, with a minimum that is not above 0.
    #[inline(always)]
    fn least_squares<const N: usize>(
        x: &[f32; N],
        weights: &[f32; N],
        by: f32,
        low: f32,
        top: f32,
    ) -> Option<Self> {
        let [mut w, mut wx, mut wl, mut wll, mut wxl] = [[0.0; LANES]; 5];
        for chunk in 0..N / LANES {
            for i in 0..LANES {
                let (x, weight) = (x[chunk * LANES + i], weights[chunk * LANES + i]);
                let code = round_within(by * (x - low), 0.0, top);
                let weighted = weight * code;
                w[i] += weight;
                wx[i] += weight * x;
                wl[i] += weighted;
                wll[i] += weighted * code;
                wxl[i] += weighted * x;
            }
        }
        let [w, wx, wl, wll, wxl] = [sum(w), sum(wx), sum(wl), sum(wll), sum(wxl)];
        let determinant = w * wll - wl * wl;
        if determinant <= 0.0 {
            return None;
        }
        let fit = Fit {
            scale: (w * wxl - wx * wl) / determinant,
            minimum: (wll * wx - wl * wxl) / determinant,
        };
        let through_zero = Fit {
            scale: wxl / wll,
            minimum: 0.0,
        };
        Some(if fit.minimum > 0.0 { through_zero } else { fit })
    }

    /// The weighted error with the codes `by * (x - low)`.
    #[inline(always)]
    fn error<const N: usize>(
        self,
        x: &[f32; N],
        weights: &[f32; N],
        by: f32,
        low: f32,
        top: f32,
    ) -> f32 {
        let mut errors = [0.0; LANES];
        for chunk in 0..N / LANES {
            for i in 0..LANES {
                let (x, weight) = (x[chunk * LANES + i], weights[chunk * LANES + i]);
                let code = round_within(by * (x - low), 0.0, top);
                let error = self.scale * code + self.minimum - x;
                errors[i] += weight * error * error;
            }
        }
        sum(errors)
    }
}
