//! Parametric and variable instructions (3.4.1, 3.4.10, 3.4.11).

use super::error::{Checked, Fault, Operand};
use super::rule::{Observer, Rule};
use super::stack::Checker;
use crate::syntax::{Idx, ValType};

pub(super) fn drop<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkDrop);
    c.pop_any().map(std::mem::drop)
}

/// Without types, which only numbers and vectors can do: of others the result's type couldn't be told.
pub(super) fn select_impl<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkSelectImpl);
    c.pop(&[ValType::I32])?;
    let (b, a) = (c.pop_any()?, c.pop_any()?);
    let t = match (a, b) {
        (Operand::RefBot | Operand::Val(ValType::Ref(_)), _) | (_, Operand::RefBot | Operand::Val(ValType::Ref(_))) => {
            return Err(Box::new(Fault::Select(a, b)));
        }
        (Operand::Bot, t) | (t, Operand::Bot) => t,
        (t, u) if t == u => t,
        _ => return Err(Box::new(Fault::Select(a, b))),
    };
    if t == Operand::Bot {
        c.d.axiom(Rule::ValtypeOkBot);
    }
    c.push_operand(t)
}

pub(super) fn select_expl<O: Observer>(c: &mut Checker<'_, '_, O>, ts: &[ValType]) -> Checked<()> {
    c.rule(Rule::InstrOkSelectExpl);
    let [t] = ts else { return Err(Box::new(Fault::SelectArity(ts.len()))) };
    let t = c.c.val_type(&mut c.d, *t)?;
    c.operate(&[t, t, ValType::I32], &[t])
}

pub(super) fn local_get<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkLocalGet);
    let t = c.local(*x)?;
    if !c.is_set(*x, t) {
        return Err(Box::new(Fault::Unset(*x)));
    }
    c.push(&[t])
}

pub(super) fn local_set<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkLocalSet);
    let t = c.local(*x)?;
    c.pop(&[t])?;
    c.set(*x, t);
    Ok(())
}

pub(super) fn local_tee<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkLocalTee);
    let t = c.local(*x)?;
    c.operate(&[t], &[t])?;
    c.set(*x, t);
    Ok(())
}

pub(super) fn global_get<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkGlobalGet);
    let t = c.c.global(*x)?.val;
    c.push(&[t])
}

pub(super) fn global_set<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkGlobalSet);
    let global = *c.c.global(*x)?;
    if !global.mutable {
        return Err(Box::new(Fault::Immutable("global")));
    }
    c.pop(&[global.val])
}
