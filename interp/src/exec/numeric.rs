//! Numeric instructions (4.6.10): operands off the stack, the function of 4.3, the result on it.

use super::config::Operands;
use super::domain::Domain;
use super::step::Reduced;
use super::value::{I32, I64, Num, Val};
use crate::num::{self, Partial};
use crate::rule::Rule;
use crate::syntax::Instr;
use crate::trap::TrapKind;
use crate::value::{Reading, W32, W64, W128, Width};

/// `t.const c` and `v128.const c`: values.
pub(super) fn constant<D: Domain>(d: &D, instr: &Instr) -> Option<Val<D>> {
    Some(match instr {
        Instr::I32Const { c } => Val::I32(d.constant(*c as u128)),
        Instr::I64Const { c } => Val::I64(d.constant(*c as u128)),
        Instr::F32Const { c } => Val::F32(d.constant(c.0.into())),
        Instr::F64Const { c } => Val::F64(d.constant(c.0.into())),
        Instr::V128Const { c } => Val::V128(d.constant(c.bits())),
        _ => return None,
    })
}

type Bv<D, T> = <D as Reading>::Bv<<T as Num>::W>;

/// `t.unop`
#[inline(always)]
pub(super) fn unop<D: Domain, T: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T>) -> Bv<D, T>,
) -> Reduced<D> {
    let a = c.pop_num::<T>();
    c.push_num::<T>(op(d, a));
    Ok(Rule::UnopVal)
}

/// `t.binop`, of those that are defined everywhere.
#[inline(always)]
pub(super) fn binop<D: Domain, T: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T>, Bv<D, T>) -> Bv<D, T>,
) -> Reduced<D> {
    let (b, a) = (c.pop_num::<T>(), c.pop_num::<T>());
    c.push_num::<T>(op(d, a, b));
    Ok(Rule::BinopVal)
}

/// The kind of trap if the operation is undefined.
#[inline(always)]
fn undefined<D: Domain, W: Width>(d: &D, partial: &Partial<D, W>) -> Result<Option<TrapKind>, D::Undecided> {
    let (first, second) = &partial.undefined;
    for (condition, kind) in std::iter::once(first).chain(second) {
        if d.traps(*condition, *kind)? {
            return Ok(Some(*kind));
        }
    }
    Ok(None)
}

/// `t.binop`, of those that can trap.
#[inline(always)]
pub(super) fn partial_binop<D: Domain, T: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T>, Bv<D, T>) -> Partial<D, T::W>,
) -> Reduced<D> {
    let (b, a) = (c.pop_num::<T>(), c.pop_num::<T>());
    let result = op(d, a, b);
    if let Some(kind) = undefined(d, &result)? {
        return Ok(c.traps(kind, Rule::BinopTrap));
    }
    c.push_num::<T>(result.value);
    Ok(Rule::BinopVal)
}

/// `bool` (4.3.2)
#[inline(always)]
pub(super) fn bool<D: Domain>(d: &D, b: D::Bool) -> D::Bv<W32> {
    d.ite(b, d.constant(1), d.constant(0))
}

/// `bool` (4.3.2), as a value.
#[inline(always)]
pub(super) fn truth<D: Domain>(d: &D, b: D::Bool) -> Val<D> {
    Val::I32(bool(d, b))
}

/// `t.testop`
#[inline(always)]
pub(super) fn testop<D: Domain, T: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T>) -> D::Bool,
) -> Reduced<D> {
    let a = c.pop_num::<T>();
    c.push_num::<I32>(bool(d, op(d, a)));
    Ok(Rule::Testop)
}

/// `t.relop`
#[inline(always)]
pub(super) fn relop<D: Domain, T: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T>, Bv<D, T>) -> D::Bool,
) -> Reduced<D> {
    let (b, a) = (c.pop_num::<T>(), c.pop_num::<T>());
    c.push_num::<I32>(bool(d, op(d, a, b)));
    Ok(Rule::Relop)
}

/// `t2.cvtop_t1`, of those that are defined everywhere.
#[inline(always)]
pub(super) fn cvtop<D: Domain, T1: Num, T2: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T1>) -> Bv<D, T2>,
) -> Reduced<D> {
    let a = c.pop_num::<T1>();
    c.push_num::<T2>(op(d, a));
    Ok(Rule::CvtopVal)
}

/// `t2.cvtop_t1`, of those that can trap.
#[inline(always)]
pub(super) fn partial_cvtop<D: Domain, T1: Num, T2: Num>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, Bv<D, T1>) -> Partial<D, T2::W>,
) -> Reduced<D> {
    let a = c.pop_num::<T1>();
    let result = op(d, a);
    if let Some(kind) = undefined(d, &result)? {
        return Ok(c.traps(kind, Rule::CvtopTrap));
    }
    c.push_num::<T2>(result.value);
    Ok(Rule::CvtopVal)
}

/// `i64.wideop`, of the proposal for wide arithmetic: each operand, and the result, is a low and a high half.
pub(super) fn wideop<D: Domain>(
    c: &mut impl Operands<D>,
    d: &D,
    op: impl Fn(&D, D::Bv<W128>, D::Bv<W128>) -> D::Bv<W128>,
) -> Reduced<D> {
    let (b_high, b_low) = (c.pop_num::<I64>(), c.pop_num::<I64>());
    let (a_high, a_low) = (c.pop_num::<I64>(), c.pop_num::<I64>());
    let (low, high) = num::wideop(d, op, (a_low, a_high), (b_low, b_high));
    c.push_num::<I64>(low);
    c.push_num::<I64>(high);
    Ok(Rule::Wideop)
}

/// `i64.extwideop`, of the same proposal: the product of extended operands, as a low and a high half.
pub(super) fn extwideop<D: Domain>(
    c: &mut impl Operands<D>,
    d: &D,
    extend: impl Fn(&D, D::Bv<W64>) -> D::Bv<W128>,
) -> Reduced<D> {
    let (b, a) = (c.pop_num::<I64>(), c.pop_num::<I64>());
    let (low, high) = num::extwideop(d, extend, a, b);
    c.push_num::<I64>(low);
    c.push_num::<I64>(high);
    Ok(Rule::Extwideop)
}
