//! Variable instructions (4.6.6).

use super::config::Config;
use super::domain::Domain;
use super::step::Reduced;
use crate::rule::Rule;
use crate::syntax::Idx;

fn local<D: Domain>(c: &Config<D>, x: Idx) -> usize {
    c.frames.last().expect("locals belong to a frame").locals + x as usize
}

/// `local.get x`
pub(super) fn local_get<D: Domain>(c: &mut Config<D>, x: Idx) -> Reduced<D> {
    c.stack.push(c.locals[local(c, x)]);
    Ok(Rule::LocalGet)
}

/// `local.set x`
pub(super) fn local_set<D: Domain>(c: &mut Config<D>, x: Idx) -> Reduced<D> {
    let at = local(c, x);
    c.locals[at] = c.stack.pop();
    Ok(Rule::LocalSet)
}

/// `local.tee x`: becomes the value once more, and a `local.set`.
pub(super) fn local_tee<D: Domain>(c: &mut Config<D>, x: Idx) -> Reduced<D> {
    let v = c.stack.pop();
    c.stack.push(v);
    c.pending.extend([super::Admin::Instr(crate::syntax::Instr::LocalSet { x }), super::Admin::Val(v)]);
    Ok(Rule::LocalTee)
}

/// `global.get x`
pub(super) fn global_get<D: Domain>(c: &mut Config<D>, x: Idx) -> Reduced<D> {
    let a = c.instance().globals[x as usize];
    c.stack.push(c.store.globals[a].value);
    Ok(Rule::GlobalGet)
}

/// `global.set x`
pub(super) fn global_set<D: Domain>(c: &mut Config<D>, x: Idx) -> Reduced<D> {
    let a = c.instance().globals[x as usize];
    c.store.globals[a].value = c.stack.pop();
    Ok(Rule::GlobalSet)
}
