// Rows of x as `narrow_tiles.wgsl` multiplies them: runs of 32 elements, normalised where there is a norm, as codes in units of the
// run's own scale. A workgroup for each row. Before this stand `weighed`, the sums over a workgroup, and the arithmetic.

const RUN: u32 = 32u;
const FOURS: u32 = RUN / 4u;
// A run whose elements are all smaller counts as zeros.
const LEAST: f32 = 1e-30;

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let token = group.x + group.y * groups.x;
    if token >= params.tokens {
        return;
    }
    let fours = params.k / 4u;
    var squares = 0.0;
    if NORM {
        for (var four = lane; four < fours; four += WORKGROUP) {
            let values = x[token * fours + four];
            squares += dot(values, values);
        }
        squares = sum_of_workgroup(lane, squares);
    }
    let row_scale = scale_of_row(squares);
    for (var run = lane; run < params.k / RUN; run += WORKGROUP) {
        let first = run * FOURS;
        var values = array<vec4<f32>, FOURS>();
        var most = vec4<f32>(0.0);
        for (var j = 0u; j < FOURS; j++) {
            values[j] = weighed(x[token * fours + first + j], first + j);
            most = max(most, abs(values[j]));
        }
        let largest = max(max(most.x, most.y), max(most.z, most.w));
        var per_code = 0.0;
        if largest > LEAST {
            per_code = LARGEST_CODE / largest;
        }
        // Of each half of the run, as it is rounded: a weight's minima then meet the same x as its codes.
        var sums = vec2<f32>(0.0);
        for (var j = 0u; j < FOURS; j++) {
            let code = nearest(values[j] * per_code);
            sums[j / (FOURS / 2u)] += dot(code, vec4<f32>(1.0));
            codes[token * fours + first + j] = codes_from(code);
        }
        let scale = row_scale * (largest / LARGEST_CODE);
        scales[token * (params.k / RUN) + run] = scale * vec4<f32>(1.0, sums, 0.0);
    }
}
