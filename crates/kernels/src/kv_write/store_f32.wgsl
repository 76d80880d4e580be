fn store_CACHE(unit: u32, first: u32) {
    CACHE[unit] = vec2<f32>(value_CACHE(first), value_CACHE(first + 1u));
}
