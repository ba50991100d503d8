//! Table instructions (4.6.7). Bulk operations are what they are in the standard: element by element.

use super::config::{Admin, Config};
use super::domain::{Domain, Table};
use super::memory::{minus, plus, sum, then};
use super::step::Reduced;
use super::value::{Addr, Val};
use crate::num;
use crate::rule::Rule;
use crate::syntax::{Idx, Instr};
use crate::trap::{Budget, TrapKind};
use crate::value::W64;

fn table<D: Domain>(c: &Config<D>, x: Idx) -> Addr {
    c.instance().tables[x as usize]
}

/// Whether index `i` traps on a table.
fn oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: D::Bv<W64>) -> Result<bool, D::Undecided> {
    let outside = d.negate(d.ult(i, c.store.tables[a].len(d)));
    d.traps(outside, TrapKind::TableOutOfBounds)
}

/// Whether `n` elements from `i` trap on a table.
fn range_oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: Val<D>, n: Val<D>) -> Result<bool, D::Undecided> {
    let len = c.store.tables[a].len(d);
    d.traps(num::range_out_of_bounds(d, i.address(d), n.address(d), len), TrapKind::TableOutOfBounds)
}

/// `table.get x`
pub(super) fn get<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (a, i) = (table(c, x), c.stack.pop_address(d));
    if oob(c, d, a, i)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableGetOob));
    }
    let r = c.store.tables[a].elements.get(d, i)?;
    c.stack.push(Val::Ref(r));
    Ok(Rule::TableGetVal)
}

/// `table.set x`
pub(super) fn set<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = table(c, x);
    let (r, i) = (c.stack.pop_ref(), c.stack.pop_address(d));
    if oob(c, d, a, i)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableSetOob));
    }
    c.store.tables[a].elements.set(d, i, r)?;
    Ok(Rule::TableSetVal)
}

/// `table.size x`
pub(super) fn size<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let table = &c.store.tables[table(c, x)];
    c.stack.push(Val::of_address(d, table.ty.addr, table.len(d)));
    Ok(Rule::TableSize)
}

/// `table.grow x`
pub(super) fn grow<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = table(c, x);
    let (n, r) = (c.stack.pop_address(d), c.stack.pop_ref());
    let ty = c.store.tables[a].ty;
    let old = c.store.tables[a].len(d);
    let beyond = num::range_out_of_bounds(d, old, n, d.constant(ty.greatest().into()));
    if d.decide(beyond)? || !d.grows()? {
        c.stack.push(Val::of_address(d, ty.addr, d.constant(u64::MAX.into())));
        return Ok(Rule::TableGrowFail);
    }
    let new = d.add(old, n);
    if !c.store.charge(c.store.tables[a].elements.cost(d, new)) {
        c.runs_out(Budget::Store);
    } else {
        c.store.tables[a].elements.grow(d, new, r)?;
    }
    c.stack.push(Val::of_address(d, ty.addr, old));
    Ok(Rule::TableGrowSucceed)
}

/// `table.fill x`
pub(super) fn fill<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = table(c, x);
    let (n, v, i) = (c.stack.pop(), c.stack.pop(), c.stack.pop());
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableFillOob));
    }
    if d.decide(num::ieqz(d, n.address(d)))? {
        return Ok(Rule::TableFillZero);
    }
    let first = [Admin::Val(i), Admin::Val(v), Admin::Instr(Instr::TableSet { x })];
    let rest = [plus(d, i, 1), v, minus(d, n, 1)].map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::TableFill { x });
    Ok(Rule::TableFillSucc)
}

/// `table.copy x y`
pub(super) fn copy<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (to, from) = (table(c, x), table(c, y));
    let (n, j, i) = (c.stack.pop(), c.stack.pop(), c.stack.pop());
    if range_oob(c, d, from, j, n)? || range_oob(c, d, to, i, n)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableCopyOob));
    }
    if d.decide(num::ieqz(d, n.address(d)))? {
        return Ok(Rule::TableCopyZero);
    }
    let forward = d.decide(num::ile_u(d, i.address(d), j.address(d)))?;
    let move_one = |i, j| {
        let (get, set) = (Instr::TableGet { x: y }, Instr::TableSet { x });
        [Admin::Val(i), Admin::Val(j), Admin::Instr(get), Admin::Instr(set)]
    };
    let last = minus(d, n, 1);
    let (first, rest) = if forward {
        (move_one(i, j), [plus(d, i, 1), plus(d, j, 1)])
    } else {
        (move_one(sum(d, i, last), sum(d, j, last)), [i, j])
    };
    let rest = rest.into_iter().chain([last]).map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::TableCopy { x, y });
    Ok(if forward { Rule::TableCopyLe } else { Rule::TableCopyGt })
}

/// `table.init x y`
pub(super) fn init<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (a, elem) = (table(c, x), c.instance().elems[y as usize]);
    let (n, j, i) = (c.stack.pop(), c.stack.pop(), c.stack.pop());
    let (len, from, many) = (d.constant(c.store.elems[elem].len() as u128), j.address(d), n.address(d));
    if range_oob(c, d, a, i, n)? || d.traps(num::range_out_of_bounds(d, from, many, len), TrapKind::TableOutOfBounds)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableInitOob));
    }
    if d.decide(num::ieqz(d, many))? {
        return Ok(Rule::TableInitZero);
    }
    let r = c.store.elems[elem][d.index(from, c.store.elems[elem].len())?];
    let first = [Admin::Val(i), Admin::Val(Val::Ref(r)), Admin::Instr(Instr::TableSet { x })];
    let rest = [plus(d, i, 1), plus(d, j, 1), minus(d, n, 1)].map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::TableInit { x, y });
    Ok(Rule::TableInitSucc)
}

/// `elem.drop x`
pub(super) fn elem_drop<D: Domain>(c: &mut Config<D>, _d: &D, x: Idx) -> Reduced<D> {
    let a = c.instance().elems[x as usize];
    c.store.elems[a] = Default::default();
    Ok(Rule::ElemDrop)
}
