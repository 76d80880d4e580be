// What a pass of a selection has found. A selection goes through the tokens from the largest logit on until their weights
// reach what is wanted; its passes find the logit at which they do, a byte of its key each. What is kept so is all
// beyond that logit and the first of the tokens that have it.

// How a token counts: as one, by its probability, by that at the asked temperature.
const AS_ONE: u32 = 0u;
const PLAIN: u32 = 1u;
const TEMPERED: u32 = 2u;

// A token's weight is counted in three numbers of so many bits.
const BITS: f32 = 8192.0;

struct State {
    // Kept by the selections before: keys beyond this one, and so many of those that are it.
    floor: u32,
    of_floor: u32,
    // Of this selection: the bytes found, the weight beyond them, the weight wanted.
    prefix: u32,
    before: f32,
    wanted: f32,
}

// From the largest keys on.
var<workgroup> bins: array<f32, BINS>;
var<workgroup> sums: array<f32, CHUNKS>;
var<workgroup> state: State;

// 1 for the likeliest token.
fn weight_of(key: u32, how: u32) -> f32 {
    let largest = work[LARGEST];
    if how == AS_ONE || key == largest {
        return 1.0;
    }
    if largest == INFINITE || key == MINUS_INFINITE {
        return 0.0;
    }
    let most = logit_of(largest);
    let logit = logit_of(key);
    let plain = exp(max(logit - most, -200.0));
    if how == PLAIN || logit == most {
        return plain;
    }
    let t = params.temperature;
    return select(0.0, exp(max(logit / t - most / t, -200.0)), plain >= params.min_p);
}

fn counted(bin: u32) -> f32 {
    let at = 3u * ((params.number - 1u) * BINS + bin);
    let low = f32(atomicLoad(&counters[at + 2u])) / BITS;
    let middle = (f32(atomicLoad(&counters[at + 1u])) + low) / BITS;
    return (f32(atomicLoad(&counters[at])) + middle) / BITS;
}

fn state_before() -> State {
    let at = STATES + STATE * (params.number - 1u);
    let before = bitcast<f32>(work[at + 3u]);
    return State(work[at], work[at + 1u], work[at + 2u], before, bitcast<f32>(work[at + 4u]));
}

fn keep_state() {
    let at = STATES + STATE * params.number;
    work[at] = state.floor;
    work[at + 1u] = state.of_floor;
    work[at + 2u] = state.prefix;
    work[at + 3u] = bitcast<u32>(state.before);
    work[at + 4u] = bitcast<u32>(state.wanted);
}

fn is_reached(sum: f32, wanted: f32) -> bool {
    // The choice wants more than was drawn.
    return sum > wanted || (sum == wanted && params.how_before != TEMPERED);
}

// The state after the pass before. Where rounding leaves a little of what is wanted, the last weight counts.
fn found() -> State {
    var s = state_before();
    if params.level_before == 0u {
        var total = 0.0;
        for (var i = 0u; i < CHUNKS; i++) {
            total += sums[i];
        }
        s.wanted = select(params.wanted * total, params.wanted, params.how_before == AS_ONE);
    }
    var chunk = 0u;
    var sum = s.before;
    for (var i = 0u; i < CHUNKS; i++) {
        if sums[i] > 0.0 {
            chunk = i;
            s.before = sum;
            sum += sums[i];
            if is_reached(sum, s.wanted) {
                break;
            }
        }
    }
    var bin = chunk * (BINS / CHUNKS);
    sum = s.before;
    for (var i = bin; i < (chunk + 1u) * (BINS / CHUNKS); i++) {
        if bins[i] > 0.0 {
            bin = i;
            s.before = sum;
            sum += bins[i];
            if is_reached(sum, s.wanted) {
                break;
            }
        }
    }
    s.prefix = (s.prefix << 8u) | (BINS - 1u - bin);
    if params.level_before < 3u {
        return s;
    }
    // So many of the tokens with this logit are wanted.
    let each = max(weight_of(s.prefix, params.how_before), 1e-30);
    let missing = (s.wanted - s.before) / each;
    let some = select(ceil(missing), floor(missing) + 1.0, params.how_before == TEMPERED);
    let most = max(round(bins[bin] / each), 1.0);
    return State(s.prefix, u32(clamp(some, 1.0, most)), 0u, 0.0, 0.0);
}

// Every invocation must come here.
fn resolve(lane: u32) {
    bins[lane] = counted(BINS - 1u - lane);
    workgroupBarrier();
    if lane < CHUNKS {
        var sum = 0.0;
        for (var i = 0u; i < BINS / CHUNKS; i++) {
            sum += bins[lane * (BINS / CHUNKS) + i];
        }
        sums[lane] = sum;
    }
    workgroupBarrier();
    if lane == 0u {
        state = found();
    }
    workgroupBarrier();
}
