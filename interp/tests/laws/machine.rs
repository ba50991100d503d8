//! The laws against the machine, at limits and at random.

use super::law::machine::*;
use super::*;

#[test]
fn counts_by_their_definitions() {
    (0..2).for_each(counts::<W1>);
    (0..1 << 8).for_each(counts::<W8>);
    (0..1 << 16).for_each(counts::<W16>);
    boundary(32).into_iter().for_each(counts::<W32>);
    boundary(64).into_iter().for_each(counts::<W64>);
    boundary(128).into_iter().for_each(counts::<W128>);
}

fn totals<W: Width>() {
    let all = boundary(W::BITS);
    all.iter().for_each(|a| all.iter().for_each(|b| total::<W>(*a, *b)));
}

#[test]
fn primitives_are_total() {
    (0..2).for_each(|a| (0..2).for_each(|b| total::<W1>(a, b)));
    (0..256).for_each(|a| (0..256).for_each(|b| total::<W8>(a, b)));
    totals::<W16>();
    totals::<W32>();
    totals::<W64>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn primitives_are_total_at_all_numbers(a in operand::<W32>(), b in operand::<W32>(), c in operand::<W64>(),
                                           e in operand::<W64>(), f in operand::<W128>(), g in operand::<W128>()) {
        total::<W32>(a, b);
        total::<W64>(c, e);
        total::<W128>(f, g);
    }
}

#[test]
fn evaluation_of_8_bits_and_of_one() {
    (0..2).for_each(|a| (0..2).for_each(|b| evaluated::<W1>(a, b, a == b)));
    (0..256).for_each(|a| (0..256).for_each(|b| evaluated::<W8>(a, b, (a ^ b) & 1 == 0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn evaluation(a in operand::<W32>(), b in operand::<W32>(), c in operand::<W64>(), e in operand::<W64>(),
                  f in operand::<W128>(), g in operand::<W128>(), truth: bool, low in 0u32..=96) {
        evaluated::<W32>(a, b, truth);
        evaluated::<W64>(c, e, truth);
        evaluated::<W128>(f, g, truth);
        let d = Concrete::default();
        prop_assert_eq!(eval_op(Op::Concat, 64, 32, [a, b, a]), d.concat::<W32, W32, W64>(a as u32, b as u32).into());
        prop_assert_eq!(d.concat::<W32, W32, W64>(a as u32, b as u32), (a << 32 | b) as u64);
        prop_assert_eq!(eval_op(Op::Extract(low as u8), 32, 128, [f; 3]), d.extract::<W128, W32>(f, low).into());
        prop_assert_eq!(d.extract::<W128, W32>(f, low), (f >> low) as u32);
    }
}

#[test]
fn lanes_against_the_machine() {
    (0..1 << 16).for_each(|i: u32| lanes_of_8_bits(i as u8, (i >> 8) as u8, (i >> 4) as u8));
    let pairs = |bits| boundary(bits).into_iter().flat_map(move |a| boundary(bits).into_iter().map(move |b| (a, b)));
    pairs(16).for_each(|(a, b)| lanes_of_16_bits(a as u16, b as u16, (a ^ b << 3) as u16));
    pairs(32).for_each(|(a, b)| lanes_of_32_bits(a as u32, b as u32, (a ^ b << 3) as u32));
    pairs(64).for_each(|(a, b)| wide_arithmetic(a, b << 64 | a));
    pairs(64).for_each(|(a, b)| lanes_of_64_bits(a as u64, b as u64, (a ^ b << 3) as u64));
    for a in 0..=u16::MAX {
        assert_eq!(num::narrow_s::<_, W16, W8>(&Concrete::default(), a), (a as i16).clamp(-128, 127) as u8);
        assert_eq!(num::narrow_u::<_, W16, W8>(&Concrete::default(), a), (a as i16).clamp(0, 255) as u8);
    }
}

#[test]
fn all_pairs_of_limits_against_the_machine() {
    let pairs =
        |all: Vec<u128>| all.clone().into_iter().flat_map(move |a| all.clone().into_iter().map(move |b| (a, b)));
    pairs(boundary(32)).for_each(|(a, b)| i32_against_the_machine(a as u32, b as u32));
    pairs(boundary(64)).for_each(|(a, b)| i64_against_the_machine(a as u64, b as u64));
    pairs(float_boundary::<W32>()).for_each(|(a, b)| f32_against_the_machine(a as u32, b as u32));
    pairs(float_boundary::<W64>()).for_each(|(a, b)| f64_against_the_machine(a as u64, b as u64));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn wide_arithmetic_against_the_machine(a in operand::<W128>(), b in operand::<W128>()) {
        wide_arithmetic(a, b);
    }

    #[test]
    fn against_the_machine(a in operand::<W32>(), b in operand::<W32>(), c in operand::<W64>(), e in operand::<W64>(),
                           x in float::<W32>(), y in float::<W32>(), z in float::<W64>(), w in float::<W64>()) {
        i32_against_the_machine(a as u32, b as u32);
        i64_against_the_machine(c as u64, e as u64);
        f32_against_the_machine(x as u32, y as u32);
        f64_against_the_machine(z as u64, w as u64);
        f32_against_the_machine(a as u32, b as u32);
        f64_against_the_machine(c as u64, e as u64);
        formats(x as u32, z as u64);
        formats(a as u32, c as u64);
    }
}
