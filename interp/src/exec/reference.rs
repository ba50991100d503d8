//! Reference instructions (4.6.9).

use super::config::Config;
use super::domain::Domain;
use super::numeric;
use super::step::Reduced;
use super::value::{Ref, Val};
use crate::rule::Rule;
use crate::syntax::{DefType, HeapType, Idx, RefType, Subst, TypeUse};
use crate::trap::TrapKind;

/// `ref.null ht`
pub(super) fn null<D: Domain>(c: &mut Config<D>, d: &D, ht: HeapType) -> Reduced<D> {
    let top = c.instance().module.top(ht);
    c.stack.push(Val::Ref(d.reference(Ref::Null(top))));
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
    c.stack.push(numeric::truth(d, null));
    Ok(if d.known(null).unwrap_or(true) { Rule::RefIsNullTrue } else { Rule::RefIsNullFalse })
}

/// `ref.as_non_null`
pub(super) fn as_non_null<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let r = c.stack.pop_ref();
    if d.traps(d.is_null(r), TrapKind::NullReference)? {
        return Ok(c.traps(TrapKind::NullReference, Rule::RefAsNonNullNull));
    }
    c.stack.push(Val::Ref(r));
    Ok(Rule::RefAsNonNullAddr)
}

/// `ref.eq`
pub(super) fn eq<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let (b, a) = (d.resolve(c.stack.pop_ref())?, d.resolve(c.stack.pop_ref())?);
    let (same, rule) = match (a, b) {
        (Ref::Null(_), Ref::Null(_)) => (true, Rule::RefEqNull),
        _ if a == b => (true, Rule::RefEqTrue),
        _ => (false, Rule::RefEqFalse),
    };
    c.stack.push(numeric::truth(d, d.truth(same)));
    Ok(rule)
}

/// Whether a reference is of a type of the current module (`Ref_ok`, then `Reftype_sub`).
pub(super) fn fits<D: Domain>(c: &Config<D>, d: &D, r: D::Ref, rt: RefType) -> D::Bool {
    let types = &c.instance().types;
    let closed = rt.subst(&|tu| match tu {
        TypeUse::Idx(x) => TypeUse::Def(types[x as usize]),
        other => other,
    });
    let null = if rt.nullable { d.is_null(r) } else { d.truth(false) };
    d.either(null, d.is_ref(r, |r| c.store.ref_ok(r, closed)))
}

/// `ref.test rt`
pub(super) fn test<D: Domain>(c: &mut Config<D>, d: &D, rt: impl Into<RefType>) -> Reduced<D> {
    let r = c.stack.pop_ref();
    let fits = fits(c, d, r, rt.into());
    c.stack.push(numeric::truth(d, fits));
    Ok(if d.known(fits).unwrap_or(true) { Rule::RefTestTrue } else { Rule::RefTestFalse })
}

/// `ref.cast rt`
pub(super) fn cast<D: Domain>(c: &mut Config<D>, d: &D, rt: impl Into<RefType>) -> Reduced<D> {
    cast_or(c, d, rt.into(), TrapKind::CastFailure)
}

/// `ref.cast (ref null x)`, with which an indirect call checks its callee: engines call its trap by another name.
pub(super) fn cast_callee<D: Domain>(c: &mut Config<D>, d: &D, ty: DefType) -> Reduced<D> {
    cast_or(c, d, RefType::null(HeapType::Type(TypeUse::Def(ty))), TrapKind::IndirectCallType)
}

fn cast_or<D: Domain>(c: &mut Config<D>, d: &D, rt: RefType, kind: TrapKind) -> Reduced<D> {
    let r = c.stack.pop_ref();
    if d.traps(d.negate(fits(c, d, r, rt)), kind)? {
        return Ok(c.traps(kind, Rule::RefCastFail));
    }
    c.stack.push(Val::Ref(r));
    Ok(Rule::RefCastSucceed)
}
