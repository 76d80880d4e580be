// How the keys that a token sees are cut into parts: by how many they are, and by nothing else, so that a token has the same bits
// whatever it shares a step with.

// Keys of a part.
fn part_length(seen: vec2<u32>) -> u32 {
    let even = (seen.y - seen.x + PARTS - 1u) / PARTS;
    return max(PART_KEYS, (even + 31u) / 32u * 32u);
}

// The positions of a part; none beyond the last.
fn part_of(seen: vec2<u32>, part: u32) -> vec2<u32> {
    let length = part_length(seen);
    let start = seen.x + part * length;
    return vec2<u32>(start, min(start + length, seen.y));
}
