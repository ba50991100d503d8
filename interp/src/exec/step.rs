//! Steps: the search for the redex, and the one rule that fits it.

use super::config::{Admin, Config, Place, Progress, Redex};
use super::domain::Domain;
use super::value::Val;
use super::{aggregate, atomic, control, exception, memory, numeric, parametric, reference, table, variable, vector};
use crate::rule::Rule;
use crate::syntax::Instr;
use crate::syntax::table::for_each_instruction;
use crate::trap::Budget;

impl<D: Domain> Config<D> {
    /// Moves values that stand before the redex onto the stack, where its operands are.
    pub fn focus(&mut self, d: &D) {
        if self.trap.is_some() {
            return;
        }
        while let Some(Admin::Val(v)) = self.pending.last() {
            self.stack.push(*v);
            self.pending.pop();
        }
        if !self.pending.is_empty() {
            return;
        }
        if self.in_handler() {
            return;
        }
        let Some(frame) = self.frames.last_mut() else { return };
        while let Some(v) = frame.body.instrs.get(frame.next as usize).and_then(|i| as_value(d, i)) {
            self.stack.push(v);
            frame.next += 1;
        }
    }

    /// What the next step reduces, once in [`focus`](Config::focus); `None` if the thread has ended.
    pub fn redex(&self) -> Option<Redex<D>> {
        if self.trap.is_some() {
            return (!self.frames.is_empty()).then_some(Redex::Trap);
        }
        if let Some(admin) = self.pending.last() {
            return Some(match admin {
                Admin::Instr(instr) => Redex::Instr(instr.clone()),
                other => Redex::Admin(other.clone()),
            });
        }
        let frame = self.frames.last()?;
        if self.in_handler() {
            return Some(Redex::Handler);
        }
        match frame.body.instrs.get(frame.next as usize) {
            None => Some(Redex::Frame),
            Some(Instr::End {} | Instr::Else {}) if self.labels.len() == frame.labels => None,
            Some(Instr::End {} | Instr::Else {}) => Some(Redex::Label),
            Some(instr) => Some(Redex::Instr(instr.clone())),
        }
    }

    /// Where the next step happens, once in [`focus`](Config::focus).
    pub fn place(&self) -> Option<Place> {
        let frame = self.frames.last()?;
        let in_code = self.pending.is_empty() && self.trap.is_none();
        let at = if in_code && (frame.next as usize) < frame.body.instrs.len() { frame.next } else { frame.at };
        Some(frame.place_of(at))
    }

    /// One step: finds the redex and reduces it by the rule that fits.
    ///
    /// # Errors
    ///
    /// The reading can't decide which rule fits. The configuration is then partly reduced: whoever wants to go on must
    /// have kept a copy.
    pub fn step(&mut self, d: &D) -> Result<Progress<D>, D::Undecided> {
        if self.trap.is_some() {
            return Ok(control::trap(self).map_or(Progress::Ended, Progress::Reduced));
        }
        self.focus(d);
        match self.pending.pop() {
            None => {}
            Some(Admin::Val(_)) => unreachable!("it was moved onto the stack"),
            Some(Admin::Instr(instr)) => return self.reduce(d, &instr),
            Some(Admin::Block { body, end }) => return Ok(Progress::Reduced(control::enter_block(self, body, end))),
            Some(Admin::CallRef(callee)) => return control::enter_callee(self, d, callee),
            Some(Admin::ReturnCallRef(callee)) => {
                return control::replace_frame(self, d, callee).map(Progress::Reduced);
            }
            Some(Admin::RefCast(ty)) => return reference::cast_callee(self, d, ty).map(Progress::Reduced),
            Some(Admin::ArrayNewFixed { x, vals }) => {
                return Ok(Progress::Reduced(aggregate::alloc_fixed(self, d, x, vals)));
            }
            Some(Admin::Suspend(suspended)) => return Ok(atomic::suspend(self, d, suspended)),
        }
        if self.in_handler() {
            return Ok(Progress::Reduced(exception::handler_vals(self)));
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(Progress::Ended) };
        let body = frame.body.clone();
        match body.instrs.get(frame.next as usize) {
            None => Ok(Progress::Reduced(control::frame_vals(self))),
            // The end of an expression: its value is the result, and nothing is left to reduce.
            Some(Instr::End {}) if self.labels.len() == frame.labels => {
                self.frames.pop();
                Ok(Progress::Ended)
            }
            Some(instr) => {
                frame.at = frame.next;
                frame.next += 1;
                self.reduce(d, instr)
            }
        }
    }

    /// Passes over the redex with its `operands` uppermost operands, for a reading that has followed it by other means.
    pub fn skip(&mut self, operands: usize) {
        self.stack.pop_many(operands);
        if self.pending.pop().is_none() {
            let frame = self.frame();
            frame.at = frame.next;
            frame.next += 1;
        }
    }

    /// Reduces an instruction whose operands are on the stack, and what becomes of it, until its results are; or takes
    /// the trap that it ends in. Takes the reductions from `fuel`, and tells their rules; the budget that ran out, if
    /// one did.
    pub(super) fn by_rule(
        &mut self,
        d: &D,
        instr: &Instr,
        fuel: &mut u64,
        mut tell: impl FnMut(Rule),
    ) -> Result<Option<Budget>, D::Undecided> {
        self.pending.push(Admin::Instr(instr.clone()));
        loop {
            self.focus(d);
            if self.trap.is_some() || self.pending.is_empty() {
                return Ok(None);
            }
            let Some(rest) = fuel.checked_sub(1) else { return Ok(Some(Budget::Fuel)) };
            *fuel = rest;
            match self.step(d)? {
                Progress::Reduced(rule) => tell(rule),
                Progress::Exhausted(budget) => return Ok(Some(budget)),
                Progress::CallOut { .. } | Progress::Ended | Progress::Blocked => {
                    unreachable!("it neither calls, nor waits, nor ends")
                }
            }
        }
    }

    fn reduce(&mut self, d: &D, instr: &Instr) -> Result<Progress<D>, D::Undecided> {
        let rule = reduce(self, d, instr)?;
        // Looked at before it is moved: every step comes by here.
        match self.instead {
            None => Ok(Progress::Reduced(rule)),
            Some(_) => Ok(self.instead.take().expect("it is there")),
        }
    }
}

/// A reduction's result: the rule that it applied.
pub(super) type Reduced<D> = Result<Rule, <D as Domain>::Undecided>;

/// Number types and functions by the names that the instruction table uses.
macro_rules! ty {
    (i32) => {
        crate::exec::value::I32
    };
    (i64) => {
        crate::exec::value::I64
    };
    (f32) => {
        crate::exec::value::F32
    };
    (f64) => {
        crate::exec::value::F64
    };
}

/// Shapes by the names that the instruction table uses.
macro_rules! shape {
    (i8x16) => {
        crate::num::I8x16
    };
    (i16x8) => {
        crate::num::I16x8
    };
    (i32x4) => {
        crate::num::I32x4
    };
    (i64x2) => {
        crate::num::I64x2
    };
    (f32x4) => {
        crate::num::F32x4
    };
    (f64x2) => {
        crate::num::F64x2
    };
}

/// Parts of a vector by the names that the instruction table uses.
macro_rules! part {
    (whole) => {
        crate::num::Part::Whole
    };
    (zero) => {
        crate::num::Part::Zero
    };
    (low) => {
        crate::num::Part::Low
    };
    (high) => {
        crate::num::Part::High
    };
}
// The flat form has the same names.
pub(super) use {part, shape, ty};

/// What an atomic read-modify-write writes, by the names that the instruction table uses.
macro_rules! rmwop {
    (xchg) => {
        |_, _, c| c
    };
    ($f:ident) => {
        crate::num::$f
    };
}

/// One row's reduction: the family is the function, the row's arguments are its parameters.
macro_rules! reduction {
    ($c:ident $d:ident control($rule:ident) $($imm:ident)*) => { control::$rule($c, $d $(, $imm)*) };
    ($c:ident $d:ident exception($rule:ident) $($imm:ident)*) => { exception::$rule($c, $d $(, $imm)*) };
    ($c:ident $d:ident parametric($rule:ident) $($imm:ident)*) => {{
        $(let _ = $imm;)*
        parametric::$rule($c, $d)
    }};
    ($c:ident $d:ident variable($rule:ident) $($imm:ident)*) => { variable::$rule($c $(, *$imm)*) };
    ($c:ident $d:ident table($rule:ident) $($imm:ident)*) => { table::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident memory($rule:ident) $($imm:ident)*) => { memory::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident reference($rule:ident) $($imm:ident)*) => { reference::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident aggregate($rule:ident) $($imm:ident)*) => { aggregate::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident constant($t:ident) $imm:ident) => {
        unreachable!("a constant is a value, no redex: {:?}", $imm)
    };
    ($c:ident $d:ident load($t:ident) $imm:ident) => { memory::load::<D, ty!($t)>($c, $d, $imm) };
    ($c:ident $d:ident load_pack($t:ident, $W:ident, $sx:ident) $imm:ident) => {
        memory::load_pack::<D, ty!($t), crate::value::$W>($c, $d, $imm, crate::num::$sx)
    };
    ($c:ident $d:ident store($t:ident) $imm:ident) => { memory::store::<D, ty!($t)>($c, $d, $imm) };
    ($c:ident $d:ident store_pack($t:ident, $W:ident) $imm:ident) => {
        memory::store_pack::<D, ty!($t), crate::value::$W>($c, $d, $imm)
    };
    ($c:ident $d:ident unop($t:ident, $f:ident)) => { numeric::unop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident binop($t:ident, $f:ident)) => { numeric::binop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident partial_binop($t:ident, $f:ident)) => {
        numeric::partial_binop::<D, ty!($t)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident testop($t:ident, $f:ident)) => { numeric::testop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident relop($t:ident, $f:ident)) => { numeric::relop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident cvtop($t:ident, $u:ident, $f:ident)) => {
        numeric::cvtop::<D, ty!($t), ty!($u)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident partial_cvtop($t:ident, $u:ident, $f:ident)) => {
        numeric::partial_cvtop::<D, ty!($t), ty!($u)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident wideop($f:ident)) => { numeric::wideop($c, $d, crate::num::$f) };
    ($c:ident $d:ident extwideop($sx:ident)) => { numeric::extwideop($c, $d, crate::num::$sx) };
    ($c:ident $d:ident atomic_fence()) => { atomic::fence($c, $d) };
    ($c:ident $d:ident atomic_load($t:ident, $W:ident) $imm:ident) => {
        atomic::load::<D, ty!($t), crate::value::$W>($c, $d, $imm)
    };
    ($c:ident $d:ident atomic_store($t:ident, $W:ident) $imm:ident) => {
        atomic::store::<D, ty!($t), crate::value::$W>($c, $d, $imm)
    };
    ($c:ident $d:ident atomic_rmw($t:ident, $W:ident, $f:ident) $imm:ident) => {
        atomic::rmw::<D, ty!($t), crate::value::$W>($c, $d, $imm, rmwop!($f))
    };
    ($c:ident $d:ident atomic_cmpxchg($t:ident, $W:ident) $imm:ident) => {
        atomic::cmpxchg::<D, ty!($t), crate::value::$W>($c, $d, $imm)
    };
    ($c:ident $d:ident atomic_wait($t:ident) $imm:ident) => { atomic::wait::<D, ty!($t)>($c, $d, $imm) };
    ($c:ident $d:ident atomic_notify() $imm:ident) => { atomic::notify($c, $d, $imm) };
    ($c:ident $d:ident vload() $imm:ident) => { memory::vload($c, $d, $imm) };
    ($c:ident $d:ident vload_pack($s1:ident, $s2:ident, $sx:ident) $imm:ident) => {
        memory::vload_pack::<D, shape!($s1), shape!($s2)>($c, $d, $imm, crate::num::$sx)
    };
    ($c:ident $d:ident vload_splat($s:ident) $imm:ident) => { memory::vload_splat::<D, shape!($s)>($c, $d, $imm) };
    ($c:ident $d:ident vload_zero($W:ident) $imm:ident) => {
        memory::vload_zero::<D, crate::value::$W>($c, $d, $imm)
    };
    ($c:ident $d:ident vload_lane($s:ident) $ao:ident $i:ident) => {
        memory::vload_lane::<D, shape!($s)>($c, $d, $ao, *$i)
    };
    ($c:ident $d:ident vstore() $imm:ident) => { memory::vstore($c, $d, $imm) };
    ($c:ident $d:ident vstore_lane($s:ident) $ao:ident $i:ident) => {
        memory::vstore_lane::<D, shape!($s)>($c, $d, $ao, *$i)
    };
    ($c:ident $d:ident vvunop($f:ident)) => { vector::vvunop($c, $d, crate::num::$f) };
    ($c:ident $d:ident vvbinop($f:ident)) => { vector::vvbinop($c, $d, crate::num::$f) };
    ($c:ident $d:ident vvternop($f:ident)) => { vector::vvternop($c, $d, crate::num::$f) };
    ($c:ident $d:ident vvtestop($f:ident)) => { vector::vvtestop($c, $d, crate::num::$f) };
    ($c:ident $d:ident vunop($s:ident, $f:ident)) => { vector::vunop::<D, shape!($s)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident vbinop($s:ident, $f:ident)) => { vector::vbinop::<D, shape!($s)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident vternop($s:ident, $f:ident)) => { vector::vternop::<D, shape!($s)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident vtestop($s:ident, $f:ident)) => { vector::vtestop::<D, shape!($s)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident vrelop($s:ident, $f:ident)) => { vector::vrelop::<D, shape!($s)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident vshiftop($s:ident, $f:ident)) => {
        vector::vshiftop::<D, shape!($s)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident vbitmask($s:ident)) => { vector::vbitmask::<D, shape!($s)>($c, $d) };
    ($c:ident $d:ident vswizzlop($s:ident, $f:ident)) => {
        vector::vswizzlop::<D, shape!($s)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident vshuffle() $imm:ident) => { vector::vshuffle($c, $d, $imm) };
    ($c:ident $d:ident vsplat($s:ident, $t:ident)) => { vector::vsplat::<D, shape!($s), ty!($t)>($c, $d) };
    ($c:ident $d:ident vextract_lane($s:ident, $t:ident) $i:ident) => {
        vector::vextract_lane::<D, ty!($t), shape!($s)>($c, $d, *$i)
    };
    ($c:ident $d:ident vextract_lane_pack($s:ident, $t:ident, $sx:ident) $i:ident) => {
        vector::vextract_lane_pack::<D, shape!($s), ty!($t)>($c, $d, *$i, crate::num::$sx)
    };
    ($c:ident $d:ident vreplace_lane($s:ident, $t:ident) $i:ident) => {
        vector::vreplace_lane::<D, shape!($s), ty!($t)>($c, $d, *$i)
    };
    ($c:ident $d:ident vextunop($s1:ident, $s2:ident, $f:ident, $sx:ident)) => {
        vector::vextunop($c, $d, |d, v| crate::num::$f::<D, shape!($s1), shape!($s2)>(d, crate::num::$sx, v))
    };
    ($c:ident $d:ident vextbinop($s1:ident, $s2:ident, $f:ident, $sx:ident)) => {
        vector::vextbinop($c, $d, |d, vs| crate::num::$f::<D, shape!($s1), shape!($s2)>(d, crate::num::$sx, vs))
    };
    ($c:ident $d:ident relaxed_vextbinop($f:ident)) => { vector::vextbinop($c, $d, crate::num::$f) };
    ($c:ident $d:ident vextternop($f:ident)) => { vector::vextternop($c, $d, crate::num::$f) };
    ($c:ident $d:ident vnarrow($s1:ident, $s2:ident, $f:ident)) => {
        vector::vnarrow::<D, shape!($s1), shape!($s2)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident vcvtop($s1:ident, $s2:ident, $part:ident, $f:ident)) => {
        vector::vcvtop::<D, shape!($s1), shape!($s2)>($c, $d, part!($part), crate::num::$f)
    };
}

macro_rules! dispatch {
    ($c:ident $d:ident $instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { $($ours),* } => reduction!($c $d $family($($arg)*) $($ours)*),)*
        }
    };
}

/// Reduces an instruction whose operands are on the stack.
fn reduce<D: Domain>(c: &mut Config<D>, d: &D, instr: &Instr) -> Reduced<D> {
    for_each_instruction!(dispatch c d instr;)
}

macro_rules! constants {
    ($d:ident $instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { .. } if constant_family!($family) => numeric::constant($d, $instr),)*
            _ => None,
        }
    };
}
macro_rules! constant_family {
    (constant) => {
        true
    };
    ($other:ident) => {
        false
    };
}

/// The value that an instruction is, if it is one (4.2.1: constants are values, not redexes).
fn as_value<D: Domain>(d: &D, instr: &Instr) -> Option<Val<D>> {
    for_each_instruction!(constants d instr;)
}
