//! Control instructions (4.6.1, 4.6.2) and administrative ones.

use std::sync::Arc;

use super::config::{Admin, Config, Frame, Label, Progress};
use super::domain::Domain;
use super::step::Reduced;
use super::store::FuncInst;
use super::value::{I32, Ref, Val};
use crate::num;
use crate::rule::Rule;
use crate::syntax::{BlockType, FuncType, Idx, Instr, Module};
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
fn arities(module: &Module, bt: &BlockType) -> (usize, usize) {
    match bt {
        BlockType::Empty => (0, 0),
        BlockType::Val(_) => (0, 1),
        BlockType::Type(x) => {
            let ty = &module.types[*x as usize];
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
    c.labels.push(Label { arity: results, continuation: end + 1, height: height - params, after: end + 1 });
    Rule::Block
}

/// `loop bt instr*`: its continuation is the loop itself.
pub(super) fn loop_<D: Domain>(c: &mut Config<D>, _d: &D, bt: &BlockType) -> Reduced<D> {
    let height = c.stack.len();
    let frame = c.frame();
    let (params, _) = arities(&frame.instance.module, bt);
    let end = frame.body.closed_at[frame.at as usize];
    let label = Label { arity: params, continuation: frame.at, height: height - params, after: end + 1 };
    c.labels.push(label);
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
        c.labels.pop();
        c.pending.push(Admin::Instr(Instr::Return {}));
        return Ok(Rule::ReturnLabel);
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

fn leave<D: Domain>(c: &mut Config<D>) {
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
    let rest = frame.body.instrs.get(frame.next as usize);
    if c.stack.len() > height || !c.pending.is_empty() || rest.is_some_and(|i| !is_delimiter(i)) {
        frame.next = frame.body.instrs.len() as u32;
        c.pending.clear();
        c.stack.keep(height, 0);
        return Some(Rule::TrapInstrs);
    }
    if inner.is_some() {
        let label = c.labels.pop().expect("it was there");
        frame.next = label.after;
        return Some(Rule::TrapLabel);
    }
    leave(c);
    if is_expr {
        return trap(c);
    }
    Some(Rule::TrapFrame)
}

fn is_delimiter(instr: &Instr) -> bool {
    matches!(instr, Instr::End {} | Instr::Else {})
}

/// `call x`: becomes a call by reference.
pub(super) fn call<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    let callee = c.instance().funcs[*x as usize];
    c.invoke(d, callee);
    Ok(Rule::Call)
}

/// `call_indirect x y`: becomes a `table.get`, a cast and a call by reference.
pub(super) fn call_indirect<D: Domain>(c: &mut Config<D>, _d: &D, x: &Idx, y: &Idx) -> Reduced<D> {
    let ty = c.instance().module.types[*y as usize].clone();
    c.pending.extend([Admin::CallRef(ty.clone()), Admin::RefCast(ty), Admin::Instr(Instr::TableGet { x: *x })]);
    Ok(Rule::CallIndirect)
}

/// `return_call x`: becomes a tail call by reference.
pub(super) fn return_call<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    let callee = c.instance().funcs[*x as usize];
    let ty = c.store.funcs[callee].ty().clone();
    c.pending.extend([Admin::ReturnCallRef(ty), Admin::Val(Val::Ref(d.reference(Ref::Func(callee))))]);
    Ok(Rule::ReturnCall)
}

/// `return_call_indirect x y`: becomes a `table.get`, a cast and a tail call by reference.
pub(super) fn return_call_indirect<D: Domain>(c: &mut Config<D>, _d: &D, x: &Idx, y: &Idx) -> Reduced<D> {
    let ty = c.instance().module.types[*y as usize].clone();
    c.pending.extend([Admin::ReturnCallRef(ty.clone()), Admin::RefCast(ty), Admin::Instr(Instr::TableGet { x: *x })]);
    Ok(Rule::ReturnCallIndirect)
}

/// `return_call_ref`: leaves the labels of the frame one by one, then the frame, and calls.
pub(super) fn return_call_ref<D: Domain>(c: &mut Config<D>, d: &D, ty: Arc<FuncType>) -> Reduced<D> {
    let frame = c.frame();
    let (labels, height) = (frame.labels, frame.height);
    if c.labels.len() > labels {
        c.labels.pop();
        c.pending.push(Admin::ReturnCallRef(ty));
        return Ok(Rule::ReturnCallRefLabel);
    }
    let Some(Val::Ref(r)) = c.stack.values().last().copied() else { panic!("return_call_ref takes a reference") };
    if d.traps(d.is_null(r), TrapKind::UninitializedElement)? {
        // The trap stands where the frame was.
        let rule = c.traps(TrapKind::UninitializedElement, Rule::ReturnCallRefFrameNull);
        c.stack.keep(height, 0);
        leave(c);
        return Ok(rule);
    }
    c.stack.keep(height, ty.params.len() + 1);
    leave(c);
    c.pending.push(Admin::CallRef(ty));
    Ok(Rule::ReturnCallRefFrameAddr)
}

/// `call_ref`: a new frame with the arguments, then the locals' defaults, and the body under a label of its own.
pub(super) fn call_ref<D: Domain>(c: &mut Config<D>, d: &D, ty: Arc<FuncType>) -> Result<Progress<D>, D::Undecided> {
    let Some(Val::Ref(r)) = c.stack.values().last().copied() else { panic!("call_ref takes a reference") };
    if d.traps(d.is_null(r), TrapKind::UninitializedElement)? {
        c.stack.pop();
        return Ok(Progress::Reduced(c.traps(TrapKind::UninitializedElement, Rule::CallRefNull)));
    }
    let callee = d.callee(r);
    let inst = callee.map(|a| c.store.funcs[a].clone());
    let Some(FuncInst::Wasm { instance, index, def, .. }) = inst else {
        c.stack.pop();
        let args = c.stack.pop_many(ty.params.len());
        return Ok(Progress::CallOut { callee, ty, args });
    };
    let module = instance.module.clone();
    let func = &module.funcs[def];
    let locals: usize = func.locals.iter().map(|(n, _)| *n as usize).sum();
    if !c.has_room(ty.params.len() + locals + 2) {
        c.pending.push(Admin::CallRef(ty));
        return Ok(Progress::Exhausted(Budget::Stack));
    }
    c.stack.pop();
    let args = c.stack.pop_many(ty.params.len());
    let (height, arity) = (c.stack.len(), ty.results.len());
    let end = func.body.instrs.len() as u32;
    c.frames.push(Frame {
        instance,
        func: Some(index),
        body: func.body.clone(),
        at: 0,
        next: 0,
        arity,
        height,
        locals: c.locals.len(),
        labels: c.labels.len(),
    });
    c.locals.extend(args);
    for (n, t) in &func.locals {
        c.locals.resize(c.locals.len() + *n as usize, Val::default(d, *t));
    }
    c.labels.push(Label { arity, continuation: end, height, after: end });
    Ok(Progress::Reduced(Rule::CallRefFunc))
}
