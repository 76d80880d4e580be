use hearth_simd::Isa;
use hearth_tensor::{DType, Dim};

use super::{BLOCK, Q8Block, QuantizeRows, blocks_of, reference, row_bytes};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{f32s, kernel, tiles};
use crate::testing::{random, rows_of_floats};
use crate::tile::{OutTile, TileMut};
use crate::weight::AlignedBytes;

/// The rows as an executor would have them, one tile at a time.
fn quantized(isa: Isa, x: &[f32], [t, k]: [usize; 2], cut: Partition) -> AlignedBytes {
    let kernel = kernel(&QuantizeRows, &[rows_of_floats(k)], CpuConfig { isa });
    let mut y = AlignedBytes::zeroed(t * row_bytes(k));
    y.fill(0xaa);
    for [rows, cols] in tiles(cut, t, row_bytes(k)) {
        let tile = TileMut::part(&mut y, row_bytes(k), rows, cols);
        kernel.run(&[f32s(&[t, k], x)], &mut [OutTile::Bytes(tile)], &mut []);
    }
    y
}

fn check_rows(isa: Isa, x: &[f32], [t, k]: [usize; 2]) {
    let y = quantized(isa, x, [t, k], Partition::Whole);
    assert_eq!(y[..], quantized(isa, x, [t, k], Partition::Rows(1))[..]);
    for r in 0..t {
        let x = &x[r * k..][..k];
        let blocks = blocks_of(&y[r * row_bytes(k)..][..row_bytes(k)]);
        let (scales, codes) = reference::quantize(x);
        for (i, (block, want)) in blocks.iter().zip(&scales).enumerate() {
            let got = block.factors.scale;
            let close = (f64::from(got) - reference::eleven_bits(*want)).abs() <= 2e-7 * want;
            assert!(
                close || got.is_nan() && want.is_nan(),
                "{isa} scale {i}: {got} {want}"
            );
        }
        let got = blocks.iter().flat_map(|block| block.codes);
        for (i, (got, want)) in got.zip(&codes).enumerate() {
            // Where the quotient lies at a tie but for a rounding of f32, either neighbour will do.
            let quotient = f64::from(x[i]) / scales[i / BLOCK];
            let tie = (quotient.fract().abs() - 0.5).abs() < 1e-4;
            assert!(got == *want || tie, "{isa} row {r} code {i}: {got} {want}");
            assert!(got != -128);
        }
        for Q8Block { codes, factors } in blocks {
            let sum = |codes: &[i8]| codes.iter().map(|&c| i32::from(c)).sum::<i32>() as f32;
            let got = [factors.sum, factors.half_sums[0], factors.half_sums[1]];
            let want = [&codes[..], &codes[..16], &codes[16..]].map(|c| factors.scale * sum(c));
            assert_eq!(got.map(f32::to_bits), want.map(f32::to_bits));
        }
    }
}

#[test]
fn codes_and_scales_match_the_reference() {
    for &isa in Isa::available() {
        for [t, k] in [[0, 32], [1, 0], [1, 32], [3, 64], [2, 1024]] {
            check_rows(isa, &random(3, t * k, 5.0), [t, k]);
        }
    }
}

#[test]
fn extremes_keep_their_promises() {
    let block = |x: f32| [vec![x], random(4, 31, 0.5)].concat();
    for &isa in Isa::available() {
        let k = 32;
        for x in [f32::MAX, -f32::MAX, 1e-30, 127.0] {
            let x: Vec<f32> = random(5, k, 1.0).iter().map(|v| v * x).collect();
            check_rows(isa, &x, [1, k]);
        }
        for x in [0.0, -0.0, 1e-45, 1e-38] {
            check_rows(isa, &vec![x; k], [1, k]);
        }
        for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            check_rows(isa, &block(x), [1, k]);
        }
        // Ties go to the even neighbour.
        let ties: Vec<f32> = (0..k).map(|i| i as f32 - 15.5).collect();
        let ties = [&[127.0][..], &ties[1..]].concat();
        let y = quantized(isa, &ties, [1, k], Partition::Whole);
        let codes = blocks_of(&y)[0].codes.map(f32::from);
        let want: Vec<f32> = ties.iter().map(|x| x.round_ties_even()).collect();
        assert_eq!(codes[..], want, "{isa}");
    }
}

#[test]
fn widths_that_are_no_multiple_of_the_block_are_errors() {
    for bad in [
        rows_of_floats(33),
        ValueType::new(Elem::I32, [Dim::Fixed(1), Dim::Fixed(32)]),
        ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(1), Dim::Fixed(32)]),
    ] {
        let error = QuantizeRows.infer(&[bad]);
        assert!(matches!(error, Err(ContractError::Input { input: 0, .. })));
    }
}
