//! Kernels on trial, on the device of this machine.

mod device;

use hearth_kernels::dequantize::SUPPORTED;
use hearth_kernels::gpu::{Arithmetic, GpuConfig, ProductVariant};
use hearth_tensor::DType;
use hearth_webgpu::{Gpu, GpuError, Outcome, Trial};
use pollster::block_on;

const CACHES: [DType; 3] = [DType::F32, DType::F16, DType::Q8_0];

fn try_out(gpu: &Gpu, dtypes: &[DType]) -> GpuConfig {
    let config = block_on(gpu.try_out(dtypes, &CACHES, &Arithmetic::ALL));
    config.unwrap_or_else(|e| panic!("{e}"))
}

fn is_right(trial: &Trial) -> bool {
    matches!(trial.outcome, Outcome::Right { .. })
}

#[test]
fn weights_of_every_type_go_right_in_every_way_that_the_device_has() {
    let name = "weights_of_every_type_go_right_in_every_way_that_the_device_has";
    let Some(gpu) = device::gpu(name) else {
        return;
    };
    let has = |a: &Arithmetic| *a != Arithmetic::F32 && gpu.features().has(*a);
    for arithmetic in Arithmetic::ALL.into_iter().filter(has) {
        let only = ProductVariant {
            in_step: gpu.features().in_step.unwrap_or(1),
            arithmetic,
        };
        let takes = |dtype: &DType| arithmetic.takes(*dtype);
        let dtypes: Vec<DType> = SUPPORTED.iter().copied().filter(takes).collect();
        let config = try_out(&gpu.clone().with_only(only), &dtypes);
        let asked = |dtype: DType| (dtype, only);
        assert_eq!(
            config.products,
            dtypes.into_iter().map(asked).collect::<Vec<_>>()
        );
    }
}

#[test]
fn each_way_is_asked_once_and_remembered() {
    let Some(gpu) = device::gpu("each_way_is_asked_once_and_remembered") else {
        return;
    };
    let dtypes = [DType::Q4_K];
    let config = try_out(&gpu, &dtypes);
    let (_, variant) = config.products[0];
    assert!(gpu.features().has(variant.arithmetic));
    let trials = gpu.trials();
    assert!(trials.iter().all(is_right), "{trials:#?}");
    assert!(trials.iter().any(|trial| trial.variant == "plain"));
    // In another run of the program: what is known is not asked again, so the seconds are the same.
    let other = device::gpu("a second time").expect("it was there");
    other.remember(&gpu.record());
    assert_eq!(try_out(&other, &dtypes), config);
    assert_eq!(other.trials(), trials);
    // What is known of another device says nothing of this one.
    let stranger = gpu
        .record()
        .replacen("\"adapter\":\"", "\"adapter\":\"another ", 1);
    let third = device::gpu("a third time").expect("it was there");
    third.remember(&stranger);
    third.remember("no record");
    assert_eq!(third.trials(), []);
}

/// The same record, in which the plain way, or every other, went wrong.
fn with_faults(record: &str, is_faulty: impl Fn(&str) -> bool) -> String {
    let mut record: serde_json::Value = serde_json::from_str(record).expect("JSON");
    for trial in record["trials"].as_array_mut().expect("trials") {
        if is_faulty(trial["variant"].as_str().expect("a name")) {
            trial["outcome"] = serde_json::json!({ "wrong": { "reason": "1 in place of 2" } });
        }
    }
    record.to_string()
}

#[test]
fn a_way_that_goes_wrong_is_left_out_and_a_device_that_does_is_not_used() {
    let name = "a_way_that_goes_wrong_is_left_out_and_a_device_that_does_is_not_used";
    let Some(gpu) = device::gpu(name) else {
        return;
    };
    let dtypes = [DType::Q8_0];
    try_out(&gpu, &dtypes);
    let other = device::gpu(name).expect("it was there");
    other.remember(&with_faults(&gpu.record(), |variant| variant != "plain"));
    let config = try_out(&other, &dtypes);
    assert_eq!(config.product(DType::Q8_0), ProductVariant::PLAIN);
    let trials = other.trials();
    let plain = trials.iter().filter(|trial| trial.variant == "plain");
    assert!(plain.clone().all(is_right));
    assert_eq!(plain.count(), trials.iter().filter(|t| is_right(t)).count());

    let other = device::gpu(name).expect("it was there");
    other.remember(&with_faults(&gpu.record(), |variant| variant == "plain"));
    let refused = block_on(other.try_out(&dtypes, &[], &[]));
    assert!(
        matches!(refused, Err(GpuError::Wrong { .. })),
        "{refused:?}"
    );
}
