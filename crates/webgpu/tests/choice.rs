//! Tokens chosen on the GPU against those that a sorted list in `f64` gives, for rows of logits of every kind.

use hearth_graph::{Bindings, Dim, Graph, OUTPUTS, TOKENS};
use hearth_kernels::embed::Embed;
use hearth_kernels::gpu::GpuConfig;
use hearth_kernels::sample::reference::{Chosen, choose};
use hearth_kernels::{Elem, ValueType};
use hearth_tensor::DType;
use hearth_webgpu::{
    Choice, Chooser, ChoosingStep, Gpu, GpuError, GpuExecutor, GpuProgram, PendingToken, Settings,
};
use pollster::block_on;

/// Sums in f32 over some ten thousand tokens, and a device's exponentials, are off by less.
const ROUNDING: f64 = 2e-5;

/// A device, or `None`, with a line that says so, where there is none.
fn gpu(test: &str) -> Option<Gpu> {
    match block_on(Gpu::open()) {
        Ok(gpu) => Some(gpu),
        Err(error @ GpuError::NoAdapter { .. }) => {
            eprintln!("SKIPPED: {test}: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A model whose logits are a row of a table, by the token alone.
fn model(gpu: Gpu, rows: &[Vec<f32>]) -> GpuExecutor {
    let mut graph = Graph::new();
    let tokens = graph.input("tokens", ValueType::new(Elem::I32, [Dim::symbol(TOKENS)]));
    let table = graph.weight("table", DType::F32, &[rows.len(), rows[0].len()]);
    let y = graph.apply(Embed, &[tokens, table]).expect("rows");
    graph.output("y", y);
    let bounds = Bindings::default().with(TOKENS, 1).with(OUTPUTS, 1);
    let (config, limit) = (GpuConfig::LEAST, gpu.max_binding_bytes());
    let program = GpuProgram::new(graph, bounds, &config, limit).expect("kernels");
    let mut executor = block_on(GpuExecutor::new(gpu, program)).expect("buffers");
    let bytes: Vec<u8> = rows
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    executor.write_rows(0, 0, &bytes);
    block_on(executor.ready()).expect("pipelines");
    executor
}

/// The step after the newest of `seen` tokens: `known`, or the one chosen last.
fn step(
    model: &mut GpuExecutor,
    chooser: &Chooser,
    known: Option<u32>,
    choice: Choice,
) -> PendingToken {
    let tokens = known.map(|id| [id as i32]);
    let inputs: Vec<(&str, &[i32])> = tokens.iter().map(|t| ("tokens", &t[..])).collect();
    let step = ChoosingStep {
        inputs: &inputs,
        fed: known.is_none().then_some("tokens"),
        bindings: &Bindings::default().with(TOKENS, 1).with(OUTPUTS, 1),
        choice,
    };
    model.run_choosing(chooser, &step).expect("a step")
}

fn random(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(2) + 1;
    move || {
        state = state
            .wrapping_mul(0x5851_F42D_4C95_7F2D)
            .wrapping_add(0x1405_7B7E_F767_814F);
        (state >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// Peaked and flat, with ties, without numbers.
fn rows(n_vocab: usize) -> Vec<Vec<f32>> {
    let mut next = random(n_vocab as u64);
    let mut normal = move || (0..12).map(|_| next()).sum::<f32>() - 6.0;
    let mut row = |scale: f32| -> Vec<f32> { (0..n_vocab).map(|_| scale * normal()).collect() };
    let mut rows = vec![row(0.1), row(1.0), row(4.0), row(30.0), vec![-7.5; n_vocab]];
    rows.push(row(2.0).iter().map(|l| l.round()).collect());
    let mut odd = row(2.0);
    for (i, logit) in odd.iter_mut().enumerate() {
        match i % 7 {
            0 => *logit = f32::NAN,
            3 => *logit = f32::NEG_INFINITY,
            5 => *logit = if i % 2 == 0 { 0.0 } else { -0.0 },
            _ => {}
        }
    }
    rows.push(odd.clone());
    odd[n_vocab / 2] = f32::INFINITY;
    rows.push(odd);
    rows.push(vec![f32::NEG_INFINITY; n_vocab]);
    rows.push(vec![f32::NAN; n_vocab]);
    rows
}

fn plain(n_vocab: usize) -> Settings {
    Settings {
        n_vocab,
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        repetition_penalty: 1.0,
        frequency_penalty: 0.0,
        presence_penalty: 0.0,
        penalty_window: 64,
        logit_bias: Vec::new(),
    }
}

fn all_settings(n_vocab: usize) -> Vec<Settings> {
    let plain = || plain(n_vocab);
    let mut all = vec![plain()];
    let mut with = |change: fn(&mut Settings)| {
        let mut settings = plain();
        change(&mut settings);
        all.push(settings);
    };
    with(|s| s.temperature = 0.0);
    with(|s| s.temperature = 0.3);
    with(|s| s.temperature = 5.0);
    with(|s| s.top_k = 1);
    with(|s| s.top_k = 40);
    with(|s| s.top_p = 0.9);
    with(|s| s.top_p = 0.0);
    with(|s| (s.min_p, s.temperature) = (0.05, 1.5));
    with(|s| (s.top_k, s.top_p, s.min_p, s.temperature) = (100, 0.8, 0.02, 0.7));
    with(|s| (s.top_k, s.top_p) = (3, 0.999));
    let penalised = |s: &mut Settings| {
        (
            s.repetition_penalty,
            s.frequency_penalty,
            s.presence_penalty,
        ) = (1.3, 0.2, 0.4);
        s.penalty_window = 20;
    };
    with(penalised);
    let mut biased = plain();
    penalised(&mut biased);
    biased.temperature = 0.0;
    biased.logit_bias = vec![(0, 3.0), (2, -1.0), (0, 0.5), (9_999_999, 7.0)];
    all.push(biased);
    all
}

#[test]
fn the_gpu_chooses_what_a_sorted_list_gives() {
    let Some(gpu) = gpu("the_gpu_chooses_what_a_sorted_list_gives") else {
        return;
    };
    let (mut sure, mut all) = (0, 0);
    for n_vocab in [1, 6, 257, 3001, 40_000] {
        let rows = rows(n_vocab);
        // Behind the last logit stands what would be chosen if it were one.
        let mut table = rows.clone();
        for row in &mut table {
            row.resize(n_vocab.next_multiple_of(4), 100.0);
        }
        let mut model = model(gpu.clone(), &table);
        let seen: Vec<u32> = (0..33).map(|i| i * i % n_vocab as u32).collect();
        for settings in all_settings(n_vocab) {
            let chooser = block_on(model.chooser("y", settings.clone())).expect("kernels");
            chooser.remember(&model, &seen);
            for (index, row) in rows.iter().enumerate() {
                for draw in [0.0, 0.31, 0.77, 0.999_99] {
                    let choice = Choice {
                        seen: seen.len(),
                        draw,
                    };
                    let mut pending = step(&mut model, &chooser, Some(index as u32), choice);
                    let id = block_on(pending.wait()).expect("a token");
                    let Chosen { id: want, margin } = choose(row, &settings, &seen, draw);
                    all += 1;
                    if margin > ROUNDING {
                        sure += 1;
                        assert_eq!(
                            id, want,
                            "{n_vocab}, row {index}, draw {draw}, margin {margin}, {settings:?}"
                        );
                    }
                }
            }
        }
    }
    assert!(sure * 10 > all * 6, "{sure} of {all} are not at a border");
}

#[test]
fn steps_follow_each_other_before_their_tokens_are_known() {
    let Some(gpu) = gpu("steps_follow_each_other_before_their_tokens_are_known") else {
        return;
    };
    // Longer than the ring of tokens seen lately, with a window as long.
    let (n_vocab, n_tokens) = (60, 1200);
    let mut next = random(5);
    let rows: Vec<Vec<f32>> = (0..n_vocab)
        .map(|_| (0..n_vocab).map(|_| 3.0 * next()).collect())
        .collect();
    let mut model = model(gpu, &rows);
    for temperature in [0.0, 1.0] {
        let settings = Settings {
            temperature,
            top_k: 20,
            frequency_penalty: 0.05,
            repetition_penalty: 1.1,
            penalty_window: 1024,
            ..plain(n_vocab)
        };
        let chooser = block_on(model.chooser("y", settings.clone())).expect("kernels");
        let mut seen: Vec<u32> = (0..15).collect();
        chooser.remember(&model, &seen);
        let before = model.gpu().traffic();
        let mut flight = std::collections::VecDeque::new();
        let mut draws = Vec::new();
        let mut given = seen.len();
        while seen.len() < n_tokens {
            while flight.len() < 4 {
                let draw = next();
                draws.push(draw);
                let known = (given == 15).then_some(14);
                let choice = Choice { seen: given, draw };
                flight.push_back(step(&mut model, &chooser, known, choice));
                given += 1;
            }
            let mut pending = flight.pop_front().expect("four are under way");
            let id = block_on(pending.wait()).expect("a token");
            let row = &rows[seen[seen.len() - 1] as usize];
            let want = choose(row, &settings, &seen, draws[seen.len() - 15]);
            assert!(
                id == want.id || want.margin < ROUNDING,
                "token {}: {id}, not {want:?}",
                seen.len()
            );
            seen.push(id);
        }
        let after = model.gpu().traffic();
        let tokens = (n_tokens - 15) as u64;
        assert_eq!(after.read_bytes - before.read_bytes, 4 * tokens);
        assert_eq!(after.waits - before.waits, tokens);
        assert_eq!(after.steps - before.steps, tokens + 3);
    }
}
