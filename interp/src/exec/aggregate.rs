//! Aggregate instructions (4.6.9): structures, arrays, `i31`, and references in and out. Bulk operations are what they
//! are in the standard: element by element.

use super::config::{Admin, Config};
use super::domain::Domain;
use super::heap::{array_field, field_bytes, struct_fields};
use super::memory::{minus, plus, then};
use super::step::Reduced;
use super::value::{Addr, AnyRef, F32, F64, I32, I64, Num, Ref, V128, Val, from_bytes};
use crate::num;
use crate::rule::Rule;
use crate::syntax::{DefType, FieldType, Idx, Instr, NumType, StorageType, ValType};
use crate::trap::{Budget, TrapKind};
use crate::value::{Concrete, Reading, W8, W16, W32, W64, Width};

/// How a packed field becomes an `i32`.
#[derive(Clone, Copy)]
enum Extension {
    Signed,
    Unsigned,
}

fn deftype<D: Domain>(c: &Config<D>, x: Idx) -> DefType {
    c.instance().types[x as usize]
}

/// `packfield`: what a field of this type stores of a value.
fn pack<D: Domain>(d: &D, field: &FieldType, v: Val<D>) -> Val<D> {
    let keep = |mask: u128| match v {
        Val::I32(c) => Val::I32(d.and(c, d.constant(mask))),
        other => panic!("validation let {other:?} be packed"),
    };
    match field.storage {
        StorageType::Val(_) => v,
        StorageType::I8 => keep(0xff),
        StorageType::I16 => keep(0xffff),
    }
}

/// `unpackfield`: the value of what a field stores.
fn unpack<D: Domain>(d: &D, field: &FieldType, stored: Val<D>, sx: Extension) -> Val<D> {
    fn extended<D: Domain, N: Width>(d: &D, stored: Val<D>, sx: Extension) -> Val<D> {
        let Val::I32(c) = stored else { panic!("a packed field holds {stored:?}") };
        let packed: D::Bv<N> = d.extract(c, 0);
        Val::I32(match sx {
            Extension::Signed => num::extend_s::<D, N, W32>(d, packed),
            Extension::Unsigned => num::extend_u::<D, N, W32>(d, packed),
        })
    }
    match field.storage {
        StorageType::Val(_) => stored,
        StorageType::I8 => extended::<D, W8>(d, stored, sx),
        StorageType::I16 => extended::<D, W16>(d, stored, sx),
    }
}

/// `ref.i31`: the lower 31 bits.
pub(super) fn ref_i31<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let i = d.and(c.stack.pop_num::<I32>(), d.constant(0x7fff_ffff));
    let i = concrete(d, i)?;
    c.stack.push(Val::Ref(d.reference(Ref::Any(AnyRef::I31(i)))));
    Ok(Rule::RefI31)
}

/// The number that a value is known to be.
fn concrete<D: Domain>(d: &D, i: D::Bv<W32>) -> Result<u32, D::Undecided> {
    Ok(d.index(i, usize::MAX)? as u32)
}

fn i31_get<D: Domain>(c: &mut Config<D>, d: &D, extend: impl Fn(&D, D::Bv<W32>) -> D::Bv<W32>) -> Reduced<D> {
    let r = c.stack.pop_ref();
    if d.traps(d.is_null(r), TrapKind::NullReference)? {
        return Ok(c.traps(TrapKind::NullReference, Rule::I31GetNull));
    }
    let Ref::Any(AnyRef::I31(i)) = d.resolve(r)? else { panic!("i31.get takes an i31") };
    c.stack.push(Val::I32(extend(d, d.constant(i.into()))));
    Ok(Rule::I31GetNum)
}

/// `i31.get_s`
pub(super) fn i31_get_s<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    // The sign is bit 30.
    i31_get(c, d, |d, i| d.ashr(d.shl(i, d.constant(1)), d.constant(1)))
}

/// `i31.get_u`
pub(super) fn i31_get_u<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    i31_get(c, d, |_, i| i)
}

/// The address of the structure that a reference is to, or `None` if it traps.
fn struct_addr<D: Domain>(d: &D, r: D::Ref) -> Result<Option<Addr>, D::Undecided> {
    if d.traps(d.is_null(r), TrapKind::NullReference)? {
        return Ok(None);
    }
    match d.resolve(r)? {
        Ref::Any(AnyRef::Struct(a)) => Ok(Some(a)),
        other => panic!("validation let {other:?} stand for a structure"),
    }
}

/// The address of the array that a reference is to, or `None` if it traps.
fn array_addr<D: Domain>(d: &D, r: D::Ref) -> Result<Option<Addr>, D::Undecided> {
    if d.traps(d.is_null(r), TrapKind::NullReference)? {
        return Ok(None);
    }
    match d.resolve(r)? {
        Ref::Any(AnyRef::Array(a)) => Ok(Some(a)),
        other => panic!("validation let {other:?} stand for an array"),
    }
}

/// `struct.new x`
pub(super) fn struct_new<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let ty = deftype(c, x);
    let types = c.store.types.clone();
    let fields = struct_fields(&types, ty);
    let vals = c.stack.pop_many(fields.len());
    if !c.heap_room(d, fields.len() as u64, &vals) {
        c.runs_out(Budget::Heap);
        return Ok(Rule::StructNew);
    }
    let packed = fields.iter().zip(vals).map(|(field, v)| pack(d, field, v)).collect();
    let a = c.alloc_struct(ty, packed);
    c.stack.push(Val::Ref(d.reference(Ref::Any(AnyRef::Struct(a)))));
    Ok(Rule::StructNew)
}

/// `struct.new_default x`: becomes the default values, and `struct.new`.
pub(super) fn struct_new_default<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let fields = struct_fields(&c.store.types, deftype(c, x)).clone();
    let vals: Vec<Admin<D>> = fields.iter().map(|field| Admin::Val(default(c, d, field))).collect();
    then(c, vals.into_iter(), Instr::StructNew { x });
    Ok(Rule::StructNewDefault)
}

/// The default value of a field whose type is closed.
fn default<D: Domain>(c: &Config<D>, d: &D, field: &FieldType) -> Val<D> {
    Val::default(d, field.unpack(), |heap| c.store.types.top(heap))
}

fn get_field<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, i: Idx, sx: Extension) -> Reduced<D> {
    let r = c.stack.pop_ref();
    let Some(a) = struct_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::StructGetNull));
    };
    let field = struct_fields(&c.store.types, deftype(c, x))[i as usize];
    let stored = c.store.heap.structs[a].fields[i as usize];
    c.stack.push(unpack(d, &field, stored, sx));
    Ok(Rule::StructGetStruct)
}

/// `struct.get x i`
pub(super) fn struct_get<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, i: Idx) -> Reduced<D> {
    get_field(c, d, x, i, Extension::Unsigned)
}

/// `struct.get_s x i`
pub(super) fn struct_get_s<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, i: Idx) -> Reduced<D> {
    get_field(c, d, x, i, Extension::Signed)
}

/// `struct.get_u x i`
pub(super) fn struct_get_u<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, i: Idx) -> Reduced<D> {
    get_field(c, d, x, i, Extension::Unsigned)
}

/// `struct.set x i`
pub(super) fn struct_set<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, i: Idx) -> Reduced<D> {
    let (v, r) = (c.stack.pop(), c.stack.pop_ref());
    let Some(a) = struct_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::StructSetNull));
    };
    let field = struct_fields(&c.store.types, deftype(c, x))[i as usize];
    c.store.heap.structs[a].fields[i as usize] = pack(d, &field, v);
    Ok(Rule::StructSetStruct)
}

/// Rewrites the redex to `n` values and `array.new_fixed x n`, unless there is no room for so many.
fn new_fixed<D: Domain>(
    c: &mut Config<D>,
    d: &D,
    x: Idx,
    n: usize,
    vals: impl FnOnce() -> Vec<Val<D>>,
    roots: &[Val<D>],
) {
    if !c.heap_room(d, n as u64, roots) {
        c.runs_out(Budget::Heap);
        return;
    }
    c.pending.push(Admin::ArrayNewFixed { x, vals: vals() });
}

/// `array.new x`
pub(super) fn array_new<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (n, v) = (c.stack.pop_num::<I32>(), c.stack.pop());
    let n = concrete(d, n)? as usize;
    new_fixed(c, d, x, n, || vec![v; n], &[v]);
    Ok(Rule::ArrayNew)
}

/// `array.new_default x`
pub(super) fn array_new_default<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let n = c.stack.pop_num::<I32>();
    let n = concrete(d, n)? as usize;
    let v = default(c, d, &array_field(&c.store.types, deftype(c, x)));
    new_fixed(c, d, x, n, || vec![v; n], &[]);
    Ok(Rule::ArrayNewDefault)
}

/// `array.new_fixed x n`
pub(super) fn array_new_fixed<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, n: u32) -> Reduced<D> {
    let vals = c.stack.pop_many(n as usize);
    if !c.heap_room(d, n.into(), &vals) {
        c.runs_out(Budget::Heap);
        return Ok(Rule::ArrayNewFixed);
    }
    Ok(alloc_fixed(c, d, x, vals))
}

/// `array.new_fixed`, once there is room: an array of these values.
pub(super) fn alloc_fixed<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, mut vals: Vec<Val<D>>) -> Rule {
    let ty = deftype(c, x);
    let field = array_field(&c.store.types, ty);
    vals.iter_mut().for_each(|v| *v = pack(d, &field, *v));
    let a = c.alloc_array(ty, vals);
    c.stack.push(Val::Ref(d.reference(Ref::Any(AnyRef::Array(a)))));
    Rule::ArrayNewFixed
}

/// Whether `n` things of `size` from `i` leave what has `len`.
fn outside<D: Domain>(d: &D, i: D::Bv<W32>, n: D::Bv<W32>, size: u32, len: usize) -> D::Bool {
    let taken: D::Bv<W64> = d.mul(d.zext(n), d.constant(size.into()));
    d.ult(d.constant(len as u128), d.add(d.zext(i), taken))
}

/// `array.new_elem x y`
pub(super) fn array_new_elem<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (n, i) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    let elem = c.store.elems[c.instance().elems[y as usize]].clone();
    if d.traps(outside(d, i, n, 1, elem.len()), TrapKind::TableOutOfBounds)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::ArrayNewElemOob));
    }
    let (i, n) = (concrete(d, i)? as usize, concrete(d, n)? as usize);
    let refs = || elem[i..i + n].iter().copied().map(Val::Ref).collect();
    new_fixed(c, d, x, n, refs, &[]);
    Ok(Rule::ArrayNewElemAlloc)
}

/// The value that a field's bytes in a data segment are.
fn value_of_bytes<D: Domain>(d: &D, field: &FieldType, bytes: &[u8]) -> Val<D> {
    fn number<D: Domain, T: Num>(d: &D, bytes: &[u8]) -> Val<D> {
        let c: <Concrete as Reading>::Bv<T::W> = from_bytes::<T::W>(bytes);
        T::val(d.constant(crate::value::MachineInt::to_u128(c)))
    }
    match field.storage {
        StorageType::I8 | StorageType::I16 | StorageType::Val(ValType::Num(NumType::I32)) => number::<D, I32>(d, bytes),
        StorageType::Val(ValType::Num(NumType::I64)) => number::<D, I64>(d, bytes),
        StorageType::Val(ValType::Num(NumType::F32)) => number::<D, F32>(d, bytes),
        StorageType::Val(ValType::Num(NumType::F64)) => number::<D, F64>(d, bytes),
        StorageType::Val(ValType::V128) => number::<D, V128>(d, bytes),
        StorageType::Val(ValType::Ref(_)) => panic!("validation let references be made of bytes"),
    }
}

fn data_size(field: &FieldType) -> u32 {
    field_bytes(field).unwrap_or_else(|| panic!("validation let references be made of bytes"))
}

/// `array.new_data x y`
pub(super) fn array_new_data<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (n, i) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    let data = c.store.datas[c.instance().datas[y as usize]].clone();
    let field = array_field(&c.store.types, deftype(c, x));
    let size = data_size(&field);
    if d.traps(outside(d, i, n, size, data.len()), TrapKind::MemoryOutOfBounds)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::ArrayNewDataOob));
    }
    let (i, n, size) = (concrete(d, i)? as usize, concrete(d, n)? as usize, size as usize);
    let vals = || data[i..i + n * size].chunks(size).map(|bytes| value_of_bytes(d, &field, bytes)).collect();
    new_fixed(c, d, x, n, vals, &[]);
    Ok(Rule::ArrayNewDataNum)
}

/// Whether index `i` traps on an array.
fn index_oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: D::Bv<W32>) -> Result<bool, D::Undecided> {
    let len = d.constant::<W64>(c.store.heap.arrays[a].fields.len() as u128);
    d.traps(d.negate(d.ult(d.zext(i), len)), TrapKind::ArrayOutOfBounds)
}

/// Whether `n` elements from `i` trap on an array.
fn range_oob<D: Domain>(c: &Config<D>, d: &D, a: Addr, i: D::Bv<W32>, n: D::Bv<W32>) -> Result<bool, D::Undecided> {
    let len = c.store.heap.arrays[a].fields.len();
    d.traps(outside(d, i, n, 1, len), TrapKind::ArrayOutOfBounds)
}

fn get_element<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, sx: Extension) -> Reduced<D> {
    let (i, r) = (c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let Some(a) = array_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayGetNull));
    };
    if index_oob(c, d, a, i)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArrayGetOob));
    }
    let field = array_field(&c.store.types, deftype(c, x));
    let fields = &c.store.heap.arrays[a].fields;
    let stored = fields[d.index(i, fields.len())?];
    c.stack.push(unpack(d, &field, stored, sx));
    Ok(Rule::ArrayGetArray)
}

/// `array.get x`
pub(super) fn array_get<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    get_element(c, d, x, Extension::Unsigned)
}

/// `array.get_s x`
pub(super) fn array_get_s<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    get_element(c, d, x, Extension::Signed)
}

/// `array.get_u x`
pub(super) fn array_get_u<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    get_element(c, d, x, Extension::Unsigned)
}

/// `array.set x`
pub(super) fn array_set<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (v, i, r) = (c.stack.pop(), c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let Some(a) = array_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArraySetNull));
    };
    if index_oob(c, d, a, i)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArraySetOob));
    }
    let field = array_field(&c.store.types, deftype(c, x));
    let fields = &mut c.store.heap.arrays[a].fields;
    fields[d.index(i, fields.len())?] = pack(d, &field, v);
    Ok(Rule::ArraySetArray)
}

/// `array.len`
pub(super) fn array_len<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let r = c.stack.pop_ref();
    let Some(a) = array_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayLenNull));
    };
    c.stack.push(Val::I32(d.constant(c.store.heap.arrays[a].fields.len() as u128)));
    Ok(Rule::ArrayLenArray)
}

/// `array.fill x`
pub(super) fn array_fill<D: Domain>(c: &mut Config<D>, d: &D, x: Idx) -> Reduced<D> {
    let (n, v) = (c.stack.pop_num::<I32>(), c.stack.pop());
    let (i, r) = (c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let Some(a) = array_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayFillNull));
    };
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArrayFillOob));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::ArrayFillZero);
    }
    let first = [Val::Ref(r), Val::I32(i), v].map(Admin::Val);
    let rest = [Val::Ref(r), plus(d, Val::I32(i), 1), v, minus(d, Val::I32(n), 1)].map(Admin::Val);
    let sequence = first.into_iter().chain([Admin::Instr(Instr::ArraySet { x })]).chain(rest);
    then(c, sequence, Instr::ArrayFill { x });
    Ok(Rule::ArrayFillSucc)
}

/// `array.copy x y`
pub(super) fn array_copy<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (n, j, from) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let (i, to) = (c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let Some(a) = array_addr(d, to)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayCopyNull1));
    };
    let Some(b) = array_addr(d, from)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayCopyNull2));
    };
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArrayCopyOob1));
    }
    if range_oob(c, d, b, j, n)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArrayCopyOob2));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::ArrayCopyZero);
    }
    let get = match array_field(&c.store.types, deftype(c, y)).storage {
        StorageType::Val(_) => Instr::ArrayGet { x: y },
        // `sx` of a packed type is the signed extension; `array.set` takes the same bits off again.
        StorageType::I8 | StorageType::I16 => Instr::ArrayGetS { x: y },
    };
    let forward = d.decide(num::ile_u(d, i, j))?;
    let last = d.sub(n, d.constant(1));
    let (i1, j1, i2, j2) = if forward {
        (Val::I32(i), Val::I32(j), plus(d, Val::I32(i), 1), plus(d, Val::I32(j), 1))
    } else {
        (Val::I32(d.add(i, last)), Val::I32(d.add(j, last)), Val::I32(i), Val::I32(j))
    };
    let first = [Val::Ref(to), i1, Val::Ref(from), j1].map(Admin::Val);
    let rest = [Val::Ref(to), i2, Val::Ref(from), j2, Val::I32(last)].map(Admin::Val);
    let move_one = [Admin::Instr(get), Admin::Instr(Instr::ArraySet { x })];
    then(c, first.into_iter().chain(move_one).chain(rest), Instr::ArrayCopy { x, y });
    Ok(if forward { Rule::ArrayCopyLe } else { Rule::ArrayCopyGt })
}

/// `array.init_data x y`
pub(super) fn array_init_data<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (n, j) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    let (i, r) = (c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let Some(a) = array_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayInitDataNull));
    };
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArrayInitDataOob1));
    }
    let data = c.store.datas[c.instance().datas[y as usize]].clone();
    let field = array_field(&c.store.types, deftype(c, x));
    let size = data_size(&field);
    if d.traps(outside(d, j, n, size, data.len()), TrapKind::MemoryOutOfBounds)? {
        return Ok(c.traps(TrapKind::MemoryOutOfBounds, Rule::ArrayInitDataOob2));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::ArrayInitDataZero);
    }
    let at = concrete(d, j)? as usize;
    let v = value_of_bytes(d, &field, &data[at..at + size as usize]);
    let first = [Val::Ref(r), Val::I32(i), v].map(Admin::Val);
    let rest = [Val::Ref(r), plus(d, Val::I32(i), 1), plus(d, Val::I32(j), size.into()), minus(d, Val::I32(n), 1)]
        .map(Admin::Val);
    let sequence = first.into_iter().chain([Admin::Instr(Instr::ArraySet { x })]).chain(rest);
    then(c, sequence, Instr::ArrayInitData { x, y });
    Ok(Rule::ArrayInitDataNum)
}

/// `array.init_elem x y`
pub(super) fn array_init_elem<D: Domain>(c: &mut Config<D>, d: &D, x: Idx, y: Idx) -> Reduced<D> {
    let (n, j) = (c.stack.pop_num::<I32>(), c.stack.pop_num::<I32>());
    let (i, r) = (c.stack.pop_num::<I32>(), c.stack.pop_ref());
    let Some(a) = array_addr(d, r)? else {
        return Ok(c.traps(TrapKind::NullReference, Rule::ArrayInitElemNull));
    };
    if range_oob(c, d, a, i, n)? {
        return Ok(c.traps(TrapKind::ArrayOutOfBounds, Rule::ArrayInitElemOob1));
    }
    let elem = c.store.elems[c.instance().elems[y as usize]].clone();
    if d.traps(outside(d, j, n, 1, elem.len()), TrapKind::TableOutOfBounds)? {
        return Ok(c.traps(TrapKind::TableOutOfBounds, Rule::ArrayInitElemOob2));
    }
    if d.decide(num::ieqz(d, n))? {
        return Ok(Rule::ArrayInitElemZero);
    }
    let v = Val::Ref(elem[d.index(j, elem.len())?]);
    let first = [Val::Ref(r), Val::I32(i), v].map(Admin::Val);
    let rest =
        [Val::Ref(r), plus(d, Val::I32(i), 1), plus(d, Val::I32(j), 1), minus(d, Val::I32(n), 1)].map(Admin::Val);
    let sequence = first.into_iter().chain([Admin::Instr(Instr::ArraySet { x })]).chain(rest);
    then(c, sequence, Instr::ArrayInitElem { x, y });
    Ok(Rule::ArrayInitElemSucc)
}

/// `any.convert_extern`
pub(super) fn any_convert_extern<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let r = c.stack.pop_ref();
    let (r, rule) = match d.resolve(r)? {
        Ref::Extern(inside) => (Ref::Any(inside), Rule::AnyConvertExternAddr),
        _ => (Ref::Null(crate::syntax::HeapType::Any), Rule::AnyConvertExternNull),
    };
    c.stack.push(Val::Ref(d.reference(r)));
    Ok(rule)
}

/// `extern.convert_any`
pub(super) fn extern_convert_any<D: Domain>(c: &mut Config<D>, d: &D) -> Reduced<D> {
    let r = c.stack.pop_ref();
    let (r, rule) = match d.resolve(r)? {
        Ref::Any(inside) => (Ref::Extern(inside), Rule::ExternConvertAnyAddr),
        _ => (Ref::Null(crate::syntax::HeapType::Extern), Rule::ExternConvertAnyNull),
    };
    c.stack.push(Val::Ref(d.reference(r)));
    Ok(rule)
}
