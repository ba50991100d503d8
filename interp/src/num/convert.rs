//! Conversions (4.3.4).

use super::float::{fge, fle, float_constant, flt, is_nan};
use super::{Partial, Vec2};
use crate::trap::TrapKind;
use crate::value::{FloatWidth, Reading, Width};

/// `extend_u`
pub fn extend_u<D: Reading, N: Width, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.zext(a)
}

/// `extend_s`
pub fn extend_s<D: Reading, N: Width, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.sext(a)
}

/// `wrap`
pub fn wrap<D: Reading, N: Width, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.extract(a, 0)
}

/// `narrow_s` (`sat_s` of the signed number): the nearest signed integer of M bits.
pub fn narrow_s<D: Reading, N: Width, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    let max = (1 << (M::BITS - 1)) - 1;
    clamped(d, a, !max, max)
}

/// `narrow_u` (`sat_u` of the signed number): the nearest unsigned integer of M bits.
pub fn narrow_u<D: Reading, N: Width, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    clamped(d, a, 0, (1 << M::BITS) - 1)
}

fn clamped<D: Reading, N: Width, M: Width>(d: &D, a: D::Bv<N>, min: u128, max: u128) -> D::Bv<M> {
    let (min, max) = (d.constant::<N>(min), d.constant::<N>(max));
    let at_least = d.ite(d.slt(a, min), min, a);
    d.extract(d.ite(d.slt(max, at_least), max, at_least), 0)
}

/// `promote`
pub fn promote<D: Reading, N: FloatWidth, M: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.reformat(a)
}

/// `demote`
pub fn demote<D: Reading, N: FloatWidth, M: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.reformat(a)
}

/// `convert_s`
pub fn convert_s<D: Reading, N: Width, M: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.convert_s(a)
}

/// `convert_u`
pub fn convert_u<D: Reading, N: Width, M: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    d.convert_u(a)
}

/// `reinterpret`: a float is its bits already.
pub fn reinterpret<D: Reading, N: Width>(_d: &D, a: D::Bv<N>) -> D::Bv<N> {
    a
}

/// Where truncation leaves the integers of M bits: below their least, above their greatest.
struct Range<D: Reading> {
    below: D::Bool,
    above: D::Bool,
}

/// The bounds are compared as floats: truncated, `a` is below -2^(M-1) just when it is at most -2^(M-1) - 1, or, in a
/// format that has no number between the two, when it is less than -2^(M-1).
fn range_s<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> Range<D> {
    let power = 2f64.powi(M::BITS as i32 - 1);
    let below = if N::SIGNIFICAND + 1 >= M::BITS {
        fle(d, a, float_constant(d, -power - 1.0))
    } else {
        flt(d, a, float_constant(d, -power))
    };
    Range { below, above: fge(d, a, float_constant(d, power)) }
}

fn range_u<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> Range<D> {
    let power = 2f64.powi(M::BITS as i32);
    Range { below: fle(d, a, float_constant(d, -1.0)), above: fge(d, a, float_constant(d, power)) }
}

fn undefined<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, range: &Range<D>) -> Vec2<(D::Bool, TrapKind)> {
    let overflow = d.either(range.below, range.above);
    ((is_nan(d, a), TrapKind::InvalidConversion), Some((overflow, TrapKind::IntegerOverflow)))
}

/// `trunc_s`: undefined for NaNs, and where the integer has no M bits.
pub fn trunc_s<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> Partial<D, M> {
    let range = range_s::<D, N, M>(d, a);
    Partial { undefined: undefined(d, a, &range), value: d.truncz_s(a) }
}

/// `trunc_u`: undefined for NaNs, and where the integer has no M bits.
pub fn trunc_u<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> Partial<D, M> {
    let range = range_u::<D, N, M>(d, a);
    Partial { undefined: undefined(d, a, &range), value: d.truncz_u(a) }
}

fn saturate<D: Reading, N: FloatWidth, M: Width>(
    d: &D,
    a: D::Bv<N>,
    range: &Range<D>,
    (min, max): (u128, u128),
    value: D::Bv<M>,
) -> D::Bv<M> {
    let value = d.ite(range.below, d.constant(min), value);
    let value = d.ite(range.above, d.constant(max), value);
    d.ite(is_nan(d, a), d.constant(0), value)
}

/// `trunc_sat_s`: 0 for NaNs, else the nearest integer of M bits.
pub fn trunc_sat_s<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    let min = 1 << (M::BITS - 1);
    saturate(d, a, &range_s::<D, N, M>(d, a), (min, min - 1), d.truncz_s(a))
}

/// `trunc_sat_u`: 0 for NaNs, else the nearest integer of M bits.
pub fn trunc_sat_u<D: Reading, N: FloatWidth, M: Width>(d: &D, a: D::Bv<N>) -> D::Bv<M> {
    saturate(d, a, &range_u::<D, N, M>(d, a), (0, (1 << M::BITS) - 1), d.truncz_u(a))
}
