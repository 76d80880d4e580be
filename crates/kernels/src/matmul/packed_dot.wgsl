// Codes of 8 bits, four to a word.

alias Codes = u32;
alias Total = i32;
const LARGEST_CODE: f32 = 127.0;

fn nearest(values: vec4<f32>) -> vec4<f32> {
    return round(values);
}

// Of whole numbers.
fn codes_from(values: vec4<f32>) -> Codes {
    return pack4xI8(vec4<i32>(values));
}

fn add_products(total: Total, a: Codes, b: Codes) -> Total {
    return total + dot4I8Packed(a, b);
}

fn whole(total: Total) -> f32 {
    return f32(total);
}
