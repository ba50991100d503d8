//! The flat form, telling the rules that it stands for: one operation after another, each by the same loop that runs
//! them all. It is how the flat form is held against the rules.
//!
//! The way out of a trap or an exception isn't told, beside what handlers do: it has no operations.

use super::code::{Op, own};
use super::run::{Event, Flat, flat_of};
use super::steps::Own;
use crate::exec::config::Config;
use crate::exec::store::FuncInst;
use crate::rule::Rule;
use crate::trap::{Budget, TrapKind};
use crate::value::Concrete;

impl Flat {
    /// Tells the rules from now on, or no longer.
    pub(crate) fn set_telling(&mut self, tells: bool) {
        self.told = tells.then(Vec::new);
    }

    /// The rules since they were last asked for.
    pub(crate) fn told(&mut self) -> Vec<Rule> {
        self.told.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Runs operation by operation, each for a fuel of one, until something happens that isn't the flat form's.
    pub(super) fn tell(&mut self, c: &mut Config<Concrete>, d: &Concrete, fuel: &mut u64) -> Event {
        loop {
            let frame = *self.frames.last().expect("a thread without frames has ended");
            let FuncInst::Wasm { instance, .. } = c.store.funcs[frame.of].clone() else {
                unreachable!("only functions of modules have frames")
            };
            let code = flat_of(&instance, true).code(&instance.module, frame.def as usize, true);
            let steps = &code.told.as_ref().expect("it was compiled to tell its rules").steps[frame.next as usize];
            let (op, more) = (code.ops[frame.next as usize], code.ops.get(frame.next as usize + 1));
            let cell = |s: u32| self.cells[frame.base + s as usize];
            let from = self.count();
            let mut first = steps.before.clone();
            // What is known before the operation.
            match &steps.own {
                Own::Are(rules) => first.extend_from_slice(rules),
                Own::Select => {
                    let condition = cell(more.expect("its operands").a) as u32;
                    first.push(if condition != 0 { Rule::SelectTrue } else { Rule::SelectFalse });
                }
                Own::Table => {
                    let i = (cell(op.d) as u32).min(op.a);
                    first.push(if i < op.a { Rule::BrTableLt } else { Rule::BrTableGe });
                    first.extend_from_slice(&code.told.as_ref().expect("as before").targets[(op.b + i) as usize]);
                }
                _ => {}
            }
            let numbers = match steps.own {
                Own::Bulk => [op.d, op.a, op.b].map(cell),
                _ => [0; 3],
            };
            self.say(&first);
            let event = self.go::<true>(c, d, &mut 1);
            let trap = match &event {
                Event::Trapped(kind, _) => Some(*kind),
                _ => None,
            };
            match &steps.own {
                Own::Instr(rule, traps) => self.say(&[if trap.is_some() { *traps } else { *rule }]),
                Own::Branch { goes, stays, .. } => {
                    let next = self.frames.last().expect("a branch stays in its frame").next;
                    self.say(if next == op.d { goes } else { stays });
                }
                Own::Call(rules) => self.say(&called(rules, trap, matches!(event, Event::CallOut(..)))),
                Own::Bulk => self.say(&moved(op, numbers, trap.is_some())),
                Own::ThrowRef if trap.is_some() => self.say(&[Rule::ThrowRefNull]),
                Own::Asked => self.told.as_mut().expect("it is telling").truncate(from + first.len()),
                Own::Are(_) | Own::Select | Own::Table | Own::ByRule | Own::ThrowRef => {}
            }
            *fuel = fuel.saturating_sub((self.count() - from) as u64);
            match event {
                Event::Exhausted(Budget::Fuel) if *fuel > 0 => {}
                event => return event,
            }
        }
    }

    fn count(&self) -> usize {
        self.told.as_ref().map_or(0, Vec::len)
    }

    fn say(&mut self, rules: &[Rule]) {
        self.told.as_mut().expect("it is telling").extend(rules);
    }
}

/// The rules of a call that was to be by these: of one that traps, or of one of the host, which no rule enters.
fn called(rules: &[Rule], trap: Option<TrapKind>, is_host: bool) -> Vec<Rule> {
    let (last, before) = rules.split_last().expect("a call has rules");
    debug_assert_eq!(*last, Rule::CallRefFunc);
    match (trap, before.split_last()) {
        (None, _) if is_host => before.to_vec(),
        (None, _) => rules.to_vec(),
        (Some(TrapKind::TableOutOfBounds), _) => vec![rules[0], Rule::TableGetOob],
        (Some(TrapKind::IndirectCallType), _) => vec![rules[0], Rule::TableGetVal, Rule::RefCastFail],
        (Some(_), Some((Rule::ReturnCallRefFrameAddr, before))) => [before, &[Rule::ReturnCallRefFrameNull]].concat(),
        (Some(_), _) => [before, &[Rule::CallRefNull]].concat(),
    }
}

/// The rules of a bulk operation on memories: byte by byte.
fn moved(op: Op, [i, j, n]: [u64; 3], traps: bool) -> Vec<Rule> {
    let (each, zero, oob): (&[Rule], _, _) = match op.code {
        own::MemoryFill => (&[Rule::MemoryFillSucc, Rule::StorePackVal], Rule::MemoryFillZero, Rule::MemoryFillOob),
        own::MemoryCopy if i <= j => {
            (&[Rule::MemoryCopyLe, Rule::LoadPackVal, Rule::StorePackVal], Rule::MemoryCopyZero, Rule::MemoryCopyOob)
        }
        own::MemoryCopy => {
            (&[Rule::MemoryCopyGt, Rule::LoadPackVal, Rule::StorePackVal], Rule::MemoryCopyZero, Rule::MemoryCopyOob)
        }
        _ => (&[Rule::MemoryInitSucc, Rule::StorePackVal], Rule::MemoryInitZero, Rule::MemoryInitOob),
    };
    match traps {
        true => vec![oob],
        false => [each.repeat(n as usize), vec![zero]].concat(),
    }
}
