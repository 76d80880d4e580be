// What a row of x is multiplied by to normalise it.
fn scale_of_row(squares: f32) -> f32 {
    if !NORM {
        return 1.0;
    }
    return 1.0 / sqrt(squares / f32(params.k) + EPS);
}
