//! Control instructions (4.6.2, 4.6.3, 4.6.5) and administrative ones.

use super::config::{Admin, Callee, Config, Frame, Label, Progress};
use super::domain::Domain;
use super::reference;
use super::step::Reduced;
use super::store::FuncInst;
use super::value::{I32, Ref, Val};
use crate::num;
use crate::rule::Rule;
use crate::syntax::{BlockType, Idx, Instr, Module, RefType};
use crate::trap::{Budget, TrapKind};

/// `unreachable`
pub(super) fn unreachable<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    d.traps(d.truth(true), TrapKind::Unreachable)?;
    Ok(c.traps(TrapKind::Unreachable, Rule::Unreachable))
}

/// `nop`
pub(super) fn nop<D: Domain>(_c: &mut Config<D>, _d: &D) -> Reduced<D> {
    Ok(Rule::Nop)
}

/// Numbers of parameters and results of a block (`blocktype_`).
pub(super) fn arities(module: &Module, bt: &BlockType) -> (usize, usize) {
    match bt {
        BlockType::Empty => (0, 0),
        BlockType::Val(_) => (0, 1),
        BlockType::Type(x) => {
            let ty = module.func_type(*x);
            (ty.params.len(), ty.results.len())
        }
    }
}

/// `block bt instr*`
pub(super) fn block<D: Domain>(c: &mut Config<D>, _d: &D, _bt: &BlockType) -> Reduced<D> {
    let frame = c.frame();
    let (body, end) = (frame.next, frame.body.closed_at[frame.at as usize]);
    Ok(enter_block(c, body, end))
}

/// Enters the block under way, whose instructions begin at `body`.
pub(super) fn enter_block<D: Domain>(c: &mut Config<D>, body: u32, end: u32) -> Rule {
    let height = c.stack.len();
    let frame = c.frame();
    frame.next = body;
    let (Instr::Block { bt } | Instr::If { bt }) = &frame.body.instrs[frame.at as usize] else {
        panic!("only block and if are entered as blocks")
    };
    let (params, results) = arities(&frame.instance.module, bt);
    let (height, after) = (height - params, end + 1);
    c.labels.push(Label { arity: results, continuation: after, height, after, handler: None });
    Rule::Block
}

/// `loop bt instr*`: its continuation is the loop itself.
pub(super) fn loop_<D: Domain>(c: &mut Config<D>, _d: &D, bt: &BlockType) -> Reduced<D> {
    let height = c.stack.len();
    let frame = c.frame();
    let (params, _) = arities(&frame.instance.module, bt);
    let end = frame.body.closed_at[frame.at as usize];
    let (continuation, height, after) = (frame.at, height - params, end + 1);
    c.labels.push(Label { arity: params, continuation, height, after, handler: None });
    Ok(Rule::Loop)
}

/// `if bt instr1* else instr2*`: becomes the block of one of the two.
pub(super) fn if_<D: Domain>(c: &mut Config<D>, d: &D, _bt: &BlockType) -> Reduced<D> {
    let zero = num::ieqz(d, c.stack.pop_num::<I32>());
    let taken = !d.decide(zero)?;
    let frame = c.frame();
    let split = frame.body.closed_at[frame.at as usize];
    let (body, end) = match (&frame.body.instrs[split as usize], taken) {
        (Instr::Else {}, true) => (frame.next, frame.body.closed_at[split as usize]),
        (Instr::Else {}, false) => (split + 1, frame.body.closed_at[split as usize]),
        (_, true) => (frame.next, split),
        // Without `else` the second sequence is empty: the block begins at its end.
        (_, false) => (split, split),
    };
    c.pending.push(Admin::Block { body, end });
    Ok(if taken { Rule::IfTrue } else { Rule::IfFalse })
}

/// The end of a sequence: its label goes, its values stay.
pub(super) fn end<D: Domain>(c: &mut Config<D>, _d: &D) -> Reduced<D> {
    let label = c.labels.pop().expect("an `end` has its label");
    c.frame().next = label.after;
    Ok(Rule::LabelVals)
}

/// `br l`: goes outward label by label, and from the last to its continuation.
pub(super) fn br<D: Domain>(c: &mut Config<D>, _d: &D, l: &Idx) -> Reduced<D> {
    let label = c.labels.pop().expect("a branch has its label");
    if label.handler.is_some() {
        c.pending.push(Admin::Instr(Instr::Br { l: *l }));
        return Ok(Rule::BrHandler);
    }
    if *l > 0 {
        c.frame().next = label.after;
        c.pending.push(Admin::Instr(Instr::Br { l: l - 1 }));
        return Ok(Rule::BrLabelSucc);
    }
    c.stack.keep(label.height, label.arity);
    c.frame().next = label.continuation;
    Ok(Rule::BrLabelZero)
}

/// `br_if l`
pub(super) fn br_if<D: Domain>(c: &mut Config<D>, d: &D, l: &Idx) -> Reduced<D> {
    let zero = num::ieqz(d, c.stack.pop_num::<I32>());
    if d.decide(zero)? {
        return Ok(Rule::BrIfFalse);
    }
    c.pending.push(Admin::Instr(Instr::Br { l: *l }));
    Ok(Rule::BrIfTrue)
}

/// `br_table l* l'`
pub(super) fn br_table<D: Domain>(c: &mut Config<D>, d: &D, ls: &[Idx]) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let (default, table) = ls.split_last().expect("br_table has a default label");
    let within = d.ult(i, d.constant(table.len() as u128));
    if !d.decide(within)? {
        c.pending.push(Admin::Instr(Instr::Br { l: *default }));
        return Ok(Rule::BrTableGe);
    }
    let l = table[d.index(i, table.len())?];
    c.pending.push(Admin::Instr(Instr::Br { l }));
    Ok(Rule::BrTableLt)
}

/// `return`: leaves the labels of the frame one by one, then the frame.
pub(super) fn return_<D: Domain>(c: &mut Config<D>, _d: &D) -> Reduced<D> {
    let frame = c.frame();
    let (labels, height, arity) = (frame.labels, frame.height, frame.arity);
    if c.labels.len() > labels {
        let handler = c.labels.pop().and_then(|label| label.handler);
        c.pending.push(Admin::Instr(Instr::Return {}));
        return Ok(if handler.is_some() { Rule::ReturnHandler } else { Rule::ReturnLabel });
    }
    c.stack.keep(height, arity);
    leave(c);
    Ok(Rule::ReturnFrame)
}

/// A frame with nothing but its results in it.
pub(super) fn frame_vals<D: Domain>(c: &mut Config<D>) -> Rule {
    leave(c);
    Rule::FrameVals
}

pub(super) fn leave<D: Domain>(c: &mut Config<D>) {
    let frame = c.frames.pop().expect("a frame is left");
    c.locals.truncate(frame.locals);
}

/// A trap moves outward: first it discards what stands beside it, then the label or frame around it. `None` if it has
/// reached the top.
pub(super) fn trap<D: Domain>(c: &mut Config<D>) -> Option<Rule> {
    let Some(frame) = c.frames.last_mut() else {
        c.stack.keep(0, 0);
        return None;
    };
    let (labels, height, is_expr) = (frame.labels, frame.height, frame.func.is_none());
    let inner = if c.labels.len() > labels { c.labels.last() } else { None };
    let height = inner.map_or(height, |label| label.height);
    // In a handler there is nothing but its label's sequence.
    let in_handler = inner.is_some_and(|label| label.handler.is_some());
    let rest = !in_handler && frame.body.instrs.get(frame.next as usize).is_some_and(|i| !is_delimiter(i));
    if c.stack.len() > height || !c.pending.is_empty() || rest {
        frame.next = frame.body.instrs.len() as u32;
        c.pending.clear();
        c.stack.keep(height, 0);
        return Some(Rule::TrapInstrs);
    }
    if inner.is_some() {
        let label = c.labels.pop().expect("it was there");
        frame.next = label.after;
        return Some(if in_handler { Rule::TrapHandler } else { Rule::TrapLabel });
    }
    leave(c);
    if is_expr {
        return trap(c);
    }
    Some(Rule::TrapFrame)
}

pub(super) fn is_delimiter(instr: &Instr) -> bool {
    matches!(instr, Instr::End {} | Instr::Else {})
}

/// `call x`: becomes a call by reference.
pub(super) fn call<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    let callee = c.instance().funcs[*x as usize];
    c.invoke(d, callee);
    Ok(Rule::Call)
}

/// The type of an instruction's callee, by its index.
fn callee<D: Domain>(c: &Config<D>, y: Idx, null: TrapKind) -> Callee {
    Callee { ty: c.instance().module.func_type(y).clone(), null }
}

/// What calls through a table look at first: the element, and whether it is a function of type `y`.
fn from_table<D: Domain>(c: &Config<D>, x: Idx, y: Idx) -> [Admin<D>; 2] {
    [Admin::RefCast(c.instance().types[y as usize]), Admin::Instr(Instr::TableGet { x })]
}

/// `call_indirect x y`: becomes a `table.get`, a cast and a call by reference.
pub(super) fn call_indirect<D: Domain>(c: &mut Config<D>, _d: &D, x: &Idx, y: &Idx) -> Reduced<D> {
    c.pending.push(Admin::CallRef(callee(c, *y, TrapKind::UninitializedElement)));
    c.pending.extend(from_table(c, *x, *y));
    Ok(Rule::CallIndirect)
}

/// `return_call x`: becomes a tail call by reference.
pub(super) fn return_call<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    let a = c.instance().funcs[*x as usize];
    let callee = Callee { ty: c.store.funcs[a].ty().clone(), null: TrapKind::NullReference };
    c.pending.extend([Admin::ReturnCallRef(callee), Admin::Val(Val::Ref(d.reference(Ref::Func(a))))]);
    Ok(Rule::ReturnCall)
}

/// `return_call_indirect x y`: becomes a `table.get`, a cast and a tail call by reference.
pub(super) fn return_call_indirect<D: Domain>(c: &mut Config<D>, _d: &D, x: &Idx, y: &Idx) -> Reduced<D> {
    c.pending.push(Admin::ReturnCallRef(callee(c, *y, TrapKind::UninitializedElement)));
    c.pending.extend(from_table(c, *x, *y));
    Ok(Rule::ReturnCallIndirect)
}

/// `br_on_null l`
pub(super) fn br_on_null<D: Domain>(c: &mut Config<D>, d: &D, l: &Idx) -> Reduced<D> {
    let r = c.stack.pop_ref();
    if d.decide(d.is_null(r))? {
        c.pending.push(Admin::Instr(Instr::Br { l: *l }));
        return Ok(Rule::BrOnNullNull);
    }
    c.stack.push(Val::Ref(r));
    Ok(Rule::BrOnNullAddr)
}

/// `br_on_non_null l`
pub(super) fn br_on_non_null<D: Domain>(c: &mut Config<D>, d: &D, l: &Idx) -> Reduced<D> {
    let r = c.stack.pop_ref();
    if d.decide(d.is_null(r))? {
        return Ok(Rule::BrOnNonNullNull);
    }
    c.pending.extend([Admin::Instr(Instr::Br { l: *l }), Admin::Val(Val::Ref(r))]);
    Ok(Rule::BrOnNonNullAddr)
}

/// Whether the reference on top of the stack is of a type.
fn top_fits<D: Domain>(c: &Config<D>, d: &D, rt: &RefType) -> Result<bool, D::Undecided> {
    let Some(Val::Ref(r)) = c.stack.values().last().copied() else { panic!("a cast takes a reference") };
    d.decide(reference::fits(c, d, r, *rt))
}

/// `br_on_cast l rt1 rt2`
pub(super) fn br_on_cast<D: Domain>(c: &mut Config<D>, d: &D, l: &Idx, _rt1: &RefType, rt2: &RefType) -> Reduced<D> {
    if !top_fits(c, d, rt2)? {
        return Ok(Rule::BrOnCastFail);
    }
    c.pending.push(Admin::Instr(Instr::Br { l: *l }));
    Ok(Rule::BrOnCastSucceed)
}

/// `br_on_cast_fail l rt1 rt2`
pub(super) fn br_on_cast_fail<D: Domain>(
    c: &mut Config<D>,
    d: &D,
    l: &Idx,
    _rt1: &RefType,
    rt2: &RefType,
) -> Reduced<D> {
    if top_fits(c, d, rt2)? {
        return Ok(Rule::BrOnCastFailSucceed);
    }
    c.pending.push(Admin::Instr(Instr::Br { l: *l }));
    Ok(Rule::BrOnCastFailFail)
}

/// `return_call_ref x`
pub(super) fn return_call_ref<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    replace_frame(c, d, callee(c, *x, TrapKind::NullReference))
}

/// `return_call_ref`: leaves the labels and handlers of the frame one by one, then the frame, and calls.
pub(super) fn replace_frame<D: Domain>(c: &mut Config<D>, d: &D, callee: Callee) -> Reduced<D> {
    let frame = c.frame();
    let (labels, height) = (frame.labels, frame.height);
    if c.labels.len() > labels {
        let handler = c.labels.pop().and_then(|label| label.handler);
        c.pending.push(Admin::ReturnCallRef(callee));
        return Ok(if handler.is_some() { Rule::ReturnCallRefHandler } else { Rule::ReturnCallRefLabel });
    }
    let Some(Val::Ref(r)) = c.stack.values().last().copied() else { panic!("return_call_ref takes a reference") };
    if d.traps(d.is_null(r), callee.null)? {
        // The trap stands where the frame was.
        let rule = c.traps(callee.null, Rule::ReturnCallRefFrameNull);
        c.stack.keep(height, 0);
        leave(c);
        return Ok(rule);
    }
    c.stack.keep(height, callee.ty.params.len() + 1);
    leave(c);
    c.pending.push(Admin::CallRef(callee));
    Ok(Rule::ReturnCallRefFrameAddr)
}

/// `call_ref x`
pub(super) fn call_ref<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    match enter_callee(c, d, callee(c, *x, TrapKind::NullReference))? {
        Progress::Reduced(rule) => Ok(rule),
        other => {
            c.instead = Some(other);
            Ok(Rule::CallRefFunc)
        }
    }
}

/// `call_ref`: a new frame with the arguments, then the locals' defaults, and the body under a label of its own.
pub(super) fn enter_callee<D: Domain>(c: &mut Config<D>, d: &D, what: Callee) -> Result<Progress<D>, D::Undecided> {
    let Some(Val::Ref(r)) = c.stack.values().last().copied() else { panic!("call_ref takes a reference") };
    if d.traps(d.is_null(r), what.null)? {
        c.stack.pop();
        return Ok(Progress::Reduced(c.traps(what.null, Rule::CallRefNull)));
    }
    let ty = &what.ty;
    let callee = d.callee(r);
    let inst = callee.map(|a| c.store.funcs[a].clone());
    let Some(FuncInst::Wasm { instance, index, def, .. }) = inst else {
        c.stack.pop();
        let args = c.stack.pop_many(ty.params.len());
        return Ok(Progress::CallOut { callee, ty: what.ty, args });
    };
    let module = instance.module.clone();
    let func = &module.funcs[def];
    let locals: usize = func.locals.iter().map(|(n, _)| *n as usize).sum();
    if !c.has_room(ty.params.len() + locals + 2) {
        c.pending.push(Admin::CallRef(what));
        return Ok(Progress::Exhausted(Budget::Stack));
    }
    c.stack.pop();
    let args = c.stack.pop_many(ty.params.len());
    let (height, arity) = (c.stack.len(), ty.results.len());
    let body = func.body.expr().clone();
    let end = body.instrs.len() as u32;
    c.frames.push(Frame {
        instance,
        func: Some(index),
        body,
        at: 0,
        next: 0,
        arity,
        height,
        locals: c.locals.len(),
        labels: c.labels.len(),
    });
    c.locals.extend(args);
    for (n, t) in &func.locals {
        c.locals.resize(c.locals.len() + *n as usize, Val::default(d, *t, |heap| module.top(heap)));
    }
    c.labels.push(Label { arity, continuation: end, height, after: end, handler: None });
    Ok(Progress::Reduced(Rule::CallRefFunc))
}
