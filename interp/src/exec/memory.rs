//! Memory instructions (4.6.8). Bulk operations are what they are in the standard: byte by byte.

use super::config::{Admin, Config};
use super::domain::{Domain, Memory};
use super::step::Reduced;
use super::value::{Addr, Num, V128, Val};
use super::vector;
use crate::num::{self, Shape};
use crate::rule::Rule;
use crate::syntax::{Idx, Instr, LaneIdx, MemArg};
use crate::trap::{Budget, TrapKind};
use crate::value::{W8, W64, W128, Width};

pub(super) fn mem<D: Domain>(c: &Config<D>, x: Idx) -> Addr {
    c.instance().mems[x as usize]
}

/// The effective address of an access of `n` bytes, or `None` if it traps.
pub(super) fn access<D: Domain>(
    c: &Config<D>,
    d: &D,
    i: D::Bv<W64>,
    ao: &MemArg,
    n: u32,
) -> Result<Option<D::Bv<W64>>, D::Undecided> {
    let oob = num::out_of_bounds(d, i, ao.offset, n, c.store.mems[mem(c, ao.mem)].len(d));
    let traps = d.traps(oob, TrapKind::MemoryOutOfBounds)?;
    Ok(if traps { None } else { Some(num::effective_address(d, i, ao.offset)) })
}

/// `t.load x ao`
pub(super) fn load<D: Domain, T: Num>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_address(d);
    let Some(ea) = access(c, d, i, ao, num::bytes::<T::W>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::LoadNumOob));
    };
    let v = c.store.mems[mem(c, ao.mem)].bytes.load::<T::W>(d, ea)?;
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
    let i = c.stack.pop_address(d);
    let Some(ea) = access(c, d, i, ao, num::bytes::<N>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::LoadPackOob));
    };
    let v = c.store.mems[mem(c, ao.mem)].bytes.load::<N>(d, ea)?;
    c.stack.push_num::<T>(extend(d, v));
    Ok(Rule::LoadPackVal)
}

/// `t.store x ao`
pub(super) fn store<D: Domain, T: Num>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<T>(), c.stack.pop_address(d));
    let Some(ea) = access(c, d, i, ao, num::bytes::<T::W>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::StoreNumOob));
    };
    let a = mem(c, ao.mem);
    c.store.mems[a].bytes.store::<T::W>(d, ea, v)?;
    Ok(Rule::StoreNumVal)
}

/// `t.storeN x ao`
pub(super) fn store_pack<D: Domain, T: Num, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<T>(), c.stack.pop_address(d));
    let Some(ea) = access(c, d, i, ao, num::bytes::<N>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::StorePackOob));
    };
    let (a, wrapped) = (mem(c, ao.mem), num::wrap::<D, T::W, N>(d, v));
    c.store.mems[a].bytes.store::<N>(d, ea, wrapped)?;
    Ok(Rule::StorePackVal)
}

/// The bits of an access, or `None` if it traps.
fn loaded<D: Domain, N: Width>(
    c: &Config<D>,
    d: &D,
    i: D::Bv<W64>,
    ao: &MemArg,
) -> Result<Option<D::Bv<N>>, D::Undecided> {
    let ea = access(c, d, i, ao, num::bytes::<N>())?;
    ea.map(|ea| c.store.mems[mem(c, ao.mem)].bytes.load::<N>(d, ea)).transpose()
}

/// `v128.load x ao`
pub(super) fn vload<D: Domain>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_address(d);
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
    let i = c.stack.pop_address(d);
    let Some(packed) = loaded::<D, W64>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadPackOob));
    };
    let lane = |k: u32| d.extract::<W64, S1::Lane>(packed, k * <S1::Lane as Width>::BITS);
    c.stack.push_num::<V128>(num::inv_lanes::<D, S2>(d, |k| extend(d, lane(k))));
    Ok(Rule::VloadPackVal)
}

/// `v128.loadN_splat x ao`
pub(super) fn vload_splat<D: Domain, S: Shape>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_address(d);
    let Some(lane) = loaded::<D, S::Lane>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadSplatOob));
    };
    c.stack.push_num::<V128>(num::inv_lanes::<D, S>(d, |_| lane));
    Ok(Rule::VloadSplatVal)
}

/// `v128.loadN_zero x ao`
pub(super) fn vload_zero<D: Domain, N: Width>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let i = c.stack.pop_address(d);
    let Some(low) = loaded::<D, N>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadZeroOob));
    };
    c.stack.push_num::<V128>(num::extend_u::<D, N, W128>(d, low));
    Ok(Rule::VloadZeroVal)
}

/// `v128.loadN_lane x ao j`
pub(super) fn vload_lane<D: Domain, S: Shape>(c: &mut Config<D>, d: &D, ao: &MemArg, j: LaneIdx) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<V128>(), c.stack.pop_address(d));
    let Some(lane) = loaded::<D, S::Lane>(c, d, i, ao)? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VloadLaneOob));
    };
    c.stack.push_num::<V128>(vector::replaced::<D, S>(d, v, j, lane));
    Ok(Rule::VloadLaneVal)
}

/// `v128.store x ao`
pub(super) fn vstore<D: Domain>(c: &mut Config<D>, d: &D, ao: &MemArg) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<V128>(), c.stack.pop_address(d));
    let Some(ea) = access(c, d, i, ao, num::bytes::<W128>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VstoreOob));
    };
    let a = mem(c, ao.mem);
    c.store.mems[a].bytes.store::<W128>(d, ea, v)?;
    Ok(Rule::VstoreVal)
}

/// `v128.storeN_lane x ao j`
pub(super) fn vstore_lane<D: Domain, S: Shape>(c: &mut Config<D>, d: &D, ao: &MemArg, j: LaneIdx) -> Reduced<D> {
    let (v, i) = (c.stack.pop_num::<V128>(), c.stack.pop_address(d));
    let Some(ea) = access(c, d, i, ao, num::bytes::<S::Lane>())? else {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::VstoreLaneOob));
    };
    let (a, lane) = (mem(c, ao.mem), num::lane::<D, S>(d, v, j.into()));
    c.store.mems[a].bytes.store::<S::Lane>(d, ea, lane)?;
    Ok(Rule::VstoreLaneVal)
}

/// A length in bytes, in pages of so many bytes, a power of 2.
fn pages<D: Domain>(d: &D, len: D::Bv<W64>, page: u64) -> D::Bv<W64> {
    d.lshr(len, d.constant(page.trailing_zeros().into()))
}

/// `memory.size x`
pub(super) fn size<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let mem = &c.store.mems[mem(c, x)];
    c.stack.push(Val::of_address(d, mem.ty.addr, pages(d, mem.len(d), mem.ty.page)));
    Ok(Rule::MemorySize)
}

/// `memory.grow x`
pub(super) fn grow<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (a, n) = (mem(c, x), c.stack.pop_address(d));
    let ty = c.store.mems[a].ty;
    let old = pages(d, c.store.mems[a].len(d), ty.page);
    let beyond = num::range_out_of_bounds(d, old, n, d.constant(ty.greatest().into()));
    if d.decide(beyond)? || !d.grows()? {
        c.stack.push(Val::of_address(d, ty.addr, d.constant(u64::MAX.into())));
        return Ok(Rule::MemoryGrowFail);
    }
    let len = d.mul(d.add(old, n), d.constant(ty.page.into()));
    if !c.store.charge(c.store.mems[a].bytes.cost(d, len)) {
        c.runs_out(Budget::Store);
    } else {
        c.store.mems[a].bytes.grow(d, len)?;
    }
    c.stack.push(Val::of_address(d, ty.addr, old));
    Ok(Rule::MemoryGrowSucceed)
}

/// `i + k`, of the address type of `i`.
pub(super) fn plus<D: Domain>(d: &D, i: Val<D>, k: u128) -> Val<D> {
    match i {
        Val::I32(i) => Val::I32(d.add(i, d.constant(k))),
        i => Val::I64(d.add(i.address(d), d.constant(k))),
    }
}

/// `i - k`, of the address type of `i`.
pub(super) fn minus<D: Domain>(d: &D, i: Val<D>, k: u128) -> Val<D> {
    match i {
        Val::I32(i) => Val::I32(d.sub(i, d.constant(k))),
        i => Val::I64(d.sub(i.address(d), d.constant(k))),
    }
}

/// `i + n`, of the address type of `i`, which is the greater one.
pub(super) fn sum<D: Domain>(d: &D, i: Val<D>, n: Val<D>) -> Val<D> {
    match (i, n) {
        (Val::I32(i), Val::I32(n)) => Val::I32(d.add(i, n)),
        (i, n) => Val::I64(d.add(i.address(d), n.address(d))),
    }
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
fn range_oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: Val<D>, n: Val<D>) -> Result<bool, D::Undecided> {
    let len = c.store.mems[a].len(d);
    d.traps(num::range_out_of_bounds(d, i.address(d), n.address(d), len), TrapKind::MemoryOutOfBounds)
}

/// `memory.fill x`
pub(super) fn fill<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let a = mem(c, x);
    let (n, v, i) = (c.stack.pop(), c.stack.pop(), c.stack.pop());
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::MemoryFillOob));
    }
    if d.decide(num::ieqz(d, n.address(d)))? {
        return Ok(Rule::MemoryFillZero);
    }
    let store = Instr::I32Store8 { ao: byte_at(x) };
    let first = [Admin::Val(i), Admin::Val(v), Admin::Instr(store)];
    let rest = [plus(d, i, 1), v, minus(d, n, 1)].map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::MemoryFill { x });
    Ok(Rule::MemoryFillSucc)
}

/// `memory.copy x y`
pub(super) fn copy<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (to, from) = (mem(c, x), mem(c, y));
    let (n, j, i) = (c.stack.pop(), c.stack.pop(), c.stack.pop());
    if range_oob(c, d, to, i, n)? || range_oob(c, d, from, j, n)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::MemoryCopyOob));
    }
    if d.decide(num::ieqz(d, n.address(d)))? {
        return Ok(Rule::MemoryCopyZero);
    }
    let forward = d.decide(num::ile_u(d, i.address(d), j.address(d)))?;
    let move_one = |i, j| {
        let (load, store) = (Instr::I32Load8U { ao: byte_at(y) }, Instr::I32Store8 { ao: byte_at(x) });
        [Admin::Val(i), Admin::Val(j), Admin::Instr(load), Admin::Instr(store)]
    };
    let last = minus(d, n, 1);
    let (first, rest) = if forward {
        (move_one(i, j), [plus(d, i, 1), plus(d, j, 1)])
    } else {
        (move_one(sum(d, i, last), sum(d, j, last)), [i, j])
    };
    let rest = rest.into_iter().chain([last]).map(Admin::Val);
    then(c, first.into_iter().chain(rest), Instr::MemoryCopy { x, y });
    Ok(if forward { Rule::MemoryCopyLe } else { Rule::MemoryCopyGt })
}

/// `memory.init x y`
pub(super) fn init<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (a, data) = (mem(c, x), c.instance().datas[y as usize]);
    let (n, j, i) = (c.stack.pop(), c.stack.pop(), c.stack.pop());
    let (len, from, many) = (d.constant(c.store.datas[data].len() as u128), j.address(d), n.address(d));
    if range_oob(c, d, a, i, n)?
        || d.traps(num::range_out_of_bounds(d, from, many, len), TrapKind::MemoryOutOfBounds)?
    {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::MemoryInitOob));
    }
    if d.decide(num::ieqz(d, many))? {
        return Ok(Rule::MemoryInitZero);
    }
    let at = d.index(from, c.store.datas[data].len())?;
    let byte = Val::I32(d.zext(d.constant::<W8>(c.store.datas[data][at].into())));
    let first = [Admin::Val(i), Admin::Val(byte), Admin::Instr(Instr::I32Store8 { ao: byte_at(x) })];
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
