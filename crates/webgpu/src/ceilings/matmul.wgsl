// c = a^T * a for a square matrix of params.x columns, a multiple of 128: a workgroup computes 128 by 128 elements, an invocation 8 by
// 8 of them. Eight rows pass through the workgroup's memory at a time. Before this stands `Four`, four numbers of one type.

const TILE: u32 = 128u;
const STEP: u32 = 8u;
const FOURS: u32 = TILE / 4u;

@group(0) @binding(0) var<uniform> params: vec4<u32>;
@group(0) @binding(1) var<storage, read> a: array<Four>;
@group(0) @binding(2) var<storage, read_write> c: array<Four>;

var<workgroup> rows: array<Four, STEP * FOURS>;
var<workgroup> columns: array<Four, STEP * FOURS>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let stride = params.x / 4u;
    let x = lane % 16u;
    let y = lane / 16u;
    var sums = array<Four, 16>();
    for (var start = 0u; start < params.x; start += STEP) {
        let at = (start + lane / FOURS) * stride + lane % FOURS;
        rows[lane] = a[at + group.y * FOURS];
        columns[lane] = a[at + group.x * FOURS];
        workgroupBarrier();
        for (var k = 0u; k < STEP; k++) {
            let left = columns[k * FOURS + x];
            let right = columns[k * FOURS + 16u + x];
            let top = rows[k * FOURS + y];
            let bottom = rows[k * FOURS + 16u + y];
            for (var i = 0u; i < 4u; i++) {
                sums[2u * i] += top[i] * left;
                sums[2u * i + 1u] += top[i] * right;
                sums[8u + 2u * i] += bottom[i] * left;
                sums[9u + 2u * i] += bottom[i] * right;
            }
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 8u; i++) {
        let row = group.y * TILE + (i / 4u) * 64u + 4u * y + i % 4u;
        let at = row * stride + group.x * FOURS + x;
        c[at] = sums[2u * i];
        c[at + 16u] = sums[2u * i + 1u];
    }
}
