use hearth_simd::Isa;
use hearth_tensor::{DType, Dim};

use super::{Blocks, HALF, Q8Block, Q8Block256, QuantizeRows, blocks_of, reference};
use crate::contract::{ContractError, Elem, Operation, ValueType};
use crate::cpu::{CpuConfig, Partition};
use crate::cut::{f32s, kernel, tiles};
use crate::testing::{random, rows_of_floats};
use crate::tile::{OutTile, TileMut};
use crate::weight::AlignedBytes;

const BOTH: [Blocks; 2] = [Blocks::Of32, Blocks::Of256];

/// The rows as an executor would have them, one tile at a time.
fn quantized(
    isa: Isa,
    blocks: Blocks,
    x: &[f32],
    [t, k]: [usize; 2],
    cut: Partition,
) -> AlignedBytes {
    let op = QuantizeRows { blocks };
    let kernel = kernel(&op, &[rows_of_floats(k)], CpuConfig { isa });
    let row_bytes = blocks.row_bytes(k);
    let mut y = AlignedBytes::zeroed(t * row_bytes);
    y.fill(0xaa);
    for [rows, cols] in tiles(cut, t, row_bytes) {
        let tile = TileMut::part(&mut y, row_bytes, rows, cols);
        kernel.run(&[f32s(&[t, k], x)], &mut [OutTile::Bytes(tile)], &mut []);
    }
    y
}

/// Scale and codes of each block of a row, whose sums are checked.
fn parts(blocks: Blocks, row: &[u8]) -> Vec<(f32, Vec<i8>)> {
    let sum = |codes: &[i8]| codes.iter().map(|&c| i32::from(c)).sum::<i32>();
    let small = |block: &Q8Block| {
        let (codes, factors) = (block.codes, block.factors);
        let got = [factors.sum, factors.half_sums[0], factors.half_sums[1]];
        let want = [&codes[..], &codes[..16], &codes[16..]];
        let want = want.map(|codes| factors.scale * sum(codes) as f32);
        assert_eq!(got.map(f32::to_bits), want.map(f32::to_bits));
        (factors.scale, codes.to_vec())
    };
    let large = |block: &Q8Block256| {
        let sums = |n: usize| block.codes.chunks(n).map(sum).collect::<Vec<i32>>();
        assert_eq!(block.half_sums.map(i32::from)[..], sums(HALF));
        assert_eq!(block.sums.map(i32::from)[..], sums(2 * HALF));
        assert_eq!(block.padding, [0; 3]);
        (block.scale, block.codes.to_vec())
    };
    match blocks {
        Blocks::Of32 => blocks_of(row).iter().map(small).collect(),
        Blocks::Of256 => blocks_of(row).iter().map(large).collect(),
    }
}

fn check_rows(isa: Isa, blocks: Blocks, x: &[f32], [t, k]: [usize; 2]) {
    let y = quantized(isa, blocks, x, [t, k], Partition::Whole);
    let by_rows = quantized(isa, blocks, x, [t, k], Partition::Rows(1));
    assert_eq!(y[..], by_rows[..]);
    for r in 0..t {
        let x = &x[r * k..][..k];
        let row = &y[r * blocks.row_bytes(k)..][..blocks.row_bytes(k)];
        let got = parts(blocks, row);
        let (scales, codes) = reference::quantize(x, blocks.elems());
        for (i, ((got, _), want)) in got.iter().zip(&scales).enumerate() {
            let rounded = match blocks {
                Blocks::Of32 => reference::eleven_bits(*want),
                Blocks::Of256 => *want,
            };
            let close = (f64::from(*got) - rounded).abs() <= 2e-7 * want;
            assert!(
                close || got.is_nan() && want.is_nan(),
                "{isa} scale {i}: {got} {want}"
            );
        }
        let got = got.iter().flat_map(|(_, codes)| codes);
        for (i, (got, want)) in got.zip(&codes).enumerate() {
            // Where the quotient lies at a tie but for a rounding of f32, either neighbour will do.
            let quotient = f64::from(x[i]) / scales[i / blocks.elems()];
            let tie = (quotient.fract().abs() - 0.5).abs() < 1e-4;
            assert!(got == want || tie, "{isa} row {r} code {i}: {got} {want}");
            assert!(*got != -128);
        }
    }
}

#[test]
fn codes_and_scales_match_the_reference() {
    for &isa in Isa::available() {
        for blocks in BOTH {
            let n = blocks.elems();
            for [t, k] in [[0, n], [1, 0], [1, n], [3, 2 * n], [2, 1024]] {
                check_rows(isa, blocks, &random(3, t * k, 5.0), [t, k]);
            }
        }
    }
}

#[test]
fn extremes_keep_their_promises() {
    for (&isa, blocks) in Isa::available()
        .iter()
        .flat_map(|isa| BOTH.map(|b| (isa, b)))
    {
        let k = blocks.elems();
        for x in [f32::MAX, -f32::MAX, 1e-30, 127.0] {
            let x: Vec<f32> = random(5, k, 1.0).iter().map(|v| v * x).collect();
            check_rows(isa, blocks, &x, [1, k]);
        }
        for x in [0.0, -0.0, 1e-45, 1e-38] {
            check_rows(isa, blocks, &vec![x; k], [1, k]);
        }
        for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let x = [vec![x], random(4, k - 1, 0.5)].concat();
            check_rows(isa, blocks, &x, [1, k]);
        }
        // Ties go to the even neighbour.
        let ties: Vec<f32> = (0..k).map(|i| (i % 32) as f32 - 15.5).collect();
        let ties = [&[127.0][..], &ties[1..]].concat();
        let y = quantized(isa, blocks, &ties, [1, k], Partition::Whole);
        let (_, codes) = parts(blocks, &y).remove(0);
        let want: Vec<i8> = ties.iter().map(|x| x.round_ties_even() as i8).collect();
        assert_eq!(codes, want, "{isa}");
    }
}

#[test]
fn widths_that_are_no_multiple_of_the_block_are_errors() {
    for bad in [
        rows_of_floats(33),
        ValueType::new(Elem::I32, [Dim::Fixed(1), Dim::Fixed(32)]),
        ValueType::new(Elem::Weight(DType::F32), [Dim::Fixed(1), Dim::Fixed(32)]),
    ] {
        let error = QuantizeRows {
            blocks: Blocks::Of32,
        }
        .infer(&[bad]);
        assert!(matches!(error, Err(ContractError::Input { input: 0, .. })));
    }
}
