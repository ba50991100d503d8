//! What is left out or made simpler of a module's items: exports, bodies as a whole, segments, limits, types, locals.

use std::ops::Range;

use wasmparser::{Operator, ValType};

use super::constant::{integers, values};
use super::module::{Instr, Items, Module, Space, exported};
use super::{Reduction, weight};

/// All of it, once.
pub(super) fn reduce(r: &mut Reduction<'_>) {
    exports(r);
    one(r, |m| m.start.take().is_some());
    one(r, trivial_start);
    chunks(r, |m| m.funcs.len(), trivial);
    one(r, drop_unreachable);
    chunks(r, |m| m.elems.len(), |m, range| drop_items(m, Space::Elem, range));
    chunks(r, |m| m.datas.len(), |m, range| drop_items(m, Space::Data, range));
    one(r, drop_unreachable);
    elements(r);
    bytes(r);
    locals(r);
    limits(r);
    types(r);
}

/// Offers the module with one thing changed; `change` says whether there is something to change.
fn one(r: &mut Reduction<'_>, change: impl FnOnce(&mut Module<'_>) -> bool) -> bool {
    let wasm = r.best.clone();
    let mut module = Module::decode(&wasm).expect("what was taken can be decoded");
    change(&mut module) && r.offer(&module)
}

/// Offers the module with parts of a list changed: all of it, then each half, and so on to single ones, from the end
/// to the front.
fn chunks(
    r: &mut Reduction<'_>,
    len: impl Fn(&Module<'_>) -> usize,
    change: impl Fn(&mut Module<'_>, Range<usize>) -> bool,
) {
    let count = |r: &Reduction<'_>| Module::decode(&r.best).map_or(0, |module| len(&module));
    let mut size = count(r);
    while size > 0 {
        let mut end = count(r);
        while end > 0 {
            let start = end.saturating_sub(size);
            one(r, |module| change(module, start..end));
            end = start.min(count(r));
        }
        size /= 2;
    }
}

fn drop_unreachable(module: &mut Module<'_>) -> bool {
    module.drop_unreachable();
    !module.dropped.is_empty()
}

fn drop_items(module: &mut Module<'_>, space: Space, range: Range<usize>) -> bool {
    module.dropped.extend(range.map(|x| (space, x as u32)));
    true
}

/// Exports, and with each what only it needs.
fn exports(r: &mut Reduction<'_>) {
    chunks(
        r,
        |m| m.exports.len(),
        |m, range| {
            m.exports.drain(range);
            m.drop_unreachable();
            true
        },
    );
    // Another function under the name of one: the code that matters may be what it calls.
    let count = Module::decode(&r.best).map_or(0, |m| m.exports.len());
    for i in 0..count {
        let funcs = Module::decode(&r.best).map_or(0, |m| m.len(Space::Func));
        for func in 0..funcs {
            one(r, |m| {
                let (space, old) = exported(&m.exports[i]);
                if space != Space::Func || old == func || m.type_of_func(old) != m.type_of_func(func) {
                    return false;
                }
                m.exports[i].index = func;
                m.drop_unreachable();
                true
            });
        }
    }
}

/// A start function that does nothing is none.
fn trivial_start(m: &mut Module<'_>) -> bool {
    let Some(start) = m.start.and_then(|start| start.checked_sub(m.imported(Space::Func))) else { return false };
    trivial(m, start as usize..start as usize + 1)
}

/// Functions that only return constants.
fn trivial(m: &mut Module<'_>, range: Range<usize>) -> bool {
    let mut changed = false;
    for x in range {
        let Some(ty) = m.func_type(m.funcs[x].ty) else { continue };
        let results = ty.results().iter().flat_map(|t| values(m, *t).swap_remove(0));
        let body: Vec<Instr<'_>> = results.chain([Operator::End]).map(Instr::from).collect();
        let of = |body: &[Instr<'_>]| body.iter().map(weight).sum::<u64>();
        if of(&body) < of(&m.funcs[x].body) {
            m.funcs[x].body = body;
            m.funcs[x].locals.clear();
            changed = true;
        }
    }
    changed
}

/// Elements of segments, and the expressions of globals, tables and elements.
fn elements(r: &mut Reduction<'_>) {
    let count = Module::decode(&r.best).map_or(0, |m| m.elems.len());
    for x in 0..count {
        let len = move |m: &Module<'_>| m.elems.get(x).map_or(0, |elem| elem.items.len());
        chunks(r, len, move |m, range| {
            match &mut m.elems[x].items {
                Items::Funcs(funcs) => drop(funcs.drain(range)),
                Items::Exprs(_, exprs) => drop(exprs.drain(range)),
            }
            true
        });
        chunks(r, len, move |m, range| {
            let Items::Exprs(ty, _) = &m.elems[x].items else { return false };
            let value = expr(m, ValType::Ref(*ty));
            let Items::Exprs(_, exprs) = &mut m.elems[x].items else { return false };
            exprs[range].fill(value);
            true
        });
    }
    chunks(
        r,
        |m| m.globals.len(),
        |m, range| {
            for x in range {
                m.globals[x].1 = expr(m, m.globals[x].0.content_type);
            }
            true
        },
    );
    chunks(
        r,
        |m| m.tables.len(),
        |m, range| {
            m.tables[range].iter_mut().for_each(|table| table.init = None);
            true
        },
    );
}

fn expr<'a>(m: &Module<'_>, t: ValType) -> Vec<Instr<'a>> {
    values(m, t).swap_remove(0).into_iter().chain([Operator::End]).map(Instr::from).collect()
}

/// The bytes of data segments.
fn bytes(r: &mut Reduction<'_>) {
    let count = Module::decode(&r.best).map_or(0, |m| m.datas.len());
    for x in 0..count {
        // From the end alone, so that those in front stay where they are.
        let mut cut = usize::MAX;
        while cut > 0 {
            let shortened = one(r, |m| {
                let bytes = m.datas[x].bytes;
                cut = cut.min(bytes.len());
                m.datas[x].bytes = &bytes[..bytes.len() - cut];
                cut > 0
            });
            if !shortened {
                cut /= 2;
            }
        }
    }
}

/// Locals that nothing refers to.
fn locals(r: &mut Reduction<'_>) {
    let count = Module::decode(&r.best).map_or(0, |m| m.funcs.len());
    for f in (0..count).rev() {
        one(r, |m| {
            let params = m.func_type(m.funcs[f].ty).map_or(0, |ty| ty.params().len());
            let func = &mut m.funcs[f];
            let mut used = vec![false; params + func.locals.len()];
            for instr in &mut func.body {
                if let Some(x) = local(&mut instr.op) {
                    used[*x as usize] = true;
                }
            }
            used[..params].fill(true);
            let numbers: Vec<u32> = used
                .iter()
                .scan(0, |next, used| {
                    let number = *next;
                    *next += u32::from(*used);
                    Some(number)
                })
                .collect();
            for instr in &mut func.body {
                if let Some(x) = local(&mut instr.op) {
                    *x = numbers[*x as usize];
                }
            }
            let mut used = used[params..].iter();
            func.locals.retain(|_| used.next().is_some_and(|used| *used));
            true
        });
    }
}

/// The local that an instruction refers to.
pub(super) fn local<'i>(op: &'i mut Operator<'_>) -> Option<&'i mut u32> {
    match op {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    }
}

/// Limits of tables and memories: fewer at the beginning, and no maximum.
fn limits(r: &mut Reduction<'_>) {
    let (mems, tables) = Module::decode(&r.best).map_or((0, 0), |m| (m.mems.len(), m.tables.len()));
    for x in 0..mems {
        one(r, |m| m.mems[x].maximum.take().is_some());
        shrink(r, |m| &mut m.mems[x].initial);
        if Module::decode(&r.best).is_some_and(|m| m.mems[x].maximum.is_some()) {
            shrink(r, |m| m.mems[x].maximum.as_mut().expect("it has a maximum"));
        }
    }
    for x in 0..tables {
        one(r, |m| m.tables[x].ty.maximum.take().is_some());
        shrink(r, |m| &mut m.tables[x].ty.initial);
        if Module::decode(&r.best).is_some_and(|m| m.tables[x].ty.maximum.is_some()) {
            shrink(r, |m| m.tables[x].ty.maximum.as_mut().expect("it has a maximum"));
        }
    }
}

/// A number that is made as small as it can be.
fn shrink(r: &mut Reduction<'_>, number: impl for<'m> Fn(&'m mut Module<'_>) -> &'m mut u64) {
    loop {
        let wasm = r.best.clone();
        let mut module = Module::decode(&wasm).expect("what was taken can be decoded");
        let now = *number(&mut module);
        let smaller = integers(i64::try_from(now).unwrap_or(i64::MAX)).into_iter().filter(|c| *c >= 0);
        let found = smaller.into_iter().any(|c| {
            *number(&mut module) = c as u64;
            r.offer(&module)
        });
        if !found {
            return;
        }
    }
}

/// Types without supertypes, and groups of one that aren't written as groups.
fn types(r: &mut Reduction<'_>) {
    let groups = Module::decode(&r.best).map_or(0, |m| m.types.len());
    for g in 0..groups {
        one(r, |m| std::mem::take(&mut m.types[g].0) && m.types[g].1.len() == 1);
        let len = Module::decode(&r.best).map_or(0, |m| m.types[g].1.len());
        for x in 0..len {
            one(r, |m| m.types[g].1[x].supertype_idx.take().is_some());
            one(r, |m| !std::mem::replace(&mut m.types[g].1[x].is_final, true));
        }
    }
}
