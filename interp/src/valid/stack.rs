//! Instruction sequences (3.4.13), by the algorithm of the appendix (A.3): one pass, a stack of operands and a stack of
//! the blocks that are open. After code that is never reached a block's operands are any: `bot`, which matches
//! everything, stands for those that it doesn't have.

use std::collections::HashSet;
use std::ops::Deref;

use super::context::Context;
use super::control;
use super::error::{Checked, Error, Fault, Holder, InstrPlace, Item, Operand, Place, Space, operands};
use super::instr;
use super::rule::{Deriving, Observer, Rule};
use crate::syntax::{Expr, Idx, Instr, RefType, ValType};

/// Operands on the stack at one time, at most: each instruction of two bytes can leave a thousand.
const MAX_OPERANDS: usize = 1 << 24;

/// Types of parameters or results; copied, so that nothing stays borrowed while the stack changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Types<'c> {
    One(ValType),
    Many(&'c [ValType]),
}

impl Deref for Types<'_> {
    type Target = [ValType];

    #[inline]
    fn deref(&self) -> &[ValType] {
        match self {
            Types::One(t) => std::slice::from_ref(t),
            Types::Many(ts) => ts,
        }
    }
}

/// What began a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    Expr,
    Block,
    Loop,
    If,
    Else,
    TryTable,
}

impl Opener {
    /// The rule that asks for what the block leaves.
    pub(super) fn rule(self) -> Rule {
        match self {
            Opener::Expr => Rule::ExprOk,
            Opener::Block => Rule::InstrOkBlock,
            Opener::Loop => Rule::InstrOkLoop,
            Opener::If | Opener::Else => Rule::InstrOkIf,
            Opener::TryTable => Rule::InstrOkTryTable,
        }
    }
}

/// A block that is open.
#[derive(Debug)]
pub(super) struct Control<'c> {
    pub(super) opener: Opener,
    pub(super) params: Types<'c>,
    pub(super) results: Types<'c>,
    /// Position of the instruction that began it.
    began: usize,
    /// Operands that lie below the block's own.
    height: usize,
    /// How many locals were set before it.
    sets: usize,
    /// Whether the code that follows is never reached.
    unreachable: bool,
    /// The `br_table` that looked at its label last.
    pub(super) seen: usize,
}

impl<'c> Control<'c> {
    /// The types that its label takes.
    pub(super) fn label(&self) -> Types<'c> {
        if self.opener == Opener::Loop { self.params } else { self.results }
    }
}

/// The types of a function's parameters and locals, as runs of one type.
#[derive(Debug, Default)]
pub(super) struct Locals {
    /// How many of them are parameters, which are set.
    params: u64,
    /// Where each run ends.
    ends: Vec<u64>,
    types: Vec<ValType>,
}

impl Locals {
    /// Those of a function with these parameters, so far.
    pub(super) fn new(params: &[ValType]) -> Locals {
        let mut locals = Locals::default();
        params.iter().for_each(|t| locals.push(1, *t));
        Locals { params: params.len() as u64, ..locals }
    }

    /// `n` more, of one type.
    pub(super) fn push(&mut self, n: u32, t: ValType) {
        let len = self.ends.last().copied().unwrap_or(0);
        if n > 0 {
            self.ends.push(len + u64::from(n));
            self.types.push(t);
        }
    }

    fn at(&self, x: Idx) -> Checked<ValType> {
        let run = self.ends.partition_point(|end| *end <= x.into());
        let len = self.ends.last().copied().unwrap_or(0);
        self.types.get(run).copied().ok_or_else(|| Box::new(Fault::Unknown { space: Space::Local, index: x, len }))
    }
}

/// An expression that is being checked: the parts of the context that belong to it, and the stacks.
pub(super) struct Checker<'c, 'o, O> {
    pub(super) c: &'c Context<'c>,
    pub(super) d: Deriving<'o, O>,
    stack: Vec<Operand>,
    pub(super) controls: Vec<Control<'c>>,
    locals: Locals,
    /// Locals without a default value that are set, and in which order they were.
    set: HashSet<Idx>,
    sets: Vec<Idx>,
    /// Results of the function; a constant expression isn't in one.
    pub(super) returns: Option<Types<'c>>,
    /// Position of the instruction.
    pub(super) at: usize,
}

impl<'c, 'o, O: Observer> Checker<'c, 'o, O> {
    pub(super) fn new(
        c: &'c Context<'c>,
        observer: &'o mut O,
        locals: Locals,
        returns: Option<Types<'c>>,
    ) -> Checker<'c, 'o, O> {
        Checker {
            c,
            d: Deriving::new(observer),
            stack: Vec::new(),
            controls: Vec::new(),
            locals,
            set: HashSet::new(),
            sets: Vec::new(),
            returns,
            at: 0,
        }
    }

    /// `Expr_ok`
    pub(super) fn expr(&mut self, expr: &'c Expr, results: Types<'c>, item: Item) -> Result<(), Error> {
        self.d.now = Rule::ExprOk;
        let checked = self.instrs(expr, results);
        checked.map_err(|fault| self.error(expr, item, fault))
    }

    fn instrs(&mut self, expr: &'c Expr, results: Types<'c>) -> Checked<()> {
        self.open(Opener::Expr, Types::Many(&[]), results)?;
        for (at, instr) in expr.instrs.iter().enumerate() {
            self.at = at;
            match instr {
                Instr::End {} => control::end(self)?,
                Instr::Else {} => control::else_(self)?,
                // Their rules are applied at their end.
                Instr::Block { .. } | Instr::Loop { .. } | Instr::If { .. } | Instr::TryTable { .. } => {
                    instr::instr(self, instr)?;
                }
                _ => {
                    instr::instr(self, instr)?;
                    self.d.axiom(self.d.now);
                    self.d.axiom(Rule::InstrsOkInstr);
                    self.d.axiom(Rule::InstrsOkSeq);
                }
            }
        }
        assert!(self.controls.is_empty(), "an expression ends with its own end");
        Ok(())
    }

    /// The error that a fault at the present instruction is.
    pub(super) fn error(&self, expr: &Expr, item: Item, fault: Box<Fault>) -> Error {
        let instr =
            InstrPlace { index: self.at, offset: expr.offsets[self.at], text: expr.instrs[self.at].to_string() };
        Error { rule: self.d.now, place: Place { item, instr: Some(instr) }, fault: self.c.told(fault) }
    }

    /// Begins with the rule of an instruction.
    #[inline]
    pub(super) fn rule(&mut self, rule: Rule) {
        self.d.now = rule;
    }

    fn block(&self) -> &Control<'c> {
        self.controls.last().expect("an instruction stands before the expression's end")
    }

    /// Whether the code is never reached, and operands are any.
    pub(super) fn is_unreachable(&self) -> bool {
        self.block().unreachable
    }

    #[inline]
    pub(super) fn push_operand(&mut self, t: Operand) -> Checked<()> {
        if self.stack.len() >= MAX_OPERANDS {
            return Err(Box::new(Fault::Limit { what: "operands on the stack", most: MAX_OPERANDS as u64 }));
        }
        self.stack.push(t);
        Ok(())
    }

    #[inline]
    pub(super) fn push(&mut self, ts: &[ValType]) -> Checked<()> {
        ts.iter().try_for_each(|t| self.push_operand(Operand::Val(*t)))
    }

    /// Whether an operand matches a type.
    #[inline]
    fn matches(&mut self, a: Operand, b: ValType) -> bool {
        if a == Operand::Val(b) {
            return self.c.matching(&mut self.d).operand_sub(a, b);
        }
        self.d.axiom(Rule::InstrtypeSub);
        self.d.axiom(Rule::InstrsOkSub);
        self.c.matching(&mut self.d).operand_sub(a, b)
    }

    /// Takes operands of these types off the stack, the last one uppermost.
    #[inline]
    pub(super) fn pop(&mut self, ts: &[ValType]) -> Checked<()> {
        self.pop_by(ts.len(), |i| ts[i])
    }

    /// Takes `n` operands of given types off the stack. Only as many are asked for as are there: in code that is never
    /// reached an instruction can want more than there are bytes.
    #[inline]
    pub(super) fn pop_by(&mut self, n: usize, t: impl Fn(usize) -> ValType) -> Checked<()> {
        self.has_by(n, t, Holder::Stack)?;
        let height = self.block().height;
        let len = self.stack.len().saturating_sub(n).max(height);
        if len > height {
            self.d.axiom(Rule::InstrsOkFrame);
        }
        self.stack.truncate(len);
        Ok(())
    }

    /// Whether there are operands of these types uppermost.
    #[inline]
    pub(super) fn has(&mut self, ts: &[ValType], holder: Holder) -> Checked<()> {
        self.has_by(ts.len(), |i| ts[i], holder)
    }

    #[inline]
    fn has_by(&mut self, n: usize, t: impl Fn(usize) -> ValType, holder: Holder) -> Checked<()> {
        let (height, unreachable) = (self.block().height, self.block().unreachable);
        let there = (self.stack.len() - height).min(n);
        let from = self.stack.len() - there;
        let enough = there == n || unreachable;
        let matches = enough && (0..there).all(|i| self.matches(self.stack[from + i], t(n - there + i)));
        if matches { Ok(()) } else { Err(self.mismatch((0..n).map(t).map(Operand::Val).collect(), there, holder)) }
    }

    #[cold]
    fn mismatch(&self, expected: Vec<Operand>, there: usize, holder: Holder) -> Box<Fault> {
        let found = self.stack[self.stack.len() - there..].to_vec();
        Box::new(Fault::Mismatch { expected, found, holder })
    }

    /// Takes `n` operands of one type off the stack.
    pub(super) fn pop_many(&mut self, t: ValType, n: u32) -> Checked<()> {
        let there = self.stack.len() - self.block().height;
        let n = n as usize;
        if n > there && !self.is_unreachable() {
            // One more than there are is enough to see what is missing.
            return Err(self.mismatch(vec![Operand::Val(t); there + 1], there, Holder::Stack));
        }
        self.pop_by(n, |_| t)
    }

    /// Takes any operand off the stack.
    pub(super) fn pop_any(&mut self) -> Checked<Operand> {
        let block = self.block();
        if self.stack.len() > block.height {
            Ok(self.stack.pop().expect("there is one"))
        } else if block.unreachable {
            Ok(Operand::Bot)
        } else {
            Err(Box::new(Fault::NoOperand))
        }
    }

    /// Takes a reference of any type off the stack. What unreachable code would have is `(ref bot)`.
    pub(super) fn pop_ref(&mut self) -> Checked<Option<RefType>> {
        match self.pop_any()? {
            Operand::Val(ValType::Ref(t)) => Ok(Some(t)),
            Operand::Bot | Operand::RefBot => Ok(None),
            other => Err(Box::new(Fault::NoReference(other))),
        }
    }

    /// Whether the uppermost operand can be null; what unreachable code would have needn't be.
    pub(super) fn top_is_nullable(&self) -> bool {
        let own = &self.stack[self.block().height..];
        matches!(own.last(), Some(Operand::Val(ValType::Ref(RefType { nullable: true, .. }))))
    }

    /// An instruction of this type.
    #[inline]
    pub(super) fn operate(&mut self, params: &[ValType], results: &[ValType]) -> Checked<()> {
        self.pop(params)?;
        self.push(results)
    }

    /// The code that follows is never reached (`Instrtype_ok` lets its operands be any).
    pub(super) fn unreachable(&mut self) {
        self.d.axiom(Rule::InstrtypeOk);
        let block = self.controls.last_mut().expect("an instruction stands before the expression's end");
        block.unreachable = true;
        self.stack.truncate(block.height);
    }

    /// The label with this index.
    pub(super) fn label(&self, l: Idx) -> Checked<Types<'c>> {
        self.label_place(l).map(|place| self.controls[place].label())
    }

    /// Where among the open blocks the label with this index is.
    pub(super) fn label_place(&self, l: Idx) -> Checked<usize> {
        let len = self.controls.len();
        if (l as usize) < len {
            Ok(len - 1 - l as usize)
        } else {
            Err(Box::new(Fault::Unknown { space: Space::Label, index: l, len: len as u64 }))
        }
    }

    /// Begins a block, whose parameters have been taken off the stack.
    pub(super) fn open(&mut self, opener: Opener, params: Types<'c>, results: Types<'c>) -> Checked<()> {
        let (height, sets) = (self.stack.len(), self.sets.len());
        let began = if opener == Opener::Expr { usize::MAX } else { self.at };
        let unreachable = false;
        self.controls.push(Control { opener, params, results, began, height, sets, unreachable, seen: usize::MAX });
        self.push(&params)
    }

    /// Ends a block, which has to leave its results and nothing else. What was set in it isn't set after it.
    pub(super) fn close(&mut self) -> Checked<Control<'c>> {
        let block = self.block();
        let (results, height) = (block.results, block.height);
        let rule = block.opener.rule();
        self.d.now = rule;
        if self.stack.len() - height > results.len() {
            return Err(self.mismatch(operands(&results), self.stack.len() - height, Holder::End));
        }
        self.has(&results, Holder::End)?;
        if self.block().began.wrapping_add(1) == self.at {
            self.d.axiom(Rule::InstrsOkEmpty);
        }
        let block = self.controls.pop().expect("it is open");
        self.stack.truncate(height);
        for x in self.sets.drain(block.sets..) {
            self.set.remove(&x);
        }
        Ok(block)
    }

    /// The type of a local.
    pub(super) fn local(&self, x: Idx) -> Checked<ValType> {
        self.locals.at(x)
    }

    /// Whether a local of that type has been set, be it by its default value or as a parameter.
    pub(super) fn is_set(&self, x: Idx, t: ValType) -> bool {
        t.is_defaultable() || u64::from(x) < self.locals.params || self.set.contains(&x)
    }

    /// A local of that type is set from here to the end of the block.
    pub(super) fn set(&mut self, x: Idx, t: ValType) {
        if !self.is_set(x, t) {
            self.set.insert(x);
            self.sets.push(x);
        }
    }
}
