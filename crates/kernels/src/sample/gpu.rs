//! The dispatches of a choice: one for bias and penalties where there are any, two for the likeliest token; four for each
//! selection, and two for the token that was found.

use super::{Choice, RECENT, Settings};
use crate::gpu::wgsl::{Bindings, Source};
use crate::gpu::{Bind, Launch, Stage, size};

const WORKGROUP: usize = 256;
/// Workgroups that look at all logits, at most.
const MAX_GROUPS: usize = 64;
/// Passes of a selection, one for each byte of a key.
const LEVELS: usize = 4;
/// Values of a byte. An invocation has one.
const BINS: usize = WORKGROUP;
/// Parts in which bins are summed.
const CHUNKS: usize = 16;
/// Selections of a choice at most: top-k, top-p, the draw.
const SELECTIONS: usize = 3;
/// Words of the counters of a pass.
const LOCAL: usize = 3 * BINS;
const COUNTERS: usize = SELECTIONS * LEVELS * LOCAL;
/// Words of what dispatches tell each other: see `params.wgsl`.
const WORK: usize = 264;

/// The buffers of a choice, as its stages bind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffer {
    /// The row of logits.
    Logits,
    /// Ids and numbers of the logit bias, in turns.
    Bias,
    /// The ring of tokens seen lately.
    Recent,
    /// What dispatches tell each other.
    Work,
    /// Weights by a byte of a key.
    Counters,
}

impl Buffer {
    /// What a stage's [`Bind`] stands for.
    pub fn of(bind: Bind) -> Buffer {
        let all = [
            Buffer::Logits,
            Buffer::Bias,
            Buffer::Recent,
            Buffer::Work,
            Buffer::Counters,
        ];
        let found = all.into_iter().find(|buffer| buffer.bind() == bind);
        found.expect("a choice binds no others")
    }

    /// Its size, but for the logits' own.
    pub fn bytes(self, settings: &Settings) -> usize {
        4 * match self {
            Buffer::Logits => settings.n_vocab,
            Buffer::Bias => 2 * settings.logit_bias.len(),
            Buffer::Recent => RECENT,
            Buffer::Work => WORK,
            Buffer::Counters => COUNTERS,
        }
    }

    fn bind(self) -> Bind {
        match self {
            Buffer::Logits => Bind::Input(0),
            Buffer::Bias => Bind::Input(1),
            Buffer::Recent => Bind::Output(0),
            Buffer::Work => Bind::Scratch(0),
            Buffer::Counters => Bind::Scratch(1),
        }
    }
}

/// How a token counts in a selection; the numbers are those of `resolve.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    One = 0,
    Plain = 1,
    Tempered = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Adjust,
    Largest,
    Winner,
    /// A pass, by its number.
    Narrow(usize),
    Occurrences,
    Pick,
}

/// Every dispatch of a choice.
#[derive(Debug)]
pub struct ChoiceKernel {
    settings: Settings,
    selections: Vec<Weight>,
    parts: Vec<Part>,
    stages: Vec<Stage>,
}

impl ChoiceKernel {
    /// The dispatches for these settings. Panics where they are not [`Settings::is_supported`].
    pub fn new(settings: Settings) -> Self {
        assert!(settings.is_supported(), "who chooses asks before");
        let selections = selections(&settings);
        let mut parts = Vec::new();
        if settings.penalizes() || !settings.logit_bias.is_empty() {
            parts.push(Part::Adjust);
        }
        parts.extend([Part::Largest, Part::Winner]);
        if !settings.is_greedy() {
            parts.extend((0..LEVELS * selections.len()).map(Part::Narrow));
            parts.extend([Part::Occurrences, Part::Pick]);
        }
        let greedy = settings.is_greedy();
        let stages = parts.iter().map(|&part| stage(part, greedy)).collect();
        ChoiceKernel {
            settings,
            selections,
            parts,
            stages,
        }
    }

    /// What is chosen by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The dispatches, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Where the token with this number of the text lies in the ring, in words.
    pub fn place(number: usize) -> usize {
        number % RECENT
    }

    /// Tokens of the text's end that a choice looks at.
    pub fn window(&self, seen: usize) -> usize {
        let window = self.settings.penalty_window.min(seen);
        if self.settings.penalizes() { window } else { 0 }
    }

    /// Parameters and workgroups of a dispatch.
    pub fn launch(&self, stage: usize, choice: &Choice) -> Launch {
        let s = &self.settings;
        let part = self.parts[stage];
        let groups = s.n_vocab.div_ceil(WORKGROUP).min(MAX_GROUPS);
        let window = self.window(choice.seen);
        let [number, level, how, level_before, how_before] = self.passes(part).map(size);
        let words = [
            size(s.n_vocab),
            size(s.n_vocab.div_ceil(groups)),
            size(groups),
            size(Self::place(choice.seen)),
            number,
            level,
            how,
            level_before,
            how_before,
            self.wanted(number as usize, choice).to_bits(),
            s.temperature.to_bits(),
            s.min_p.to_bits(),
            size(window),
            size(Self::place(choice.seen - window)),
            s.repetition_penalty.to_bits(),
            s.frequency_penalty.to_bits(),
            s.presence_penalty.to_bits(),
            size(s.logit_bias.len()),
        ];
        Launch {
            params: words.to_vec(),
            grid: match part {
                Part::Adjust | Part::Winner | Part::Pick => [1, 1, 1],
                _ => [size(groups), 1, 1],
            },
        }
    }

    /// Number, byte and weight of this pass; byte and weight of the one before.
    fn passes(&self, part: Part) -> [usize; 5] {
        let number = match part {
            Part::Narrow(number) => number,
            Part::Occurrences | Part::Pick => LEVELS * self.selections.len(),
            Part::Adjust | Part::Largest | Part::Winner => 0,
        };
        let how = |number: usize| {
            let selection = self.selections.get(number / LEVELS);
            selection.map_or(0, |&weight| weight as usize)
        };
        let before = number.saturating_sub(1);
        [
            number,
            number % LEVELS,
            how(number),
            before % LEVELS,
            how(before),
        ]
    }

    /// What the selection of the pass before this one wants.
    fn wanted(&self, number: usize, choice: &Choice) -> f32 {
        match self.selections.get(number.saturating_sub(1) / LEVELS) {
            Some(Weight::One) => self.settings.top_k as f32,
            Some(Weight::Plain) => self.settings.top_p,
            _ => choice.draw,
        }
    }
}

fn selections(settings: &Settings) -> Vec<Weight> {
    let is_cut = settings.top_k > 0 && settings.top_k < settings.n_vocab;
    let all = [
        is_cut.then_some(Weight::One),
        (settings.top_p < 1.0).then_some(Weight::Plain),
        Some(Weight::Tempered),
    ];
    all.into_iter().flatten().collect()
}

fn stage(part: Part, greedy: bool) -> Stage {
    let text = Source::default()
        .flag("GREEDY", greedy)
        .size("RECENT", RECENT)
        .size("BINS", BINS)
        .size("CHUNKS", CHUNKS)
        .size("LOCAL", LOCAL)
        .size("COUNTERS", COUNTERS)
        .text(include_str!("params.wgsl"))
        .text(include_str!("key.wgsl"));
    let best = include_str!("best.wgsl");
    let resolve = include_str!("resolve.wgsl");
    let text = match part {
        Part::Adjust => text.text(include_str!("adjust.wgsl")),
        Part::Largest => text.text(best).text(include_str!("largest.wgsl")),
        Part::Winner => text.text(best).text(include_str!("winner.wgsl")),
        Part::Narrow(_) => text.text(resolve).text(include_str!("narrow.wgsl")),
        Part::Occurrences => text.text(resolve).text(include_str!("occurrences.wgsl")),
        Part::Pick => text.text(include_str!("pick.wgsl")),
    };
    let (name, workgroup) = match part {
        Part::Adjust => ("adjust logits", WORKGROUP),
        Part::Largest => ("largest logits", WORKGROUP),
        Part::Winner => ("largest logit", MAX_GROUPS),
        Part::Narrow(_) => ("narrow a selection", WORKGROUP),
        Part::Occurrences => ("count a logit", WORKGROUP),
        Part::Pick => ("pick a token", WORKGROUP),
    };
    bindings(part).stage(name, workgroup, text)
}

fn bindings(part: Part) -> Bindings {
    let read = |all: Bindings, name, buffer: Buffer| all.read(name, "u32", buffer.bind());
    let write =
        |all: Bindings, name, element, buffer: Buffer| all.write(name, element, buffer.bind());
    let counters = |all| write(all, "counters", "atomic<u32>", Buffer::Counters);
    let recent = |all| write(all, "recent", "u32", Buffer::Recent);
    let work = |all| write(all, "work", "u32", Buffer::Work);
    let logits = read(Bindings::default(), "logits", Buffer::Logits);
    match part {
        Part::Adjust => {
            let all = write(Bindings::default(), "logits", "u32", Buffer::Logits);
            let all = read(all, "bias", Buffer::Bias);
            read(all, "recent", Buffer::Recent)
        }
        Part::Largest => counters(work(logits)),
        Part::Winner => recent(work(Bindings::default())),
        Part::Narrow(_) | Part::Occurrences => counters(work(logits)),
        Part::Pick => recent(read(logits, "work", Buffer::Work)),
    }
}
