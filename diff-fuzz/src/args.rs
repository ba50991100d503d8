//! Arguments for calls: boundary values first, then values of a seeded generator.

use assay_interp::exec::{AnyRef, Ref, Val, Value};
use assay_interp::syntax::{FuncType, HeapType, NumType, ValType};

/// Numbers at which an operation on an `i32` changes what it does.
const I32: [u32; 20] = [
    0,
    1,
    u32::MAX,
    1 << 31,
    i32::MAX as u32,
    2,
    31,
    32,
    0x7f,
    0x80,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0xffff_fffc,
    0x5555_5555,
    8,
    16,
    0x0100_0001, // half way between two numbers of `f32`
    0x8000_0081, // the same and one more
];

/// The same for `i64`.
const I64: [u64; 21] = [
    0,
    1,
    u64::MAX,
    1 << 63,
    i64::MAX as u64,
    2,
    63,
    64,
    0x8000,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0xffff_ffff_8000_0000,
    0x5555_5555_5555_5555,
    0xffff_fffc,
    0xffff_ffff_ffff_fffc,
    0x0020_0000_0000_0001, // half way between two numbers of `f64`
    0x8000_0000_0000_0401, // the same and one more
    0x7fff_ff40_0000_0001, // one more than half way between two numbers of `f32`, but not in `f64`
];

/// Numbers at which an operation on an `f32` changes what it does; the NaNs are a canonical, a negative canonical, an
/// arithmetic and a signalling one.
const F32: [u32; 28] = [
    0x0000_0000, // 0
    0x8000_0000, // -0
    0x3f80_0000, // 1
    0xbf80_0000, // -1
    0x3f00_0000, // 0.5
    0x3fc0_0000, // 1.5
    0xbfc0_0000, // -1.5
    0x7f80_0000, // inf
    0xff80_0000, // -inf
    0x7fc0_0000, // nan
    0xffc0_0000, // -nan
    0x7fc0_1234, // nan:0x401234
    0x7f80_0001, // nan:0x1
    0x7f7f_ffff, // the greatest
    0xff7f_ffff, // the least
    0x0080_0000, // the least positive normal one
    0x0000_0001, // the least positive one
    0x8000_0001, // the greatest negative one
    0x4b00_0000, // 2^23, from where on there are no fractions
    0x4eff_ffff, // below 2^31
    0x4f00_0000, // 2^31
    0xcf00_0001, // below -2^31
    0x4f80_0000, // 2^32
    0x5eff_ffff, // below 2^63
    0x5f00_0000, // 2^63
    0x5f80_0000, // 2^64
    0xbf7f_ffff, // above -1
    0x4080_0000, // 4
];

/// The same for `f64`.
const F64: [u64; 32] = [
    0x0000_0000_0000_0000, // 0
    0x8000_0000_0000_0000, // -0
    0x3ff0_0000_0000_0000, // 1
    0xbff0_0000_0000_0000, // -1
    0x3fe0_0000_0000_0000, // 0.5
    0x3ff8_0000_0000_0000, // 1.5
    0xbff8_0000_0000_0000, // -1.5
    0x7ff0_0000_0000_0000, // inf
    0xfff0_0000_0000_0000, // -inf
    0x7ff8_0000_0000_0000, // nan
    0xfff8_0000_0000_0000, // -nan
    0x7ff8_0000_0000_1234, // nan:0x8000000001234
    0x7ff0_0000_0000_0001, // nan:0x1
    0x7fef_ffff_ffff_ffff, // the greatest
    0xffef_ffff_ffff_ffff, // the least
    0x0010_0000_0000_0000, // the least positive normal one
    0x0000_0000_0000_0001, // the least positive one
    0x8000_0000_0000_0001, // the greatest negative one
    0x4330_0000_0000_0000, // 2^52, from where on there are no fractions
    0x41df_ffff_ffff_ffff, // below 2^31
    0x41e0_0000_0000_0000, // 2^31
    0xc1e0_0000_0020_0000, // -2^31 - 1
    0x41ef_ffff_ffff_ffff, // below 2^32
    0x41f0_0000_0000_0000, // 2^32
    0x43df_ffff_ffff_ffff, // below 2^63
    0x43e0_0000_0000_0000, // 2^63
    0x43f0_0000_0000_0000, // 2^64
    0x47f0_0000_0000_0000, // 2^128, beyond `f32`
    0xbfef_ffff_ffff_ffff, // above -1
    0xc1e0_0000_0010_0000, // -2^31 - 0.5
    0x41df_ffff_ffe0_0000, // 2^31 - 0.5
    0x41ef_ffff_fff0_0000, // 2^32 - 0.5
];

/// Lanes of all shapes: bytes where integers of 8 and 16 bits change sign, the indices of bytes, then some floats.
fn v128() -> Vec<u128> {
    let mut vectors = vec![0, u128::MAX];
    vectors.extend([0x80, 0x7f, 0x8000, 0x7fff].map(|lane| u128::MAX / if lane > 0xff { 0xffff } else { 0xff } * lane));
    vectors.push(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);
    vectors.extend(F32[..12].chunks(4).map(|lanes| lanes.iter().fold(0, |v, lane| v << 32 | u128::from(*lane))));
    // Lanes of 64 bits that differ in their low halves alone: machines without such lanes compare halves.
    vectors.push(0xffff_ffff_8000_0000_0000_0001_0000_0000);
    vectors.push(0xffff_ffff_7fff_ffff_0000_0001_8000_0000);
    vectors.extend(F64[..4].chunks(2).map(|lanes| lanes.iter().fold(0, |v, lane| v << 64 | u128::from(*lane))));
    vectors
}

/// A vector of boundary values of some shape: all lanes the same, all but one, or each its own.
pub(crate) fn lanes(rng: &mut fastrand::Rng) -> u128 {
    let shape = rng.u8(..6);
    let one = |rng: &mut fastrand::Rng| match shape {
        0 => u64::from(I32[rng.usize(..I32.len())] & 0xff),
        1 => u64::from(I32[rng.usize(..I32.len())] & 0xffff),
        2 => I32[rng.usize(..I32.len())].into(),
        // Zeros meet more often so.
        3 | 5 if rng.u8(..4) == 0 => u64::from(rng.bool()) << if shape == 3 { 31 } else { 63 },
        3 => F32[rng.usize(..F32.len())].into(),
        4 => I64[rng.usize(..I64.len())],
        _ => F64[rng.usize(..F64.len())],
    };
    let width = [8, 16, 32, 32, 64, 64][usize::from(shape)];
    let count = 128 / width;
    let same = one(rng);
    let mut lanes = vec![same; count];
    match rng.u8(..3) {
        0 => {}
        1 => {
            let lane = [0, count - 1, rng.usize(..count)][rng.usize(..3)];
            lanes[lane] = if rng.bool() { 0 } else { one(rng) };
        }
        _ => lanes.iter_mut().for_each(|lane| *lane = one(rng)),
    }
    lanes.iter().fold(0, |v, lane| v << width | u128::from(*lane))
}

/// The boundary values of a type, which refers to no module's types. References to what a module makes can't be made
/// outside of it, but for null: a type may have no values here.
pub fn boundaries(t: ValType) -> Vec<Value> {
    match t {
        ValType::Num(NumType::I32) => I32.map(Val::I32).to_vec(),
        ValType::Num(NumType::I64) => I64.map(Val::I64).to_vec(),
        ValType::Num(NumType::F32) => F32.map(Val::F32).to_vec(),
        ValType::Num(NumType::F64) => F64.map(Val::F64).to_vec(),
        ValType::V128 => v128().into_iter().map(Val::V128).collect(),
        ValType::Ref(t) => {
            let i31 = || [0, 1, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff].map(|i| Ref::Any(AnyRef::I31(i)));
            let null = t.nullable.then_some(Ref::Null(t.heap.abs_top()));
            let others = match t.heap {
                HeapType::Extern => vec![Ref::host(1)],
                HeapType::Any => i31().into_iter().chain([Ref::Any(AnyRef::Host(1))]).collect(),
                HeapType::Eq | HeapType::I31 => i31().to_vec(),
                _ => Vec::new(),
            };
            null.into_iter().chain(others).map(Val::Ref).collect()
        }
    }
}

/// At most `n` argument vectors for a function: each boundary value in each position, as far as `n` allows, then
/// seeded ones. The seed says which boundary values meet. A function without parameters is called three times, for what
/// it does to its own state; one with a parameter that has no values, not at all.
pub fn vectors(ty: &FuncType, n: usize, seed: u64) -> Vec<Vec<Value>> {
    if ty.params.is_empty() {
        return vec![Vec::new(); n.min(3)];
    }
    let columns: Vec<Vec<Value>> = ty.params.iter().map(|t| boundaries(*t)).collect();
    if columns.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let mut rng = fastrand::Rng::with_seed(seed);
    // Beside each other in the list stand numbers that are much alike: zeros of both signs, -1 and what it overflows.
    let (first, is_near) = (rng.usize(..64), rng.bool());
    let firsts: Vec<usize> =
        columns.iter().map(|_| if is_near { first + rng.usize(..3) } else { rng.usize(..64) }).collect();
    (0..n)
        .map(|row| {
            let columns = columns.iter().zip(&firsts);
            let value = |(column, first): (&Vec<Value>, &usize)| match row < column.len() {
                true => column[(row + first) % column.len()],
                false => seeded(&mut rng, column),
            };
            columns.map(value).collect()
        })
        .collect()
}

/// A value of the column's type: a boundary value, or bits of a random length, so that small numbers are common.
fn seeded(rng: &mut fastrand::Rng, column: &[Value]) -> Value {
    let boundary = column[rng.usize(..column.len())];
    let is_boundary = rng.u8(..4) == 0;
    let bits = rng.u64(..) >> rng.u32(..64);
    // A float of few bits is subnormal: these keep all of them.
    let (all, more) = (rng.u64(..), rng.u64(..));
    match boundary {
        _ if is_boundary => boundary,
        Val::I32(_) => Val::I32(bits as u32),
        Val::I64(_) => Val::I64(bits),
        Val::F32(_) => Val::F32(all as u32),
        Val::F64(_) => Val::F64(all),
        Val::V128(_) if more % 2 == 0 => Val::V128(lanes(rng)),
        Val::V128(_) => Val::V128(u128::from(all) << 64 | u128::from(more)),
        Val::Ref(_) => boundary,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn types() -> impl Strategy<Value = Vec<ValType>> {
        let one = prop::sample::select(vec![
            ValType::I32,
            ValType::I64,
            ValType::F32,
            ValType::F64,
            ValType::V128,
            ValType::FUNCREF,
            ValType::EXTERNREF,
        ]);
        prop::collection::vec(one, 0..5)
    }

    proptest! {
        #[test]
        fn same_seed_same_calls(params in types(), seed: u64) {
            let ty = FuncType { params, results: Vec::new() };
            let calls = vectors(&ty, 40, seed);
            prop_assert_eq!(&calls, &vectors(&ty, 40, seed));
            for args in &calls {
                prop_assert_eq!(args.len(), ty.params.len());
                prop_assert!(args.iter().zip(&ty.params).all(|(v, t)| v.may_be(*t)), "{args:?}");
            }
        }

        #[test]
        fn each_boundary_stands_in_each_position(params in types()) {
            let ty = FuncType { params, results: Vec::new() };
            let calls = vectors(&ty, 32, 0);
            for (position, t) in ty.params.iter().enumerate() {
                for value in boundaries(*t) {
                    prop_assert!(calls.iter().any(|args| args[position] == value), "{value} at {position}");
                }
            }
        }
    }

    #[test]
    fn another_seed_gives_other_calls_after_the_boundaries() {
        let ty = FuncType { params: vec![ValType::I64], results: Vec::new() };
        let (a, b) = (vectors(&ty, 40, 1), vectors(&ty, 40, 2));
        let first =
            |calls: &[Vec<Value>]| calls[..I64.len()].iter().map(|args| args[0].to_string()).collect::<BTreeSet<_>>();
        assert_eq!(first(&a), first(&b));
        assert_eq!(first(&a).len(), I64.len());
        assert_ne!(a[I64.len()..], b[I64.len()..]);
    }

    /// With any other, for a division that overflows, a sum of zeros, a shift by the width.
    #[test]
    fn boundaries_meet_by_the_seed() {
        let ty = FuncType { params: vec![ValType::I32, ValType::I32], results: Vec::new() };
        let meet = |seed| vectors(&ty, 16, seed).contains(&vec![Val::I32(1 << 31), Val::I32(u32::MAX)]);
        let seeds = (0..400).filter(|seed| meet(*seed)).count();
        assert!((20..200).contains(&seeds), "{seeds}");
    }

    #[test]
    fn the_number_is_an_upper_bound() {
        let ty = FuncType { params: vec![ValType::I32, ValType::F64], results: Vec::new() };
        assert_eq!(vectors(&ty, 7, 0).len(), 7);
        assert_eq!(vectors(&FuncType::default(), 7, 0).len(), 3);
    }
}
