//! Vectors: the functions on lanes mean the same in both readings.

use super::*;
use assay_interp::num::{F32x4, F64x2, I8x16, I16x8, I32x4, I64x2, Part};

/// Makes a function that applies one of a list of functions on up to three vectors.
macro_rules! vectors {
    ($all:ident, $apply:ident: $($name:literal |$d:ident, [$v1:ident, $v2:ident, $v3:ident]| $body:expr;)*) => {
        pub(crate) const $all: &[&str] = &[$($name),*];
        #[allow(unused_variables, reason = "most have fewer than three operands")]
        pub(crate) fn $apply<D: Reading>(
            d: &D,
            at: usize,
            v1: D::Bv<W128>,
            v2: D::Bv<W128>,
            v3: D::Bv<W128>,
        ) -> D::Bv<W128> {
            let mut n = 0..;
            $(if n.next() == Some(at) {
                let ($d, $v1, $v2, $v3) = (d, v1, v2, v3);
                return $body;
            })*
            panic!("there is no operation {at}")
        }
    };
}

pub(crate) fn wide<D: Reading>(d: &D, c: D::Bv<W32>) -> D::Bv<W128> {
    d.zext(c)
}

pub(crate) fn low<D: Reading>(d: &D, v: D::Bv<W128>) -> D::Bv<W32> {
    d.extract(v, 0)
}

pub(crate) fn bit<D: Reading>(d: &D, b: D::Bool) -> D::Bv<W128> {
    d.ite(b, d.constant(1), d.constant(0))
}

vectors! { ALL, apply:
    "i64.add128" |d, [a, b, c]| num::iconcat(d, num::wideop(d, num::iadd, num::isplit(d, a), num::isplit(d, b)));
    "i64.sub128" |d, [a, b, c]| num::iconcat(d, num::wideop(d, num::isub, num::isplit(d, a), num::isplit(d, b)));
    "i64.mul_wide_s" |d, [a, b, c]| {
        num::iconcat(d, num::extwideop(d, num::extend_s, num::isplit(d, a).0, num::isplit(d, b).1))
    };
    "i64.mul_wide_u" |d, [a, b, c]| {
        num::iconcat(d, num::extwideop(d, num::extend_u, num::isplit(d, a).1, num::isplit(d, b).0))
    };
    "bitselect" |d, [a, b, c]| num::ibitselect::<_, W128>(d, a, b, c);
    "any_true" |d, [a, b, c]| bit(d, num::inez::<_, W128>(d, a));
    "i8x16.abs" |d, [a, b, c]| num::vunop::<_, I8x16>(d, num::iabs, a);
    "i64x2.neg" |d, [a, b, c]| num::vunop::<_, I64x2>(d, num::ineg, a);
    "f32x4.neg" |d, [a, b, c]| num::vunop::<_, F32x4>(d, num::fneg, a);
    "i8x16.add_sat_s" |d, [a, b, c]| num::vbinop::<_, I8x16>(d, num::iadd_sat_s, a, b);
    "i16x8.sub_sat_u" |d, [a, b, c]| num::vbinop::<_, I16x8>(d, num::isub_sat_u, a, b);
    "i16x8.q15mulr_sat_s" |d, [a, b, c]| num::vbinop::<_, I16x8>(d, num::iq15mulr_sat_s, a, b);
    "i32x4.add" |d, [a, b, c]| num::vbinop::<_, I32x4>(d, num::iadd, a, b);
    "f64x2.pmin" |d, [a, b, c]| num::vbinop::<_, F64x2>(d, num::fpmin, a, b);
    "i16x8.all_true" |d, [a, b, c]| bit(d, num::vtestop::<_, I16x8>(d, num::inez, a));
    "i8x16.lt_s" |d, [a, b, c]| num::vrelop::<_, I8x16>(d, num::ilt_s, a, b);
    "f32x4.le" |d, [a, b, c]| num::vrelop::<_, F32x4>(d, num::fle, a, b);
    "i8x16.shl" |d, [a, b, c]| num::vshiftop::<_, I8x16>(d, num::ishl, a, low(d, b));
    "i32x4.shr_s" |d, [a, b, c]| num::vshiftop::<_, I32x4>(d, num::ishr_s, a, low(d, b));
    "i64x2.shr_u" |d, [a, b, c]| num::vshiftop::<_, I64x2>(d, num::ishr_u, a, low(d, b));
    "i8x16.bitmask" |d, [a, b, c]| wide(d, num::vbitmaskop::<_, I8x16>(d, a));
    "i64x2.bitmask" |d, [a, b, c]| wide(d, num::vbitmaskop::<_, I64x2>(d, a));
    "i8x16.swizzle" |d, [a, b, c]| num::vswizzlop::<_, I8x16>(d, num::iswizzle_lane, a, b);
    "i8x16.shuffle" |d, [a, b, c]| {
        num::vshufflop(d, &[0, 16, 1, 17, 31, 15, 15, 8, 9, 10, 11, 12, 24, 25, 26, 27], a, b)
    };
    "i8x16.narrow_i16x8_u" |d, [a, b, c]| num::vnarrowop::<_, I16x8, I8x16>(d, num::narrow_u, a, b);
    "i16x8.narrow_i32x4_s" |d, [a, b, c]| num::vnarrowop::<_, I32x4, I16x8>(d, num::narrow_s, a, b);
    "i16x8.extend_low" |d, [a, b, c]| num::vcvtop::<_, I8x16, I16x8>(d, Part::Low, num::extend_s, a);
    "i64x2.extend_high" |d, [a, b, c]| num::vcvtop::<_, I32x4, I64x2>(d, Part::High, num::extend_u, a);
    "to the lower half" |d, [a, b, c]| num::vcvtop::<_, I64x2, I32x4>(d, Part::Zero, num::wrap, a);
    "whole" |d, [a, b, c]| num::vcvtop::<_, F32x4, I32x4>(d, Part::Whole, num::reinterpret, a);
    "i16x8.extadd_pairwise" |d, [a, b, c]| num::ivadd_pairwise::<_, I8x16, I16x8>(d, num::extend_s, a);
    "i16x8.extmul_low" |d, [a, b, c]| num::ivmul_low::<_, I8x16, I16x8>(d, num::extend_u, [a, b]);
    "i32x4.extmul_high" |d, [a, b, c]| num::ivmul_high::<_, I16x8, I32x4>(d, num::extend_s, [a, b]);
    "i32x4.dot" |d, [a, b, c]| num::ivdot::<_, I16x8, I32x4>(d, num::extend_s, [a, b]);
    "lanes to other lanes" |d, [a, b, c]| {
        let bytes = num::vbinop::<_, I8x16>(d, num::iadd, a, b);
        num::vbinop::<_, I64x2>(d, num::iadd, num::vunop::<_, I16x8>(d, num::ineg, bytes), c)
    };
}

/// All operands variables, or some of them constants from the start; then evaluated, and substituted.
pub(crate) fn law(at: usize, vs: [u128; 3]) {
    let wanted = apply(&Concrete::default(), at, vs[0], vs[1], vs[2]);
    let mut vars = Vars::new();
    let x = [0; 3].map(|_| vars.fresh(128));
    for known in 0..8 {
        let operand = |i: usize| if known >> i & 1 == 1 { vars.constant(128, vs[i]) } else { x[i] };
        let t = apply(&vars.d, at, operand(0), operand(1), operand(2));
        assert_eq!(vars.number(t, &vs), Some(wanted), "{} of {vs:x?}, known: {known:03b}", ALL[at]);
        assert_eq!(Compiled::new(&vars, t).eval(&vs), wanted, "{} of {vs:x?}, known: {known:03b}", ALL[at]);
    }
}

vectors! { RELAXED, relaxed:
    "swizzle" |d, [a, b, c]| num::vswizzlop::<_, I8x16>(d, num::irelaxed_swizzle_lane, a, b);
    "laneselect" |d, [a, b, c]| num::vternop::<_, I16x8>(d, num::irelaxed_laneselect, [a, b, c]);
    "q15mulr" |d, [a, b, c]| num::vbinop::<_, I16x8>(d, num::irelaxed_q15mulr_s, a, b);
    "dot" |d, [a, b, c]| num::ivdot_sat(d, [a, b]);
    "dot, added" |d, [a, b, c]| num::relaxed_dot_add_s(d, [a, b, c]);
}
