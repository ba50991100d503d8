//! Running the flat form.

use std::sync::Arc;

use super::FlatModule;
use super::code::{Code, Op, OpCode, Site, Ty, decode, own, read, write};
use super::operations::{Call, Frame, Left, Operations, begin, has_room, take};
use super::steps::handled;
use crate::exec::config::{Config, Frame as RuleFrame, Place};
use crate::exec::store::{FuncInst, ModuleInst, Store};
use crate::exec::value::{Addr, FuncAddr, Ref, Value};
use crate::rule::Rule;
use crate::syntax::{Expr, Instr};
use crate::trap::{Budget, TrapKind};
use crate::value::Concrete;

/// What a run of the flat form has come to.
pub(crate) enum Event {
    /// It has ended with these results.
    Ended(Vec<Value>),
    /// It traps.
    Trapped(TrapKind, Place),
    /// A budget ran out.
    Exhausted(Budget),
    /// The exception at this address has left the outermost function.
    Threw(Addr),
    /// The host is called: [`Flat::answer`] or [`Flat::throw`] goes on.
    CallOut(FuncAddr, Vec<Value>),
}

/// A thread in flat form.
#[derive(Default)]
pub(crate) struct Flat {
    pub(super) frames: Vec<Frame>,
    pub(super) cells: Vec<u64>,
    /// Types of the results of the outermost function.
    results: Box<[Ty]>,
    /// Where the host's answer goes.
    answer: usize,
    /// The answer, if it is the result of all.
    last: Option<Vec<Value>>,
    /// The rules since somebody has last asked for them, if they are told.
    pub(super) told: Option<Vec<Rule>>,
    /// An expression without code, for instructions that are reduced by their rules.
    nothing: Arc<Expr>,
}

impl Flat {
    /// Begins a call of a module's function: its arguments are of its type.
    pub(crate) fn enter(
        &mut self,
        c: &Config<Concrete>,
        func: FuncAddr,
        args: &[Value],
        metered: bool,
    ) -> Option<Budget> {
        self.frames.clear();
        self.last = None;
        let (_, def, code) = code_of(&c.store.funcs[func], metered, self.told.is_some());
        if !has_room(c.stack_limit, 0, args.len() + 1, code) {
            return Some(Budget::Stack);
        }
        begin(&mut self.cells, 0, code);
        args.iter().fold(0, |s, v| write(&mut self.cells, s, *v));
        self.results.clone_from(&code.results);
        self.frames.push(Frame { of: func, def, next: 0, base: 0, below: 0 });
        None
    }

    /// Takes the host's answer to a call, whose type it is of.
    pub(crate) fn answer(&mut self, results: &[Value]) {
        if self.frames.is_empty() {
            self.last = Some(results.to_vec());
            return;
        }
        let end = self.answer + 2 * results.len();
        if self.cells.len() < end {
            self.cells.resize(end, 0);
        }
        results.iter().fold(0, |s, v| write(&mut self.cells[self.answer..], s, *v));
    }

    /// Runs until something happens that isn't the flat form's. Takes from `fuel` if it is metered.
    pub(crate) fn run(&mut self, c: &mut Config<Concrete>, d: &Concrete, fuel: &mut u64, metered: bool) -> Event {
        if let Some(results) = self.last.take() {
            return Event::Ended(results);
        }
        match (&self.told, metered) {
            (Some(_), _) => self.tell(c, d, fuel),
            (None, true) => self.go::<true>(c, d, fuel),
            (None, false) => self.go::<false>(c, d, fuel),
        }
    }

    /// Throws an exception where a thread is: the innermost clause that catches it goes on.
    pub(crate) fn throw(&mut self, c: &Config<Concrete>, a: Addr, fuel: &mut u64, metered: bool) -> Option<Event> {
        let exn = &c.store.heap.exns[a];
        while let Some(frame) = self.frames.last_mut() {
            let FuncInst::Wasm { instance, .. } = &c.store.funcs[frame.of] else {
                unreachable!("only functions of modules have frames")
            };
            let code = flat_of(instance, self.told.is_some()).code(&instance.module, frame.def as usize, metered);
            let is = |x| instance.tags[x as usize] == exn.tag;
            if let Some(told) = &mut self.told {
                told.extend(handled(code, frame.next - 1, is));
            }
            if let Some(clause) = code.catches(frame.next - 1, is) {
                if metered && self.told.is_none() && !take(fuel, clause.target.cost) {
                    return Some(Event::Exhausted(Budget::Fuel));
                }
                let r = &mut self.cells[frame.base..];
                let payload = if clause.tag.is_some() { &exn.fields[..] } else { &[] };
                let next = payload.iter().fold(clause.d, |s, v| write(r, s, *v));
                if clause.takes_ref {
                    write(r, next, Value::Ref(Ref::Exn(a)));
                }
                frame.next = clause.target.op;
                return None;
            }
            self.frames.pop();
        }
        Some(Event::Threw(a))
    }

    pub(super) fn go<const METERED: bool>(&mut self, c: &mut Config<Concrete>, d: &Concrete, fuel: &mut u64) -> Event {
        // The host may add functions; while it doesn't, they are these.
        let funcs = c.store.funcs.clone();
        loop {
            let of = self.frames.last().expect("a thread without frames has ended").of;
            let FuncInst::Wasm { instance, .. } = &funcs[of] else {
                unreachable!("only functions of modules have frames")
            };
            match self.operations::<METERED>(c, d, fuel, &funcs, instance) {
                Left::Frame => {}
                Left::Returned => return Event::Ended(self.values(0, &self.results)),
                Left::Exhausted(budget) => return Event::Exhausted(budget),
                Left::Traps(kind, op) => return self.trapped(instance, METERED, kind, op),
                Left::Calls(callee, call) => {
                    if let Some(event) = self.call::<METERED>(c, &funcs, instance, callee, call) {
                        return event;
                    }
                }
                Left::Asks(op) => {
                    if let Some(event) = self.by_hand::<METERED>(c, d, fuel, instance, op) {
                        return event;
                    }
                }
            }
        }
    }

    /// Executes operations of an instance, with its first memory at hand.
    fn operations<const METERED: bool>(
        &mut self,
        c: &mut Config<Concrete>,
        d: &Concrete,
        fuel: &mut u64,
        funcs: &[FuncInst],
        instance: &ModuleInst,
    ) -> Left {
        let first = instance.mems.first().copied();
        let mut memory = first.map_or_else(Vec::new, |a| std::mem::take(&mut c.store.mems[a].bytes));
        let flat = flat_of(instance, self.told.is_some());
        let (frames, cells, store, memory_of) = (&mut self.frames, &mut self.cells, &mut c.store, &mut memory);
        let stack_limit = c.stack_limit;
        let left = Operations { d, frames, cells, fuel, funcs, instance, flat, memory: memory_of, store, stack_limit }
            .run::<METERED>();
        if let Some(a) = first {
            c.store.mems[a].bytes = memory;
        }
        left
    }

    fn trapped(&self, instance: &ModuleInst, metered: bool, kind: TrapKind, op: usize) -> Event {
        let def = self.frames.last().expect("the frame that traps").def as usize;
        let at = flat_of(instance, self.told.is_some()).position(&instance.module, def, metered, op);
        let imported = instance.funcs.len() - instance.module.funcs.len();
        let offset = instance.module.funcs[def].body.read().offsets[at as usize];
        Event::Trapped(kind, Place { func: Some((imported + def) as u32), at, offset })
    }

    fn values(&self, at: usize, types: &[Ty]) -> Vec<Value> {
        let mut s = 0;
        let next = |t: &Ty| {
            let v = read(&self.cells[at..], s, *t);
            s += t.cells();
            v
        };
        types.iter().map(next).collect()
    }

    /// Calls a function, of whatever instance or the host.
    fn call<const METERED: bool>(
        &mut self,
        c: &Config<Concrete>,
        funcs: &[FuncInst],
        instance: &ModuleInst,
        callee: FuncAddr,
        call: Call,
    ) -> Option<Event> {
        let frame = *self.frames.last().expect("the caller");
        let locals = flat_of(instance, self.told.is_some()).code(&instance.module, frame.def as usize, METERED).locals;
        if call.tail {
            self.frames.pop();
        }
        if matches!(funcs[callee], FuncInst::Host { .. }) {
            let types: Vec<Ty> = funcs[callee].ty().params.iter().map(|t| Ty::of(*t)).collect();
            self.answer = call.base(frame);
            return Some(Event::CallOut(callee, self.values(frame.base + call.d as usize, &types)));
        }
        let (_, def, code) = code_of(&funcs[callee], METERED, self.told.is_some());
        match call.enter(&mut self.cells, (frame, locals), (callee, def), code, c.stack_limit) {
            Some(entered) => {
                self.frames.push(entered);
                None
            }
            None => Some(Event::Exhausted(Budget::Stack)),
        }
    }

    /// What the loop of operations leaves to others: bulk operations, exceptions, and what is reduced by its rule.
    fn by_hand<const METERED: bool>(
        &mut self,
        c: &mut Config<Concrete>,
        d: &Concrete,
        fuel: &mut u64,
        instance: &Arc<ModuleInst>,
        op: Op,
    ) -> Option<Event> {
        let frame = self.frames.last_mut().expect("the frame of the operation");
        let code = flat_of(instance, self.told.is_some()).code(&instance.module, frame.def as usize, METERED);
        let at = frame.next as usize - 1;
        let mut endless = u64::MAX;
        let fuel = if METERED && self.told.is_none() { fuel } else { &mut endless };
        if op.code == own::ByRule {
            return match self.by_rule(c, d, fuel, instance, &code.sites[op.b as usize], op) {
                None => None,
                Some(Stopped::Trapped(kind)) => Some(self.trapped(instance, METERED, kind, at)),
                Some(Stopped::Exhausted(budget)) => Some(Event::Exhausted(budget)),
            };
        }
        if op.code == own::Throw {
            let (site, base) = (&code.sites[op.b as usize], frame.base);
            let Instr::Throw { x } = site.instr else { unreachable!("it is the site of a throw") };
            let payload = self.values(base + op.a as usize, &site.params);
            // As in `by_rule`.
            c.cells = std::mem::take(&mut self.cells);
            let room = c.heap_room(d, payload.len() as u64, &payload);
            self.cells = std::mem::take(&mut c.cells);
            if !room {
                return Some(Event::Exhausted(Budget::Heap));
            }
            let a = c.alloc_exn(instance.tags[x as usize], payload);
            return self.throw(c, a, fuel, METERED);
        }
        let r = &self.cells[frame.base..];
        if op.code == own::ThrowRef {
            return match decode(r[op.a as usize]) {
                Ref::Exn(a) => self.throw(c, a, fuel, METERED),
                _ => Some(self.trapped(instance, METERED, TrapKind::NullReference, at)),
            };
        }
        let (of, more) = ([op.d, op.a, op.b].map(|s| r[s as usize]), code.ops[at + 1]);
        frame.next += 1;
        match bulk(&mut c.store, instance, op.code, of, more, fuel) {
            Bulk::Done => None,
            Bulk::OutOfBounds => Some(self.trapped(instance, METERED, TrapKind::MemoryOutOfBounds, at)),
            Bulk::OutOfFuel => Some(Event::Exhausted(Budget::Fuel)),
        }
    }

    /// Reduces an instruction by its rule, and by those of what that rule makes of it.
    fn by_rule(
        &mut self,
        c: &mut Config<Concrete>,
        d: &Concrete,
        fuel: &mut u64,
        instance: &Arc<ModuleInst>,
        site: &Site,
        op: Op,
    ) -> Option<Stopped> {
        let base = self.frames.last().expect("the frame of the operation").base;
        for v in self.values(base + op.a as usize, &site.params) {
            c.stack.push(v);
        }
        c.frames.push(RuleFrame {
            instance: instance.clone(),
            func: None,
            body: self.nothing.clone(),
            at: 0,
            next: 0,
            arity: 0,
            height: 0,
            locals: 0,
            labels: 0,
        });
        // A collection of garbage looks for references in all cells.
        c.cells = std::mem::take(&mut self.cells);
        let mut told = self.told.as_mut();
        let reduced = c.by_rule(d, &site.instr, fuel, |rule| {
            if let Some(told) = &mut told {
                told.push(rule);
            }
        });
        let exhausted = reduced.unwrap_or_else(|never| match never {});
        self.cells = std::mem::take(&mut c.cells);
        c.frames.pop();
        if let Some(trapped) = c.trap.take() {
            return Some(Stopped::Trapped(trapped.kind));
        }
        if let Some(budget) = exhausted {
            return Some(Stopped::Exhausted(budget));
        }
        let results = c.stack.pop_many(site.results.len());
        let r = &mut self.cells[base..];
        results.into_iter().fold(op.d, |s, v| write(r, s, v));
        None
    }
}

/// The flat form of an instance's functions; or the one that tells its rules.
pub(super) fn flat_of(instance: &ModuleInst, tells: bool) -> &FlatModule {
    let flat = instance.flat.get_or_init(|| FlatModule::of(&instance.module, false));
    if tells { flat.telling(&instance.module) } else { flat }
}

/// A function of a module: its instance, which one it is of those that the module defines, and its code.
fn code_of(func: &FuncInst, metered: bool, tells: bool) -> (&Arc<ModuleInst>, u32, &Code) {
    let FuncInst::Wasm { instance, def, .. } = func else { unreachable!("only functions of modules have code") };
    (instance, *def as u32, flat_of(instance, tells).code(&instance.module, *def, metered))
}

/// Why an instruction that is reduced by its rule has no results.
enum Stopped {
    Trapped(TrapKind),
    Exhausted(Budget),
}

/// How a bulk operation on memories ended.
enum Bulk {
    Done,
    OutOfBounds,
    OutOfFuel,
}

/// `memory.fill`, `memory.copy` and `memory.init` on (i, v, n) or (i, j, n): all bytes at once, for the reductions that
/// they are one by one. If there is no fuel for all of them, those are written that there is fuel for.
fn bulk(
    store: &mut Store<Concrete>,
    instance: &ModuleInst,
    code: OpCode,
    [i, j, n]: [u64; 3],
    more: Op,
    fuel: &mut u64,
) -> Bulk {
    let to = instance.mems[more.a as usize];
    let fits = |at: u64, len: usize| at.checked_add(n).is_some_and(|end| end <= len as u64);
    let (inside, each) = match code {
        own::MemoryFill => (true, 2),
        own::MemoryCopy => (fits(j, store.mems[instance.mems[more.b as usize]].bytes.len()), 3),
        _ => (fits(j, store.datas[instance.datas[more.b as usize]].len()), 2),
    };
    if !inside || !fits(i, store.mems[to].bytes.len()) {
        return if take(fuel, 1) { Bulk::OutOfBounds } else { Bulk::OutOfFuel };
    }
    // So many for each byte, and one that finds that nothing is left.
    let all = each * n + 1;
    let (bytes, ended) = match fuel.checked_sub(all) {
        Some(rest) => {
            *fuel = rest;
            (n, Bulk::Done)
        }
        None => (std::mem::take(fuel) / each, Bulk::OutOfFuel),
    };
    let (i, from, len) = (i as usize, j as usize, bytes as usize);
    match code {
        own::MemoryFill => store.mems[to].bytes[i..i + len].fill(j as u8),
        own::MemoryCopy => {
            let source = instance.mems[more.b as usize];
            // Backward copies end elsewhere if they are cut short; nobody can look at what they leave.
            if source == to {
                store.mems[to].bytes.copy_within(from..from + len, i);
            } else {
                let (a, b) = pair(&mut store.mems, to, source);
                a.bytes[i..i + len].copy_from_slice(&b.bytes[from..from + len]);
            }
        }
        _ => {
            let data = store.datas[instance.datas[more.b as usize]].clone();
            store.mems[to].bytes[i..i + len].copy_from_slice(&data[from..from + len]);
        }
    }
    ended
}

/// Two different elements.
fn pair<T>(all: &mut [T], a: usize, b: usize) -> (&mut T, &T) {
    let (low, high) = all.split_at_mut(a.max(b));
    if a < b { (&mut low[a], &high[0]) } else { (&mut high[0], &low[b]) }
}
