// Norm, turn and place of each head of each token, a workgroup for each. See mod.rs for the contract. Before this stand `store_keys` and
// `store_values` of the caches' type.

struct Params {
    // Tokens * heads.
    runs: u32,
    n_kv_heads: u32,
    n_sequences: u32,
    n_ctx: u32,
}

// The head into the workgroup's memory, normalised with the weight from `weight` on.
fn load_head(start: u32, is_normed: bool, weight: u32, lane: u32) {
    var squares = 0.0;
    for (var i = lane; i < HEAD_DIM; i += WORKGROUP) {
        let value = x[start + i];
        head[i] = value;
        squares += value * value;
    }
    if NORM {
        let mean = sum_of_workgroup(lane, squares) / f32(HEAD_DIM);
        let scale = 1.0 / sqrt(mean + EPS);
        for (var i = lane; i < HEAD_DIM; i += WORKGROUP) {
            head[i] = select(head[i], head[i] * scale * norm_of(weight + i), is_normed);
        }
    }
    workgroupBarrier();
}

fn turn_head(position: f32, lane: u32) {
    for (var pair = lane; pair < PAIRS; pair += WORKGROUP) {
        let first = select(pair, 2u * pair, INTERLEAVED);
        let second = select(first + PAIRS, first + 1u, INTERLEAVED);
        let turn = cos_sin(position * inv_freq[pair]);
        let a = head[first];
        let b = head[second];
        head[first] = MAGNITUDE * (a * turn.x - b * turn.y);
        head[second] = MAGNITUDE * (a * turn.y + b * turn.x);
    }
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let run = group.x + group.y * groups.x;
    if run >= params.runs {
        return;
    }
    let token = run / HEADS;
    let number = run % HEADS;
    let is_query = number < N_HEADS;
    let is_value = number >= N_HEADS + params.n_kv_heads;
    load_head(run * HEAD_DIM, !is_value, select(HEAD_DIM, 0u, is_query), lane);
    if !is_value {
        turn_head(f32(positions[token]), lane);
    }
    workgroupBarrier();
    if is_query {
        for (var i = lane; i < HEAD_DIM; i += WORKGROUP) {
            y[(token * N_HEADS + number) * HEAD_DIM + i] = head[i];
        }
        return;
    }
    let kv_head = (number - N_HEADS) % params.n_kv_heads;
    let cell = (kv_head * params.n_sequences + u32(sequences[token])) * params.n_ctx + u32(positions[token]);
    const UNITS: u32 = HEAD_DIM / UNIT;
    for (var i = lane; i < UNITS; i += WORKGROUP) {
        if is_value {
            store_values(cell * UNITS + i, UNIT * i);
        } else {
            store_keys(cell * UNITS + i, UNIT * i);
        }
    }
}
