//! Parametric instructions (4.6.1).

use super::config::Config;
use super::domain::Domain;
use super::step::Reduced;
use super::value::{I32, Val};
use crate::num;
use crate::rule::Rule;

/// `drop`
pub(super) fn drop<D: Domain>(c: &mut Config<D>, _d: &D) -> Reduced<D> {
    c.stack.pop();
    Ok(Rule::Drop)
}

/// `select`
pub(super) fn select<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let zero = num::ieqz(d, c.stack.pop_num::<I32>());
    let (second, first) = (c.stack.pop(), c.stack.pop());
    let (chosen, rule) = match (d.known(zero), first, second) {
        (Some(false), ..) => (first, Rule::SelectTrue),
        (Some(true), ..) => (second, Rule::SelectFalse),
        // Both rules at once, in one value.
        (None, Val::I32(a), Val::I32(b)) => (Val::I32(d.ite(zero, b, a)), Rule::SelectTrue),
        (None, Val::I64(a), Val::I64(b)) => (Val::I64(d.ite(zero, b, a)), Rule::SelectTrue),
        (None, Val::F32(a), Val::F32(b)) => (Val::F32(d.ite(zero, b, a)), Rule::SelectTrue),
        (None, Val::F64(a), Val::F64(b)) => (Val::F64(d.ite(zero, b, a)), Rule::SelectTrue),
        (None, Val::V128(a), Val::V128(b)) => (Val::V128(d.ite(zero, b, a)), Rule::SelectTrue),
        (None, ..) if d.decide(zero)? => (second, Rule::SelectFalse),
        (None, ..) => (first, Rule::SelectTrue),
    };
    c.stack.push(chosen);
    Ok(rule)
}
