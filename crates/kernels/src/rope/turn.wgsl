// Cosine and sine. Those of WGSL may be off by 2^-11; here they are right to the last bits: quarter turns are taken off in three parts, of
// which the first two are short, so that their products are exact, and the rest is a polynomial (Cephes, sinf.c).
fn cos_sin(angle: f32) -> vec2<f32> {
    let quarters = round(angle * 0.63661977);
    let rest = ((angle - quarters * 1.5703125) - quarters * 4.837512969970703e-4) - quarters * 7.549789948768648e-8;
    let z = rest * rest;
    let cosine = 1.0 - 0.5 * z + z * z * ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2);
    let sine = rest + rest * z * ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1);
    switch i32(quarters) & 3 {
        case 1: { return vec2<f32>(-sine, cosine); }
        case 2: { return vec2<f32>(-cosine, -sine); }
        case 3: { return vec2<f32>(sine, -cosine); }
        default: { return vec2<f32>(cosine, sine); }
    }
}
