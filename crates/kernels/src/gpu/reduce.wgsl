// Sums and maxima over a workgroup of WORKGROUP invocations, a power of two. Every invocation must come here.

var<workgroup> partial: array<f32, WORKGROUP>;

fn sum_of_workgroup(lane: u32, value: f32) -> f32 {
    partial[lane] = value;
    for (var step = WORKGROUP / 2u; step > 0u; step >>= 1u) {
        workgroupBarrier();
        if lane < step {
            partial[lane] += partial[lane + step];
        }
    }
    workgroupBarrier();
    let sum = partial[0];
    workgroupBarrier();
    return sum;
}

fn max_of_workgroup(lane: u32, value: f32) -> f32 {
    partial[lane] = value;
    for (var step = WORKGROUP / 2u; step > 0u; step >>= 1u) {
        workgroupBarrier();
        if lane < step {
            partial[lane] = max(partial[lane], partial[lane + step]);
        }
    }
    workgroupBarrier();
    let largest = partial[0];
    workgroupBarrier();
    return largest;
}
