struct Params {
    k: u32,
    // Bytes of a row of the weight.
    row_bytes: u32,
    // Rows of the weight that are bound, and the column of y that the first of them is.
    rows: u32,
    first: u32,
    // Columns of y.
    n: u32,
    tokens: u32,
}
