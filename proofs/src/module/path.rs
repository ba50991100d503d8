//! The reading in which a module is explored: terms, and what one path has assumed about them.
//!
//! A step that depends on a truth value asks the path. If the path's assumptions decide it (folding, assumed facts,
//! intervals), the step goes on; else it stops undecided, and whoever explores forks the path. A step that is taken
//! again after a fork meets the same fresh variables as before ([`Path::begin_step`]).

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use assay_interp::exec::module::Allocate;
use assay_interp::exec::{Domain, FuncAddr, Memory, Ref, Table};
use assay_interp::num;
use assay_interp::outcome::TrapKind;
use assay_interp::value::{FloatOp, FloatWidth, Node, Op, Parameter, Reading, Term, Terms, W8, W64, Width};
use rustc_hash::FxHashSet;

use super::interval::Intervals;

/// Elements of a table, or targets of a choice, that are told apart one by one.
const MAX_CASES: usize = 64;

/// Terms, and the assumptions of the path under way.
#[derive(Debug, Default)]
pub(crate) struct Path {
    pub(crate) terms: Terms,
    assumptions: RefCell<Assumptions>,
    /// Variables that stand for choices of the step under way, in order.
    choices: RefCell<Vec<Term>>,
    next_choice: Cell<usize>,
    /// Trap conditions that this step found false without a solver.
    discharged: RefCell<Vec<TrapKind>>,
}

/// What a path has assumed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assumptions {
    /// In order.
    pub(crate) facts: Vec<Term>,
    holds: FxHashSet<Term>,
    intervals: Intervals,
}

/// Why a step could not be taken.
#[derive(Clone, Debug)]
pub(crate) enum Undecided {
    /// It depends on this; and if `trap` is there, it traps if this holds.
    Fork { condition: Term, trap: Option<TrapKind> },
    /// There are too many cases.
    GiveUp(&'static str),
}

impl Assumptions {
    pub(crate) fn assume(&mut self, terms: &Terms, fact: Term) {
        if terms.as_const(fact) == Some(1) || !self.holds.insert(fact) {
            return;
        }
        self.facts.push(fact);
        self.intervals.assume(terms, fact);
    }

    fn truth(&self, terms: &Terms, condition: Term) -> Option<bool> {
        if let Some(c) = terms.as_const(condition) {
            return Some(c == 1);
        }
        if self.holds.contains(&condition) {
            return Some(true);
        }
        if self.holds.contains(&terms.negate(condition)) {
            return Some(false);
        }
        self.intervals.truth(terms, condition)
    }
}

impl Path {
    /// Takes up a path at a step whose choices so far were these.
    pub(crate) fn resume(&self, assumptions: Assumptions, choices: Vec<Term>) {
        *self.assumptions.borrow_mut() = assumptions;
        *self.choices.borrow_mut() = choices;
    }

    /// The choices of the step under way.
    pub(crate) fn choices(&self) -> Vec<Term> {
        self.choices.borrow().clone()
    }

    pub(crate) fn assumptions(&self) -> Assumptions {
        self.assumptions.borrow().clone()
    }

    pub(crate) fn assume(&self, fact: Term) {
        self.assumptions.borrow_mut().assume(&self.terms, fact);
    }

    /// Begins a new step, or the same one anew after a fork.
    pub(crate) fn begin_step(&self, anew: bool) {
        if !anew {
            self.choices.borrow_mut().clear();
        }
        self.next_choice.set(0);
        self.discharged.borrow_mut().clear();
    }

    /// The kinds of trap that the step just taken could not end in, found without a solver.
    pub(crate) fn discharged(&self) -> Vec<TrapKind> {
        self.discharged.borrow().clone()
    }

    /// A truth value that may be either, the same one if the step is taken anew.
    pub(crate) fn choice(&self) -> Term {
        let mut choices = self.choices.borrow_mut();
        let at = self.next_choice.replace(self.next_choice.get() + 1);
        if at == choices.len() {
            choices.push(self.terms.variable("choice", 1));
        }
        choices[at]
    }

    /// The variables that a term is built from.
    pub(crate) fn variables(&self, t: Term) -> BTreeSet<Term> {
        let is_variable = |t: &Term| matches!(self.terms.node(*t), Node::Var(_));
        self.terms.reachable(&[t]).into_iter().filter(is_variable).collect()
    }

    fn truth_of(&self, condition: Term) -> Option<bool> {
        self.assumptions.borrow().truth(&self.terms, condition)
    }
}

/// A reference: known, or any of its type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SymRef {
    Known(Ref),
    /// Null if this holds.
    Any(Term),
}

/// A memory: an array of bytes, and its length in bytes.
#[derive(Clone, Debug)]
pub(crate) struct SymMemory {
    pub(crate) array: Term,
    pub(crate) len: Term,
}

/// A table: its elements, if known, and its length.
#[derive(Clone, Debug)]
pub(crate) struct SymTable {
    pub(crate) elements: Option<Arc<Vec<Ref>>>,
    pub(crate) len: Term,
}

macro_rules! delegate {
    ($($name:ident<$($W:ident: $B:ident),*>($($arg:ident: $T:ty),*);)*) => {$(
        fn $name<$($W: $B),*>(&self, $($arg: $T),*) -> Term {
            self.terms.$name::<$($W),*>($($arg),*)
        }
    )*};
}

impl Reading for Path {
    type Bv<W: Width> = Term;
    type Bool = Term;

    delegate! {
        constant<W: Width>(c: u128);
        add<W: Width>(a: Term, b: Term);
        sub<W: Width>(a: Term, b: Term);
        mul<W: Width>(a: Term, b: Term);
        udiv<W: Width>(a: Term, b: Term);
        urem<W: Width>(a: Term, b: Term);
        sdiv<W: Width>(a: Term, b: Term);
        srem<W: Width>(a: Term, b: Term);
        and<W: Width>(a: Term, b: Term);
        or<W: Width>(a: Term, b: Term);
        xor<W: Width>(a: Term, b: Term);
        shl<W: Width>(a: Term, b: Term);
        lshr<W: Width>(a: Term, b: Term);
        ashr<W: Width>(a: Term, b: Term);
        eq<W: Width>(a: Term, b: Term);
        ult<W: Width>(a: Term, b: Term);
        slt<W: Width>(a: Term, b: Term);
        extract<N: Width, M: Width>(a: Term, low: u32);
        concat<H: Width, L: Width, M: Width>(high: Term, low: Term);
        zext<N: Width, M: Width>(a: Term);
        sext<N: Width, M: Width>(a: Term);
        ite<W: Width>(c: Term, a: Term, b: Term);
        rounded<W: FloatWidth>(op: FloatOp, a: Term, b: Term);
        fma<W: FloatWidth>(a: Term, b: Term, c: Term);
        nans<W: FloatWidth>(c: Term, operands: &[Term], number: Term);
        relaxed<W: Width>(r: Parameter, sets: &[Term]);
        reformat<N: FloatWidth, M: FloatWidth>(a: Term);
        convert_s<N: Width, M: FloatWidth>(a: Term);
        convert_u<N: Width, M: FloatWidth>(a: Term);
        truncz_s<N: FloatWidth, M: Width>(a: Term);
        truncz_u<N: FloatWidth, M: Width>(a: Term);
    }

    fn truth(&self, b: bool) -> Term {
        self.terms.truth(b)
    }
    fn negate(&self, a: Term) -> Term {
        self.terms.negate(a)
    }
    fn both(&self, a: Term, b: Term) -> Term {
        self.terms.both(a, b)
    }
    fn either(&self, a: Term, b: Term) -> Term {
        self.terms.either(a, b)
    }
}

impl Domain for Path {
    type Ref = SymRef;
    type Memory = SymMemory;
    type Table = SymTable;
    type Undecided = Undecided;

    fn decide(&self, condition: Term) -> Result<bool, Undecided> {
        self.truth_of(condition).ok_or(Undecided::Fork { condition, trap: None })
    }

    fn traps(&self, condition: Term, kind: TrapKind) -> Result<bool, Undecided> {
        let truth = self.truth_of(condition);
        if truth == Some(false) {
            self.discharged.borrow_mut().push(kind);
        }
        truth.ok_or(Undecided::Fork { condition, trap: Some(kind) })
    }

    fn known(&self, condition: Term) -> Option<bool> {
        self.truth_of(condition)
    }

    fn index<W: Width>(&self, i: Term, n: usize) -> Result<usize, Undecided> {
        if let Some(c) = self.terms.as_const(i) {
            return Ok(c as usize);
        }
        if n > MAX_CASES {
            return Err(Undecided::GiveUp("an index that could be one of more than 64"));
        }
        for k in 0..n - 1 {
            if self.decide(self.eq::<W>(i, self.constant::<W>(k as u128)))? {
                return Ok(k);
            }
        }
        Ok(n - 1)
    }

    fn grows(&self) -> Result<bool, Undecided> {
        self.decide(self.choice())
    }

    fn reference(&self, r: Ref) -> SymRef {
        SymRef::Known(r)
    }

    fn is_null(&self, r: SymRef) -> Term {
        match r {
            SymRef::Known(r) => self.truth(matches!(r, Ref::Null(_))),
            SymRef::Any(null) => null,
        }
    }

    fn is_ref(&self, r: SymRef, test: impl Fn(Ref) -> bool) -> Term {
        match r {
            SymRef::Known(Ref::Null(_)) => self.truth(false),
            SymRef::Known(r) => self.truth(test(r)),
            SymRef::Any(_) => self.choice(),
        }
    }

    fn resolve(&self, r: SymRef) -> Result<Ref, Undecided> {
        match r {
            SymRef::Known(r) => Ok(r),
            SymRef::Any(_) => Err(Undecided::GiveUp("a reference that isn't known")),
        }
    }

    fn callee(&self, r: SymRef) -> Option<FuncAddr> {
        match r {
            SymRef::Known(Ref::Func(a)) => Some(a),
            _ => None,
        }
    }
}

impl Memory<Path> for SymMemory {
    fn len(&self, _d: &Path) -> Term {
        self.len
    }

    fn load<W: Width>(&self, d: &Path, ea: Term) -> Result<Term, Undecided> {
        let byte = |i: u32| d.terms.select(self.array, d.add::<W64>(ea, d.constant::<W64>(i.into())));
        let higher = |low, i| d.terms.op(Op::Concat, (8 * (i + 1)) as u8, [byte(i), low, low]);
        Ok((1..W::BITS / 8).fold(byte(0), higher))
    }

    fn store<W: Width>(&mut self, d: &Path, ea: Term, c: Term) -> Result<(), Undecided> {
        for i in 0..W::BITS / 8 {
            let at = d.add::<W64>(ea, d.constant::<W64>(i.into()));
            self.array = d.terms.store(self.array, at, d.extract::<W, W8>(c, 8 * i));
        }
        Ok(())
    }

    fn cost(&self, _d: &Path, _len: Term) -> u64 {
        0
    }

    /// What is new holds anything, zeros among it.
    fn grow(&mut self, _d: &Path, len: Term) -> Result<(), Undecided> {
        self.len = len;
        Ok(())
    }
}

impl Table<Path> for SymTable {
    fn len(&self, _d: &Path) -> Term {
        self.len
    }

    fn refs(&self) -> impl Iterator<Item = SymRef> {
        self.elements.iter().flat_map(|elements| elements.iter()).map(|r| SymRef::Known(*r))
    }

    fn get(&self, d: &Path, i: Term) -> Result<SymRef, Undecided> {
        match &self.elements {
            Some(elements) => Ok(SymRef::Known(elements[d.index::<W64>(i, elements.len())?])),
            None => Ok(SymRef::Any(d.choice())),
        }
    }

    fn set(&mut self, _d: &Path, _i: Term, _r: SymRef) -> Result<(), Undecided> {
        self.elements = None;
        Ok(())
    }

    fn cost(&self, _d: &Path, _len: Term) -> u64 {
        0
    }

    fn grow(&mut self, _d: &Path, len: Term, _r: SymRef) -> Result<(), Undecided> {
        self.elements = None;
        self.len = len;
        Ok(())
    }
}

impl Allocate for Path {
    fn memory(&self, len: u64) -> SymMemory {
        SymMemory { array: self.terms.array("memory"), len: self.constant::<W64>(len.into()) }
    }

    fn table(&self, len: u64, _r: SymRef) -> SymTable {
        SymTable { elements: None, len: self.constant::<W64>(len.into()) }
    }
}

impl Path {
    /// Whether `n` from `i` leave what has `len`, as the bulk operations ask; see [`num::range_out_of_bounds`].
    pub(crate) fn range_traps(&self, i: Term, n: Term, len: Term, kind: TrapKind) -> Result<bool, Undecided> {
        self.traps(num::range_out_of_bounds(self, i, n, len), kind)
    }
}
