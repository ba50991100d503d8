//! Table instructions (4.6.5). Bulk operations are what they are in the standard: element by element.

use super::config::{Admin, Config};
use super::domain::{Domain, Table};
use super::memory;
use super::step::Reduced;
use super::store::MAX_ELEMENTS;
use super::value::{Addr, I32, Val};
use crate::num;
use crate::rule::Rule;
use crate::syntax::{Idx, Instr};
use crate::trap::{Budget, TrapKind};
use crate::value::W32;

fn table<D: Domain>(c: &Config<D>, x: Idx) -> Addr {
    c.instance().tables[x as usize]
}

/// Whether index `i` traps on a table.
fn oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: D::Bv<W32>) -> Result<bool, D::Undecided> {
    let outside = d.negate(d.ult(d.zext(i), c.store.tables[a].len(d)));
    d.traps(outside, TrapKind::TableOutOfBounds)
}

/// Whether `n` elements from `i` trap on a table.
fn range_oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: D::Bv<W32>, n: D::Bv<W32>) -> Result<bool, D::Undecided> {
    d.traps(num::range_out_of_bounds(d, i, n, c.store.tables[a].len(d)), TrapKind::TableOutOfBounds)
}

/// `table.get x`
pub(super) fn get<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (a, i) = (table(c, x), c.stack.pop_num::<I32>());
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
    let (r, i) = (c.stack.pop_ref(), c.stack.pop_num::<I32>());
    if oob(c, d, a, i)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableSetOob));
    }
    c.store.tables[a].elements.set(d, i, r);
    Ok(Rule::TableSetVal)
}

/// `table.size x`
pub(super) fn size<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let len = c.store.tables[table(c, x)].len(d);
    c.stack.push(Val::I32(d.extract(len, 0)));
    Ok(Rule::TableSize)
}

/// `table.grow x`
pub(super) fn grow<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = table(c, x);
    let (n, r) = (c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let old = c.store.tables[a].len(d);
    let new = d.add(old, d.zext(n));
    let limit = c.store.tables[a].max.unwrap_or(MAX_ELEMENTS);
    if d.decide(d.ult(d.constant(limit.into()), new))? || !d.grows()? {
        c.stack.push(Val::I32(d.constant(u32::MAX.into())));
        return Ok(Rule::TableGrowFail);
    }
    if !c.store.charge(c.store.tables[a].elements.cost(d, new)) {
        c.exhausted = Some(Budget::Store);
    } else {
        c.store.tables[a].elements.grow(d, new, r);
    }
    c.stack.push(Val::I32(d.extract(old, 0)));
    Ok(Rule::TableGrowSucceed)
}

/// `table.fill x`
pub(super) fn fill<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = table(c, x);
    let (n, v, i) = (c.stack.pop_num::<I32>(), c.stack.pop(), c.stack.pop_num::<I32>());
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableFillOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::TableFillZero);
    }
    let first = [Admin::Val(Val::I32(i)), Admin::Val(v), Admin::Instr(Instr::TableSet { x })];
    let rest = [Admin::Val(memory::plus(d, i, 1)), Admin::Val(v), Admin::Val(memory::minus(d, n, 1))];
    memory::then(c, first.into_iter().chain(rest), Instr::TableFill { x });
    Ok(Rule::TableFillSucc)
}

/// `table.copy x y`
pub(super) fn copy<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (to, from) = (table(c, x), table(c, y));
    let (n, j, i) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    if range_oob(c, d, from, j, n)? || range_oob(c, d, to, i, n)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableCopyOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::TableCopyZero);
    }
    let forward = d.decide(num::ile_u(d, i, j))?;
    let move_one = |i, j| {
        let (get, set) = (Instr::TableGet { x: y }, Instr::TableSet { x });
        [Admin::Val(i), Admin::Val(j), Admin::Instr(get), Admin::Instr(set)]
    };
    let last = d.sub(n, d.constant(1));
    let (first, rest) = if forward {
        (move_one(Val::I32(i), Val::I32(j)), [memory::plus(d, i, 1), memory::plus(d, j, 1)])
    } else {
        (move_one(Val::I32(d.add(i, last)), Val::I32(d.add(j, last))), [Val::I32(i), Val::I32(j)])
    };
    let rest = rest.into_iter().chain([Val::I32(last)]).map(Admin::Val);
    memory::then(c, first.into_iter().chain(rest), Instr::TableCopy { x, y });
    Ok(if forward { Rule::TableCopyLe } else { Rule::TableCopyGt })
}

/// `table.init x y`
pub(super) fn init<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (a, elem) = (table(c, x), c.instance().elems[y as usize]);
    let (n, j, i) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    let len = d.constant(c.store.elems[elem].len() as u128);
    if range_oob(c, d, a, i, n)? || d.traps(num::range_out_of_bounds(d, j, n, len), TrapKind::TableOutOfBounds)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::TableInitOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::TableInitZero);
    }
    let r = c.store.elems[elem][d.index(j, c.store.elems[elem].len())?];
    let first = [Admin::Val(Val::I32(i)), Admin::Val(Val::Ref(r)), Admin::Instr(Instr::TableSet { x })];
    let rest = [memory::plus(d, i, 1), memory::plus(d, j, 1), memory::minus(d, n, 1)].map(Admin::Val);
    memory::then(c, first.into_iter().chain(rest), Instr::TableInit { x, y });
    Ok(Rule::TableInitSucc)
}

/// `elem.drop x`
pub(super) fn elem_drop<D: Domain>(c: &mut Config<D>, _d: &D, x: Idx) -> Reduced<D> {
    let a = c.instance().elems[x as usize];
    c.store.elems[a] = Default::default();
    Ok(Rule::ElemDrop)
}
