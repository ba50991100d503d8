//! Operations whose result is one of a set, by a choice that an implementation makes once (4.3.6, relaxed SIMD).
//!
//! The first of each set is the deterministic profile's. The choice is the reading's
//! [`relaxed`](Reading::relaxed), so that what is proved holds for all of the set.

use super::float::{both_zero, either_nan};
use super::vector::{I8x16, I16x8, I32x4, ivadd_pairwise, ivdot_by, vbinop};
use super::{Partial, extend_s, extend_u, fadd, fmax, fmin, fmul, fneg, iadd, iadd_sat_s, ibitselect, iq15mulr_sat_s};
use super::{trunc_s, trunc_sat_s, trunc_sat_u, trunc_u};
use crate::value::{FloatWidth, Reading, W8, W16, W128, Width};

/// `irelaxed_swizzle_lane`: an index from 16 to 127 may count modulo 16.
pub fn irelaxed_swizzle_lane<D: Reading>(d: &D, c: &dyn Fn(D::Bv<W8>) -> D::Bv<W8>, i: D::Bv<W8>) -> D::Bv<W8> {
    let zero = d.constant(0);
    let beyond = d.relaxed(zero, c(d.and(i, d.constant(15))));
    d.ite(d.ult(i, d.constant(16)), c(i), d.ite(d.slt(i, zero), zero, beyond))
}

/// Where truncation is undefined, its saturated result or a limit.
fn relaxed_trunc<D: Reading, M: Width>(d: &D, truncated: &Partial<D, M>, sat: D::Bv<M>, limit: u128) -> D::Bv<M> {
    let (first, second) = &truncated.undefined;
    let undefined = second.iter().fold(first.0, |any, (condition, _)| d.either(any, *condition));
    d.ite(undefined, d.relaxed(sat, d.constant(limit)), truncated.value)
}

/// `relaxed_trunc_s`: the limit is the least number.
pub fn relaxed_trunc_s<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    relaxed_trunc(d, &trunc_s(d, a), trunc_sat_s(d, a), 1 << (M::BITS - 1))
}

/// `relaxed_trunc_u`: the limit is the greatest number.
pub fn relaxed_trunc_u<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    relaxed_trunc(d, &trunc_u(d, a), trunc_sat_u(d, a), u128::MAX)
}

/// `frelaxed_madd`: rounded twice, or once. A reading that rounds nothing has both in one.
pub fn frelaxed_madd<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    fadd(d, fmul(d, a, b), c)
}

/// `frelaxed_nmadd`
pub fn frelaxed_nmadd<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    frelaxed_madd(d, fneg(d, a), b, c)
}

/// `irelaxed_laneselect`: each bit of `c` selects, or its highest one selects for a lane or for a byte.
pub fn irelaxed_laneselect<D: Reading, N: Width>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    let by_sign = d.ite(d.slt(c, d.constant(0)), a, b);
    // All bits of a byte are its highest.
    let signs = d.and(c, d.constant(u128::MAX / 0xFF * 0x80));
    let bytes = d.or(signs, d.sub(signs, d.lshr(signs, d.constant(7))));
    d.relaxed(ibitselect(d, a, b, c), d.relaxed(by_sign, ibitselect(d, a, b, bytes)))
}

/// Where an operand is a NaN or both are zeros, either operand may be the result.
fn relaxed_limit<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>, limit: D::Bv<N>) -> D::Bv<N> {
    let free = d.either(either_nan(d, a, b), both_zero(d, a, b));
    d.ite(free, d.relaxed(limit, d.relaxed(a, b)), limit)
}

/// `frelaxed_min`
pub fn frelaxed_min<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bv<N> {
    relaxed_limit(d, a, b, fmin(d, a, b))
}

/// `frelaxed_max`
pub fn frelaxed_max<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bv<N> {
    relaxed_limit(d, a, b, fmax(d, a, b))
}

/// `irelaxed_q15mulr_s`: the one product that overflows saturates, or wraps.
pub fn irelaxed_q15mulr_s<D: Reading>(d: &D, a: D::Bv<W16>, b: D::Bv<W16>) -> D::Bv<W16> {
    let min = d.constant(1 << 15);
    let (saturated, overflows) = (iq15mulr_sat_s(d, a, b), d.both(d.eq(a, min), d.eq(b, min)));
    d.ite(overflows, d.relaxed(saturated, min), saturated)
}

/// `ivdot_sat`: the second operand's lanes are signed, or unsigned; sums saturate.
pub fn ivdot_sat<D: Reading>(d: &D, vs: [D::Bv<W128>; 2]) -> D::Bv<W128> {
    let signed = ivdot_by::<D, I8x16, I16x8>(d, [&extend_s, &extend_s], iadd_sat_s, vs);
    let unsigned = ivdot_by::<D, I8x16, I16x8>(d, [&extend_s, &extend_u], iadd_sat_s, vs);
    d.relaxed(signed, unsigned)
}

/// `relaxed_dot_add_s`: the dot product's lanes added in pairs, and to the third operand's.
pub fn relaxed_dot_add_s<D: Reading>(d: &D, [v1, v2, v3]: [D::Bv<W128>; 3]) -> D::Bv<W128> {
    let sums = ivadd_pairwise::<D, I16x8, I32x4>(d, extend_s, ivdot_sat(d, [v1, v2]));
    vbinop::<D, I32x4>(d, iadd, sums, v3)
}
