use hearth_simd::Isa;
use hearth_tensor::DType;

use super::{CpuWeight, Layout, TILE_ROWS, TileFormat, WeightBuilder, WeightError, WeightSpec};
use crate::dequantize::{SUPPORTED, reference};
use crate::testing::{packed, random_blocks};

const TILED: &[DType] = &[
    DType::Q4_0,
    DType::Q4_1,
    DType::Q5_0,
    DType::Q5_1,
    DType::Q8_0,
    DType::Q2_K,
    DType::Q3_K,
    DType::Q4_K,
    DType::Q5_K,
    DType::Q6_K,
    DType::IQ4_NL,
    DType::IQ4_XS,
    DType::MXFP4,
    DType::NVFP4,
];

fn spec(dtype: DType, rows: usize, cols: usize, tiles: bool) -> WeightSpec {
    let tiles = tiles.then(|| TileFormat::for_dtype(dtype, cols).expect("has tiles"));
    WeightSpec {
        dtype,
        rows,
        cols,
        layout: tiles.map_or(Layout::Rows, Layout::Tiles),
    }
}

/// Build from pieces of so many rows.
fn build(spec: WeightSpec, raw: &[u8], rows: usize) -> Result<CpuWeight, WeightError> {
    let mut builder = WeightBuilder::new(spec);
    let row_bytes = spec.dtype.bytes_for(spec.cols).expect("whole blocks");
    for piece in raw.chunks((rows * row_bytes).max(1)) {
        builder.push_rows(piece)?;
    }
    builder.finish()
}

#[test]
fn types_whose_tiles_are_not_too_large_have_tiles() {
    for &dtype in DType::ALL {
        let format = TileFormat::for_dtype(dtype, 256);
        assert_eq!(format.is_some(), TILED.contains(&dtype), "{dtype}");
        assert_eq!(TileFormat::for_dtype(dtype, 250), None);
        if let Some(format) = format {
            let ratio = format.block_bytes(256) as f64
                / (TILE_ROWS * dtype.bytes_for(256).expect("whole blocks")) as f64;
            assert!((1.0..1.2).contains(&ratio), "{dtype}: {ratio}");
        }
    }
}

#[test]
fn rows_come_back_from_tiles() {
    for &dtype in TILED {
        for [rows, cols] in [[1, 256], [8, 512], [21, 256]] {
            let n_blocks = rows * cols / dtype.block_elems();
            let raw = random_blocks(11, dtype, n_blocks);
            let want = reference::dequantize(dtype, &raw).expect("supported");
            let weight = packed(dtype, [rows, cols], &raw, true);
            let WeightSpec { layout, .. } = spec(dtype, rows, cols, true);
            assert_eq!(weight.layout, layout);
            let mut got = vec![f32::NAN; cols];
            for (row, want) in want.chunks_exact(cols).enumerate() {
                weight.row_into(row, &mut got);
                for (got, want) in got.iter().zip(want) {
                    // Only its scales are rounded.
                    let slack = if dtype == DType::IQ4_XS { 4e-3 } else { 0.0 };
                    assert!(
                        (got - want).abs() <= slack * want.abs().max(1.0),
                        "{dtype} {got} {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn scales_of_mxfp4_keep_the_range_of_f32() {
    // All exponents of E8M0, two of which are subnormal; each block has all codes.
    let raw: Vec<u8> = (0..=255u8)
        .flat_map(|e| std::iter::once(e).chain((0..16).map(|code| code * 17)))
        .collect();
    let want = reference::dequantize(DType::MXFP4, &raw).expect("supported");
    let weight = packed(DType::MXFP4, [256, 32], &raw, true);
    let mut got = [f32::NAN; 32];
    for (row, want) in want.chunks_exact(32).enumerate() {
        weight.row_into(row, &mut got);
        assert_eq!(got, want, "exponent {row}");
    }
}

#[test]
fn rows_come_back_bit_for_bit_from_rows() {
    for &dtype in SUPPORTED {
        let raw = random_blocks(12, dtype, 3);
        let want = reference::dequantize(dtype, &raw).expect("supported");
        let cols = dtype.block_elems();
        let weight = packed(dtype, [3, cols], &raw, false);
        let mut got = vec![f32::NAN; cols];
        for (row, want) in want.chunks_exact(cols).enumerate() {
            weight.row_into(row, &mut got);
            assert_eq!(got, want, "{dtype}");
        }
    }
}

#[test]
fn the_size_of_pieces_makes_no_difference() {
    for tiles in [false, true] {
        let spec = spec(DType::Q5_K, 45, 256, tiles);
        let raw = random_blocks(13, spec.dtype, 45);
        let whole = build(spec, &raw, 45).expect("builds");
        assert_eq!(whole.bytes.len(), spec.bytes());
        for rows in [16, 32, 48] {
            assert_eq!(
                build(spec, &raw, rows).expect("builds").bytes[..],
                whole.bytes[..]
            );
        }
    }
}

#[test]
fn instruction_sets_give_the_same_bytes() {
    for &dtype in TILED {
        let spec = spec(dtype, 21, 512, true);
        let raw = random_blocks(15, dtype, 21 * 512 / dtype.block_elems());
        let pack = |isa| {
            let mut builder = WeightBuilder::with_isa(spec, isa);
            builder.push_rows(&raw).expect("whole rows");
            builder.finish().expect("all rows").bytes
        };
        let best = pack(Isa::best());
        for &isa in Isa::available() {
            assert_eq!(pack(isa)[..], best[..], "{dtype} {isa}");
        }
    }
}

#[test]
fn parts_may_be_filled_in_any_order_and_way() {
    for (dtype, tiles) in [
        (DType::Q6_K, true),
        (DType::Q6_K, false),
        (DType::F32, false),
    ] {
        let spec = spec(dtype, 75, 256, tiles);
        let row_bytes = dtype.bytes_for(256).expect("whole blocks");
        let raw = random_blocks(16, dtype, 75 * 256 / dtype.block_elems());
        let want = build(spec, &raw, 75).expect("builds");
        for part_rows in [0, 1, TILE_ROWS + 1, 100] {
            let mut builder = WeightBuilder::new(spec);
            let filled = builder.fill_rows(75, part_rows, |parts| {
                let mut parts: Vec<_> = parts.collect();
                parts.reverse();
                let mut buffer = Vec::new();
                parts.into_iter().enumerate().try_for_each(|(i, part)| {
                    let rows = part.rows();
                    let raw = &raw[rows.start * row_bytes..rows.end * row_bytes];
                    assert_eq!(part.file_bytes(), raw.len());
                    if i % 2 == 0 {
                        return part.fill(raw);
                    }
                    part.fill_with(&mut buffer, |into| {
                        into.copy_from_slice(raw);
                        Ok(())
                    })
                })
            });
            assert_eq!(filled, Ok(()));
            let got = builder.finish().expect("all rows");
            assert_eq!(got.bytes[..], want.bytes[..], "{dtype} {part_rows}");
        }
    }
}

#[test]
fn parts_that_are_left_out_are_an_error() {
    let mut builder = WeightBuilder::new(spec(DType::Q8_0, 40, 32, true));
    let one = builder.fill_rows(40, 1, |mut parts| {
        let part = parts.next().expect("rows");
        let raw = vec![0; part.file_bytes()];
        part.fill(&raw)
    });
    assert_eq!(one, Err(WeightError::Unfilled { rows: 40 }));
    let short = builder.fill_rows(40, 40, |mut parts| parts.try_for_each(|p| p.fill(&[0; 34])));
    let (bytes, row_bytes) = (34, 34);
    assert_eq!(short, Err(WeightError::PartialRow { bytes, row_bytes }));
    assert_eq!(builder.push_rows(&[0; 40 * 34]), Ok(()));
}

#[test]
fn wrong_pieces_are_errors() {
    let tiled = spec(DType::Q8_0, 20, 32, true);
    let push = |spec: WeightSpec, rows: usize, extra: usize| {
        let mut builder = WeightBuilder::new(spec);
        builder.push_rows(&vec![0; rows * 34 + extra])?;
        builder.finish().map(|_| ())
    };
    let (bytes, row_bytes) = (35, 34);
    assert_eq!(
        push(tiled, 1, 1),
        Err(WeightError::PartialRow { bytes, row_bytes })
    );
    let (rows, granularity) = (9, 16);
    assert_eq!(
        push(tiled, 9, 0),
        Err(WeightError::Granularity { rows, granularity })
    );
    let (expected, found) = (20, 16);
    assert_eq!(
        push(tiled, 16, 0),
        Err(WeightError::MissingRows { expected, found })
    );
    let (expected, found) = (20, 21);
    assert_eq!(
        push(tiled, 21, 0),
        Err(WeightError::TooManyRows { expected, found })
    );
    let other = WeightSpec {
        dtype: DType::F16,
        cols: 17,
        ..tiled
    };
    let (dtype, cols) = (DType::F16, 17);
    assert_eq!(
        push(other, 16, 0),
        Err(WeightError::NoTiles { dtype, cols })
    );
    assert_eq!(push(tiled, 20, 0), Ok(()));
}

#[test]
fn scales_that_are_not_finite_are_errors() {
    let mut raw = random_blocks(14, DType::Q4_0, 2 * 9);
    raw[17 * 18..][..2].copy_from_slice(&0x7c00u16.to_le_bytes());
    let error = build(spec(DType::Q4_0, 9, 64, true), &raw, 9).expect_err("infinite scale");
    assert_eq!(error, WeightError::Scale { row: 8, col: 32 });
    // d = 65504 times a scale of 31 is too much for half precision.
    let mut raw = vec![0xff; 136];
    raw[..2].copy_from_slice(&[0xff, 0x7b]);
    let error = build(spec(DType::IQ4_XS, 1, 256, true), &raw, 1).expect_err("large scale");
    assert_eq!(error, WeightError::Scale { row: 0, col: 0 });
    // Units of nested scales, and of minima.
    for at in [0, 2] {
        let mut raw = random_blocks(14, DType::Q4_K, 3 * 2);
        raw[5 * 144 + at..][..2].copy_from_slice(&0xfc00u16.to_le_bytes());
        let error = build(spec(DType::Q4_K, 3, 512, true), &raw, 3).expect_err("infinite unit");
        assert_eq!(error, WeightError::Scale { row: 2, col: 256 });
    }
}

#[test]
#[should_panic(expected = "lies within")]
fn rows_outside_panic() {
    let weight = packed(DType::F32, [1, 1], &[0; 4], false);
    weight.row_into(1, &mut [0.0]);
}
