//! Table instructions (3.4.12).

use super::error::{Checked, Fault, Holder, operands};
use super::rule::{Observer, Rule};
use super::stack::Checker;
use crate::syntax::{AddrType, Idx, RefType, TableType, ValType};

impl From<AddrType> for ValType {
    fn from(at: AddrType) -> ValType {
        match at {
            AddrType::I32 => ValType::I32,
            AddrType::I64 => ValType::I64,
        }
    }
}

/// `minat`: the lesser of two address types, which is what a number of items is that both have.
pub(super) fn least(a: AddrType, b: AddrType) -> ValType {
    if a == AddrType::I64 && b == AddrType::I64 { ValType::I64 } else { ValType::I32 }
}

/// The types of indices and elements of a table.
fn parts<O: Observer>(c: &Checker<'_, '_, O>, x: Idx) -> Checked<(ValType, ValType)> {
    let TableType { addr, element, .. } = *c.c.table(x)?;
    Ok((addr.into(), ValType::Ref(element)))
}

/// Elements of the one type have to match the other.
pub(super) fn elements<O: Observer>(c: &mut Checker<'_, '_, O>, found: RefType, expected: RefType) -> Checked<()> {
    if c.c.matching(&mut c.d).ref_sub(found, expected) {
        return Ok(());
    }
    let list = |t| operands(&[ValType::Ref(t)]);
    Err(Box::new(Fault::Mismatch { expected: list(expected), found: list(found), holder: Holder::Elements }))
}

pub(super) fn get<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableGet);
    let (at, rt) = parts(c, *x)?;
    c.operate(&[at], &[rt])
}

pub(super) fn set<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableSet);
    let (at, rt) = parts(c, *x)?;
    c.pop(&[at, rt])
}

pub(super) fn size<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableSize);
    let (at, _) = parts(c, *x)?;
    c.push(&[at])
}

pub(super) fn grow<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableGrow);
    let (at, rt) = parts(c, *x)?;
    c.operate(&[rt, at], &[at])
}

pub(super) fn fill<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableFill);
    let (at, rt) = parts(c, *x)?;
    c.pop(&[at, rt, at])
}

pub(super) fn copy<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableCopy);
    let (to, from) = (*c.c.table(*x)?, *c.c.table(*y)?);
    elements(c, from.element, to.element)?;
    c.pop(&[to.addr.into(), from.addr.into(), least(to.addr, from.addr)])
}

pub(super) fn init<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkTableInit);
    let (table, elem) = (*c.c.table(*x)?, c.c.elem(*y)?);
    elements(c, elem, table.element)?;
    c.pop(&[table.addr.into(), ValType::I32, ValType::I32])
}

pub(super) fn elem_drop<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkElemDrop);
    c.c.elem(*x).map(drop)
}
