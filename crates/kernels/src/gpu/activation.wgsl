// The functions of `activation.rs`, by their place in `Activation::ALL`.

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-x));
}

// The share of the normal distribution beyond a, for 0 <= a <= 14.
fn normal_tail(a: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3 * a);
    var polynomial = 0.035932;
    polynomial = polynomial * t - 0.15827699;
    polynomial = polynomial * t + 0.20820813;
    polynomial = polynomial * t - 0.055395093;
    polynomial = polynomial * t + 0.12946978;
    polynomial = polynomial * t + 0.09963733;
    polynomial = polynomial * t + 0.12079838;
    polynomial = polynomial * t + 0.11962639;
    return exp(-0.5 * a * a) * polynomial * t;
}

fn activation(x: f32) -> f32 {
    switch ACTIVATION {
        case 1u: { return x * sigmoid(x); }
        case 2u: { return x * sigmoid(x * (1.595769 + 0.07135481 * x * x)); }
        case 3u: {
            let a = min(abs(x), 14.0);
            return max(x, 0.0) - a * normal_tail(a);
        }
        case 4u: { return sigmoid(x); }
        default: { return x; }
    }
}
