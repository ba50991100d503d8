//! Exceptions (4.6.4): throwing, handlers, and the way of an exception to the handler that catches it.

use super::config::{Admin, Config, Handler, Label};
use super::control::{arities, is_delimiter, leave};
use super::domain::Domain;
use super::step::Reduced;
use super::value::{Ref, Val};
use crate::rule::Rule;
use crate::syntax::{Catch, Idx, Instr, TryTable};
use crate::trap::{Budget, TrapKind};

/// `try_table bt catch* instr*`: a label within a handler.
pub(super) fn try_table<D: Domain>(c: &mut Config<D>, _d: &D, body: &TryTable) -> Reduced<D> {
    let height = c.stack.len();
    let frame = c.frame();
    let (params, results) = arities(&frame.instance.module, &body.bt);
    let after = frame.body.closed_at[frame.at as usize] + 1;
    let handler = Handler { at: frame.at, tried: 0 };
    let label = Label { arity: results, continuation: after, height: height - params, after, handler: None };
    c.labels.extend([Label { handler: Some(handler), ..label }, label]);
    Ok(Rule::TryTable)
}

/// The end of a handler's sequence: it goes, its values stay.
pub(super) fn handler_vals<D: Domain>(c: &mut Config<D>) -> Rule {
    c.labels.pop();
    Rule::HandlerVals
}

/// `throw x`: becomes a reference to a new exception, and `throw_ref`.
pub(super) fn throw<D: Domain>(c: &mut Config<D>, d: &D, x: &Idx) -> Reduced<D> {
    let tag = c.instance().tags[*x as usize];
    let n = c.store.types.func_type(c.store.tags[tag].ty).params.len();
    let vals = c.stack.pop_many(n);
    if !c.heap_room(d, n as u64, &vals) {
        c.runs_out(Budget::Heap);
        return Ok(Rule::Throw);
    }
    let a = c.alloc_exn(tag, vals);
    c.throw(d, a);
    Ok(Rule::Throw)
}

impl<D: Domain> Config<D> {
    /// Throws the exception at an address.
    pub(crate) fn throw(&mut self, d: &D, a: super::Addr) {
        let r = Val::Ref(d.reference(Ref::Exn(a)));
        self.pending.extend([Admin::Instr(Instr::ThrowRef {}), Admin::Val(r)]);
    }
}

/// `throw_ref`: first what stands beside it is discarded, then it leaves the label, handler or frame around it.
pub(super) fn throw_ref<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let r = c.stack.pop_ref();
    if d.traps(d.is_null(r), TrapKind::NullReference)? {
        return Ok(c.traps(TrapKind::NullReference, Rule::ThrowRefNull));
    }
    let Ref::Exn(a) = d.resolve(r)? else { panic!("throw_ref takes an exception") };
    let frame = c.frames.last_mut().expect("only code throws");
    let inner = if c.labels.len() > frame.labels { c.labels.last() } else { None };
    let height = inner.map_or(frame.height, |label| label.height);
    // In a handler there is nothing but its label's sequence.
    let rest = match inner.and_then(|label| label.handler) {
        None => frame.body.instrs.get(frame.next as usize).is_some_and(|i| !is_delimiter(i)),
        Some(_) => false,
    };
    if c.stack.len() > height || !c.pending.is_empty() || rest {
        frame.next = frame.body.instrs.len() as u32;
        c.pending.clear();
        c.stack.keep(height, 0);
        c.throw(d, a);
        return Ok(Rule::ThrowRefInstrs);
    }
    let Some(label) = inner.copied() else {
        leave(c);
        // The expression that instantiation runs is no frame, and has no handlers.
        if c.frames.last().is_some_and(|frame| frame.func.is_none()) {
            leave(c);
        }
        if c.frames.is_empty() {
            c.exception = Some(a);
        } else {
            c.throw(d, a);
        }
        return Ok(Rule::ThrowRefFrame);
    };
    frame.next = label.after;
    let Some(handler) = label.handler else {
        c.labels.pop();
        c.throw(d, a);
        return Ok(Rule::ThrowRefLabel);
    };
    Ok(catch(c, d, a, handler))
}

/// An exception at a handler: the first of its clauses catches it, or is dropped.
fn catch<D: Domain>(c: &mut Config<D>, d: &D, a: super::Addr, handler: Handler) -> Rule {
    let frame = c.frames.last().expect("a handler is in a frame");
    let Instr::TryTable { body } = &frame.body.instrs[handler.at as usize] else {
        panic!("only try_table makes handlers")
    };
    let Some(clause) = body.catches.get(handler.tried as usize).copied() else {
        c.labels.pop();
        c.throw(d, a);
        return Rule::ThrowRefHandlerEmpty;
    };
    let exn = Admin::Val(Val::Ref(d.reference(Ref::Exn(a))));
    let tag = c.store.heap.exns[a].tag;
    let caught = |x: Idx| frame.instance.tags[x as usize] == tag;
    let payload = || c.store.heap.exns[a].fields.iter().copied().map(Admin::Val);
    let (sequence, l, rule): (Vec<Admin<D>>, Idx, Rule) = match clause {
        Catch::Catch(x, l) if caught(x) => (payload().collect(), l, Rule::ThrowRefHandlerCatch),
        Catch::CatchRef(x, l) if caught(x) => (payload().chain([exn]).collect(), l, Rule::ThrowRefHandlerCatchRef),
        Catch::CatchAll(l) => (Vec::new(), l, Rule::ThrowRefHandlerCatchAll),
        Catch::CatchAllRef(l) => (vec![exn], l, Rule::ThrowRefHandlerCatchAllRef),
        Catch::Catch(..) | Catch::CatchRef(..) => {
            let label = c.labels.last_mut().expect("the handler");
            label.handler = Some(Handler { tried: handler.tried + 1, ..handler });
            c.throw(d, a);
            return Rule::ThrowRefHandlerNext;
        }
    };
    c.labels.pop();
    super::memory::then(c, sequence.into_iter(), Instr::Br { l });
    rule
}
