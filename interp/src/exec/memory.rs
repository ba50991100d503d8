//! Memory instructions (4.6.6). Bulk operations are what they are in the standard: byte by byte.

use super::config::{Admin, Config};
use super::domain::{Domain, Memory};
use super::step::Reduced;
use super::store::{MAX_PAGES, PAGE};
use super::value::{Addr, I32, Num, V128, Val};
use super::vector;
use crate::num::{self, Shape};
use crate::rule::Rule;
use crate::syntax::{Idx, Instr, LaneIdx, MemArg};
use crate::trap::{Budget, TrapKind};
use crate::value::{W8, W32, W64, W128, Width};

fn mem<D: Domain>(c: &Config<D>, x: Idx) -> Addr {
    c.instance().mems[x as usize]
}

/// The effective address of an access of `n` bytes, or `None` if it traps.
fn access<D: Domain>(
    c: &Config<D>,
    d: &D,
    i: D::Bv<W32>,
    ao: &MemArg,
    n: u32,
) -> Result<Option<D::Bv<W64>>, D::Undecided> {
    let ea = num::effective_address(d, i, ao.offset);
    let oob = num::out_of_bounds(d, ea, n, c.store.mems[mem(c, ao.mem)].len(d));
    Ok(if d.traps(oob, TrapKind::MemoryOutOfBounds)? { None } else { Some(ea) })
}

/// `t.load x ao`
pub(super) fn load<D: Domain, T: Num>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let Some(ea) = access(c, d, i, ao, num::bytes::<T::W>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::LoadNumOob));
    };
    let v = c.store.mems[mem(c, ao.mem)].bytes.load::<T::W>(d, ea);
    c.stack.push_num::<T>(v);
    Ok(Rule::LoadNumVal)
}

/// `t.loadN_sx x ao`
pub(super) fn load_pack<D: Domain, T: Num, N: Width>(
    c: &mut Config<D>,
    d: &D,
    ao: &MemArg,
    extend: impl Fn(&D, D::Bv<N>) -> D::Bv<T::W>,
) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let Some(ea) = access(c, d, i, ao, num::bytes::<N>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::LoadPackOob));
    };
    let v = c.store.mems[mem(c, ao.mem)].bytes.load::<N>(d, ea);
    c.stack.push_num::<T>(extend(d, v));
    Ok(Rule::LoadPackVal)
}

/// `t.store x ao`
pub(super) fn store<D: Domain, T: Num>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<T>(), c.stack.pop_num::<I32>());
    let Some(ea) = access(c, d, i, ao, num::bytes::<T::W>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::StoreNumOob));
    };
    let a = mem(c, ao.mem);
    c.store.mems[a].bytes.store::<T::W>(d, ea, v);
    Ok(Rule::StoreNumVal)
}

/// `t.storeN x ao`
pub(super) fn store_pack<D: Domain, T: Num, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<T>(), c.stack.pop_num::<I32>());
    let Some(ea) = access(c, d, i, ao, num::bytes::<N>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::StorePackOob));
    };
    let (a, wrapped) = (mem(c, ao.mem), num::wrap::<D, T::W, N>(d, v));
    c.store.mems[a].bytes.store::<N>(d, ea, wrapped);
    Ok(Rule::StorePackVal)
}

/// The bits of an access, or `None` if it traps.
fn loaded<D: Domain, N: Width>(
    c: &Config<D>,
    d: &D,
    i: D::Bv<W32>,
    ao: &MemArg,
) -> Result<Option<D::Bv<N>>, D::Undecided> {
    let ea = access(c, d, i, ao, num::bytes::<N>())?;
    Ok(ea.map(|ea| c.store.mems[mem(c, ao.mem)].bytes.load::<N>(d, ea)))
}

/// `v128.load x ao`
pub(super) fn vload<D: Domain>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let Some(v) = loaded::<D, W128>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadOob));
    };
    c.stack.push_num::<V128>(v);
    Ok(Rule::VloadVal)
}

/// `v128.loadMxN_sx x ao`: lanes as in S1, extended to those of S2.
pub(super) fn vload_pack<D: Domain, S1: Shape, S2: Shape>(
    c: &mut Config<D>,
    d: &D,
    ao: &MemArg,
    extend: impl Fn(&D, D::Bv<S1::Lane>) -> D::Bv<S2::Lane>,
) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let Some(packed) = loaded::<D, W64>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadPackOob));
    };
    let lane = |k: u32| d.extract::<W64, S1::Lane>(packed, k * <S1::Lane as Width>::BITS);
    c.stack.push_num::<V128>(num::inv_lanes::<D, S2>(d, |k| extend(d, lane(k))));
    Ok(Rule::VloadPackVal)
}

/// `v128.loadN_splat x ao`
pub(super) fn vload_splat<D: Domain, S: Shape>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let Some(lane) = loaded::<D, S::Lane>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadSplatOob));
    };
    c.stack.push_num::<V128>(num::inv_lanes::<D, S>(d, |_| lane));
    Ok(Rule::VloadSplatVal)
}

/// `v128.loadN_zero x ao`
pub(super) fn vload_zero<D: Domain, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_num::<I32>();
    let Some(low) = loaded::<D, N>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadZeroOob));
    };
    c.stack.push_num::<V128>(num::extend_u::<D, N, W128>(d, low));
    Ok(Rule::VloadZeroVal)
}

/// `v128.loadN_lane x ao j`
pub(super) fn vload_lane<D: Domain, S: Shape>(c: &mut Config<D>, d: &D, ao: &MemArg, j: LaneIdx) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<V128>(), c.stack.pop_num::<I32>());
    let Some(lane) = loaded::<D, S::Lane>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadLaneOob));
    };
    c.stack.push_num::<V128>(vector::replaced::<D, S>(d, v, j, lane));
    Ok(Rule::VloadLaneVal)
}

/// `v128.store x ao`
pub(super) fn vstore<D: Domain>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<V128>(), c.stack.pop_num::<I32>());
    let Some(ea) = access(c, d, i, ao, num::bytes::<W128>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VstoreOob));
    };
    let a = mem(c, ao.mem);
    c.store.mems[a].bytes.store::<W128>(d, ea, v);
    Ok(Rule::VstoreVal)
}

/// `v128.storeN_lane x ao j`
pub(super) fn vstore_lane<D: Domain, S: Shape>(c: &mut Config<D>, d: &D, ao: &MemArg, j: LaneIdx) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<V128>(), c.stack.pop_num::<I32>());
    let Some(ea) = access(c, d, i, ao, num::bytes::<S::Lane>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VstoreLaneOob));
    };
    let (a, lane) = (mem(c, ao.mem), num::lane::<D, S>(d, v, j.into()));
    c.store.mems[a].bytes.store::<S::Lane>(d, ea, lane);
    Ok(Rule::VstoreLaneVal)
}

/// A length in bytes, in pages.
fn pages<D: Domain>(d: &D, len: D::Bv<W64>) -> D::Bv<W64> {
    d.lshr(len, d.constant(PAGE.trailing_zeros().into()))
}

/// `memory.size x`
pub(super) fn size<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let len = c.store.mems[mem(c, x)].len(d);
    c.stack.push(Val::I32(d.extract(pages(d, len), 0)));
    Ok(Rule::MemorySize)
}

/// `memory.grow x`
pub(super) fn grow<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (a, n) = (mem(c, x), c.stack.pop_num::<I32>());
    let old = pages(d, c.store.mems[a].len(d));
    let new = d.add(old, d.zext(n));
    let limit = c.store.mems[a].max.unwrap_or(MAX_PAGES);
    if d.decide(d.ult(d.constant(limit.into()), new))? || !d.grows()? {
        c.stack.push(Val::I32(d.constant(u32::MAX.into())));
        return Ok(Rule::MemoryGrowFail);
    }
    let len = d.mul(new, d.constant(PAGE.into()));
    if !c.store.charge(c.store.mems[a].bytes.cost(d, len)) {
        c.exhausted = Some(Budget::Store);
    } else {
        c.store.mems[a].bytes.grow(d, len);
    }
    c.stack.push(Val::I32(d.extract(old, 0)));
    Ok(Rule::MemoryGrowSucceed)
}

/// `i + k` as an `i32` value.
pub(super) fn plus<D: Domain>(d: &D, i: D::Bv<W32>, k: u128) -> Val<D> {
    Val::I32(d.add(i, d.constant(k)))
}

/// `i - k` as an `i32` value.
pub(super) fn minus<D: Domain>(d: &D, i: D::Bv<W32>, k: u128) -> Val<D> {
    Val::I32(d.sub(i, d.constant(k)))
}

/// Rewrites the redex to a sequence that ends in an instruction.
pub(super) fn then<D: Domain>(c: &mut Config<D>, sequence: impl DoubleEndedIterator<Item = Admin<D>>, last: Instr) {
    c.pending.push(Admin::Instr(last));
    c.pending.extend(sequence.rev());
}

fn byte_at(x: Idx) -> MemArg {
    MemArg { align: 0, offset: 0, mem: x }
}

/// Whether `n` bytes from `i` trap on a memory.
fn range_oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: D::Bv<W32>, n: D::Bv<W32>) -> Result<bool, D::Undecided> {
    d.traps(num::range_out_of_bounds(d, i, n, c.store.mems[a].len(d)), TrapKind::MemoryOutOfBounds)
}

/// `memory.fill x`
pub(super) fn fill<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = mem(c, x);
    let (n, v, i) = (c.stack.pop_num::<I32>(), c.stack.pop(), c.stack.pop_num::<I32>());
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::MemoryFillOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::MemoryFillZero);
    }
    let store = Instr::I32Store8 { ao: byte_at(x) };
    let first = [Admin::Val(Val::I32(i)), Admin::Val(v), Admin::Instr(store)];
    let rest = [plus(d, i, 1), v, minus(d, n, 1)].map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::MemoryFill { x });
    Ok(Rule::MemoryFillSucc)
}

/// `memory.copy x y`
pub(super) fn copy<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (to, from) = (mem(c, x), mem(c, y));
    let (n, j, i) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    if range_oob(c, d, to, i, n)? || range_oob(c, d, from, j, n)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::MemoryCopyOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::MemoryCopyZero);
    }
    let forward = d.decide(num::ile_u(d, i, j))?;
    let move_one = |i, j| {
        let (load, store) = (Instr::I32Load8U { ao: byte_at(y) }, Instr::I32Store8 { ao: byte_at(x) });
        [Admin::Val(i), Admin::Val(j), Admin::Instr(load), Admin::Instr(store)]
    };
    let last = d.sub(n, d.constant(1));
    let (first, rest) = if forward {
        (move_one(Val::I32(i), Val::I32(j)), [plus(d, i, 1), plus(d, j, 1)])
    } else {
        (move_one(Val::I32(d.add(i, last)), Val::I32(d.add(j, last))), [Val::I32(i), Val::I32(j)])
    };
    let rest = rest.into_iter().chain([Val::I32(last)]).map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::MemoryCopy { x, y });
    Ok(if forward { Rule::MemoryCopyLe } else { Rule::MemoryCopyGt })
}

/// `memory.init x y`
pub(super) fn init<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (a, data) = (mem(c, x), c.instance().datas[y as usize]);
    let (n, j, i) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    let len = d.constant(c.store.datas[data].len() as u128);
    if range_oob(c, d, a, i, n)? || d.traps(num::range_out_of_bounds(d, j, n, len), TrapKind::MemoryOutOfBounds)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::MemoryInitOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::MemoryInitZero);
    }
    let at = d.index(j, c.store.datas[data].len())?;
    let byte = Val::I32(d.zext(d.constant::<W8>(c.store.datas[data][at].into())));
    let first = [Admin::Val(Val::I32(i)), Admin::Val(byte), Admin::Instr(Instr::I32Store8 { ao: byte_at(x) })];
    let rest = [plus(d, i, 1), plus(d, j, 1), minus(d, n, 1)].map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::MemoryInit { x, y });
    Ok(Rule::MemoryInitSucc)
}

/// `data.drop x`
pub(super) fn data_drop<D: Domain>(c: &mut Config<D>, _d: &D, x: Idx) -> Reduced<D> {
    let a = c.instance().datas[x as usize];
    c.store.datas[a] = Default::default();
    Ok(Rule::DataDrop)
}
