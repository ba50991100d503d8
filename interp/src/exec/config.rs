//! Configurations (4.2.19) and the search for the redex.

use std::fmt;
use std::sync::Arc;

use super::domain::Domain;
use super::store::{ModuleInst, Store};
use super::thread::{Suspended, Threads};
use super::value::{Addr, FuncAddr, Num, Val};
use crate::rule::Rule;
use crate::syntax::{DefType, Expr, FuncType, Idx, Instr};
use crate::trap::{Budget, TrapKind};
use crate::value::W64;

/// A configuration: store and thread, beside it the threads that don't step at the moment.
pub struct Config<D: Domain> {
    /// The store.
    pub store: Store<D>,
    /// Operands of all frames and labels, innermost last.
    pub stack: Stack<D>,
    /// Locals of all frames, innermost last.
    pub locals: Vec<Val<D>>,
    /// Labels of all frames, innermost last.
    pub labels: Vec<Label>,
    /// Frames, innermost last.
    pub frames: Vec<Frame>,
    /// What the last rules rewrote their redex to, next one last.
    pub pending: Vec<Admin<D>>,
    /// The trap that is on its way out.
    pub trap: Option<Trapped>,
    /// The exception that has left the outermost frame.
    pub exception: Option<Addr>,
    /// The other threads.
    pub threads: Threads<D>,
    /// What the step under way does other than reduce.
    pub(super) instead: Option<Progress<D>>,
    /// How many frames, labels, locals and operands there may be together.
    pub stack_limit: usize,
    /// Cells of a thread in flat form, while a rule is applied for it: some of them are references.
    pub(super) cells: Vec<u64>,
}

/// Operands. It remembers how far down a step has reached.
pub struct Stack<D: Domain> {
    values: Vec<Val<D>>,
    low: usize,
}

/// Where an instruction takes its operands from and leaves its results: a numeric one asks for nothing else.
pub(super) trait Operands<D: Domain> {
    /// The last operand that is left.
    fn pop_num<T: Num>(&mut self) -> D::Bv<T::W>;
    /// The next result.
    fn push_num<T: Num>(&mut self, c: D::Bv<T::W>);
    /// Traps by a rule.
    fn traps(&mut self, kind: TrapKind, rule: Rule) -> Rule;
}

impl<D: Domain> Operands<D> for Config<D> {
    fn pop_num<T: Num>(&mut self) -> D::Bv<T::W> {
        self.stack.pop_num::<T>()
    }

    fn push_num<T: Num>(&mut self, c: D::Bv<T::W>) {
        self.stack.push_num::<T>(c);
    }

    fn traps(&mut self, kind: TrapKind, rule: Rule) -> Rule {
        Config::traps(self, kind, rule)
    }
}

/// A frame (4.2.17), or the expression of a segment or global.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The instance that it runs in.
    pub instance: Arc<ModuleInst>,
    /// Index of the function in its module; `None` for an expression.
    pub func: Option<Idx>,
    /// The code.
    pub body: Arc<Expr>,
    /// Position of the instruction under way.
    pub at: u32,
    /// Position of the next instruction.
    pub next: u32,
    /// Number of results.
    pub arity: usize,
    /// Where its operands begin.
    pub height: usize,
    /// Where its locals begin.
    pub locals: usize,
    /// Where its labels begin.
    pub labels: usize,
}

/// A label (4.2.17), or a handler (4.2.17), which stands around the label of its `try_table`.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Number of values that a branch takes along.
    pub arity: usize,
    /// Position of the continuation.
    pub continuation: u32,
    /// Where the operands of its block begin.
    pub height: usize,
    /// Position after the block.
    pub after: u32,
    /// Set if it is a handler.
    pub handler: Option<Handler>,
}

/// What a handler knows beyond a label.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// Position of the `try_table` whose clauses it has.
    pub at: u32,
    /// Number of clauses that didn't catch the exception that is here.
    pub tried: u32,
}

/// What a rule rewrites its redex to, beside the code of the module.
#[derive(Debug)]
pub enum Admin<D: Domain> {
    /// A value.
    Val(Val<D>),
    /// An instruction.
    Instr(Instr),
    /// `block bt instr*`, of the structured instruction under way, from this position on.
    Block {
        /// Where its instructions begin.
        body: u32,
        /// Where its `end` is.
        end: u32,
    },
    /// `call_ref`
    CallRef(Callee),
    /// `return_call_ref`
    ReturnCallRef(Callee),
    /// `ref.cast (ref null (type x))`, as an indirect call does it.
    RefCast(DefType),
    /// Values, and `array.new_fixed x n`, for which there is room.
    ArrayNewFixed {
        /// Index of the array type.
        x: Idx,
        /// The values.
        vals: Vec<Val<D>>,
    },
    /// `suspend`: the thread waits to be notified.
    Suspend(Suspended<D>),
}

/// What is known of a function before it is called.
#[derive(Clone, Debug)]
pub struct Callee {
    /// Its type.
    pub ty: Arc<FuncType>,
    /// What engines call it if there is none: another trap in a table than of a reference.
    pub null: TrapKind,
}

/// Where in a module a step happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Index of the function; `None` for an expression of the module.
    pub func: Option<Idx>,
    /// Position of the instruction in the body.
    pub at: u32,
    /// Byte offset in the module.
    pub offset: u32,
}

/// A trap, and where it came from.
#[derive(Clone, Debug)]
pub struct Trapped {
    /// Its kind.
    pub kind: TrapKind,
    /// The instruction.
    pub place: Place,
    /// The instance in which it happened.
    pub instance: Arc<ModuleInst>,
}

/// The instruction that the next step reduces.
#[derive(Debug)]
pub enum Redex<D: Domain> {
    /// An instruction of the module, or one that a rule produced.
    Instr(Instr),
    /// An administrative one.
    Admin(Admin<D>),
    /// The end of a label's sequence.
    Label,
    /// The end of a handler's sequence.
    Handler,
    /// The end of a frame's.
    Frame,
    /// A trap.
    Trap,
}

/// What a step did.
#[derive(Debug)]
pub enum Progress<D: Domain> {
    /// It applied a rule.
    Reduced(Rule),
    /// A call to the host, or to what can't be known, is next: its arguments are taken off the stack, and whoever
    /// drives the machine pushes the results.
    CallOut {
        /// The function, if known.
        callee: Option<FuncAddr>,
        /// Its type.
        ty: Arc<FuncType>,
        /// The arguments.
        args: Vec<Val<D>>,
    },
    /// Nothing is left to do: the results are on the stack, or the trap has reached the top.
    Ended,
    /// A budget ran out.
    Exhausted(Budget),
    /// The thread waits to be notified, and nothing has changed.
    Blocked,
}

impl<D: Domain> Default for Stack<D> {
    fn default() -> Self {
        Stack { values: Vec::new(), low: 0 }
    }
}

impl<D: Domain> Stack<D> {
    /// Pushes an operand.
    pub fn push(&mut self, v: Val<D>) {
        self.values.push(v);
    }

    /// Pushes a number.
    pub fn push_num<T: Num>(&mut self, c: D::Bv<T::W>) {
        self.values.push(T::val(c));
    }

    /// Pops an operand; validation has seen to it that there is one.
    pub fn pop(&mut self) -> Val<D> {
        let v = self.values.pop().expect("validation let an operand be missing");
        self.low = self.low.min(self.values.len());
        v
    }

    /// Pops a number.
    pub fn pop_num<T: Num>(&mut self) -> D::Bv<T::W> {
        T::bits(self.pop())
    }

    /// Pops an address, an index or a length, of either address type.
    pub fn pop_address(&mut self, d: &D) -> D::Bv<W64> {
        self.pop().address(d)
    }

    /// Pops a reference.
    pub fn pop_ref(&mut self) -> D::Ref {
        match self.pop() {
            Val::Ref(r) => r,
            other => panic!("validation let {other:?} stand for a reference"),
        }
    }

    /// Pops the `n` uppermost, in order.
    pub fn pop_many(&mut self, n: usize) -> Vec<Val<D>> {
        let at = self.values.len() - n;
        self.low = self.low.min(at);
        self.values.split_off(at)
    }

    /// Removes what lies between `height` and the `n` uppermost.
    pub fn keep(&mut self, height: usize, n: usize) {
        self.low = self.low.min(height);
        self.values.drain(height..self.values.len() - n);
    }

    /// Number of operands.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All operands.
    pub fn values(&self) -> &[Val<D>] {
        &self.values
    }

    /// Begins a step: from here on [`low`](Stack::low) tells how far down it reached.
    pub fn mark(&mut self) {
        self.low = self.values.len();
    }

    /// Least number of operands since the mark: those above it were taken by the step.
    pub fn low(&self) -> usize {
        self.low
    }
}

impl<D: Domain> Config<D> {
    /// A configuration with nothing to do.
    pub fn new(store: Store<D>, stack_limit: usize) -> Config<D> {
        Config {
            store,
            stack: Stack::default(),
            locals: Vec::new(),
            labels: Vec::new(),
            frames: Vec::new(),
            pending: Vec::new(),
            trap: None,
            exception: None,
            threads: Threads::default(),
            instead: None,
            stack_limit,
            cells: Vec::new(),
        }
    }

    /// Drops the thread: what is left is the store, and the other threads.
    pub fn clear(&mut self) {
        let (store, threads) = (std::mem::take(&mut self.store), std::mem::take(&mut self.threads));
        *self = Config { threads, ..Config::new(store, self.stack_limit) };
    }

    /// Invokes the function at an address (`invoke`, 4.7.3): its arguments are on the stack.
    pub fn invoke(&mut self, d: &D, callee: FuncAddr) {
        let ty = self.store.funcs[callee].ty().clone();
        let r = d.reference(super::Ref::Func(callee));
        self.pending.extend([Admin::CallRef(Callee { ty, null: TrapKind::NullReference }), Admin::Val(Val::Ref(r))]);
    }

    /// Enters an expression of an instance (4.6.12), which leaves one value, or none, on the stack.
    pub fn enter(&mut self, instance: &Arc<ModuleInst>, body: &Arc<Expr>, arity: usize) {
        let height = self.stack.len();
        self.frames.push(Frame {
            instance: instance.clone(),
            func: None,
            body: body.clone(),
            at: 0,
            next: 0,
            arity,
            height,
            locals: self.locals.len(),
            labels: self.labels.len(),
        });
    }

    /// Whether the budget allows this many more frames, labels, locals and operands.
    pub(super) fn has_room(&self, more: usize) -> bool {
        self.frames.len() + self.labels.len() + self.locals.len() + self.stack.len() + more <= self.stack_limit
    }

    /// The innermost frame.
    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("an instruction of a module has a frame")
    }

    /// Whether the sequence under way is a handler's: that of its label has ended.
    pub(super) fn in_handler(&self) -> bool {
        self.labels.last().is_some_and(|label| label.handler.is_some())
            && self.frames.last().is_some_and(|frame| self.labels.len() > frame.labels)
    }

    /// The current instance.
    pub(super) fn instance(&self) -> &Arc<ModuleInst> {
        &self.frames.last().expect("an instruction of a module has a frame").instance
    }

    /// Ends the step under way for want of a budget.
    pub(super) fn runs_out(&mut self, budget: Budget) {
        self.instead = Some(Progress::Exhausted(budget));
    }

    /// Traps at the instruction under way, by this rule.
    pub(super) fn traps(&mut self, kind: TrapKind, rule: Rule) -> Rule {
        let frame = self.frames.last().expect("only an instruction of a module traps");
        self.trap = Some(Trapped { kind, place: frame.place(), instance: frame.instance.clone() });
        rule
    }
}

impl Frame {
    /// Where the instruction under way is.
    pub fn place(&self) -> Place {
        self.place_of(self.at)
    }

    pub(super) fn place_of(&self, at: u32) -> Place {
        Place { func: self.func, at, offset: self.body.offsets.get(at as usize).copied().unwrap_or(0) }
    }
}

impl<D: Domain> fmt::Display for Redex<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Redex::Instr(instr) => instr.fmt(f),
            Redex::Admin(Admin::Block { .. }) => f.write_str("block"),
            Redex::Admin(Admin::CallRef(_)) => f.write_str("call_ref"),
            Redex::Admin(Admin::ReturnCallRef(_)) => f.write_str("return_call_ref"),
            Redex::Admin(Admin::RefCast(_)) => f.write_str("ref.cast"),
            Redex::Admin(Admin::ArrayNewFixed { x, vals }) => write!(f, "array.new_fixed {x} {}", vals.len()),
            Redex::Admin(Admin::Instr(instr)) => instr.fmt(f),
            Redex::Admin(Admin::Suspend(_)) => f.write_str("suspend"),
            Redex::Admin(Admin::Val(_)) => f.write_str("(value)"),
            Redex::Label => f.write_str("label end"),
            Redex::Handler => f.write_str("handler end"),
            Redex::Frame => f.write_str("frame end"),
            Redex::Trap => f.write_str("trap"),
        }
    }
}

impl<D: Domain> Clone for Admin<D> {
    fn clone(&self) -> Self {
        match self {
            Admin::Val(v) => Admin::Val(*v),
            Admin::Instr(instr) => Admin::Instr(instr.clone()),
            Admin::Block { body, end } => Admin::Block { body: *body, end: *end },
            Admin::CallRef(ty) => Admin::CallRef(ty.clone()),
            Admin::ReturnCallRef(ty) => Admin::ReturnCallRef(ty.clone()),
            Admin::RefCast(ty) => Admin::RefCast(*ty),
            Admin::ArrayNewFixed { x, vals } => Admin::ArrayNewFixed { x: *x, vals: vals.clone() },
            Admin::Suspend(suspended) => Admin::Suspend(*suspended),
        }
    }
}

impl<D: Domain> Clone for Stack<D> {
    fn clone(&self) -> Self {
        Stack { values: self.values.clone(), low: self.low }
    }
}

impl<D: Domain> Clone for Config<D> {
    fn clone(&self) -> Self {
        Config {
            store: self.store.clone(),
            stack: self.stack.clone(),
            locals: self.locals.clone(),
            labels: self.labels.clone(),
            frames: self.frames.clone(),
            pending: self.pending.clone(),
            trap: self.trap.clone(),
            exception: self.exception,
            threads: self.threads.clone(),
            // A copy is taken between steps.
            instead: None,
            stack_limit: self.stack_limit,
            cells: self.cells.clone(),
        }
    }
}
