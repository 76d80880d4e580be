use super::reference::choose;
use super::{Choice, ChoiceKernel, MAX_BIAS, RECENT, Settings};

fn settings() -> Settings {
    Settings {
        n_vocab: 4,
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

/// Probabilities 0.5, 0.25, 0.15, 0.1 as logits, in mixed order: ids 2, 0, 3, 1 from likeliest.
fn logits() -> [f32; 4] {
    [0.25f32, 0.1, 0.5, 0.15].map(f32::ln)
}

#[test]
fn draws_go_from_the_likeliest_to_the_least_likely() {
    for (draw, want) in [
        (0.0, 2),
        (0.49, 2),
        (0.51, 0),
        (0.76, 3),
        (0.89, 3),
        (0.91, 1),
    ] {
        assert_eq!(choose(&logits(), &settings(), &[], draw).id, want, "{draw}");
    }
    // 0.5 / 0.6 and 0.1 / 0.6 of what is left, squared and normalised: 25/26 and 1/26.
    let two = Settings {
        temperature: 0.5,
        logit_bias: vec![(0, -100.0), (3, f32::NEG_INFINITY)],
        ..settings()
    };
    assert_eq!(choose(&logits(), &two, &[], 0.96).id, 2);
    assert_eq!(choose(&logits(), &two, &[], 0.97).id, 1);
}

#[test]
fn filters_cut_the_least_likely_off() {
    let last = |settings: Settings| choose(&logits(), &settings, &[], 0.9999).id;
    assert_eq!(last(settings()), 1);
    let (top_k, top_p, min_p) = (2, 0.7, 0.28);
    assert_eq!(
        last(Settings {
            top_k,
            ..settings()
        }),
        0
    );
    assert_eq!(
        last(Settings {
            top_p,
            ..settings()
        }),
        0
    );
    assert_eq!(
        last(Settings {
            min_p,
            ..settings()
        }),
        3
    );
}

#[test]
fn penalties_follow_their_formula() {
    let penalised = Settings {
        temperature: 0.0,
        repetition_penalty: 2.0,
        frequency_penalty: 0.5,
        presence_penalty: 0.25,
        penalty_window: 3,
        ..settings()
    };
    let seen = [3, 0, 1, 0];
    // Of 4, twice: (4 - 0.75) / 2 - 0.5 = 1.125; of -1, once: (-1 - 0.75) * 2 = -3.5.
    for (other, want) in [(1.12, 0), (1.13, 2)] {
        let logits = [4.0, -1.0, other, -9.0];
        assert_eq!(choose(&logits, &penalised, &seen, 0.0).id, want);
    }
    for (other, want) in [(-3.51, 1), (-3.49, 2)] {
        let logits = [f32::NAN, -1.0, other, -9.0];
        assert_eq!(choose(&logits, &penalised, &seen, 0.0).id, want);
    }
}

#[test]
fn a_choice_takes_as_few_dispatches_as_its_filters_need() {
    let dispatches = |settings| ChoiceKernel::new(settings).stages().len();
    let greedy = Settings {
        temperature: 0.0,
        ..settings()
    };
    assert_eq!(dispatches(greedy.clone()), 2);
    let presence_penalty = 1.0;
    assert_eq!(
        dispatches(Settings {
            presence_penalty,
            ..greedy
        }),
        3
    );
    assert_eq!(dispatches(settings()), 8);
    let all = Settings {
        top_k: 3,
        top_p: 0.9,
        min_p: 0.1,
        ..settings()
    };
    assert_eq!(dispatches(all), 16);
}

#[test]
fn what_is_beyond_the_limits_is_not_supported() {
    assert!(settings().is_supported());
    let unsupported = [
        Settings {
            n_vocab: 0,
            ..settings()
        },
        Settings {
            n_vocab: 1 << 20,
            ..settings()
        },
        Settings {
            temperature: 1e-30,
            ..settings()
        },
        Settings {
            presence_penalty: 1.0,
            penalty_window: RECENT + 1,
            ..settings()
        },
        Settings {
            logit_bias: vec![(0, 0.0); MAX_BIAS + 1],
            ..settings()
        },
    ];
    for settings in unsupported {
        assert!(!settings.is_supported(), "{settings:?}");
    }
}

#[test]
fn the_ring_is_gone_through_again_and_again() {
    let penalised = Settings {
        frequency_penalty: 1.0,
        ..settings()
    };
    let kernel = ChoiceKernel::new(penalised);
    let draw = 0.5;
    for (seen, place, window, oldest) in [
        (5, 5, 5, 0),
        (RECENT, 0, 64, 960),
        (2 * RECENT + 3, 3, 64, 963),
    ] {
        let launch = kernel.launch(0, &Choice { seen, draw });
        let params = [launch.params[3], launch.params[12], launch.params[13]];
        assert_eq!(params, [place, window, oldest], "{seen}");
    }
}
