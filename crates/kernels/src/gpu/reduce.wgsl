// Sums and maxima over a workgroup of WORKGROUP invocations, a power of two. Every invocation must come here. Before this stands
// `in_step.wgsl` or `alone.wgsl`: the last IN_STEP numbers need neither memory nor barriers.

var<workgroup> partial: array<f32, WORKGROUP>;

fn sum_of_workgroup(lane: u32, value: f32) -> f32 {
    partial[lane] = value;
    for (var step = WORKGROUP / 2u; step >= IN_STEP; step >>= 1u) {
        workgroupBarrier();
        if lane < step {
            partial[lane] += partial[lane + step];
        }
    }
    workgroupBarrier();
    let sum = sum_in_step(partial[lane % IN_STEP], IN_STEP);
    workgroupBarrier();
    return sum;
}

fn max_of_workgroup(lane: u32, value: f32) -> f32 {
    partial[lane] = value;
    for (var step = WORKGROUP / 2u; step >= IN_STEP; step >>= 1u) {
        workgroupBarrier();
        if lane < step {
            partial[lane] = max(partial[lane], partial[lane + step]);
        }
    }
    workgroupBarrier();
    let largest = max_in_step(partial[lane % IN_STEP], IN_STEP);
    workgroupBarrier();
    return largest;
}
