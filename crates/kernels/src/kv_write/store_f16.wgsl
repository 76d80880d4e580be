fn store_CACHE(unit: u32, first: u32) {
    CACHE[unit] = half_bits(value_CACHE(first)) | (half_bits(value_CACHE(first + 1u)) << 16u);
}
