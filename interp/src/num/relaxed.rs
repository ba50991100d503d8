//! Relaxed operations (4.3.6): their result is `relaxed(R)[A_0, …, A_n]`, where R is a parameter that an implementation
//! chooses once. The choice is the reading's [`relaxed`](Reading::relaxed).
//!
//! The results are listed in the order of the standard, so that the first is the deterministic profile's. Where an
//! operation isn't relaxed on its operands, all of them are equal.

use super::float::{both_zero, either_nan, is_nan};
use super::vector::{I8x16, I16x8, I32x4, ivadd_pairwise, ivdot_by, vbinop};
use super::{Vec2, extend_s, extend_u, fadd, fmax, fmin, fmul, fneg, iadd, iadd_sat_s, ibitselect, iq15mulr_sat_s};
use super::{trunc_s, trunc_sat_s, trunc_sat_u, trunc_u};
use crate::trap::TrapKind;
use crate::value::{FloatWidth, Parameter, Reading, W8, W16, W128, Width};

/// `irelaxed_swizzle_lane`: an index from 16 to 127 has no lane, or counts modulo 16.
pub fn irelaxed_swizzle_lane<D: Reading>(d: &D, c: &dyn Fn(D::Bv<W8>) -> D::Bv<W8>, i: D::Bv<W8>) -> D::Bv<W8> {
    let zero = d.constant(0);
    let modulo = d.ite(d.slt(i, zero), zero, c(d.and(i, d.constant(15))));
    d.relaxed(Parameter::Swizzle, &[c(i), modulo])
}

/// The saturated result, or where truncation is undefined one of some numbers.
fn relaxed_trunc<D: Reading, M: Width, const N: usize>(
    d: &D,
    r: Parameter,
    (first, second): &Vec2<(D::Bool, TrapKind)>,
    saturated: D::Bv<M>,
    others: [u128; N],
) -> D::Bv<M> {
    let undefined = second.iter().fold(first.0, |any, (condition, _)| d.either(any, *condition));
    let mut sets = vec![saturated];
    sets.extend(others.map(|c| d.ite(undefined, d.constant(c), saturated)));
    d.relaxed(r, &sets)
}

/// `relaxed_trunc_s`: where undefined, saturated or the least number.
pub fn relaxed_trunc_s<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    let undefined = trunc_s::<D, N, M>(d, a).undefined;
    relaxed_trunc(d, Parameter::TruncS, &undefined, trunc_sat_s(d, a), [1 << (M::BITS - 1)])
}

/// `relaxed_trunc_u`: where undefined, saturated, or 2^M-1, or 2^M-2, or 2^(M-1).
pub fn relaxed_trunc_u<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    let undefined = trunc_u::<D, N, M>(d, a).undefined;
    let others = [u128::MAX, u128::MAX - 1, 1 << (M::BITS - 1)];
    relaxed_trunc(d, Parameter::TruncU, &undefined, trunc_sat_u(d, a), others)
}

/// `frelaxed_madd`: rounded twice, or once.
pub fn frelaxed_madd<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    d.relaxed(Parameter::Fmadd, &[fadd(d, fmul(d, a, b), c), d.fma(a, b, c)])
}

/// `frelaxed_nmadd`
pub fn frelaxed_nmadd<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    frelaxed_madd(d, fneg(d, a), b, c)
}

/// `irelaxed_laneselect`: each bit of `c` selects, or its highest one selects for the lane.
///
/// Of 16 bits there is a third result, that the highest bit of each byte selects for the byte. The standard's list
/// doesn't have it; the proposal (WebAssembly/relaxed-simd#145) and the official tests allow it, for the sake of the
/// instruction that x86-64 has.
pub fn irelaxed_laneselect<D: Reading, N: Width>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    let bits = ibitselect(d, a, b, c);
    let sign = d.ite(d.slt(c, d.constant(0)), a, b);
    if N::BITS != 16 {
        return d.relaxed(Parameter::Laneselect, &[bits, sign]);
    }
    // All bits of a byte are its highest.
    let signs = d.and(c, d.constant(0x8080));
    let bytes = d.or(signs, d.sub(signs, d.lshr(signs, d.constant(7))));
    d.relaxed(Parameter::Laneselect, &[bits, sign, ibitselect(d, a, b, bytes)])
}

/// The limit; or where an operand is a NaN or both are zeros, always the first operand, always the second, or the one
/// that isn't a NaN (of two zeros the limit).
///
/// Where an operand is a NaN the standard writes `±nan(n)` for it and `nan(n)` for the result; that is read as the
/// operand itself, as it is where its place is taken by z1 or z2.
fn relaxed_limit<D: Reading, N: FloatWidth>(
    d: &D,
    r: Parameter,
    a: D::Bv<N>,
    b: D::Bv<N>,
    limit: D::Bv<N>,
) -> D::Bv<N> {
    let free = d.either(either_nan(d, a, b), both_zero(d, a, b));
    let number = d.ite(is_nan(d, a), b, d.ite(is_nan(d, b), a, limit));
    d.relaxed(r, &[limit, d.ite(free, a, limit), d.ite(free, b, limit), number])
}

/// `frelaxed_min`
pub fn frelaxed_min<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bv<N> {
    relaxed_limit(d, Parameter::Fmin, a, b, fmin(d, a, b))
}

/// `frelaxed_max`
pub fn frelaxed_max<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bv<N> {
    relaxed_limit(d, Parameter::Fmax, a, b, fmax(d, a, b))
}

/// `irelaxed_q15mulr_s`: the one product that overflows saturates, or wraps.
pub fn irelaxed_q15mulr_s<D: Reading>(d: &D, a: D::Bv<W16>, b: D::Bv<W16>) -> D::Bv<W16> {
    let min = d.constant(1 << 15);
    let (saturated, overflows) = (iq15mulr_sat_s(d, a, b), d.both(d.eq(a, min), d.eq(b, min)));
    d.relaxed(Parameter::Iq15mulr, &[saturated, d.ite(overflows, min, saturated)])
}

/// `ivdot_sat`, where the second operand's lanes are signed, and where they are unsigned; sums saturate.
fn ivdots_sat<D: Reading>(d: &D, vs: [D::Bv<W128>; 2]) -> [D::Bv<W128>; 2] {
    let signed = ivdot_by::<D, I8x16, I16x8>(d, [&extend_s, &extend_s], iadd_sat_s, vs);
    let unsigned = ivdot_by::<D, I8x16, I16x8>(d, [&extend_s, &extend_u], iadd_sat_s, vs);
    [signed, unsigned]
}

/// `ivdot_sat`, with either kind of lanes in the second operand.
pub fn ivdot_sat<D: Reading>(d: &D, vs: [D::Bv<W128>; 2]) -> D::Bv<W128> {
    d.relaxed(Parameter::Idot, &ivdots_sat(d, vs))
}

/// `relaxed_dot_add_s`: the dot product's lanes added in pairs, and to the third operand's. What is the same in the end
/// is no choice.
pub fn relaxed_dot_add_s<D: Reading>(d: &D, [v1, v2, v3]: [D::Bv<W128>; 3]) -> D::Bv<W128> {
    let added = |dot| vbinop::<D, I32x4>(d, iadd, ivadd_pairwise::<D, I16x8, I32x4>(d, extend_s, dot), v3);
    d.relaxed(Parameter::Idot, &ivdots_sat(d, [v1, v2]).map(added))
}
