//! From a body to its flat form, in one pass.
//!
//! An operand that is a local or a constant is read where it lies: nothing is moved until the local changes, a branch
//! meets others, or a call wants its arguments side by side. Every value of the operand stack has a home, the slot that
//! it has if all below it are at home; where paths meet, all values are at home.

mod branches;

use branches::Way;
use rustc_hash::FxHashMap;

use super::Form;
use super::code::{Code, Op, OpCode, Site, Slot, Target, Try, Ty, cells, encode, is_comparison, own, plain};
use super::kind::{Kind, kind};
use super::steps::{Own, Rules, Steps, Told, are, rules_of};
use super::types::Types;
use crate::exec::value::Ref;
use crate::rule::Rule;
use crate::syntax::{BlockType, Func, Idx, Instr, MemArg, Module, NonNull, Nullable, RefType, ValType};

/// Cells of constants that a frame holds at most: each is copied whenever the function is entered.
const MAX_CONSTS: u32 = 64;

fn test(rt: RefType) -> Instr {
    match rt.nullable {
        true => Instr::RefTestNullable { rt: Nullable(rt.heap) },
        false => Instr::RefTestNonNull { rt: NonNull(rt.heap) },
    }
}

/// A value of the operand stack.
#[derive(Clone, Copy, Debug)]
struct Entry {
    ty: Ty,
    /// Where it is.
    slot: Slot,
    /// Its home.
    home: Slot,
}

/// What waits for the position of a label.
#[derive(Clone, Copy, Debug)]
enum Patch {
    Op(usize),
    Target(usize),
    /// A clause of a `try_table`.
    Clause(usize, usize),
}

/// A label under way.
struct Label {
    /// Types that a branch takes along, and those that its end leaves.
    branch: Vec<Ty>,
    results: Vec<Ty>,
    params: Vec<Ty>,
    /// Entries below its parameters.
    entries: usize,
    /// Where a loop begins; other labels end at what is patched.
    start: Option<u32>,
    patches: Vec<Patch>,
    /// The jump to the `else`, of an `if` without one so far.
    otherwise: Option<usize>,
    /// The `try_table` that it is the label of.
    tried: Option<usize>,
    /// Number of handlers around its sequence.
    handlers: u32,
}

struct Compiler<'m> {
    module: &'m Module,
    types: &'m Types,
    results: &'m [Ty],
    form: Form,
    body: &'m [Instr],
    ops: Vec<Op>,
    at: Vec<u32>,
    costs: Vec<u32>,
    targets: Vec<Target>,
    sites: Vec<Site>,
    tries: Vec<Try>,
    shuffles: Vec<[u8; 16]>,
    locals: Vec<(Slot, Ty)>,
    consts: FxHashMap<(u128, u32), Slot>,
    stack: Vec<Entry>,
    /// The first slot of operands, and the first after all.
    base: Slot,
    size: Slot,
    labels: Vec<Label>,
    /// How many blocks deep in code that nothing reaches; none if it is reached.
    dead: Option<u32>,
    /// Rules that the next operation stands for beside its own, where they are counted.
    owed: Vec<Rule>,
    /// Those of all operations, where they are told.
    told: Option<Box<Told>>,
    /// The operation that has just put its result at home, while nothing else may have.
    made: Option<(usize, Slot)>,
    /// The last `i32.eqz` of what a comparison had just made, and the comparison.
    negation: Option<(usize, usize)>,
    position: u32,
}

/// The flat form of a function, and the positions in its body of the instructions that its operations come from.
pub(super) fn compile(module: &Module, types: &Types, func: &Func, form: Form) -> (Code, Vec<u32>) {
    let body = func.body.read();
    let ty = module.func_type(func.ty);
    let declared = func.locals.iter().flat_map(|(n, t)| std::iter::repeat_n(Ty::of(*t), *n as usize));
    let mut locals = Vec::new();
    let mut next: Slot = 0;
    for t in ty.params.iter().map(|t| Ty::of(*t)).chain(declared) {
        locals.push((next, t));
        next += t.cells();
    }
    let params = cells(&ty.params.iter().map(|t| Ty::of(*t)).collect::<Vec<_>>());
    let mut init: Vec<u64> = Vec::with_capacity((next - params) as usize);
    for (n, t) in &func.locals {
        let cell = match t {
            ValType::Ref(t) => encode(Ref::Null(module.top(t.heap))),
            _ => 0,
        };
        init.extend(std::iter::repeat_n(cell, (*n * Ty::of(*t).cells()) as usize));
    }
    let mut consts = FxHashMap::default();
    for instr in &body.instrs {
        let Some((ty, c)) = constant(instr) else { continue };
        let first = next;
        if next + ty.cells() - locals_end(&locals) > MAX_CONSTS {
            break;
        }
        consts.entry((c, ty.cells())).or_insert_with(|| {
            init.push(c as u64);
            if ty == Ty::V128 {
                init.push((c >> 64) as u64);
            }
            next += ty.cells();
            first
        });
    }
    let results: Vec<Ty> = ty.results.iter().map(|t| Ty::of(*t)).collect();
    let mut c = Compiler {
        module,
        types,
        results: &results,
        form,
        body: &body.instrs,
        ops: Vec::new(),
        at: Vec::new(),
        costs: Vec::new(),
        targets: Vec::new(),
        sites: Vec::new(),
        tries: Vec::new(),
        shuffles: Vec::new(),
        locals,
        consts,
        stack: Vec::new(),
        base: next,
        size: next,
        labels: Vec::new(),
        dead: None,
        owed: Vec::new(),
        told: (form == Form::Told).then(Box::default),
        made: None,
        negation: None,
        position: 0,
    };
    c.label(Vec::new(), results.clone(), None);
    for (position, instr) in (0..).zip(&body.instrs) {
        c.position = position;
        c.instr(instr);
    }
    let code = Code {
        ops: c.ops.into(),
        costs: c.costs.into(),
        targets: c.targets.into(),
        sites: c.sites.into(),
        tries: c.tries.into(),
        shuffles: c.shuffles.into(),
        params,
        arity: ty.params.len() as u32,
        init: init.into(),
        size: c.size,
        results: results.clone().into(),
        locals: c.locals.len() as u32,
        told: c.told,
    };
    (code, c.at)
}

fn locals_end(locals: &[(Slot, Ty)]) -> Slot {
    locals.last().map_or(0, |(slot, t)| slot + t.cells())
}

/// The bits of a constant, if the instruction is one.
fn constant(instr: &Instr) -> Option<(Ty, u128)> {
    Some(match instr {
        Instr::I32Const { c } => (Ty::I32, (*c as u32).into()),
        Instr::I64Const { c } => (Ty::I64, (*c as u64).into()),
        Instr::F32Const { c } => (Ty::F32, c.0.into()),
        Instr::F64Const { c } => (Ty::F64, c.0.into()),
        Instr::V128Const { c } => (Ty::V128, c.bits()),
        _ => return None,
    })
}

impl Compiler<'_> {
    /// Whether the rules are counted that an operation stands for.
    fn counts(&self) -> bool {
        self.form != Form::Free
    }

    /// Whether a comparison and a branch become one operation.
    fn fuses(&self) -> bool {
        self.form != Form::Metered
    }

    fn emit(&mut self, code: OpCode, own: Own, d: u32, a: u32, b: u32) -> usize {
        self.ops.push(Op { code, x: 0, d, a, b });
        self.at.push(self.position);
        match &mut self.told {
            // One at a time.
            Some(told) => {
                self.costs.push(1);
                told.steps.push(Steps { before: std::mem::take(&mut self.owed), own });
            }
            None if self.form == Form::Metered => {
                self.costs.push(self.owed.len() as u32 + own.cost());
                self.owed.clear();
            }
            None => {}
        }
        self.made = None;
        self.ops.len() - 1
    }

    /// Takes the last operation back; what it stood for is owed.
    fn unemit(&mut self) {
        self.ops.pop();
        self.at.pop();
        if let Some(told) = &mut self.told {
            self.costs.pop();
            let Some(Steps { mut before, own: Own::Instr(rule, _) }) = told.steps.pop() else {
                unreachable!("it was an instruction's")
            };
            before.push(rule);
            before.append(&mut self.owed);
            self.owed = before;
        }
    }

    /// Has a comparison stand for its own rule, what is owed, and then for the rules of a branch.
    fn owe_after(&mut self, op: usize, own: Own) {
        let Some(told) = &mut self.told else { return };
        let Steps { before, own: comparison } = &mut told.steps[op];
        let Own::Instr(rule, _) = comparison else { unreachable!("it was an instruction's") };
        before.push(*rule);
        before.append(&mut self.owed);
        *comparison = own;
    }

    /// The rules of the instruction under way, which has an operation of its own.
    fn of_instr(&self) -> Own {
        let (rule, trap) = rules_of(&self.body[self.position as usize]);
        Own::Instr(rule, trap)
    }

    /// An operation whose result goes home.
    fn result(&mut self, code: OpCode, own: Own, ty: Ty, a: u32, b: u32) -> usize {
        let d = self.push(ty);
        let op = self.emit(code, own, d, a, b);
        self.made = Some((op, d));
        op
    }

    /// Operands of the operation before.
    fn more(&mut self, a: u32, b: u32) {
        let made = self.made;
        self.ops.push(Op { code: own::More, x: 0, d: 0, a, b });
        self.at.push(self.position);
        if self.counts() {
            self.costs.push(0);
        }
        if let Some(told) = &mut self.told {
            told.steps.push(Steps { before: Vec::new(), own: are(&[]) });
        }
        self.made = made;
    }

    /// Number of functions that are imported.
    fn imported(&self) -> u32 {
        (self.types.funcs.len() - self.module.funcs.len()) as u32
    }

    fn owe(&mut self, rules: &[Rule]) {
        if self.counts() {
            self.owed.extend(rules);
        }
    }

    /// Where the next operation will be, as somewhere to jump to: what is owed is paid before.
    fn here(&mut self) -> u32 {
        if !self.owed.is_empty() {
            self.emit(own::Idle, are(&[]), 0, 0, 0);
        }
        self.made = None;
        self.ops.len() as u32
    }

    fn home(&self) -> Slot {
        self.stack.last().map_or(self.base, |e| e.home + e.ty.cells())
    }

    /// Pushes a value that is at home.
    fn push(&mut self, ty: Ty) -> Slot {
        let home = self.home();
        self.push_at(ty, home);
        home
    }

    fn push_at(&mut self, ty: Ty, slot: Slot) {
        let home = self.home();
        self.stack.push(Entry { ty, slot, home });
        self.size = self.size.max(home + ty.cells());
    }

    fn pop(&mut self) -> Entry {
        self.stack.pop().expect("validation let an operand be missing")
    }

    fn copy(&mut self, ty: Ty, to: Slot, from: Slot) {
        if to != from {
            let code = if ty == Ty::V128 { own::Copy2 } else { own::Copy };
            self.emit(code, are(&[]), to, from, 0);
        }
    }

    /// Moves the `n` uppermost values to slots side by side, which are not above their homes.
    fn gather(&mut self, n: usize, to: Slot) {
        let mut to = to;
        for i in self.stack.len() - n..self.stack.len() {
            let e = self.stack[i];
            self.copy(e.ty, to, e.slot);
            to += e.ty.cells();
        }
    }

    /// Brings the `n` uppermost values home; the slot of the first.
    fn settle(&mut self, n: usize) -> Slot {
        let from = self.stack.len() - n;
        let first = self.stack.get(from).map_or_else(|| self.home(), |e| e.home);
        self.gather(n, first);
        for e in &mut self.stack[from..] {
            e.slot = e.home;
        }
        first
    }

    /// Brings values home that are read from locals, before paths part on which these change.
    fn leave_locals(&mut self) {
        let end = locals_end(&self.locals);
        for i in 0..self.stack.len() {
            let e = self.stack[i];
            if e.slot < end {
                self.copy(e.ty, e.home, e.slot);
                self.stack[i].slot = e.home;
            }
        }
    }

    fn block_type(&self, bt: &BlockType) -> (Vec<Ty>, Vec<Ty>) {
        match bt {
            BlockType::Empty => (Vec::new(), Vec::new()),
            BlockType::Val(t) => (Vec::new(), vec![Ty::of(*t)]),
            BlockType::Type(x) => {
                let ty = self.module.func_type(*x);
                let list = |ts: &[ValType]| ts.iter().map(|t| Ty::of(*t)).collect();
                (list(&ty.params), list(&ty.results))
            }
        }
    }

    /// Leaves the function with the uppermost values as its results.
    fn leave(&mut self, own: Own) {
        let from = match (self.results, self.stack.last()) {
            ([_], Some(only)) => only.slot,
            (results, _) => self.settle(results.len()),
        };
        self.emit(own::Leave, own, 0, cells(self.results), from);
    }

    /// Writes a local: values that are still read from it come home first.
    fn set_local(&mut self, x: Idx, e: Entry) {
        let (slot, ty) = self.locals[x as usize];
        let read = self.stack.iter().any(|other| other.slot == slot);
        if let Some((op, made)) = self.made
            && !read
            && made == e.slot
            && e.slot == e.home
        {
            self.ops[op].d = slot;
            self.made = None;
            return;
        }
        if read {
            for i in 0..self.stack.len() {
                let other = self.stack[i];
                if other.slot == slot {
                    self.copy(other.ty, other.home, slot);
                    self.stack[i].slot = other.home;
                }
            }
        }
        self.copy(ty, slot, e.slot);
        self.made = None;
    }

    /// The rules of a tail call, after its first ones.
    fn tail_call(&self, first: &[Rule]) -> Rules {
        let mut rules = first.to_vec();
        rules.append(&mut self.way_out(Way::TailCall));
        rules.extend([Rule::ReturnCallRefFrameAddr, Rule::CallRefFunc]);
        rules.into()
    }

    /// An instruction that is reduced by its own rule, on operands that are at home.
    fn by_rule(&mut self, instr: Instr, params: Vec<Ty>, results: Vec<Ty>) {
        self.site(instr, Own::ByRule, params, results);
    }

    fn site(&mut self, instr: Instr, own: Own, params: Vec<Ty>, results: Vec<Ty>) {
        let first = self.settle(params.len());
        self.stack.truncate(self.stack.len() - params.len());
        let site = self.sites.len() as u32;
        self.sites.push(Site { instr, params: params.into(), results: results.clone().into() });
        self.emit(own::ByRule, own, first, first, site);
        results.into_iter().for_each(|t| _ = self.push(t));
        self.made = None;
    }

    /// Arguments of a call come home, and make place for its results.
    fn call(&mut self, code: OpCode, rules: Rules, ty: Idx, a: u32, callee: Option<Slot>) {
        let func_type = self.module.func_type(ty).clone();
        let depth = self.depth() + self.stack.len() as u32 + 1;
        let first = self.settle(func_type.params.len());
        let cost = rules.len() as u32;
        self.emit(code, Own::Call(rules), first, a, depth);
        if let Some(callee) = callee {
            self.more(callee, ty);
            self.ops.last_mut().expect("the operands").d = cost;
        }
        self.stack.truncate(self.stack.len() - func_type.params.len());
        func_type.results.iter().for_each(|t| _ = self.push(Ty::of(*t)));
        self.made = None;
    }

    fn instr(&mut self, instr: &Instr) {
        if let Some(depth) = self.dead {
            match instr {
                Instr::Block { .. } | Instr::Loop { .. } | Instr::If { .. } | Instr::TryTable { .. } => {
                    self.dead = Some(depth + 1);
                }
                Instr::End {} if depth == 0 => self.end(false),
                Instr::Else {} if depth == 0 => self.end(true),
                Instr::End {} => self.dead = Some(depth - 1),
                _ => {}
            }
            return;
        }
        match instr {
            Instr::Nop {} => self.owe(&[Rule::Nop]),
            Instr::Unreachable {} => {
                self.emit(own::Unreachable, are(&[Rule::Unreachable]), 0, 0, 0);
                self.dead = Some(0);
            }
            Instr::Block { bt } => {
                let (params, results) = self.block_type(bt);
                self.owe(&[Rule::Block]);
                self.leave_locals();
                self.settle(params.len());
                self.label(params, results, None);
            }
            Instr::Loop { bt } => {
                let (params, results) = self.block_type(bt);
                self.leave_locals();
                self.settle(params.len());
                let start = self.here();
                // Each time around is the loop's own reduction.
                if self.counts() {
                    self.emit(own::Idle, are(&[Rule::Loop]), 0, 0, 0);
                }
                self.label(params, results, Some(start));
            }
            Instr::If { bt } => {
                let (params, results) = self.block_type(bt);
                let condition = self.pop();
                self.leave_locals();
                self.settle(params.len());
                let (goes, stays) = (&[Rule::IfFalse, Rule::Block], &[Rule::IfTrue, Rule::Block]);
                let op = self.jump(false, condition.slot, goes, stays, false);
                self.label(params, results, None);
                self.labels.last_mut().expect("the label").otherwise = Some(op);
            }
            Instr::Else {} => self.end(true),
            Instr::End {} => self.end(false),
            Instr::Br { l } => {
                self.branch(*l);
                self.dead = Some(0);
            }
            Instr::BrIf { l } => {
                let condition = self.pop();
                self.branch_if(*l, condition.slot, [Rule::BrIfTrue, Rule::BrIfFalse], false);
            }
            Instr::BrTable { ls } => {
                self.branch_table(ls);
                self.dead = Some(0);
            }
            Instr::Return {} => {
                let mut rules = self.way_out(Way::Return);
                rules.push(Rule::ReturnFrame);
                self.leave(Own::Are(rules.into()));
                self.dead = Some(0);
            }
            Instr::Call { x } => {
                let (rules, ty) = ((&[Rule::Call, Rule::CallRefFunc]).into(), self.types.funcs[*x as usize]);
                match x.checked_sub(self.imported()) {
                    Some(def) => self.call(own::CallDefined, rules, ty, def, None),
                    None => self.call(own::CallDirect, rules, ty, *x, None),
                }
            }
            Instr::CallIndirect { x, y } => {
                let index = self.pop();
                let rules = &[Rule::CallIndirect, Rule::TableGetVal, Rule::RefCastSucceed, Rule::CallRefFunc];
                self.call(own::CallTable, rules.into(), *y, *x, Some(index.slot));
            }
            Instr::CallRef { x } => {
                let callee = self.pop();
                self.call(own::CallReference, (&[Rule::CallRefFunc]).into(), *x, 0, Some(callee.slot));
            }
            Instr::ReturnCall { x } => {
                let (rules, ty) = (self.tail_call(&[Rule::ReturnCall]), self.types.funcs[*x as usize]);
                match x.checked_sub(self.imported()) {
                    Some(def) => self.call(own::TailDefined, rules, ty, def, None),
                    None => self.call(own::TailDirect, rules, ty, *x, None),
                }
                self.dead = Some(0);
            }
            Instr::ReturnCallIndirect { x, y } => {
                let index = self.pop();
                let rules = self.tail_call(&[Rule::ReturnCallIndirect, Rule::TableGetVal, Rule::RefCastSucceed]);
                self.call(own::TailTable, rules, *y, *x, Some(index.slot));
                self.dead = Some(0);
            }
            Instr::ReturnCallRef { x } => {
                let callee = self.pop();
                let rules = self.tail_call(&[]);
                self.call(own::TailReference, rules, *x, 0, Some(callee.slot));
                self.dead = Some(0);
            }
            Instr::TryTable { body } => self.try_table(body),
            Instr::Throw { x } => {
                let ty = self.module.func_type(self.types.tags[*x as usize]);
                let params: Vec<Ty> = ty.params.iter().map(|t| Ty::of(*t)).collect();
                let first = self.settle(params.len());
                let site = self.sites.len() as u32;
                self.sites.push(Site { instr: instr.clone(), params: params.into(), results: [].into() });
                self.emit(own::Throw, are(&[Rule::Throw]), 0, first, site);
                self.dead = Some(0);
            }
            Instr::ThrowRef {} => {
                let r = self.pop();
                self.emit(own::ThrowRef, Own::ThrowRef, 0, r.slot, 0);
                self.dead = Some(0);
            }
            Instr::BrOnNull { l } => {
                let is_null = self.ask(Instr::RefIsNull {});
                let r = self.pop();
                self.branch_if(*l, is_null, [Rule::BrOnNullNull, Rule::BrOnNullAddr], true);
                self.push_at(Ty::Ref, r.slot);
            }
            Instr::BrOnNonNull { l } => {
                let is_null = self.ask(Instr::RefIsNull {});
                self.branch_unless(*l, is_null, [Rule::BrOnNonNullAddr, Rule::BrOnNonNullNull]);
                self.pop();
            }
            Instr::BrOnCast { l, rt2, .. } => {
                let fits = self.ask(test(*rt2));
                self.branch_if(*l, fits, [Rule::BrOnCastSucceed, Rule::BrOnCastFail], true);
            }
            Instr::BrOnCastFail { l, rt2, .. } => {
                let fits = self.ask(test(*rt2));
                self.branch_unless(*l, fits, [Rule::BrOnCastFailFail, Rule::BrOnCastFailSucceed]);
            }
            Instr::Drop {} => {
                self.pop();
                self.owe(&[Rule::Drop]);
            }
            Instr::Select {} | Instr::TypedSelect { .. } => {
                let (condition, b, a) = (self.pop(), self.pop(), self.pop());
                let op = self.result(own::Select, Own::Select, a.ty, a.slot, b.slot);
                self.ops[op].x = a.ty.cells() as u16;
                self.more(condition.slot, 0);
            }
            Instr::LocalGet { x } => {
                let (slot, ty) = self.locals[*x as usize];
                self.owe(&[Rule::LocalGet]);
                self.push_at(ty, slot);
            }
            Instr::LocalSet { x } => {
                let e = self.pop();
                self.owe(&[Rule::LocalSet]);
                self.set_local(*x, e);
            }
            Instr::LocalTee { x } => {
                let e = self.pop();
                self.owe(&[Rule::LocalTee, Rule::LocalSet]);
                self.set_local(*x, e);
                let (slot, ty) = self.locals[*x as usize];
                self.push_at(ty, slot);
            }
            Instr::GlobalGet { x } => {
                self.result(own::GlobalGet, are(&[Rule::GlobalGet]), self.types.globals[*x as usize], *x, 0);
            }
            Instr::GlobalSet { x } => {
                let e = self.pop();
                let op = self.emit(own::GlobalSet, are(&[Rule::GlobalSet]), 0, e.slot, *x);
                self.ops[op].x = e.ty as u16;
            }
            Instr::MemoryFill { x } => {
                self.bulk(own::MemoryFill, *x, 0);
            }
            Instr::MemoryCopy { x, y } => self.bulk(own::MemoryCopy, *x, *y),
            Instr::MemoryInit { x, y } => self.bulk(own::MemoryInit, *x, *y),
            other => self.other(other),
        }
    }

    /// What an instruction answers about the uppermost reference, which stays: above it.
    fn ask(&mut self, question: Instr) -> Slot {
        let r = *self.stack.last().expect("validation let a reference be missing");
        self.push_at(Ty::Ref, r.slot);
        self.site(question, Own::Asked, vec![Ty::Ref], vec![Ty::I32]);
        self.pop().slot
    }

    /// A bulk operation on memories, whose reductions are counted as it is executed.
    fn bulk(&mut self, code: OpCode, x: Idx, y: Idx) {
        let (n, second, first) = (self.pop(), self.pop(), self.pop());
        self.emit(code, Own::Bulk, first.slot, second.slot, n.slot);
        self.more(x, y);
    }

    fn other(&mut self, instr: &Instr) {
        if let Some((ty, c)) = constant(instr) {
            match self.consts.get(&(c, ty.cells())) {
                Some(slot) => self.push_at(ty, *slot),
                None => {
                    let d = self.push(ty);
                    self.emit(own::Const, are(&[]), d, c as u32, (c >> 32) as u32);
                    if ty == Ty::V128 {
                        self.emit(own::Const, are(&[]), d + 1, (c >> 64) as u32, (c >> 96) as u32);
                    }
                }
            }
            return;
        }
        match kind(instr) {
            (code, Kind::Pure(params, result)) => {
                self.operation(code, params, result);
            }
            (code, Kind::Lane(params, result, lane)) => {
                let op = self.operation(code, params, result);
                self.ops[op].x = lane.into();
            }
            (code, Kind::Shuffle(lanes)) if self.shuffles.len() < usize::from(u16::MAX) => {
                let op = self.operation(code, &[Ty::V128; 2], Ty::V128);
                self.ops[op].x = self.shuffles.len() as u16;
                self.shuffles.push(lanes);
            }
            (code, Kind::Load(ty, ao)) if self.is_near(&ao) => {
                let i = self.pop();
                self.result(code, self.of_instr(), ty, i.slot, ao.offset as u32);
            }
            (code, Kind::Store(_, ao)) if self.is_near(&ao) => {
                let (v, i) = (self.pop(), self.pop());
                self.emit(code, self.of_instr(), ao.offset as u32, i.slot, v.slot);
            }
            (code, Kind::LoadLane(ao, lane)) if self.is_near(&ao) => {
                let (v, i) = (self.pop(), self.pop());
                let op = self.result(code, self.of_instr(), Ty::V128, i.slot, ao.offset as u32);
                self.ops[op].x = lane.into();
                self.more(v.slot, 0);
            }
            (code, Kind::StoreLane(ao, lane)) if self.is_near(&ao) => {
                let (v, i) = (self.pop(), self.pop());
                let op = self.emit(code, self.of_instr(), ao.offset as u32, i.slot, v.slot);
                self.ops[op].x = lane.into();
            }
            (_, Kind::Load(ty, ao)) => self.by_rule(instr.clone(), vec![self.types.mems[ao.mem as usize]], vec![ty]),
            (_, Kind::Store(ty, ao)) => {
                self.by_rule(instr.clone(), vec![self.types.mems[ao.mem as usize], ty], Vec::new());
            }
            (_, Kind::Shuffle(_)) => self.by_rule(instr.clone(), vec![Ty::V128; 2], vec![Ty::V128]),
            (_, Kind::Other | Kind::LoadLane(..) | Kind::StoreLane(..)) => {
                let (params, results) = self.types.signature(self.module, instr);
                self.by_rule(instr.clone(), params, results);
            }
        }
    }

    /// Whether an access is one of the first memory, with an address of 32 bits.
    fn is_near(&self, ao: &MemArg) -> bool {
        ao.mem == 0 && self.types.mems[0] == Ty::I32 && ao.offset <= u32::MAX.into()
    }

    /// An operation of one to three operands.
    fn operation(&mut self, code: OpCode, params: &[Ty], result: Ty) -> usize {
        let third = if params.len() == 3 { Some(self.pop()) } else { None };
        let second = if params.len() >= 2 { self.pop().slot } else { 0 };
        let first = self.pop().slot;
        let compared = self.made.filter(|(op, made)| *made == first && is_comparison(self.ops[*op].code));
        let op = self.result(code, self.of_instr(), result, first, second);
        if let (plain::I32Eqz, Some((comparison, _))) = (code, compared) {
            self.negation = Some((op, comparison));
        }
        if let Some(third) = third {
            self.more(third.slot, 0);
        }
        op
    }
}
