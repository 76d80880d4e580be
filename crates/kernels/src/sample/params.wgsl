// What every shader of a choice is told. A selection takes four passes, one for each byte of a key, the highest first.

struct Params {
    // Logits, and how many of them a workgroup looks at.
    n: u32,
    slice: u32,
    groups: u32,
    // Where the token goes in `recent`.
    place: u32,
    // Of this pass: its number among all, its byte, and how a token counts.
    number: u32,
    level: u32,
    how: u32,
    // Of the pass before: its byte, how a token counted, and what its selection wants.
    level_before: u32,
    how_before: u32,
    wanted: f32,
    temperature: f32,
    min_p: f32,
    // Tokens seen lately: how many, and where the oldest is in `recent`.
    window: u32,
    oldest: u32,
    repetition: f32,
    frequency: f32,
    presence: f32,
    n_bias: u32,
}

// Where things lie in `work`: the largest key of each workgroup with its token, the largest of all, what is known before
// each pass, and how often the chosen key occurs in each workgroup's slice.
const LARGEST: u32 = 128u;
const STATES: u32 = 132u;
const STATE: u32 = 5u;
const COUNTS: u32 = 200u;
