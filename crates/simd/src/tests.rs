//! Every operation on every instruction set of this machine, against plain Rust.

mod bytes_and_sums;
mod narrow_floats;

use crate::{Isa, Kernel, Simd};

/// A deterministic source of bits (SplitMix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn floats(&mut self, n: usize) -> Vec<f32> {
        let unit = |bits: u64| (bits >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
        (0..n).map(|_| unit(self.bits()) * 8.0).collect()
    }

    fn bytes(&mut self, n: usize, below: u64) -> Vec<u8> {
        (0..n).map(|_| (self.bits() % below) as u8).collect()
    }
}

fn stored<S: Simd>(s: S, v: S::F32) -> Vec<f32> {
    let mut out = vec![f32::NAN; S::LANES];
    s.store(v, &mut out);
    out
}

/// Integer lanes; those of these tests are exact in f32.
fn integers<S: Simd>(s: S, v: S::I32) -> Vec<i32> {
    stored(s, s.to_f32(v)).iter().map(|&v| v as i32).collect()
}

/// Distance in units of the last place of `want` as f32.
fn ulp(got: f32, want: f64) -> f64 {
    let near = want as f32;
    let exponent = ((near.to_bits() >> 23) as i32).max(1) - 127 - 23;
    (f64::from(got) - want).abs() / 2f64.powi(exponent)
}

struct Arithmetic;

impl Kernel for Arithmetic {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut random = Random(1);
        let [a, b, c] = [(); 3].map(|()| random.floats(S::LANES));
        let [va, vb, vc] = [&a, &b, &c].map(|x| s.load(x));
        let each = |got: S::F32, f: fn(f32, f32) -> f32| {
            let want: Vec<f32> = a.iter().zip(&b).map(|(&a, &b)| f(a, b)).collect();
            assert_eq!(stored(s, got), want);
        };
        each(s.add(va, vb), |a, b| a + b);
        each(s.sub(va, vb), |a, b| a - b);
        each(s.mul(va, vb), |a, b| a * b);
        each(s.div(va, vb), |a, b| a / b);
        each(s.max(va, vb), f32::max);
        each(s.min(va, vb), f32::min);
        assert_eq!(stored(s, s.splat(-2.5)), vec![-2.5; S::LANES]);
        for (i, got) in stored(s, s.mul_add(va, vb, vc)).into_iter().enumerate() {
            let fused = f64::from(a[i]).mul_add(f64::from(b[i]), f64::from(c[i])) as f32;
            assert!(got == fused || got == a[i] * b[i] + c[i], "lane {i}: {got}");
        }
        let sum: f64 = a.iter().map(|&x| f64::from(x)).sum();
        assert!((f64::from(s.sum(va)) - sum).abs() < 1e-5);
        assert_eq!(s.max_lane(va), a.iter().copied().fold(f32::MIN, f32::max));
        for lane in 0..S::LANES {
            let mut one = vec![-1.0; S::LANES];
            one[lane] = 3.0;
            assert_eq!(s.max_lane(s.load(&one)), 3.0);
            assert_eq!(s.sum(s.load(&one)), 3.0 - (S::LANES - 1) as f32);
        }
    }
}

#[test]
fn arithmetic_is_that_of_plain_rust() {
    for isa in Isa::available() {
        isa.run(Arithmetic);
    }
}

struct Partial;

impl Kernel for Partial {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let from: Vec<f32> = (1..=2 * S::LANES).map(|i| i as f32).collect();
        for n in 0..=2 * S::LANES {
            let lanes = n.min(S::LANES);
            let loaded = stored(s, s.load_partial(&from[..n]));
            assert_eq!(loaded[..lanes], from[..lanes]);
            assert!(loaded[lanes..].iter().all(|&x| x == 0.0));
            let mut to = vec![-1.0; n];
            s.store_partial(s.load(&from), &mut to);
            assert_eq!(to[..lanes], from[..lanes]);
            assert!(to[lanes..].iter().all(|&x| x == -1.0));
        }
        // A full store leaves what follows alone.
        let mut to = vec![-1.0; S::LANES + 1];
        s.store(s.load(&from), &mut to);
        assert_eq!(to[S::LANES], -1.0);
    }
}

#[test]
fn partial_loads_and_stores_keep_to_their_slice() {
    for isa in Isa::available() {
        isa.run(Partial);
    }
}

#[cfg(panic = "unwind")]
struct ShortLoad;

#[cfg(panic = "unwind")]
impl Kernel for ShortLoad {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        s.sum(s.load(&vec![1.0; S::LANES - 1]))
    }
}

#[cfg(panic = "unwind")]
#[test]
fn short_slices_panic() {
    for &isa in Isa::available() {
        assert!(std::panic::catch_unwind(|| isa.run(ShortLoad)).is_err());
    }
}

struct Exp;

impl Kernel for Exp {
    type Output = f64;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        let mut worst: f64 = 0.0;
        for i in 0..200_000u32 {
            let x = -87.33 + (88.72 + 87.33) * i as f32 / 200_000.0;
            for near in [x, x / 256.0] {
                let got = stored(s, s.exp(s.splat(near)))[0];
                worst = worst.max(ulp(got, f64::from(near).exp()));
            }
        }
        let at = |x: f32| stored(s, s.exp(s.splat(x)))[0];
        assert_eq!([at(0.0), at(-0.0)], [1.0, 1.0]);
        for x in [-88.0, -104.0, -1e30, f32::NEG_INFINITY] {
            assert_eq!(at(x), 0.0);
        }
        assert!((0.0..=f32::MIN_POSITIVE).contains(&at(-87.4)));
        for x in [88.73, 100.0, 1e30, f32::INFINITY] {
            assert_eq!(at(x), f32::INFINITY);
        }
        assert!(at(f32::NAN).is_nan());
        worst
    }
}

#[test]
fn exp_stays_within_two_ulp() {
    for isa in Isa::available() {
        let worst = isa.run(Exp);
        assert!(worst <= 2.0, "{isa}: {worst} ULP");
    }
}

struct Pow2;

impl Kernel for Pow2 {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for n in -126..=127 {
            let got = stored(s, s.pow2(s.splat(n as f32)));
            assert_eq!(got, vec![2f32.powi(n); S::LANES]);
        }
        assert_eq!(stored(s, s.pow2(s.splat(-127.0))), vec![0.0; S::LANES]);
    }
}

#[test]
fn powers_of_two_are_exact() {
    for isa in Isa::available() {
        isa.run(Pow2);
    }
}

/// Four activations in every lane, by way of memory.
#[inline(always)]
fn quad_of<S: Simd>(s: S, bits: u32, quad: [i8; 4]) -> S::Quad {
    let mut bytes = [0; 16];
    s.store_quad(bits, quad, &mut bytes[..S::QUAD_BYTES]);
    s.load_quad(&bytes)
}

/// Random codes below `2^BITS` and activations, then the extremes.
struct Dots<const BITS: u32>;

impl<const BITS: u32> Dots<BITS> {
    /// The sums of all products, twice, plainly and times the scales.
    #[inline(always)]
    fn twice<S: Simd>(
        s: S,
        bits: u32,
        codes: &[Vec<u8>; 4],
        activations: &[[i8; 4]; 4],
        scales: S::Pairs,
    ) -> [Vec<i32>; 2] {
        let mut sums = s.zero_i32();
        let mut scaled = s.scaled_zero();
        let mut dot = s.dot_zero();
        for n in 0..8 {
            let quad = quad_of(s, bits, activations[n % 4]);
            dot = s.dot_codes(bits, dot, s.load_codes(&codes[n % 4]), quad);
            if (n + 1) % S::room(bits) == 0 {
                sums = s.add_i32(sums, s.dot_sum(bits, dot));
                if bits <= 6 {
                    scaled = s.add_scaled(bits, scaled, dot, scales);
                }
                dot = s.dot_zero();
            }
        }
        let scaled = stored(s, s.scaled_to_f32(scaled));
        [
            integers(s, sums),
            scaled.iter().map(|&sum| sum as i32).collect(),
        ]
    }

    #[inline(always)]
    fn check<S: Simd>(s: S, codes: &[Vec<u8>; 4], activations: &[[i8; 4]; 4], signed: bool) {
        // Scales that keep the sums exact as f32.
        let scales: Vec<i8> = (0..2 * S::LANES as i8).map(|i| 7 - 3 * i).collect();
        let bytes: Vec<u8> = scales.iter().map(|&scale| scale as u8).collect();
        let which = usize::from(codes[0][0] & 1);
        let spread = s.scales(s.widen_pairs(&bytes), which);
        let [got, scaled] = if signed {
            Self::twice(s, 8, codes, activations, spread)
        } else {
            Self::twice(s, BITS, codes, activations, spread)
        };
        let want: Vec<i32> = (0..S::LANES)
            .map(|lane| {
                let products = (0..16).map(|i| {
                    let code = codes[i / 4][4 * lane + i % 4];
                    let code = if signed {
                        i32::from(code as i8)
                    } else {
                        i32::from(code)
                    };
                    code * i32::from(activations[i / 4][i % 4])
                });
                2 * products.sum::<i32>()
            })
            .collect();
        assert_eq!(got, want, "{BITS} bits");
        if !signed {
            let lanes = want.iter().zip(scales.chunks_exact(2));
            let want: Vec<i32> = lanes.map(|(sum, s)| sum * i32::from(s[which])).collect();
            assert_eq!(scaled, want, "{BITS} bits, scaled");
        }
    }
}

impl<const BITS: u32> Kernel for Dots<BITS> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut random = Random(u64::from(BITS));
        let n = 4 * S::LANES;
        for _ in 0..50 {
            let activations = [(); 4].map(|()| {
                [(); 4]
                    .map(|()| (random.bits() % 255) as i16 - 127)
                    .map(|x| x as i8)
            });
            let codes = [(); 4].map(|()| random.bytes(n, 1 << BITS));
            Self::check(s, &codes, &activations, false);
            let codes = [(); 4].map(|()| random.bytes(n, 256));
            Self::check(s, &codes, &activations, true);
        }
        let largest = ((1u32 << BITS) - 1) as u8;
        for activation in [127, -127] {
            Self::check(
                s,
                &[(); 4].map(|()| vec![largest; n]),
                &[[activation; 4]; 4],
                false,
            );
            for code in [127i8, -127, -128, 0] {
                let codes = [(); 4].map(|()| vec![code as u8; n]);
                Self::check(s, &codes, &[[activation; 4]; 4], true);
            }
        }
    }
}

#[test]
fn dot_products_are_exact() {
    for isa in Isa::available() {
        isa.run(Dots::<1>);
        isa.run(Dots::<4>);
        isa.run(Dots::<5>);
        isa.run(Dots::<6>);
    }
}

struct Bits;

impl Kernel for Bits {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (a, b) = (
            Random(5).bytes(4 * S::LANES, 256),
            Random(6).bytes(4 * S::LANES, 64),
        );
        let (va, vb) = (s.load_codes(&a), s.load_codes(&b));
        // Each result goes through `dot_codes` with one activation of a quad set, which shows that byte.
        let each = |got: S::I8, f: &dyn Fn(u8, u8) -> u8| {
            for byte in 0..4 {
                let mut quad = [0i8; 4];
                quad[byte] = 1;
                let one = quad_of(s, 8, quad);
                let sums = s.dot_codes(8, s.dot_zero(), got, one);
                let want: Vec<i32> = (0..S::LANES)
                    .map(|lane| i32::from(f(a[4 * lane + byte], b[4 * lane + byte]) as i8))
                    .collect();
                assert_eq!(integers(s, s.dot_sum(8, sums)), want);
            }
        };
        each(va, &|a, _| a);
        each(s.and(va, vb), &|a, b| a & b);
        each(s.or(va, vb), &|a, b| a | b);
        each(s.splat_code(0x9c), &|_, _| 0x9c);
        let table = std::array::from_fn(|i| 250u8.wrapping_add(13 * i as u8));
        let looked_up = s.look_up(s.table(&table), s.and(va, s.splat_code(15)));
        each(looked_up, &|a, _| table[usize::from(a & 15)]);
        for n in 0..8 {
            let left = s.and(s.shift_left(va, n), s.splat_code(0xff << n));
            each(left, &|a, _| a << n);
            let right = s.and(s.shift_right(va, n), s.splat_code(0xff >> n));
            each(right, &|a, _| a >> n);
        }
    }
}

#[test]
fn bits_move_within_their_byte() {
    for isa in Isa::available() {
        isa.run(Bits);
    }
}

#[test]
fn scalar_comes_last_natively_and_names_differ() {
    let isas = Isa::available();
    let one_only = cfg!(all(target_arch = "wasm32", target_feature = "simd128"));
    assert_eq!(isas.last() == Some(&Isa::Scalar), !one_only);
    assert_eq!(isas.first(), Some(&Isa::best()));
    for (i, isa) in isas.iter().enumerate() {
        assert!(isas[..i].iter().all(|other| other.name() != isa.name()));
    }
}
