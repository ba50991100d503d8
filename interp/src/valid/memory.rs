//! Memory instructions (3.4.13).

use super::error::{Checked, Fault};
use super::instr::proposal;
use super::rule::{Observer, Rule};
use super::stack::Checker;
use super::table::least;
use crate::syntax::{AddrType, Idx, LaneIdx, MemArg, ValType};

/// `Memarg_ok`, with the bytes of the access; the type of addresses of the memory.
fn mem_arg<O: Observer>(c: &mut Checker<'_, '_, O>, ao: &MemArg, bytes: u32) -> Checked<ValType> {
    let at = c.c.mem(ao.mem)?.addr;
    c.d.by(Rule::MemargOk, |_| {
        let natural = bytes.ilog2() as u8;
        if ao.align > natural {
            return Err(Box::new(Fault::Alignment { natural, found: ao.align }));
        }
        match at {
            AddrType::I32 if ao.offset > u32::MAX.into() => Err(Box::new(Fault::Offset(ao.offset))),
            _ => Ok(()),
        }
    })?;
    Ok(at.into())
}

/// A load, by the rule of its form, of so many bytes.
pub(super) fn load<O: Observer>(
    c: &mut Checker<'_, '_, O>,
    rule: Rule,
    ao: &MemArg,
    bytes: u32,
    t: ValType,
) -> Checked<()> {
    c.rule(rule);
    let at = mem_arg(c, ao, bytes)?;
    c.operate(&[at], &[t])
}

/// A store, by the rule of its form, of so many bytes.
pub(super) fn store<O: Observer>(
    c: &mut Checker<'_, '_, O>,
    rule: Rule,
    ao: &MemArg,
    bytes: u32,
    t: ValType,
) -> Checked<()> {
    c.rule(rule);
    let at = mem_arg(c, ao, bytes)?;
    c.pop(&[at, t])
}

/// An atomic access of so many bytes: its alignment is that of its width, neither less nor more.
pub(super) fn atomic<O: Observer>(
    c: &mut Checker<'_, '_, O>,
    rule: Rule,
    ao: &MemArg,
    bytes: u32,
    operands: &[ValType],
    results: &[ValType],
) -> Checked<()> {
    proposal(c, rule)?;
    let at = mem_arg(c, ao, bytes)?;
    let natural = bytes.ilog2() as u8;
    if ao.align != natural {
        return Err(Box::new(Fault::AtomicAlignment { natural, found: ao.align }));
    }
    let operands: Vec<ValType> = std::iter::once(at).chain(operands.iter().copied()).collect();
    c.operate(&operands, results)
}

/// A lane is one of those of its shape.
pub(super) fn lane(i: LaneIdx, lanes: u8) -> Checked<()> {
    if i < lanes { Ok(()) } else { Err(Box::new(Fault::Lane { index: i, lanes })) }
}

/// `v128.load_lane` of lanes of so many bytes.
pub(super) fn load_lane<O: Observer>(c: &mut Checker<'_, '_, O>, ao: &MemArg, i: LaneIdx, bytes: u32) -> Checked<()> {
    c.rule(Rule::InstrOkVloadLane);
    let at = mem_arg(c, ao, bytes)?;
    lane(i, 16 / bytes as u8)?;
    c.operate(&[at, ValType::V128], &[ValType::V128])
}

/// `v128.store_lane` of lanes of so many bytes.
pub(super) fn store_lane<O: Observer>(c: &mut Checker<'_, '_, O>, ao: &MemArg, i: LaneIdx, bytes: u32) -> Checked<()> {
    c.rule(Rule::InstrOkVstoreLane);
    let at = mem_arg(c, ao, bytes)?;
    lane(i, 16 / bytes as u8)?;
    c.pop(&[at, ValType::V128])
}

pub(super) fn size<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkMemorySize);
    let at = c.c.mem(*x)?.addr.into();
    c.push(&[at])
}

pub(super) fn grow<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkMemoryGrow);
    let at = c.c.mem(*x)?.addr.into();
    c.operate(&[at], &[at])
}

pub(super) fn fill<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkMemoryFill);
    let at = c.c.mem(*x)?.addr.into();
    c.pop(&[at, ValType::I32, at])
}

pub(super) fn copy<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkMemoryCopy);
    let (to, from) = (c.c.mem(*x)?.addr, c.c.mem(*y)?.addr);
    c.pop(&[to.into(), from.into(), least(to, from)])
}

pub(super) fn init<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkMemoryInit);
    let at = c.c.mem(*x)?.addr.into();
    c.c.data(*y)?;
    c.pop(&[at, ValType::I32, ValType::I32])
}

pub(super) fn data_drop<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkDataDrop);
    c.c.data(*x)
}
