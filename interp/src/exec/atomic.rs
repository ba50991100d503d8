//! Atomic memory instructions (of the threads proposal).
//!
//! A step is indivisible, so that a configuration of several threads steps in a sequentially consistent order whoever
//! steps next: an atomic access is an access whose address has to be aligned. What the relaxed memory model of the
//! proposal allows beyond that for accesses that aren't atomic, and race, isn't followed.
//!
//! An address that is neither aligned nor within bounds traps for the former: the rules of the proposal don't tell the
//! two apart, its interpreter does so. A `cmpxchg` that is narrower than its type compares what it expects wrapped
//! (WebAssembly/threads#195).

use super::config::{Admin, Config, Progress};
use super::domain::{Domain, Memory};
use super::memory::{self, mem};
use super::step::Reduced;
use super::thread::Suspended;
use super::value::{Addr, I32, I64, Num};
use crate::num;
use crate::rule::Rule;
use crate::syntax::MemArg;
use crate::trap::TrapKind;
use crate::value::{W32, W64, Width};

/// Where an access is: the memory and the effective address.
type At<D> = (Addr, <D as crate::value::Reading>::Bv<W64>);

/// Where an access of width `N` is, or the rule by which it traps: for want of alignment, or of bounds.
fn access<D: Domain, N: Width>(
    c: &mut Config<D>,
    d: &D,
    ao: &MemArg,
    [unaligned, oob]: [Rule; 2],
) -> Result<Result<At<D>, Rule>, D::Undecided> {
    let (i, n) = (c.stack.pop_address(d), num::bytes::<N>());
    if d.traps(num::unaligned(d, i, ao.offset, n), TrapKind::UnalignedAtomic)? {
        return Ok(Err(c.traps(TrapKind::UnalignedAtomic, unaligned)));
    }
    Ok(match memory::access(c, d, i, ao, n)? {
        Some(ea) => Ok((mem(c, ao.mem), ea)),
        None => Err(c.traps(TrapKind::MemoryOutOfBounds, oob)),
    })
}

/// The rules of an access that is as wide as its type, or those of a narrower one.
fn rules<T: Num, N: Width, const K: usize>(num: [Rule; K], pack: [Rule; K]) -> [Rule; K] {
    if N::BITS < <T::W as Width>::BITS { pack } else { num }
}

/// `atomic.fence`: nothing, since no step is reordered.
pub(super) fn fence<D: Domain>(_c: &mut Config<D>, _d: &D) -> Reduced<D> {
    Ok(Rule::AtomicFence)
}

/// `t.atomic.load x ao`, `t.atomic.loadN_u x ao`
pub(super) fn load<D: Domain, T: Num, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let [unaligned, oob, val] = rules::<T, N, 3>(
        [Rule::AtomicLoadNumUnaligned, Rule::AtomicLoadNumOob, Rule::AtomicLoadNumVal],
        [Rule::AtomicLoadPackUnaligned, Rule::AtomicLoadPackOob, Rule::AtomicLoadPackVal],
    );
    let (a, ea) = match access::<D, N>(c, d, ao, [unaligned, oob])? {
        Ok(at) => at,
        Err(rule) => return Ok(rule),
    };
    let loaded = c.store.mems[a].bytes.load::<N>(d, ea)?;
    c.stack.push_num::<T>(num::extend_u::<D, N, T::W>(d, loaded));
    Ok(val)
}

/// `t.atomic.store x ao`, `t.atomic.storeN x ao`
pub(super) fn store<D: Domain, T: Num, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let [unaligned, oob, val] = rules::<T, N, 3>(
        [Rule::AtomicStoreNumUnaligned, Rule::AtomicStoreNumOob, Rule::AtomicStoreNumVal],
        [Rule::AtomicStorePackUnaligned, Rule::AtomicStorePackOob, Rule::AtomicStorePackVal],
    );
    let v = c.stack.pop_num::<T>();
    let (a, ea) = match access::<D, N>(c, d, ao, [unaligned, oob])? {
        Ok(at) => at,
        Err(rule) => return Ok(rule),
    };
    c.store.mems[a].bytes.store::<N>(d, ea, num::wrap::<D, T::W, N>(d, v))?;
    Ok(val)
}

/// `t.atomic.rmw.op x ao`, `t.atomic.rmwN.op_u x ao`: what was there is the result.
pub(super) fn rmw<D: Domain, T: Num, N: Width>(
    c: &mut Config<D>,
    d: &D,
    ao: &MemArg,
    op: impl Fn(&D, D::Bv<N>, D::Bv<N>) -> D::Bv<N>,
) -> Reduced<D> {
    let [unaligned, oob, val] = rules::<T, N, 3>(
        [Rule::AtomicRmwNumUnaligned, Rule::AtomicRmwNumOob, Rule::AtomicRmwNumVal],
        [Rule::AtomicRmwPackUnaligned, Rule::AtomicRmwPackOob, Rule::AtomicRmwPackVal],
    );
    let v = c.stack.pop_num::<T>();
    let (a, ea) = match access::<D, N>(c, d, ao, [unaligned, oob])? {
        Ok(at) => at,
        Err(rule) => return Ok(rule),
    };
    let loaded = c.store.mems[a].bytes.load::<N>(d, ea)?;
    c.store.mems[a].bytes.store::<N>(d, ea, op(d, loaded, num::wrap::<D, T::W, N>(d, v)))?;
    c.stack.push_num::<T>(num::extend_u::<D, N, T::W>(d, loaded));
    Ok(val)
}

/// `t.atomic.rmw.cmpxchg x ao`, `t.atomic.rmwN.cmpxchg_u x ao`
pub(super) fn cmpxchg<D: Domain, T: Num, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let [unaligned, oob, eq, ne] = rules::<T, N, 4>(
        [
            Rule::AtomicCmpxchgNumUnaligned,
            Rule::AtomicCmpxchgNumOob,
            Rule::AtomicCmpxchgNumEq,
            Rule::AtomicCmpxchgNumNe,
        ],
        [
            Rule::AtomicCmpxchgPackUnaligned,
            Rule::AtomicCmpxchgPackOob,
            Rule::AtomicCmpxchgPackEq,
            Rule::AtomicCmpxchgPackNe,
        ],
    );
    let (replacement, expected) = (c.stack.pop_num::<T>(), c.stack.pop_num::<T>());
    let (a, ea) = match access::<D, N>(c, d, ao, [unaligned, oob])? {
        Ok(at) => at,
        Err(rule) => return Ok(rule),
    };
    let loaded = c.store.mems[a].bytes.load::<N>(d, ea)?;
    let equal = d.decide(num::ieq(d, loaded, num::wrap::<D, T::W, N>(d, expected)))?;
    if equal {
        c.store.mems[a].bytes.store::<N>(d, ea, num::wrap::<D, T::W, N>(d, replacement))?;
    }
    c.stack.push_num::<T>(num::extend_u::<D, N, T::W>(d, loaded));
    Ok(if equal { eq } else { ne })
}

/// `memory.atomic.waitN x ao`: becomes `suspend`, if what is there is as expected. A timeout is a number of
/// nanoseconds; a negative one never elapses.
pub(super) fn wait<D: Domain, T: Num>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (timeout, expected) = (c.stack.pop_num::<I64>(), c.stack.pop_num::<T>());
    let traps = [Rule::MemoryAtomicWaitUnaligned, Rule::MemoryAtomicWaitOob];
    let (a, ea) = match access::<D, T::W>(c, d, ao, traps)? {
        Ok(at) => at,
        Err(rule) => return Ok(rule),
    };
    if d.traps(d.truth(!c.store.mems[a].ty.shared), TrapKind::UnsharedMemory)? {
        return Ok(c.traps(TrapKind::UnsharedMemory, Rule::MemoryAtomicWaitUnshared));
    }
    let loaded = c.store.mems[a].bytes.load::<T::W>(d, ea)?;
    if !d.decide(num::ieq(d, loaded, expected))? {
        c.stack.push_num::<I32>(d.constant(1));
        return Ok(Rule::MemoryAtomicWaitNe);
    }
    let endless = d.decide(num::ilt_s(d, timeout, d.constant(0)))?;
    let until = if endless { None } else { Some(c.threads.after(d.index(timeout, usize::MAX)? as u64)) };
    let suspended = Suspended { mem: a, ea, until, turn: c.threads.next_turn(), woken: false };
    c.pending.push(Admin::Suspend(suspended));
    Ok(Rule::MemoryAtomicWaitSuspend)
}

/// `suspend`: goes on once the thread has been notified, or its timeout has elapsed.
pub(super) fn suspend<D: Domain>(c: &mut Config<D>, d: &D, suspended: Suspended<D>) -> Progress<D> {
    let (result, rule) = match suspended {
        _ if suspended.woken => (0, Rule::SuspendWoken),
        _ if suspended.has_elapsed(c.threads.clock()) => (2, Rule::SuspendTimeout),
        _ => {
            c.pending.push(Admin::Suspend(suspended));
            return Progress::Blocked;
        }
    };
    c.stack.push_num::<I32>(d.constant(result));
    Progress::Reduced(rule)
}

/// `memory.atomic.notify x ao`: wakes as many as it may of the threads that wait at the address, those that have waited
/// longest. Its result is how many these are.
pub(super) fn notify<D: Domain>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let count = c.stack.pop_num::<I32>();
    let traps = [Rule::MemoryAtomicNotifyUnaligned, Rule::MemoryAtomicNotifyOob];
    let (a, ea) = match access::<D, W32>(c, d, ao, traps)? {
        Ok(at) => at,
        Err(rule) => return Ok(rule),
    };
    let mut woken = 0;
    for suspended in c.threads.waiting() {
        if !d.decide(num::ilt_u(d, d.constant(woken), count))? {
            break;
        }
        if suspended.mem == a && d.decide(num::ieq(d, suspended.ea, ea))? {
            suspended.woken = true;
            woken += 1;
        }
    }
    c.stack.push_num::<I32>(d.constant(woken));
    Ok(Rule::MemoryAtomicNotifyVal)
}
