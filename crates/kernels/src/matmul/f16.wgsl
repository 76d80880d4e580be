// Codes in half precision. Those of x are so small that four products with any half-precision number, and eight with codes of blocks,
// can be added up.

alias Codes = vec4<f16>;
alias Total = vec4<f16>;
const LARGEST_CODE: f32 = 0.0625;

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
    let all = vec4<f32>(total);
    return (all.x + all.y) + (all.z + all.w);
}
