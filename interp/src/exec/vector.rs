//! Vector instructions (4.6.11): operands off the stack, the function of 4.3 on their lanes, the result on it.

use super::config::Operands;
use super::domain::Domain;
use super::numeric::bool;
use super::step::Reduced;
use super::value::{I32, Num, V128};
use crate::num::{self, Part, Shape};
use crate::rule::Rule;
use crate::syntax::LaneIdx;
use crate::value::{Reading, W32, W128};

/// A vector.
type V<D> = <D as Reading>::Bv<W128>;
/// A lane.
type Lane<D, S> = <D as Reading>::Bv<<S as Shape>::Lane>;

fn pop<D: Domain>(c: &mut impl Operands<D>) -> V<D> {
    c.pop_num::<V128>()
}

fn pop2<D: Domain>(c: &mut impl Operands<D>) -> [V<D>; 2] {
    let (v2, v1) = (pop(c), pop(c));
    [v1, v2]
}

fn pop3<D: Domain>(c: &mut impl Operands<D>) -> [V<D>; 3] {
    let (v3, v2, v1) = (pop(c), pop(c), pop(c));
    [v1, v2, v3]
}

fn push<D: Domain>(c: &mut impl Operands<D>, v: V<D>, rule: Rule) -> Reduced<D> {
    c.push_num::<V128>(v);
    Ok(rule)
}

/// `v128.vvunop`
pub(super) fn vvunop<D: Domain>(c: &mut impl Operands<D>, d: &D, op: impl Fn(&D, V<D>) -> V<D>) -> Reduced<D> {
    let v = pop(c);
    push(c, op(d, v), Rule::Vvunop)
}

/// `v128.vvbinop`
pub(super) fn vvbinop<D: Domain>(c: &mut impl Operands<D>, d: &D, op: impl Fn(&D, V<D>, V<D>) -> V<D>) -> Reduced<D> {
    let [v1, v2] = pop2(c);
    push(c, op(d, v1, v2), Rule::Vvbinop)
}

/// `v128.vvternop`
pub(super) fn vvternop<D: Domain>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, V<D>, V<D>, V<D>) -> V<D>,
) -> Reduced<D> {
    let [v1, v2, v3] = pop3(c);
    push(c, op(d, v1, v2, v3), Rule::Vvternop)
}

/// `v128.vvtestop`
pub(super) fn vvtestop<D: Domain>(c: &mut impl Operands<D>, d: &D, op: impl Fn(&D, V<D>) -> D::Bool) -> Reduced<D> {
    let v = pop(c);
    c.push_num::<I32>(bool(d, op(d, v)));
    Ok(Rule::Vvtestop)
}

/// `sh.vunop`
pub(super) fn vunop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Lane<D, S>) -> Lane<D, S>,
) -> Reduced<D> {
    let v = pop(c);
    push(c, num::vunop::<D, S>(d, op, v), Rule::VunopVal)
}

/// `sh.vbinop`
pub(super) fn vbinop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Lane<D, S>, Lane<D, S>) -> Lane<D, S>,
) -> Reduced<D> {
    let [v1, v2] = pop2(c);
    push(c, num::vbinop::<D, S>(d, op, v1, v2), Rule::VbinopVal)
}

/// `sh.vternop`
pub(super) fn vternop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Lane<D, S>, Lane<D, S>, Lane<D, S>) -> Lane<D, S>,
) -> Reduced<D> {
    let vs = pop3(c);
    push(c, num::vternop::<D, S>(d, op, vs), Rule::VternopVal)
}

/// `sh.vtestop`
pub(super) fn vtestop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Lane<D, S>) -> D::Bool,
) -> Reduced<D> {
    let v = pop(c);
    c.push_num::<I32>(bool(d, num::vtestop::<D, S>(d, op, v)));
    Ok(Rule::Vtestop)
}

/// `sh.vrelop`
pub(super) fn vrelop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Lane<D, S>, Lane<D, S>) -> D::Bool,
) -> Reduced<D> {
    let [v1, v2] = pop2(c);
    push(c, num::vrelop::<D, S>(d, op, v1, v2), Rule::Vrelop)
}

/// `sh.vshiftop`
pub(super) fn vshiftop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Lane<D, S>, Lane<D, S>) -> Lane<D, S>,
) -> Reduced<D> {
    let amount: D::Bv<W32> = c.pop_num::<I32>();
    let v = pop(c);
    push(c, num::vshiftop::<D, S>(d, op, v, amount), Rule::Vshiftop)
}

/// `sh.bitmask`
pub(super) fn vbitmask<D: Domain, S: Shape>(c: &mut impl Operands<D>, d: &D) -> Reduced<D> {
    let v = pop(c);
    c.push_num::<I32>(num::vbitmaskop::<D, S>(d, v));
    Ok(Rule::Vbitmask)
}

/// `sh.vswizzlop`
pub(super) fn vswizzlop<D: Domain, S: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, &dyn Fn(Lane<D, S>) -> Lane<D, S>, Lane<D, S>) -> Lane<D, S>,
) -> Reduced<D> {
    let [v1, v2] = pop2(c);
    push(c, num::vswizzlop::<D, S>(d, op, v1, v2), Rule::Vswizzlop)
}

/// `sh.shuffle i*`
pub(super) fn vshuffle<D: Domain>(c: &mut impl Operands<D>, d: &D, is: &[LaneIdx; 16]) -> Reduced<D> {
    let [v1, v2] = pop2(c);
    push(c, num::vshufflop(d, is, v1, v2), Rule::Vshuffle)
}

/// `sh.splat`
pub(super) fn vsplat<D: Domain, S: Shape, T: Num>(c: &mut impl Operands<D>, d: &D) -> Reduced<D> {
    let packed = num::wrap::<D, T::W, S::Lane>(d, c.pop_num::<T>());
    push(c, num::inv_lanes::<D, S>(d, |_| packed), Rule::Vsplat)
}

/// `sh.extract_lane i`
pub(super) fn vextract_lane<D: Domain, T: Num, S: Shape<Lane = T::W>>(
    c: &mut impl Operands<D>,
    d: &D,
    i: LaneIdx,
) -> Reduced<D> {
    let v = pop(c);
    c.push_num::<T>(num::lane::<D, S>(d, v, i.into()));
    Ok(Rule::VextractLaneNum)
}

/// `sh.extract_lane_sx i`
pub(super) fn vextract_lane_pack<D: Domain, S: Shape, T: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    i: LaneIdx,
    extend: impl Fn(&D, Lane<D, S>) -> D::Bv<T::W>,
) -> Reduced<D> {
    let v = pop(c);
    c.push_num::<T>(extend(d, num::lane::<D, S>(d, v, i.into())));
    Ok(Rule::VextractLanePack)
}

/// The vector with another lane in one place.
pub(super) fn replaced<D: Domain, S: Shape>(d: &D, v: V<D>, i: LaneIdx, lane: Lane<D, S>) -> V<D> {
    num::inv_lanes::<D, S>(d, |k| if k == i.into() { lane } else { num::lane::<D, S>(d, v, k) })
}

/// `sh.replace_lane i`
pub(super) fn vreplace_lane<D: Domain, S: Shape, T: Num>(c: &mut impl Operands<D>, d: &D, i: LaneIdx) -> Reduced<D> {
    let packed = num::wrap::<D, T::W, S::Lane>(d, c.pop_num::<T>());
    let v = pop(c);
    push(c, replaced::<D, S>(d, v, i, packed), Rule::VreplaceLane)
}

/// `sh2.vextunop_sh1`
pub(super) fn vextunop<D: Domain>(c: &mut impl Operands<D>, d: &D, op: impl Fn(&D, V<D>) -> V<D>) -> Reduced<D> {
    let v = pop(c);
    push(c, op(d, v), Rule::Vextunop)
}

/// `sh2.vextbinop_sh1`
pub(super) fn vextbinop<D: Domain>(c: &mut impl Operands<D>, d: &D, op: impl Fn(&D, [V<D>; 2]) -> V<D>) -> Reduced<D> {
    let vs = pop2(c);
    push(c, op(d, vs), Rule::Vextbinop)
}

/// `sh2.vextternop_sh1`
pub(super) fn vextternop<D: Domain>(c: &mut impl Operands<D>, d: &D, op: impl Fn(&D, [V<D>; 3]) -> V<D>) -> Reduced<D> {
    let vs = pop3(c);
    push(c, op(d, vs), Rule::Vextternop)
}

/// `sh2.narrow_sh1_sx`
pub(super) fn vnarrow<D: Domain, S1: Shape, S2: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    narrow: impl Fn(&D, Lane<D, S1>) -> Lane<D, S2>,
) -> Reduced<D> {
    let [v1, v2] = pop2(c);
    push(c, num::vnarrowop::<D, S1, S2>(d, narrow, v1, v2), Rule::Vnarrow)
}

/// `sh2.vcvtop_sh1`
pub(super) fn vcvtop<D: Domain, S1: Shape, S2: Shape>(
    c: &mut impl Operands<D>,
    d: &D,
    part: Part,
    op: impl Fn(&D, Lane<D, S1>) -> Lane<D, S2>,
) -> Reduced<D> {
    let v = pop(c);
    push(c, num::vcvtop::<D, S1, S2>(d, part, op, v), Rule::Vcvtop)
}
