//! Reference instructions (3.4.6).

use super::control::non_null;
use super::error::{Checked, Fault};
use super::rule::{Observer, Rule};
use super::stack::Checker;
use crate::syntax::{HeapType, Idx, RefType, TypeUse, ValType};

pub(super) fn null<O: Observer>(c: &mut Checker<'_, '_, O>, ht: &HeapType) -> Checked<()> {
    c.rule(Rule::InstrOkRefNull);
    let ht = c.c.heap_type(&mut c.d, *ht)?;
    c.push(&[ValType::Ref(RefType::null(ht))])
}

pub(super) fn func<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkRefFunc);
    let ty = c.c.func(*x)?;
    if !c.c.refs[*x as usize] {
        return Err(Box::new(Fault::Undeclared(*x)));
    }
    c.push(&[ValType::Ref(RefType { nullable: false, heap: HeapType::Type(TypeUse::Def(ty)) })])
}

pub(super) fn is_null<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkRefIsNull);
    c.pop_ref()?;
    c.push(&[ValType::I32])
}

pub(super) fn as_non_null<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkRefAsNonNull);
    let found = c.pop_ref()?;
    let result = non_null(c, found);
    c.push_operand(result)
}

pub(super) fn eq<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkRefEq);
    let eq = ValType::Ref(RefType::null(HeapType::Eq));
    c.operate(&[eq, eq], &[ValType::I32])
}

/// Takes the reference off the stack that is tested or cast: of any type in the hierarchy. Returns the type, closed.
fn tested<O: Observer>(c: &mut Checker<'_, '_, O>, rt: RefType) -> Checked<ValType> {
    let rt = c.c.ref_type(&mut c.d, rt)?;
    c.pop(&[ValType::Ref(RefType::null(c.c.top(rt.heap)))])?;
    Ok(ValType::Ref(rt))
}

pub(super) fn test<O: Observer>(c: &mut Checker<'_, '_, O>, rt: impl Into<RefType>) -> Checked<()> {
    c.rule(Rule::InstrOkRefTest);
    tested(c, rt.into())?;
    c.push(&[ValType::I32])
}

pub(super) fn cast<O: Observer>(c: &mut Checker<'_, '_, O>, rt: impl Into<RefType>) -> Checked<()> {
    c.rule(Rule::InstrOkRefCast);
    let rt = tested(c, rt.into())?;
    c.push(&[rt])
}
