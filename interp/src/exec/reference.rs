//! Reference instructions (4.6.7).

use super::config::Config;
use super::domain::Domain;
use super::step::Reduced;
use super::value::{Ref, Val};
use crate::rule::Rule;
use crate::syntax::{FuncType, HeapType, Idx};
use crate::trap::TrapKind;

/// `ref.null ht`
pub(super) fn null<D: Domain>(c: &mut Config<D>, d: &D, ht: HeapType) -> Reduced<D> {
    c.stack.push(Val::Ref(d.reference(Ref::Null(ht))));
    Ok(Rule::RefNull)
}

/// `ref.func x`
pub(super) fn func<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = c.instance().funcs[x as usize];
    c.stack.push(Val::Ref(d.reference(Ref::Func(a))));
    Ok(Rule::RefFunc)
}

/// `ref.is_null`
pub(super) fn is_null<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let null = d.is_null(c.stack.pop_ref());
    c.stack.push(Val::I32(d.ite(null, d.constant(1), d.constant(0))));
    Ok(if d.known(null).unwrap_or(true) { Rule::RefIsNullTrue } else { Rule::RefIsNullFalse })
}

/// `ref.cast (ref null ft)`, with which an indirect call checks its callee.
pub(super) fn cast<D: Domain>(c: &mut Config<D>, d: &D, ty: &FuncType) -> Reduced<D> {
    let r = c.stack.pop_ref();
    let funcs = c.store.funcs.clone();
    let fits = d.either(d.is_null(r), d.is_func(r, |a| **funcs[a].ty() == *ty));
    if d.traps(d.negate(fits), TrapKind::IndirectCallType)? {
        return Ok(c.traps(TrapKind::IndirectCallType, Rule::RefCastFail));
    }
    c.stack.push(Val::Ref(r));
    Ok(Rule::RefCastSucceed)
}
