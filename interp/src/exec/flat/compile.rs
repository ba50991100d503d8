//! From a body to its flat form, in one pass.
//!
//! An operand that is a local or a constant is read where it lies: nothing is moved until the local changes, a branch
//! meets others, or a call wants its arguments side by side. Every value of the operand stack has a home, the slot that
//! it has if all below it are at home; where paths meet, all values are at home.

use rustc_hash::FxHashMap;

use super::code::{
    Clause, Code, JUMP, Op, OpCode, Site, Slot, Target, Try, Ty, cells, encode, is_comparison, own, plain,
};
use super::kind::{Kind, kind};
use super::types::Types;
use crate::exec::value::Ref;
use crate::syntax::{
    BlockType, Catch, Func, Idx, Instr, MemArg, Module, NonNull, Nullable, RefType, TryTable, ValType,
};

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
    metered: bool,
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
    /// Reductions that the next operation stands for beside its own.
    owed: u32,
    /// The operation that has just put its result at home, while nothing else may have.
    made: Option<(usize, Slot)>,
    /// The last `i32.eqz` of what a comparison had just made, and the comparison.
    negation: Option<(usize, usize)>,
    position: u32,
}

/// The flat form of a function, and the positions in its body of the instructions that its operations come from.
/// `metered` is one whose reductions are counted.
pub(super) fn compile(module: &Module, types: &Types, func: &Func, metered: bool) -> (Code, Vec<u32>) {
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
        metered,
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
        owed: 0,
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
    fn emit(&mut self, code: OpCode, cost: u32, d: u32, a: u32, b: u32) -> usize {
        self.ops.push(Op { code, x: 0, d, a, b });
        self.at.push(self.position);
        if self.metered {
            self.costs.push(std::mem::take(&mut self.owed) + cost);
        }
        self.made = None;
        self.ops.len() - 1
    }

    /// An operation whose result goes home.
    fn result(&mut self, code: OpCode, ty: Ty, a: u32, b: u32) -> usize {
        let d = self.push(ty);
        let op = self.emit(code, 1, d, a, b);
        self.made = Some((op, d));
        op
    }

    /// Operands of the operation before.
    fn more(&mut self, a: u32, b: u32) {
        let made = self.made;
        self.ops.push(Op { code: own::More, x: 0, d: 0, a, b });
        self.at.push(self.position);
        if self.metered {
            self.costs.push(0);
        }
        self.made = made;
    }

    /// Number of functions that are imported.
    fn imported(&self) -> u32 {
        (self.types.funcs.len() - self.module.funcs.len()) as u32
    }

    fn owe(&mut self, reductions: u32) {
        if self.metered {
            self.owed += reductions;
        }
    }

    /// Where the next operation will be, as somewhere to jump to: what is owed is paid before.
    fn here(&mut self) -> u32 {
        if self.owed > 0 {
            self.emit(own::Idle, 0, 0, 0, 0);
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
            self.emit(code, 0, to, from, 0);
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

    fn label(&mut self, params: Vec<Ty>, results: Vec<Ty>, start: Option<u32>) {
        let entries = self.stack.len() - params.len();
        let branch = if start.is_some() { params.clone() } else { results.clone() };
        self.labels.push(Label {
            branch,
            results,
            params,
            entries,
            start,
            patches: Vec::new(),
            otherwise: None,
            tried: None,
            handlers: self.handlers(),
        });
    }

    /// Number of handlers around.
    fn handlers(&self) -> u32 {
        self.labels.last().map_or(0, |label| label.handlers)
    }

    /// Reductions of a branch: it leaves labels, and the handlers between them; and that around the label that it goes
    /// to, if it is a `try_table`'s.
    fn way_to(&self, l: Idx) -> u32 {
        let label = &self.labels[self.labels.len() - 1 - l as usize];
        l + 1 + self.handlers() - label.handlers + u32::from(label.tried.is_some())
    }

    /// Labels and handlers of the function.
    fn depth(&self) -> u32 {
        self.labels.len() as u32 + self.handlers()
    }

    /// `try_table bt catch*`: what its clauses take is put where a branch to their label would put it.
    fn try_table(&mut self, TryTable { bt, catches }: &TryTable) {
        let (params, results) = self.block_type(bt);
        self.owe(1);
        self.leave_locals();
        self.settle(params.len());
        let this = self.tries.len();
        let mut clauses = Vec::new();
        for catch in catches {
            let (tag, takes_ref, l) = match *catch {
                Catch::Catch(x, l) => (Some(x), false, l),
                Catch::CatchRef(x, l) => (Some(x), true, l),
                Catch::CatchAll(l) => (None, false, l),
                Catch::CatchAllRef(l) => (None, true, l),
            };
            let label = self.labels.len() - 1 - l as usize;
            let target = Target { op: self.labels[label].start.unwrap_or(0), cost: self.way_to(l) };
            if self.labels[label].start.is_none() {
                self.labels[label].patches.push(Patch::Clause(this, clauses.len()));
            }
            clauses.push(Clause { tag, takes_ref, d: self.floor(label), target });
        }
        self.tries.push(Try { from: self.ops.len() as u32, to: 0, clauses: clauses.into() });
        self.label(params, results, None);
        let label = self.labels.last_mut().expect("the label");
        label.tried = Some(this);
        label.handlers += 1;
    }

    /// The slot of the first value above a label.
    fn floor(&self, label: usize) -> Slot {
        match self.labels[label].entries {
            0 => self.base,
            n => self.stack[n - 1].home + self.stack[n - 1].ty.cells(),
        }
    }

    /// Makes an operation, or a target of a table, go to a label.
    fn aim(&mut self, label: usize, patch: Patch) {
        match self.labels[label].start {
            Some(start) => self.patch(patch, start),
            None => self.labels[label].patches.push(patch),
        }
    }

    fn patch(&mut self, patch: Patch, to: u32) {
        match patch {
            Patch::Op(op) => self.ops[op].d = to,
            Patch::Target(target) => self.targets[target].op = to,
            Patch::Clause(this, clause) => self.tries[this].clauses[clause].target.op = to,
        }
    }

    /// A branch from here, `l` labels outward.
    fn branch(&mut self, l: Idx) {
        let label = self.labels.len() - 1 - l as usize;
        self.gather(self.labels[label].branch.len(), self.floor(label));
        let op = self.emit(own::Jump, self.way_to(l), 0, 0, 0);
        self.aim(label, Patch::Op(op));
    }

    /// A branch if a number isn't zero; the instruction itself is one reduction, unless it has been paid.
    fn branch_if(&mut self, l: Idx, condition: Slot, cost: u32) {
        let label = self.labels.len() - 1 - l as usize;
        if self.labels[label].branch.is_empty() {
            let op = self.jump(true, condition, cost, self.way_to(l));
            self.aim(label, Patch::Op(op));
            return;
        }
        let over = self.jump(false, condition, cost, 0);
        self.branch(l);
        self.ops[over].d = self.here();
    }

    /// A jump if a number is zero or isn't, for so many reductions and more if it jumps. Where nobody counts them, the
    /// comparison that has just made the number is one operation with it.
    fn jump(&mut self, unless_zero: bool, condition: Slot, cost: u32, more: u32) -> usize {
        match self.made {
            Some((op, made)) if made == condition && !self.metered && is_comparison(self.ops[op].code) => {
                // Taken, since another operation may get the number of one that goes.
                let (op, says) = match self.negation.take() {
                    Some((negation, negated)) if negation == op => {
                        self.ops.pop();
                        self.at.pop();
                        (negated, !unless_zero)
                    }
                    _ => (op, unless_zero),
                };
                self.ops[op].code += JUMP;
                self.ops[op].x = says.into();
                self.made = None;
                op
            }
            _ => self.emit(if unless_zero { own::JumpIf } else { own::JumpIfNot }, cost, 0, condition, more),
        }
    }

    fn branch_table(&mut self, ls: &[Idx]) {
        let index = self.pop();
        let first = self.targets.len();
        self.targets.extend(ls.iter().map(|_| Target { op: 0, cost: 0 }));
        self.emit(own::JumpTable, 1, index.slot, ls.len() as u32 - 1, first as u32);
        let mut stubs: FxHashMap<Idx, u32> = FxHashMap::default();
        for (i, l) in ls.iter().enumerate() {
            let label = self.labels.len() - 1 - *l as usize;
            if self.labels[label].branch.is_empty() {
                self.targets[first + i].cost = self.way_to(*l);
                self.aim(label, Patch::Target(first + i));
                continue;
            }
            let stub = match stubs.get(l) {
                Some(stub) => *stub,
                None => {
                    let stub = self.here();
                    self.branch(*l);
                    stubs.insert(*l, stub);
                    stub
                }
            };
            self.targets[first + i].op = stub;
        }
    }

    /// The end of a sequence, or of the first one of an `if`.
    fn end(&mut self, is_else: bool) {
        let label = self.labels.len() - 1;
        let alive = self.dead.take().is_none();
        let is_loop = self.labels[label].start.is_some();
        if alive {
            let met = is_else || !self.labels[label].patches.is_empty() || self.labels[label].otherwise.is_some();
            if met && !is_loop {
                self.settle(self.labels[label].results.len());
            }
            self.owe(1 + u32::from(self.labels[label].tried.is_some()));
            if is_else {
                let op = self.emit(own::Jump, 0, 0, 0, 0);
                self.labels[label].patches.push(Patch::Op(op));
            }
        }
        if is_else {
            let otherwise = self.labels[label].otherwise.take().expect("an else has its if");
            let here = self.here();
            self.ops[otherwise].d = here;
            self.stack.truncate(self.labels[label].entries);
            self.labels[label].params.clone().into_iter().for_each(|t| _ = self.push(t));
            return;
        }
        let Label { patches, otherwise, results, entries, tried, .. } =
            self.labels.pop().expect("an end has its label");
        if let Some(tried) = tried {
            self.tries[tried].to = self.ops.len() as u32;
        }
        let joins = !patches.is_empty() || otherwise.is_some();
        if joins {
            if let Some(op) = otherwise {
                // An `if` without `else`: the empty sequence has a label of its own, which is left.
                self.fall_through(op, alive);
            }
            let here = self.here();
            patches.into_iter().for_each(|patch| self.patch(patch, here));
        }
        if joins || !alive {
            self.stack.truncate(entries);
            results.into_iter().for_each(|t| _ = self.push(t));
        }
        if !joins && !alive {
            // Nothing comes here: what follows is as dead as what ended.
            self.dead = Some(0);
        }
        if self.labels.is_empty() && self.dead.is_none() {
            self.leave(1);
        }
    }

    /// The jump of an `if` without `else` comes here, where its one sequence ends.
    fn fall_through(&mut self, op: usize, alive: bool) {
        if !self.metered {
            self.ops[op].d = self.here();
            return;
        }
        // The label's reduction is that of either path: the jump comes to an operation that stands for it.
        if alive {
            let over = self.emit(own::Jump, 0, 0, 0, 0);
            self.ops[op].d = self.here();
            self.owe(1);
            let here = self.here();
            self.ops[over].d = here;
        } else {
            self.ops[op].d = self.here();
            self.owe(1);
        }
    }

    /// Leaves the function with the uppermost values as its results.
    fn leave(&mut self, cost: u32) {
        let from = match (self.results, self.stack.last()) {
            ([_], Some(only)) => only.slot,
            (results, _) => self.settle(results.len()),
        };
        self.emit(own::Leave, cost, 0, cells(self.results), from);
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

    /// An instruction that is reduced by its own rule, on operands that are at home.
    fn by_rule(&mut self, instr: Instr, params: Vec<Ty>, results: Vec<Ty>) {
        let first = self.settle(params.len());
        self.stack.truncate(self.stack.len() - params.len());
        let site = self.sites.len() as u32;
        self.sites.push(Site { instr, params: params.into(), results: results.clone().into() });
        self.emit(own::ByRule, 0, first, first, site);
        results.into_iter().for_each(|t| _ = self.push(t));
        self.made = None;
    }

    /// Arguments of a call come home, and make place for its results.
    fn call(&mut self, code: OpCode, cost: u32, ty: Idx, a: u32, callee: Option<Slot>) {
        let func_type = self.module.func_type(ty).clone();
        let depth = self.depth() + self.stack.len() as u32 + 1;
        let first = self.settle(func_type.params.len());
        self.emit(code, cost, first, a, depth);
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
            Instr::Nop {} => self.owe(1),
            Instr::Unreachable {} => {
                self.emit(own::Unreachable, 1, 0, 0, 0);
                self.dead = Some(0);
            }
            Instr::Block { bt } => {
                let (params, results) = self.block_type(bt);
                self.owe(1);
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
                if self.metered {
                    self.emit(own::Idle, 1, 0, 0, 0);
                }
                self.label(params, results, Some(start));
            }
            Instr::If { bt } => {
                let (params, results) = self.block_type(bt);
                let condition = self.pop();
                self.leave_locals();
                self.settle(params.len());
                let op = self.jump(false, condition.slot, 2, 0);
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
                self.branch_if(*l, condition.slot, 1);
            }
            Instr::BrTable { ls } => {
                self.branch_table(ls);
                self.dead = Some(0);
            }
            Instr::Return {} => {
                self.leave(self.depth() + 1);
                self.dead = Some(0);
            }
            Instr::Call { x } => match x.checked_sub(self.imported()) {
                Some(def) => self.call(own::CallDefined, 2, self.types.funcs[*x as usize], def, None),
                None => self.call(own::CallDirect, 2, self.types.funcs[*x as usize], *x, None),
            },
            Instr::CallIndirect { x, y } => {
                let index = self.pop();
                self.call(own::CallTable, 4, *y, *x, Some(index.slot));
            }
            Instr::CallRef { x } => {
                let callee = self.pop();
                self.call(own::CallReference, 1, *x, 0, Some(callee.slot));
            }
            Instr::ReturnCall { x } => {
                let (cost, ty) = (self.depth() + 3, self.types.funcs[*x as usize]);
                match x.checked_sub(self.imported()) {
                    Some(def) => self.call(own::TailDefined, cost, ty, def, None),
                    None => self.call(own::TailDirect, cost, ty, *x, None),
                }
                self.dead = Some(0);
            }
            Instr::ReturnCallIndirect { x, y } => {
                let index = self.pop();
                self.call(own::TailTable, self.depth() + 5, *y, *x, Some(index.slot));
                self.dead = Some(0);
            }
            Instr::ReturnCallRef { x } => {
                let callee = self.pop();
                self.call(own::TailReference, self.depth() + 2, *x, 0, Some(callee.slot));
                self.dead = Some(0);
            }
            Instr::TryTable { body } => self.try_table(body),
            Instr::Throw { x } => {
                let ty = self.module.func_type(self.types.tags[*x as usize]);
                let params: Vec<Ty> = ty.params.iter().map(|t| Ty::of(*t)).collect();
                let first = self.settle(params.len());
                let site = self.sites.len() as u32;
                self.sites.push(Site { instr: instr.clone(), params: params.into(), results: [].into() });
                self.emit(own::Throw, 1, 0, first, site);
                self.dead = Some(0);
            }
            Instr::ThrowRef {} => {
                let r = self.pop();
                self.emit(own::ThrowRef, 0, 0, r.slot, 0);
                self.dead = Some(0);
            }
            Instr::BrOnNull { l } => {
                let is_null = self.ask(Instr::RefIsNull {});
                let r = self.pop();
                self.branch_if(*l, is_null, 0);
                self.push_at(Ty::Ref, r.slot);
            }
            Instr::BrOnNonNull { l } => {
                let is_null = self.ask(Instr::RefIsNull {});
                self.branch_unless(*l, is_null);
                self.pop();
            }
            Instr::BrOnCast { l, rt2, .. } => {
                let fits = self.ask(test(*rt2));
                self.branch_if(*l, fits, 0);
            }
            Instr::BrOnCastFail { l, rt2, .. } => {
                let fits = self.ask(test(*rt2));
                self.branch_unless(*l, fits);
            }
            Instr::Drop {} => {
                self.pop();
                self.owe(1);
            }
            Instr::Select {} | Instr::TypedSelect { .. } => {
                let (condition, b, a) = (self.pop(), self.pop(), self.pop());
                let op = self.result(own::Select, a.ty, a.slot, b.slot);
                self.ops[op].x = a.ty.cells() as u16;
                self.more(condition.slot, 0);
            }
            Instr::LocalGet { x } => {
                let (slot, ty) = self.locals[*x as usize];
                self.owe(1);
                self.push_at(ty, slot);
            }
            Instr::LocalSet { x } => {
                let e = self.pop();
                self.owe(1);
                self.set_local(*x, e);
            }
            Instr::LocalTee { x } => {
                let e = self.pop();
                self.owe(2);
                self.set_local(*x, e);
                let (slot, ty) = self.locals[*x as usize];
                self.push_at(ty, slot);
            }
            Instr::GlobalGet { x } => {
                self.result(own::GlobalGet, self.types.globals[*x as usize], *x, 0);
            }
            Instr::GlobalSet { x } => {
                let e = self.pop();
                let op = self.emit(own::GlobalSet, 1, 0, e.slot, *x);
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
        self.by_rule(question, vec![Ty::Ref], vec![Ty::I32]);
        self.pop().slot
    }

    /// A branch if an answer is no.
    fn branch_unless(&mut self, l: Idx, answer: Slot) {
        let over = self.jump(true, answer, 0, 0);
        self.branch(l);
        self.ops[over].d = self.here();
    }

    /// A bulk operation on memories, whose reductions are counted as it is executed.
    fn bulk(&mut self, code: OpCode, x: Idx, y: Idx) {
        let (n, second, first) = (self.pop(), self.pop(), self.pop());
        self.emit(code, 0, first.slot, second.slot, n.slot);
        self.more(x, y);
    }

    fn other(&mut self, instr: &Instr) {
        if let Some((ty, c)) = constant(instr) {
            match self.consts.get(&(c, ty.cells())) {
                Some(slot) => self.push_at(ty, *slot),
                None => {
                    let d = self.push(ty);
                    self.emit(own::Const, 0, d, c as u32, (c >> 32) as u32);
                    if ty == Ty::V128 {
                        self.emit(own::Const, 0, d + 1, (c >> 64) as u32, (c >> 96) as u32);
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
                self.result(code, ty, i.slot, ao.offset as u32);
            }
            (code, Kind::Store(_, ao)) if self.is_near(&ao) => {
                let (v, i) = (self.pop(), self.pop());
                self.emit(code, 1, ao.offset as u32, i.slot, v.slot);
            }
            (code, Kind::LoadLane(ao, lane)) if self.is_near(&ao) => {
                let (v, i) = (self.pop(), self.pop());
                let op = self.result(code, Ty::V128, i.slot, ao.offset as u32);
                self.ops[op].x = lane.into();
                self.more(v.slot, 0);
            }
            (code, Kind::StoreLane(ao, lane)) if self.is_near(&ao) => {
                let (v, i) = (self.pop(), self.pop());
                let op = self.emit(code, 1, ao.offset as u32, i.slot, v.slot);
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
        let op = self.result(code, result, first, second);
        if let (plain::I32Eqz, Some((comparison, _))) = (code, compared) {
            self.negation = Some((op, comparison));
        }
        if let Some(third) = third {
            self.more(third.slot, 0);
        }
        op
    }
}
