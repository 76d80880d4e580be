// Codes in half precision. Those of x are at most 1 and those of a weight at most 128, so the sum of a piece is in range.

alias Codes = vec4<f16>;
alias Total = vec4<f16>;
const LARGEST_CODE: f32 = 1.0;

fn nearest(values: vec4<f32>) -> vec4<f32> {
    return vec4<f32>(vec4<f16>(values));
}

fn codes_from(values: vec4<f32>) -> Codes {
    return vec4<f16>(values);
}

fn add_products(total: Total, a: Codes, b: Codes) -> Total {
    return fma(a, b, total);
}

fn whole(total: Total) -> f32 {
    let pair = vec2<f32>(total.xy + total.zw);
    return pair.x + pair.y;
}
