// A gate and what it lets through, by the constants of the form. See mod.rs.

fn gated(gate: f32, up: f32) -> f32 {
    if CLAMPED {
        let g = min(gate, LIMIT);
        let u = clamp(up, -LIMIT, LIMIT);
        return g * sigmoid(ALPHA * g) * (u + 1.0);
    }
    return activation(gate) * up;
}
