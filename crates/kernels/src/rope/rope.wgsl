// Turns pairs of a head's elements by angles that grow with the position, an invocation for each pair or element behind them. See
// mod.rs for the contract.

struct Params {
    // Invocations: tokens * heads * per_head.
    elements: u32,
    cols: u32,
    per_head: u32,
}

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

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let number = id.x + id.y * groups.x * WORKGROUP;
    if number >= params.elements {
        return;
    }
    let pair = number % params.per_head;
    let head = number / params.per_head;
    let heads = params.cols / HEAD_DIM;
    let token = head / heads;
    let start = head * HEAD_DIM;
    if pair >= PAIRS {
        let i = start + PAIRS + pair;
        y[i] = x[i];
        return;
    }
    let first = start + select(pair, 2u * pair, INTERLEAVED);
    let second = select(first + PAIRS, first + 1u, INTERLEAVED);
    let turn = cos_sin(f32(positions[token]) * inv_freq[pair]);
    let a = x[first];
    let b = x[second];
    y[first] = MAGNITUDE * (a * turn.x - b * turn.y);
    y[second] = MAGNITUDE * (a * turn.y + b * turn.x);
}
