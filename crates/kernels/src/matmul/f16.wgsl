// Codes in half precision. Those of x are at most 1 and those of a weight at most 4094 (CODE_UNIT), so a sum of eight products is in range.

alias Codes = vec4<f16>;
alias Total = vec4<f16>;
const LARGEST_CODE: f32 = 1.0;

fn codes_from(values: vec4<f32>) -> Codes {
    return vec4<f16>(values);
}

fn add_products(total: Total, a: Codes, b: Codes) -> Total {
    return total + a * b;
}

fn whole(total: Total) -> f32 {
    let all = vec4<f32>(total);
    return (all.x + all.y) + (all.z + all.w);
}
