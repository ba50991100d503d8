//! Instantiation (4.7), by the functions of the standard: `allocmodule`, then the segments and the start function as
//! one sequence of instructions.

use std::sync::Arc;

use super::config::{Config, Progress};
use super::domain::{Domain, Memory, Table};
use super::store::{ExternAddr, FuncInst, ModuleInst};
use super::value::{Ref, Val};
use crate::syntax::{DefType, Expr, Instr, Module, SegmentMode, Subst, TypeUse};
use crate::trap::Budget;

/// Why a module could not be allocated.
#[derive(Debug)]
pub enum AllocError<D: Domain> {
    /// A budget ran out.
    Exhausted(Budget),
    /// The reading could not decide a step of a constant expression.
    Undecided(D::Undecided),
}

/// How the steps of constant expressions are taken: by [`Config::step`], or by somebody who watches.
pub type Stepper<'a, D> = &'a mut dyn FnMut(&mut Config<D>, &D) -> Result<Progress<D>, <D as Domain>::Undecided>;

/// How a reading makes the memories and tables of a new instance.
pub trait Allocate: Domain {
    /// A memory of `len` zero bytes.
    fn memory(&self, len: u64) -> Self::Memory;
    /// A table of `len` elements that are `r`.
    fn table(&self, len: u64, r: Self::Ref) -> Self::Table;
}

impl Allocate for crate::value::Concrete {
    fn memory(&self, len: u64) -> Vec<u8> {
        vec![0; len as usize]
    }
    fn table(&self, len: u64, r: Ref) -> Vec<Ref> {
        vec![r; len as usize]
    }
}

/// `allocmodule` (4.7.1): functions, globals, tables, memories and segments, with the constant expressions evaluated in
/// the order of the standard. `imports` match the module's.
///
/// # Errors
///
/// A budget doesn't allow the sizes that the module declares, or what its constant expressions allocate. The thread is
/// then left where it was, and has to be [cleared](Config::clear).
pub fn alloc_module<D: Allocate>(
    c: &mut Config<D>,
    d: &D,
    module: &Arc<Module>,
    imports: &[ExternAddr],
    step: Stepper<'_, D>,
) -> Result<Arc<ModuleInst>, AllocError<D>> {
    let types = c.store.alloc_types(module);
    let instance = Arc::new(addresses(c, module, imports, types));
    for (def, func) in module.funcs.iter().enumerate() {
        let (ty, func_type) = (instance.types[func.ty as usize], module.func_type(func.ty).clone());
        let index = (module.imported_funcs() + def) as u32;
        c.store.alloc_func(FuncInst::Wasm { ty, func_type, instance: instance.clone(), index, def });
    }
    for ty in &module.tags {
        c.store.alloc_tag(instance.types[*ty as usize]);
    }
    for global in &module.globals {
        let value = eval_expr(c, d, &instance, &global.init, step)?;
        c.store.alloc_global(closed(&instance, &global.ty), value);
    }
    for table in &module.tables {
        let null = d.reference(Ref::Null(module.top(table.ty.element.heap)));
        let init = match &table.init {
            Some(expr) => eval_ref(c, d, &instance, expr, step)?,
            None => null,
        };
        // Charged as if it grew from nothing.
        let len = table.ty.limits.min;
        let cost = d.table(0, null).cost(d, d.constant(len.into()));
        charge(c, cost)?;
        c.store.alloc_table(closed(&instance, &table.ty), d.table(len, init));
    }
    for mem in &module.mems {
        let len = mem.initial_bytes().ok_or(AllocError::Exhausted(Budget::Store))?;
        let cost = d.memory(0).cost(d, d.constant(len.into()));
        charge(c, cost)?;
        c.store.alloc_mem(*mem, d.memory(len));
    }
    for elem in &module.elems {
        // Those that are there wait on the stack, where a collection of garbage finds them.
        for init in &elem.init {
            let r = eval_ref(c, d, &instance, init, step)?;
            c.stack.push(Val::Ref(r));
        }
        let refs = c.stack.pop_many(elem.init.len()).into_iter().map(as_ref);
        c.store.elems.push(refs.collect());
    }
    for data in &module.datas {
        c.store.datas.push(data.init.clone());
    }
    Ok(instance)
}

fn charge<D: Domain>(c: &mut Config<D>, cost: u64) -> Result<(), AllocError<D>> {
    if c.store.charge(cost) { Ok(()) } else { Err(AllocError::Exhausted(Budget::Store)) }
}

/// The addresses that a module's items will have: those of its imports, then fresh ones in order.
fn addresses<D: Domain>(
    c: &Config<D>,
    module: &Arc<Module>,
    imports: &[ExternAddr],
    types: Arc<[DefType]>,
) -> ModuleInst {
    let mut instance = ModuleInst { module: module.clone(), types, ..ModuleInst::default() };
    for import in imports {
        match *import {
            ExternAddr::Func(a) => instance.funcs.push(a),
            ExternAddr::Table(a) => instance.tables.push(a),
            ExternAddr::Mem(a) => instance.mems.push(a),
            ExternAddr::Global(a) => instance.globals.push(a),
            ExternAddr::Tag(a) => instance.tags.push(a),
        }
    }
    let fresh = |first: usize, n: usize| first..first + n;
    instance.funcs.extend(fresh(c.store.funcs.len(), module.funcs.len()));
    instance.tables.extend(fresh(c.store.tables.len(), module.tables.len()));
    instance.mems.extend(fresh(c.store.mems.len(), module.mems.len()));
    instance.globals.extend(fresh(c.store.globals.len(), module.globals.len()));
    instance.tags.extend(fresh(c.store.tags.len(), module.tags.len()));
    instance.elems.extend(fresh(c.store.elems.len(), module.elems.len()));
    instance.datas.extend(fresh(c.store.datas.len(), module.datas.len()));
    instance
}

/// `Eval_expr` (4.6.12): the value of a constant expression.
fn eval_expr<D: Domain>(
    c: &mut Config<D>,
    d: &D,
    instance: &Arc<ModuleInst>,
    expr: &Arc<Expr>,
    step: Stepper<'_, D>,
) -> Result<Val<D>, AllocError<D>> {
    c.enter(instance, expr, 1);
    loop {
        match step(c, d).map_err(AllocError::Undecided)? {
            Progress::Reduced(_) => {}
            Progress::Ended => return Ok(c.stack.pop()),
            Progress::Exhausted(budget) => return Err(AllocError::Exhausted(budget)),
            Progress::CallOut { .. } => panic!("a constant expression calls nothing"),
            Progress::Blocked => panic!("a constant expression waits for nothing"),
        }
    }
}

fn eval_ref<D: Domain>(
    c: &mut Config<D>,
    d: &D,
    instance: &Arc<ModuleInst>,
    expr: &Arc<Expr>,
    step: Stepper<'_, D>,
) -> Result<D::Ref, AllocError<D>> {
    eval_expr(c, d, instance, expr, step).map(as_ref)
}

fn as_ref<D: Domain>(v: Val<D>) -> D::Ref {
    match v {
        Val::Ref(r) => r,
        other => panic!("validation let {other:?} stand for a reference"),
    }
}

/// A type of an instance's module, closed.
fn closed<T: Subst>(instance: &ModuleInst, t: &T) -> T {
    t.subst(&|tu| match tu {
        TypeUse::Idx(x) => TypeUse::Def(instance.types[x as usize]),
        other => other,
    })
}

/// What instantiation executes once a module is allocated (4.7.2): its active segments (`runelem`, `rundata`), then its
/// start function.
pub fn initialisation(module: &Module) -> Expr {
    let mut instrs = Vec::new();
    let whole = |offset: &Expr, len: usize| {
        // The offset's own `end` is left out: the sequences are joined.
        let mut sequence = offset.instrs[..offset.instrs.len() - 1].to_vec();
        sequence.extend([Instr::I32Const { c: 0 }, Instr::I32Const { c: len as i32 }]);
        sequence
    };
    for (y, elem) in (0..).zip(&module.elems) {
        match &elem.mode {
            SegmentMode::Passive => continue,
            SegmentMode::Active { target, offset } => {
                instrs.extend(whole(offset, elem.init.len()));
                instrs.push(Instr::TableInit { y, x: *target });
            }
            SegmentMode::Declare => {}
        }
        instrs.push(Instr::ElemDrop { x: y });
    }
    for (y, data) in (0..).zip(&module.datas) {
        if let SegmentMode::Active { target, offset } = &data.mode {
            instrs.extend(whole(offset, data.init.len()));
            instrs.extend([Instr::MemoryInit { y, x: *target }, Instr::DataDrop { x: y }]);
        }
    }
    instrs.extend(module.start.map(|x| Instr::Call { x }));
    instrs.push(Instr::End {});
    Expr { closed_at: vec![0; instrs.len()], offsets: vec![0; instrs.len()], instrs }
}
