//! Configurations in the standard's notation (4.2): store, frame, instructions.
//!
//! A thread is written as the standard nests it: `frame_n{…} … label_n{…} … end … end`, values in front of the redex,
//! what is still to come behind it. Long sequences are cut, and say so by an ellipsis.

use std::fmt::{self, Write};

use crate::exec::{Admin, Config, Frame, Label, Val};
use crate::syntax::{Catch, Instr};
use crate::value::Concrete;

/// Instructions shown of what is still to come in one sequence.
const AHEAD: usize = 6;
/// Values shown of the operands of one sequence, or of the locals of one frame.
const BEHIND: usize = 8;

/// A configuration, to be written.
pub struct Notation<'a>(pub &'a Config<Concrete>);

impl fmt::Display for Notation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.0;
        store(f, config)?;
        f.write_str("; ")?;
        if config.frames.is_empty() {
            values(f, config.stack.values())?;
            return pending(f, config);
        }
        let below = config.frames[0].height;
        values(f, &config.stack.values()[..below])?;
        for (i, frame) in config.frames.iter().enumerate() {
            open(f, config, i, frame)?;
        }
        pending(f, config)?;
        for (i, frame) in config.frames.iter().enumerate().rev() {
            close(f, config, i, frame)?;
        }
        Ok(())
    }
}

/// The parts of the store that change: globals, and the sizes of tables and memories.
fn store(f: &mut fmt::Formatter<'_>, config: &Config<Concrete>) -> fmt::Result {
    let store = &config.store;
    let mut parts = Vec::new();
    if !store.globals.is_empty() {
        let values: Vec<String> = store.globals.iter().take(BEHIND).map(|g| g.value.to_string()).collect();
        parts.push(format!("globals {}{}", values.join(" "), more(store.globals.len(), BEHIND)));
    }
    parts.extend(sizes("table", "tables", store.tables.iter().map(|table| table.elements.len() as u64), ""));
    parts.extend(sizes("memory", "memories", store.mems.iter().map(|m| m.bytes.len() as u64 / m.ty.page), " pages"));
    write!(f, "{{{}}}", parts.join(", "))
}

/// The sizes of all tables or memories, if there are any.
fn sizes(one: &str, many: &str, sizes: impl ExactSizeIterator<Item = u64>, unit: &str) -> Option<String> {
    let (name, more) = (if sizes.len() == 1 { one } else { many }, more(sizes.len(), BEHIND));
    let shown: Vec<String> = sizes.take(BEHIND).map(|size| size.to_string()).collect();
    (!shown.is_empty()).then(|| format!("{name} of {}{more}{unit}", shown.join(" ")))
}

fn more(all: usize, shown: usize) -> &'static str {
    if all > shown { " …" } else { "" }
}

/// The upper of some values, as instructions.
fn values(f: &mut fmt::Formatter<'_>, values: &[Val<Concrete>]) -> fmt::Result {
    if values.len() > BEHIND {
        f.write_str("… ")?;
    }
    for value in &values[values.len().saturating_sub(BEHIND)..] {
        match value {
            Val::Ref(r) => write!(f, "({r}) ")?,
            number => write!(f, "({}.const {number}) ", number.ty())?,
        }
    }
    Ok(())
}

/// The labels of a frame.
fn labels<'a>(config: &'a Config<Concrete>, i: usize, frame: &Frame) -> &'a [Label] {
    let end = config.frames.get(i + 1).map_or(config.labels.len(), |next| next.labels);
    &config.labels[frame.labels..end]
}

/// A frame and its labels from the outside in, each with the values that stand in front of the next.
fn open(f: &mut fmt::Formatter<'_>, config: &Config<Concrete>, i: usize, frame: &Frame) -> fmt::Result {
    let stack = config.stack.values();
    let top = config.frames.get(i + 1).map_or(stack.len(), |next| next.height);
    if frame.func.is_some() {
        let end = config.frames.get(i + 1).map_or(config.locals.len(), |next| next.locals);
        let locals = &config.locals[frame.locals..end];
        let shown: Vec<String> = locals.iter().take(BEHIND).map(|v| v.to_string()).collect();
        let name = if locals.is_empty() { "" } else { "locals " };
        write!(f, "frame_{}{{{name}{}{}}} ", frame.arity, shown.join(" "), more(locals.len(), BEHIND))?;
    }
    let labels = labels(config, i, frame);
    let heights = labels.iter().map(|l| l.height).chain([top]);
    let mut from = frame.height;
    for (label, height) in labels.iter().map(Some).chain([None]).zip(heights) {
        values(f, &stack[from..height])?;
        from = height;
        if let Some(label) = label
            && let Some(handler) = label.handler
        {
            let Instr::TryTable { body } = &frame.body.instrs[handler.at as usize] else {
                panic!("only try_table makes handlers")
            };
            let clauses: Vec<String> = body.catches[handler.tried as usize..].iter().map(Catch::to_string).collect();
            write!(f, "handler_{}{{{}}} ", label.arity, clauses.join(" "))?;
        } else if let Some(label) = label {
            let continuation = match frame.body.instrs.get(label.continuation as usize) {
                Some(instr @ Instr::Loop { .. }) if label.continuation < label.after => instr.to_string(),
                _ => String::new(),
            };
            write!(f, "label_{}{{{continuation}}} ", label.arity)?;
        }
    }
    Ok(())
}

/// What rules have rewritten their redex to. A trap stands where its redex stood, before what is still to be reduced.
fn pending(f: &mut fmt::Formatter<'_>, config: &Config<Concrete>) -> fmt::Result {
    if config.trap.is_some() {
        f.write_str("trap ")?;
    }
    for admin in config.pending.iter().rev() {
        match admin {
            Admin::Val(v) => values(f, &[*v])?,
            Admin::Instr(instr) => write!(f, "({instr}) ")?,
            Admin::Block { .. } => f.write_str("(block …) ")?,
            Admin::CallRef(callee) => write!(f, "(call_ref {}) ", callee.ty)?,
            Admin::ReturnCallRef(callee) => write!(f, "(return_call_ref {}) ", callee.ty)?,
            Admin::RefCast(ty) => write!(f, "(ref.cast (ref null {})) ", config.store.types.func_type(*ty))?,
            Admin::ArrayNewFixed { x, vals } => {
                values(f, vals)?;
                write!(f, "(array.new_fixed {x} {}) ", vals.len())?;
            }
            Admin::Suspend(suspended) => {
                write!(
                    f,
                    "(suspend {} {}{}) ",
                    suspended.mem,
                    suspended.ea,
                    if suspended.woken { " woken" } else { "" }
                )?;
            }
        }
    }
    Ok(())
}

/// What is still to come in a frame's sequences from the inside out, each closed by its `end`.
fn close(f: &mut fmt::Formatter<'_>, config: &Config<Concrete>, i: usize, frame: &Frame) -> fmt::Result {
    // A block that is about to be entered stands for its code, which is skipped here.
    let mut from = match config.pending.last() {
        Some(Admin::Block { end, .. }) if i + 1 == config.frames.len() => end + 1,
        _ => frame.next,
    };
    for label in labels(config, i, frame).iter().rev() {
        // In a handler nothing comes after its label.
        if label.handler.is_none() {
            ahead(f, frame, from)?;
        }
        f.write_str("end ")?;
        from = label.after;
    }
    if frame.func.is_some() {
        return f.write_str("end ");
    }
    ahead(f, frame, from)
}

/// The next instructions of a sequence, up to its `end`.
fn ahead(f: &mut fmt::Formatter<'_>, frame: &Frame, from: u32) -> fmt::Result {
    let mut nested = 0usize;
    let rest = frame.body.instrs.get(from as usize..).unwrap_or_default();
    for (n, instr) in rest.iter().enumerate() {
        match instr {
            Instr::End {} | Instr::Else {} if nested == 0 => return Ok(()),
            _ if n == AHEAD => return f.write_str("… "),
            Instr::End {} => nested -= 1,
            Instr::Block { .. } | Instr::Loop { .. } | Instr::If { .. } | Instr::TryTable { .. } => nested += 1,
            _ => {}
        }
        match instr {
            Instr::End {} | Instr::Else {} => write!(f, "{instr} ")?,
            _ => write!(f, "({instr}) ")?,
        }
    }
    Ok(())
}

/// A configuration on one line, without a blank at its end.
pub(super) fn line(config: &Config<Concrete>) -> String {
    let mut line = String::new();
    write!(line, "{}", Notation(config)).expect("writing to a string");
    line.truncate(line.trim_end().len());
    line
}
