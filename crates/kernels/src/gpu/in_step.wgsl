// Sums and maxima over the `lanes` invocations, a power of two up to IN_STEP, that begin at a multiple of it, known to each of them.
// Neighbours in a workgroup work in step. Every invocation must come here.

fn sum_in_step(value: f32, lanes: u32) -> f32 {
    var sum = value;
    for (var step = lanes / 2u; step > 0u; step >>= 1u) {
        sum += subgroupShuffleXor(sum, step);
    }
    return sum;
}

fn max_in_step(value: f32, lanes: u32) -> f32 {
    var largest = value;
    for (var step = lanes / 2u; step > 0u; step >>= 1u) {
        largest = max(largest, subgroupShuffleXor(largest, step));
    }
    return largest;
}
