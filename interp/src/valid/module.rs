//! Modules (3.5).

use std::collections::HashSet;

use super::constant;
use super::context::Context;
use super::error::{Checked, Error, Fault, Holder, Item, Place, operands};
use super::rule::{Deriving, Observer, Rule};
use super::stack::{Checker, Locals, Types};
use super::types::beyond;
use crate::syntax::{
    AddrType, Elem, Export, Expr, ExternIdx, Features, Func, Global, Idx, Instr, Module, RefType, SegmentMode, Table,
    ValType, Version,
};

/// Whether a module is valid (`Module_ok`) by the rules of a version and of proposals.
///
/// Its time is linear in the module: each byte costs at most what the longest list of types does.
///
/// # Errors
///
/// The first rule that doesn't hold, or a bound that the module is beyond.
///
/// # Panics
///
/// The module isn't well-formed: an expression doesn't end with its `end`, or the import of a function has no type.
pub fn validate(module: &Module, features: Features) -> Result<(), Error> {
    validate_with(module, features, &mut ())
}

/// [`validate`], with somebody who is told of each rule that is applied.
///
/// # Errors
///
/// As of [`validate`].
///
/// # Panics
///
/// As [`validate`].
pub fn validate_with<O: Observer>(module: &Module, features: Features, observer: &mut O) -> Result<(), Error> {
    let mut d = Deriving::new(observer);
    let mut c = Context::new(module, features);
    types(&mut c, &mut d)?;
    for (i, import) in (0..).zip(&module.imports) {
        let result = c.import(&mut d, import);
        place(&c, &d, Item::Import(i), result)?;
    }
    c.imported_globals = c.globals.len();
    // A function's own type is looked at with its body; before that it has to be there for constant expressions.
    for (x, func) in (c.funcs.len() as Idx..).zip(&module.funcs) {
        let outer = d.enter(Rule::FuncOk);
        let ty = c.func_type(&mut d, func.ty);
        place(&c, &d, Item::Func(x), ty.map(drop))?;
        d.now = outer;
        c.funcs.push(c.types[func.ty as usize]);
    }
    references(&mut c);
    for (x, table) in (c.tables.len() as Idx..).zip(&module.tables) {
        table_ok(&mut c, &mut d, table, Item::Table(x))?;
    }
    for (x, mem) in (c.mems.len() as Idx..).zip(&module.mems) {
        let result = d.by(Rule::MemOk, |d| c.mem_type(d, mem));
        place(&c, &d, Item::Mem(x), result)?;
        c.mems.push(*mem);
    }
    for (x, tag) in (c.tags.len() as Idx..).zip(&module.tags) {
        let result = d.by(Rule::TagOk, |d| c.tag_type(d, *tag));
        place(&c, &d, Item::Tag(x), result)?;
        c.tags.push(c.types[*tag as usize]);
    }
    for (x, global) in (c.globals.len() as Idx..).zip(&module.globals) {
        global_ok(&mut c, &mut d, global, Item::Global(x))?;
        d.axiom(Rule::GlobalsOkCons);
    }
    d.axiom(Rule::GlobalsOkEmpty);
    d.now = Rule::ModuleOk;
    let result = at_most_one(&c);
    place(&c, &d, Item::Module, result)?;
    for (x, elem) in (0..).zip(&module.elems) {
        elem_ok(&mut c, &mut d, elem, Item::Elem(x))?;
    }
    for (x, data) in (0..).zip(&module.datas) {
        data_ok(&c, &mut d, &data.mode, Item::Data(x))?;
    }
    for (x, func) in ((c.funcs.len() - module.funcs.len()) as Idx..).zip(&module.funcs) {
        func_ok(&c, &mut d, func, Item::Func(x))?;
    }
    if let Some(x) = module.start {
        let result = d.by(Rule::StartOk, |d| {
            let ty = c.type_of_func(d, x)?;
            if ty.params.is_empty() && ty.results.is_empty() {
                Ok(())
            } else {
                Err(Box::new(Fault::StartType(ty.clone())))
            }
        });
        place(&c, &d, Item::Start, result)?;
    }
    exports(&c, &mut d)?;
    d.axiom(Rule::ModuleOk);
    Ok(())
}

/// The error that a fault outside of expressions is.
fn place<T, O: Observer>(c: &Context<'_>, d: &Deriving<'_, O>, item: Item, result: Checked<T>) -> Result<T, Error> {
    result.map_err(|fault| Error { rule: d.now, place: Place { item, instr: None }, fault: c.told(fault) })
}

/// `Types_ok`
fn types<O: Observer>(c: &mut Context<'_>, d: &mut Deriving<'_, O>) -> Result<(), Error> {
    for group in c.module.rec_types() {
        let result = c.rec_type(d, group);
        result.or_else(|(x, fault)| place(c, d, Item::Type(x), Err(fault)))?;
        d.axiom(Rule::TypesOkCons);
    }
    d.axiom(Rule::TypesOkEmpty);
    Ok(())
}

/// `C.REFS`: the functions that anything but code refers to.
fn references(c: &mut Context<'_>) {
    let mut refs = vec![false; c.funcs.len()];
    let mut refer = |x: Idx| {
        if let Some(is) = refs.get_mut(x as usize) {
            *is = true;
        }
    };
    let module = c.module;
    let globals = module.globals.iter().map(|g| &g.init);
    let tables = module.tables.iter().filter_map(|t| t.init.as_ref());
    let elems = module.elems.iter().flat_map(|e| &e.init);
    let exprs = globals.chain(tables).chain(elems);
    for instr in exprs.flat_map(|expr| &expr.instrs) {
        if let Instr::RefFunc { x } = instr {
            refer(*x);
        }
    }
    for export in &module.exports {
        if let ExternIdx::Func(x) = export.item {
            refer(x);
        }
    }
    c.refs = refs;
}

/// What older versions have no more than one of.
fn at_most_one(c: &Context<'_>) -> Checked<()> {
    let version = c.features.version;
    let multiple = |what, by| Err(Box::new(Fault::Multiple(what, by)));
    match (c.tables.len(), c.mems.len()) {
        (2.., _) if version < Version::V2 => multiple("tables", version.name()),
        (_, 2..) if version < Version::V3 => multiple("memories", version.name()),
        (_, 2..) if c.features.single_memory => multiple("memories", "the standard before multi-memory"),
        _ => Ok(()),
    }
}

/// `Expr_ok_const`
fn const_expr<O: Observer>(
    c: &Context<'_>,
    d: &mut Deriving<'_, O>,
    expr: &Expr,
    t: ValType,
    item: Item,
) -> Result<(), Error> {
    constant::expr(c, d.observer(), expr, t, item)
}

/// `Table_ok`. Without an expression the elements are null, which they can be then.
fn table_ok<O: Observer>(c: &mut Context<'_>, d: &mut Deriving<'_, O>, table: &Table, item: Item) -> Result<(), Error> {
    let outer = d.enter(Rule::TableOk);
    let result = c.table_type(d, &table.ty);
    let ty = place(c, d, item, result)?;
    match &table.init {
        Some(_) if !c.since(Version::V3) => {
            place(c, d, item, beyond::<()>("a table with an expression", Version::V3))?;
        }
        Some(init) => const_expr(c, d, init, ValType::Ref(ty.element), item)?,
        None if !ty.element.nullable => {
            place::<(), O>(c, d, item, Err(Box::new(Fault::NotDefaultable(ValType::Ref(ty.element)))))?;
        }
        None => {}
    }
    d.applied(outer);
    c.tables.push(ty);
    Ok(())
}

/// `Global_ok`
fn global_ok<O: Observer>(
    c: &mut Context<'_>,
    d: &mut Deriving<'_, O>,
    global: &Global,
    item: Item,
) -> Result<(), Error> {
    let outer = d.enter(Rule::GlobalOk);
    let result = c.global_type(d, &global.ty);
    let ty = place(c, d, item, result)?;
    const_expr(c, d, &global.init, ty.val, item)?;
    d.applied(outer);
    c.globals.push(ty);
    Ok(())
}

/// `Elem_ok`
fn elem_ok<O: Observer>(c: &mut Context<'_>, d: &mut Deriving<'_, O>, elem: &Elem, item: Item) -> Result<(), Error> {
    let outer = d.enter(Rule::ElemOk);
    // Segments that list functions are of functions in every version.
    let lists = RefType { nullable: false, ..RefType::FUNC };
    let result = if elem.ty == lists { Ok(lists) } else { c.ref_type(d, elem.ty) };
    let ty = place(c, d, item, result)?;
    for init in &elem.init {
        match init.instrs[..] {
            // In 1.0 an element is the index of a function, and no expression.
            [Instr::RefFunc { x }, Instr::End {}] if elem.ty == lists && !c.since(Version::V2) => {
                let result = c.func(x);
                place(c, d, item, result)?;
            }
            _ => const_expr(c, d, init, ValType::Ref(ty), item)?,
        }
    }
    match &elem.mode {
        SegmentMode::Passive => d.axiom(Rule::ElemmodeOkPassive),
        SegmentMode::Declare => d.axiom(Rule::ElemmodeOkDeclare),
        SegmentMode::Active { target, offset } => {
            let outer = d.enter(Rule::ElemmodeOkActive);
            let result = c.table(*target).copied();
            let table = place(c, d, item, result)?;
            if !c.matching(d).ref_sub(ty, table.element) {
                let list = |t| operands(&[ValType::Ref(t)]);
                let (expected, found) = (list(table.element), list(ty));
                let fault = Fault::Mismatch { expected, found, holder: Holder::Elements };
                place::<(), O>(c, d, item, Err(Box::new(fault)))?;
            }
            const_expr(c, d, offset, table.addr.into(), item)?;
            d.applied(outer);
        }
    }
    if !c.since(Version::V2) && !matches!(elem.mode, SegmentMode::Active { .. }) {
        place(c, d, item, beyond::<()>("a segment that isn't active", Version::V2))?;
    }
    d.applied(outer);
    c.elems.push(ty);
    Ok(())
}

/// `Data_ok`
fn data_ok<O: Observer>(c: &Context<'_>, d: &mut Deriving<'_, O>, mode: &SegmentMode, item: Item) -> Result<(), Error> {
    let outer = d.enter(Rule::DataOk);
    match mode {
        SegmentMode::Active { target, offset } => {
            let outer = d.enter(Rule::DatamodeOkActive);
            let result = c.mem(*target).map(|mem| mem.addr);
            let at: AddrType = place(c, d, item, result)?;
            const_expr(c, d, offset, at.into(), item)?;
            d.applied(outer);
        }
        _ if !c.since(Version::V2) => {
            place(c, d, item, beyond::<()>("a segment that isn't active", Version::V2))?;
        }
        _ => d.axiom(Rule::DatamodeOkPassive),
    }
    d.applied(outer);
    Ok(())
}

/// `Func_ok`
fn func_ok<O: Observer>(c: &Context<'_>, d: &mut Deriving<'_, O>, func: &Func, item: Item) -> Result<(), Error> {
    let outer = d.enter(Rule::FuncOk);
    let result = c.func_type(d, func.ty);
    let ty = place(c, d, item, result)?;
    let mut locals = Locals::new(&ty.params);
    for (n, t) in &func.locals {
        let result = d.by(Rule::LocaltypeOk, |d| c.val_type(d, *t));
        let t = place(c, d, item, result)?;
        d.axiom(if t.is_defaultable() { Rule::LocalOkSet } else { Rule::LocalOkUnset });
        locals.push(*n, t);
    }
    let results = Types::Many(&ty.results);
    Checker::new(c, d.observer(), locals, Some(results)).expr(func.body.expr(), results, item)?;
    d.applied(outer);
    Ok(())
}

/// `Export_ok`, and that names are disjoint.
fn exports<O: Observer>(c: &Context<'_>, d: &mut Deriving<'_, O>) -> Result<(), Error> {
    let mut names = HashSet::new();
    for (i, Export { name, item }) in (0..).zip(&c.module.exports) {
        let result = d.by(Rule::ExportOk, |d| match *item {
            ExternIdx::Func(x) => d.by(Rule::ExternidxOkFunc, |_| c.func(x).map(drop)),
            ExternIdx::Table(x) => d.by(Rule::ExternidxOkTable, |_| c.table(x).map(drop)),
            ExternIdx::Mem(x) => d.by(Rule::ExternidxOkMem, |_| c.mem(x).map(drop)),
            ExternIdx::Global(x) => d.by(Rule::ExternidxOkGlobal, |_| c.global(x).map(drop)),
            ExternIdx::Tag(x) => d.by(Rule::ExternidxOkTag, |_| c.tag(x).map(drop)),
        });
        place(c, d, Item::Export(i), result)?;
        if !names.insert(name) {
            d.now = Rule::ModuleOk;
            place::<(), O>(c, d, Item::Export(i), Err(Box::new(Fault::Duplicate(name.clone()))))?;
        }
    }
    Ok(())
}
