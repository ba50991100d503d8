//! Labels, and the branches to them.

use rustc_hash::FxHashMap;

use super::{Compiler, Label, Patch};
use crate::exec::flat::Form;
use crate::exec::flat::code::{Clause, JUMP, Slot, Target, Try, Ty, is_comparison, own};
use crate::exec::flat::steps::{Own, are};
use crate::rule::Rule;
use crate::syntax::{Catch, Idx, TryTable};

/// How a frame is left: by which rule for each label, which for each handler.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Return,
    TailCall,
}

impl Compiler<'_> {
    pub(super) fn label(&mut self, params: Vec<Ty>, results: Vec<Ty>, start: Option<u32>) {
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
    pub(super) fn handlers(&self) -> u32 {
        self.labels.last().map_or(0, |label| label.handlers)
    }

    /// The rules of a branch: it leaves labels, and the handlers between them; and that around the label that it goes
    /// to, if it is a `try_table`'s.
    fn way_to(&self, l: Idx) -> Vec<Rule> {
        if !self.counts() {
            return Vec::new();
        }
        let mut left = self.labels.iter().rev();
        let mut way = Vec::new();
        for label in left.by_ref().take(l as usize) {
            way.push(Rule::BrLabelSucc);
            way.extend(label.tried.map(|_| Rule::BrHandler));
        }
        way.push(Rule::BrLabelZero);
        way.extend(left.next().expect("validation let a label be missing").tried.map(|_| Rule::HandlerVals));
        way
    }

    /// The rules by which all labels and handlers of the function are left.
    pub(super) fn way_out(&self, way: Way) -> Vec<Rule> {
        if !self.counts() {
            return Vec::new();
        }
        let (label, handler) = match way {
            Way::Return => (Rule::ReturnLabel, Rule::ReturnHandler),
            Way::TailCall => (Rule::ReturnCallRefLabel, Rule::ReturnCallRefHandler),
        };
        self.labels.iter().rev().flat_map(|l| [Some(label), l.tried.map(|_| handler)]).flatten().collect()
    }

    /// Labels and handlers of the function.
    pub(super) fn depth(&self) -> u32 {
        self.labels.len() as u32 + self.handlers()
    }

    /// `try_table bt catch*`: what its clauses take is put where a branch to their label would put it.
    pub(super) fn try_table(&mut self, TryTable { bt, catches }: &TryTable) {
        let (params, results) = self.block_type(bt);
        self.owe(&[Rule::TryTable]);
        self.leave_locals();
        self.settle(params.len());
        let this = self.tries.len();
        let (mut clauses, mut ways) = (Vec::new(), Vec::new());
        for catch in catches {
            let (tag, takes_ref, l) = match *catch {
                Catch::Catch(x, l) => (Some(x), false, l),
                Catch::CatchRef(x, l) => (Some(x), true, l),
                Catch::CatchAll(l) => (None, false, l),
                Catch::CatchAllRef(l) => (None, true, l),
            };
            let label = self.labels.len() - 1 - l as usize;
            let way = self.way_to(l);
            let target = Target { op: self.labels[label].start.unwrap_or(0), cost: way.len() as u32 };
            ways.push(way);
            if self.labels[label].start.is_none() {
                self.labels[label].patches.push(Patch::Clause(this, clauses.len()));
            }
            clauses.push(Clause { tag, takes_ref, d: self.floor(label), target });
        }
        if let Some(told) = &mut self.told {
            told.clauses.push(ways);
        }
        self.tries.push(Try { from: self.ops.len() as u32, to: 0, clauses: clauses.into() });
        self.label(params, results, None);
        let label = self.labels.last_mut().expect("the label");
        label.tried = Some(this);
        label.handlers += 1;
    }

    /// The slot of the first value above a label.
    pub(super) fn floor(&self, label: usize) -> Slot {
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
    pub(super) fn branch(&mut self, l: Idx) {
        let label = self.labels.len() - 1 - l as usize;
        self.gather(self.labels[label].branch.len(), self.floor(label));
        let op = self.emit(own::Jump, Own::Are(self.way_to(l).into()), 0, 0, 0);
        self.aim(label, Patch::Op(op));
    }

    /// A branch if a number isn't zero, by the first of two rules; if it is zero, the second is applied. `asks` if an
    /// operation has been asked for the number.
    pub(super) fn branch_if(&mut self, l: Idx, condition: Slot, [yes, no]: [Rule; 2], asks: bool) {
        let label = self.labels.len() - 1 - l as usize;
        if self.labels[label].branch.is_empty() {
            let goes = [vec![yes], self.way_to(l)].concat();
            let op = self.jump(true, condition, &goes, &[no], asks);
            self.aim(label, Patch::Op(op));
            return;
        }
        let over = self.jump(false, condition, &[no], &[yes], asks);
        self.branch(l);
        self.ops[over].d = self.here();
    }

    /// A branch if an answer is no, by the first of two rules; the second is applied if it is yes.
    pub(super) fn branch_unless(&mut self, l: Idx, answer: Slot, [no, yes]: [Rule; 2]) {
        let over = self.jump(true, answer, &[yes], &[no], true);
        self.branch(l);
        self.ops[over].d = self.here();
    }

    /// A jump if a number is zero or isn't, with its rules if it goes and if it stays. Where nobody counts them, the
    /// comparison that has just made the number is one operation with it.
    pub(super) fn jump(
        &mut self,
        unless_zero: bool,
        condition: Slot,
        goes: &[Rule],
        stays: &[Rule],
        asks: bool,
    ) -> usize {
        let own = match self.counts() {
            true => Own::Branch { goes: goes.to_vec(), stays: stays.to_vec(), asks },
            false => are(&[]),
        };
        match self.made {
            Some((op, made)) if made == condition && self.fuses() && is_comparison(self.ops[op].code) => {
                // Taken, since another operation may get the number of one that goes.
                let (op, says) = match self.negation.take() {
                    Some((negation, negated)) if negation == op => {
                        self.unemit();
                        (negated, !unless_zero)
                    }
                    _ => (op, unless_zero),
                };
                self.owe_after(op, own);
                self.ops[op].code += JUMP;
                self.ops[op].x = says.into();
                self.made = None;
                op
            }
            _ => {
                let more = if self.form == Form::Metered { goes.len() - stays.len() } else { 0 };
                let code = if unless_zero { own::JumpIf } else { own::JumpIfNot };
                self.emit(code, own, 0, condition, more as u32)
            }
        }
    }

    pub(super) fn branch_table(&mut self, ls: &[Idx]) {
        let index = self.pop();
        let first = self.targets.len();
        self.targets.extend(ls.iter().map(|_| Target { op: 0, cost: 0 }));
        if let Some(told) = &mut self.told {
            told.targets.resize(self.targets.len(), Vec::new());
        }
        self.emit(own::JumpTable, Own::Table, index.slot, ls.len() as u32 - 1, first as u32);
        let mut stubs: FxHashMap<Idx, u32> = FxHashMap::default();
        for (i, l) in ls.iter().enumerate() {
            let label = self.labels.len() - 1 - *l as usize;
            if self.labels[label].branch.is_empty() {
                let way = self.way_to(*l);
                if self.form == Form::Metered {
                    self.targets[first + i].cost = way.len() as u32;
                }
                if let Some(told) = &mut self.told {
                    told.targets[first + i] = way;
                }
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
    pub(super) fn end(&mut self, is_else: bool) {
        let label = self.labels.len() - 1;
        let alive = self.dead.take().is_none();
        let is_loop = self.labels[label].start.is_some();
        if alive {
            let met = is_else || !self.labels[label].patches.is_empty() || self.labels[label].otherwise.is_some();
            if met && !is_loop {
                self.settle(self.labels[label].results.len());
            }
            self.owe(&[Rule::LabelVals]);
            if self.labels[label].tried.is_some() {
                self.owe(&[Rule::HandlerVals]);
            }
            if is_else {
                let op = self.emit(own::Jump, are(&[]), 0, 0, 0);
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
            self.leave(are(&[Rule::FrameVals]));
        }
    }

    /// The jump of an `if` without `else` comes here, where its one sequence ends.
    fn fall_through(&mut self, op: usize, alive: bool) {
        if !self.counts() {
            self.ops[op].d = self.here();
            return;
        }
        // The label's reduction is that of either path: the jump comes to an operation that stands for it.
        if alive {
            let over = self.emit(own::Jump, are(&[]), 0, 0, 0);
            self.ops[op].d = self.here();
            self.owe(&[Rule::LabelVals]);
            let here = self.here();
            self.ops[over].d = here;
        } else {
            self.ops[op].d = self.here();
            self.owe(&[Rule::LabelVals]);
        }
    }
}
