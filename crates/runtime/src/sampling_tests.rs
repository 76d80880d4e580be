use super::*;

/// Probabilities 0.5, 0.25, 0.15, 0.1 as logits, in mixed order: ids 2, 0, 3, 1 from likeliest.
fn logits() -> Vec<f32> {
    [0.25f32, 0.1, 0.5, 0.15].map(f32::ln).to_vec()
}

/// The ids that 2,000 draws gave, with their shares.
fn shares(sampling: Sampling) -> Vec<(u32, f32)> {
    let mut sampler = Sampler::new(Sampling {
        temperature: 1.0,
        ..sampling
    })
    .expect("parameters are in range");
    let mut counts = [0u32; 4];
    for place in 0..2_000 {
        counts[sampler.sample(&mut logits(), &[], place) as usize] += 1;
    }
    let all = counts.iter().enumerate().filter(|(_, c)| **c > 0);
    all.map(|(id, &c)| (id as u32, c as f32 / 2_000.0))
        .collect()
}

fn ids(sampling: Sampling) -> Vec<u32> {
    shares(sampling).into_iter().map(|(id, _)| id).collect()
}

#[test]
fn temperature_zero_takes_the_likeliest() {
    let mut sampler = Sampler::new(Sampling::default()).expect("defaults are in range");
    assert_eq!(sampler.sample(&mut logits(), &[], 0), 2);
}

#[test]
fn draws_follow_the_probabilities() {
    for ((id, share), (want_id, want)) in
        shares(Sampling::default())
            .into_iter()
            .zip([(0, 0.25), (1, 0.1), (2, 0.5), (3, 0.15)])
    {
        assert_eq!(id, want_id);
        // Four standard deviations of a share of 2,000 draws.
        assert!(
            (share - want).abs() < 0.045,
            "id {id}: {share} is not {want}"
        );
    }
}

#[test]
fn filters_keep_what_their_definitions_say() {
    let base = Sampling::default;
    assert_eq!(ids(Sampling { top_k: 2, ..base() }), [0, 2]);
    assert_eq!(
        ids(Sampling {
            top_p: 0.7,
            ..base()
        }),
        [0, 2]
    );
    assert_eq!(
        ids(Sampling {
            top_p: 0.0,
            ..base()
        }),
        [2]
    );
    assert_eq!(
        ids(Sampling {
            min_p: 0.28,
            ..base()
        }),
        [0, 2, 3]
    );
    // Entropy 1.208 nats; surprises 0.693, 1.386, 1.897, 2.303: 0.25 is nearest, then 0.5.
    assert_eq!(
        ids(Sampling {
            typical_p: 0.2,
            ..base()
        }),
        [0]
    );
    assert_eq!(
        ids(Sampling {
            typical_p: 0.6,
            ..base()
        }),
        [0, 2]
    );
}

#[test]
fn penalties_follow_their_formulas() {
    let sampler = |s: Sampling| Sampler::new(s).expect("parameters are in range");
    let seen = [9, 0, 1, 0];
    let mut logits = [2.0, -2.0, 1.0];
    sampler(Sampling {
        repetition_penalty: 2.0,
        ..Sampling::default()
    })
    .penalize(&mut logits, &seen);
    assert_eq!(logits, [1.0, -4.0, 1.0]);

    let mut logits = [2.0, -2.0, 1.0];
    let both = Sampling {
        frequency_penalty: 0.5,
        presence_penalty: 0.25,
        ..Sampling::default()
    };
    sampler(both.clone()).penalize(&mut logits, &seen);
    assert_eq!(logits, [0.75, -2.75, 1.0]);

    let mut logits = [2.0, -2.0, 1.0];
    sampler(Sampling {
        penalty_window: 1,
        ..both
    })
    .penalize(&mut logits, &seen);
    assert_eq!(logits, [1.25, -2.0, 1.0]);
}

#[test]
fn bias_decides() {
    let bias = Sampling {
        logit_bias: vec![(1, 100.0), (77, 1.0)],
        ..Sampling::default()
    };
    assert_eq!(
        Sampler::new(bias)
            .expect("in range")
            .sample(&mut logits(), &[], 0),
        1
    );
}

#[test]
fn same_seed_same_choices() {
    let draw = |seed| {
        let mut s = Sampler::new(Sampling {
            temperature: 1.0,
            seed,
            ..Sampling::default()
        })
        .expect("in range");
        (0..50)
            .map(|place| s.sample(&mut logits(), &[], place))
            .collect::<Vec<_>>()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn nan_and_infinity_are_survived() {
    let mut sampler = Sampler::new(Sampling {
        temperature: 1.0,
        ..Sampling::default()
    })
    .expect("in range");
    assert_eq!(
        sampler.sample(&mut [f32::NAN, 1.0, f32::NEG_INFINITY], &[], 0),
        1
    );
    assert_eq!(sampler.sample(&mut [0.0, f32::INFINITY], &[], 0), 1);
    sampler.sample(&mut [f32::NAN; 3], &[], 0);
    sampler.sample(&mut [], &[], 0);
}

#[test]
fn parameters_out_of_range_are_errors() {
    for bad in [
        Sampling {
            temperature: -1.0,
            ..Sampling::default()
        },
        Sampling {
            temperature: f32::NAN,
            ..Sampling::default()
        },
        Sampling {
            top_p: 1.5,
            ..Sampling::default()
        },
        Sampling {
            repetition_penalty: 0.0,
            ..Sampling::default()
        },
    ] {
        assert!(Sampler::new(bad.clone()).is_err(), "{bad:?}");
    }
}

/// What a device chooses is tested against the same reference.
#[test]
fn choices_are_those_of_a_sorted_list() {
    let mut numbers = fastrand::Rng::with_seed(3);
    let seen: Vec<u32> = (0..30).map(|i| i * i % 50).collect();
    for seed in 0..300 {
        let logits: Vec<f32> = (0..50).map(|_| numbers.f32() * 8.0).collect();
        let sampling = Sampling {
            temperature: [0.0, 0.5, 1.0, 2.0][numbers.usize(0..4)],
            top_k: numbers.usize(0..60),
            top_p: [0.3, 0.9, 1.0][numbers.usize(0..3)],
            min_p: [0.0, 0.1][numbers.usize(0..2)],
            repetition_penalty: [1.0, 1.3][numbers.usize(0..2)],
            frequency_penalty: [0.0, 0.2][numbers.usize(0..2)],
            penalty_window: numbers.usize(0..40),
            logit_bias: vec![(3, 2.0), (3, 1.0), (77, 1.0)],
            seed,
            ..Sampling::default()
        };
        let settings = sampling.on_device(logits.len());
        let mut sampler = Sampler::new(sampling.clone()).expect("in range");
        let draw = sampler.draw(0);
        let id = sampler.sample(&mut logits.clone(), &seen, 0);
        let want = hearth_kernels::sample::reference::choose(&logits, &settings, &seen, draw);
        assert!(
            id == want.id || want.margin < 1e-5,
            "{id}, not {want:?}: {sampling:?}"
        );
    }
}
