//! Aggregate instructions (3.4.7 to 3.4.9).

use super::error::{Checked, Fault, Space};
use super::rule::{Observer, Rule};
use super::stack::Checker;
use super::table::elements;
use crate::syntax::{FieldType, HeapType, Idx, RefType, StorageType, TypeUse, ValType};

const I32: ValType = ValType::I32;

/// A reference to a value of the type at an index.
fn ref_to<O: Observer>(c: &Checker<'_, '_, O>, nullable: bool, x: Idx) -> Checked<ValType> {
    Ok(ValType::Ref(RefType { nullable, heap: HeapType::Type(TypeUse::Def(c.c.type_at(x)?)) }))
}

fn abs_ref(nullable: bool, heap: HeapType) -> ValType {
    ValType::Ref(RefType { nullable, heap })
}

pub(super) fn ref_i31<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkRefI31);
    c.operate(&[I32], &[abs_ref(false, HeapType::I31)])
}

fn i31_get<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkI31Get);
    c.operate(&[abs_ref(true, HeapType::I31)], &[I32])
}

pub(super) fn i31_get_s<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    i31_get(c)
}

pub(super) fn i31_get_u<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    i31_get(c)
}

pub(super) fn struct_new<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkStructNew);
    let fields = c.c.struct_type(&mut c.d, *x)?;
    let result = ref_to(c, false, *x)?;
    c.pop_by(fields.len(), |i| fields[i].unpack())?;
    c.push(&[result])
}

/// All fields, or the elements, of a type have a default value.
fn defaultable<O: Observer>(c: &Checker<'_, '_, O>, x: Idx) -> Checked<()> {
    c.c.undefaultable[x as usize].map_or(Ok(()), |t| Err(Box::new(Fault::NotDefaultable(t))))
}

pub(super) fn struct_new_default<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkStructNewDefault);
    c.c.struct_type(&mut c.d, *x)?;
    defaultable(c, *x)?;
    let result = ref_to(c, false, *x)?;
    c.push(&[result])
}

fn field<O: Observer>(c: &mut Checker<'_, '_, O>, x: Idx, i: Idx) -> Checked<FieldType> {
    let fields = c.c.struct_type(&mut c.d, x)?;
    let unknown = || Box::new(Fault::Unknown { space: Space::Field, index: i, len: fields.len() as u64 });
    fields.get(i as usize).copied().ok_or_else(unknown)
}

/// A sign extension is there exactly if the field is packed.
fn extends(field: FieldType, extension: bool) -> Checked<()> {
    let packed = !matches!(field.storage, StorageType::Val(_));
    if packed == extension { Ok(()) } else { Err(Box::new(Fault::Packed(field.storage))) }
}

fn get_field<O: Observer>(c: &mut Checker<'_, '_, O>, x: Idx, i: Idx, extension: bool) -> Checked<()> {
    c.rule(Rule::InstrOkStructGet);
    let field = field(c, x, i)?;
    extends(field, extension)?;
    let of = ref_to(c, true, x)?;
    c.operate(&[of], &[field.unpack()])
}

pub(super) fn struct_get<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, i: &Idx) -> Checked<()> {
    get_field(c, *x, *i, false)
}

pub(super) fn struct_get_s<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, i: &Idx) -> Checked<()> {
    get_field(c, *x, *i, true)
}

pub(super) fn struct_get_u<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, i: &Idx) -> Checked<()> {
    get_field(c, *x, *i, true)
}

pub(super) fn struct_set<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, i: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkStructSet);
    let field = field(c, *x, *i)?;
    if !field.mutable {
        return Err(Box::new(Fault::Immutable("field")));
    }
    let of = ref_to(c, true, *x)?;
    c.pop(&[of, field.unpack()])
}

/// The elements of the array type at an index, which have to be mutable.
fn mutable<O: Observer>(c: &mut Checker<'_, '_, O>, x: Idx) -> Checked<FieldType> {
    let field = c.c.array_type(&mut c.d, x)?;
    if field.mutable { Ok(field) } else { Err(Box::new(Fault::Immutable("array"))) }
}

/// The elements are numbers or vectors, which bytes can be.
fn numeric(field: FieldType) -> Checked<()> {
    match field.storage {
        t @ StorageType::Val(ValType::Ref(_)) => Err(Box::new(Fault::NotNumeric(t))),
        _ => Ok(()),
    }
}

/// The elements are references that those of a segment match.
fn from_elem<O: Observer>(c: &mut Checker<'_, '_, O>, field: FieldType, y: Idx) -> Checked<()> {
    let elem = c.c.elem(y)?;
    match field.storage {
        StorageType::Val(ValType::Ref(rt)) => elements(c, elem, rt),
        expected => {
            let found = StorageType::Val(ValType::Ref(elem));
            Err(Box::new(Fault::Elements { expected, found }))
        }
    }
}

pub(super) fn array_new<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayNew);
    let field = c.c.array_type(&mut c.d, *x)?;
    let result = ref_to(c, false, *x)?;
    c.operate(&[field.unpack(), I32], &[result])
}

pub(super) fn array_new_default<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayNewDefault);
    c.c.array_type(&mut c.d, *x)?;
    defaultable(c, *x)?;
    let result = ref_to(c, false, *x)?;
    c.operate(&[I32], &[result])
}

pub(super) fn array_new_fixed<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, n: &u32) -> Checked<()> {
    c.rule(Rule::InstrOkArrayNewFixed);
    let field = c.c.array_type(&mut c.d, *x)?;
    let result = ref_to(c, false, *x)?;
    c.pop_many(field.unpack(), *n)?;
    c.push(&[result])
}

pub(super) fn array_new_data<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayNewData);
    numeric(c.c.array_type(&mut c.d, *x)?)?;
    c.c.data(*y)?;
    let result = ref_to(c, false, *x)?;
    c.operate(&[I32, I32], &[result])
}

pub(super) fn array_new_elem<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayNewElem);
    let field = c.c.array_type(&mut c.d, *x)?;
    from_elem(c, field, *y)?;
    let result = ref_to(c, false, *x)?;
    c.operate(&[I32, I32], &[result])
}

fn get_element<O: Observer>(c: &mut Checker<'_, '_, O>, x: Idx, extension: bool) -> Checked<()> {
    c.rule(Rule::InstrOkArrayGet);
    let field = c.c.array_type(&mut c.d, x)?;
    extends(field, extension)?;
    let of = ref_to(c, true, x)?;
    c.operate(&[of, I32], &[field.unpack()])
}

pub(super) fn array_get<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    get_element(c, *x, false)
}

pub(super) fn array_get_s<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    get_element(c, *x, true)
}

pub(super) fn array_get_u<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    get_element(c, *x, true)
}

pub(super) fn array_set<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArraySet);
    let field = mutable(c, *x)?;
    let of = ref_to(c, true, *x)?;
    c.pop(&[of, I32, field.unpack()])
}

pub(super) fn array_len<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkArrayLen);
    c.operate(&[abs_ref(true, HeapType::Array)], &[I32])
}

pub(super) fn array_fill<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayFill);
    let field = mutable(c, *x)?;
    let of = ref_to(c, true, *x)?;
    c.pop(&[of, I32, field.unpack(), I32])
}

pub(super) fn array_copy<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayCopy);
    let (expected, found) = (mutable(c, *x)?.storage, c.c.array_type(&mut c.d, *y)?.storage);
    if !c.c.matching(&mut c.d).storage_sub(found, expected) {
        return Err(Box::new(Fault::Elements { expected, found }));
    }
    let (to, from) = (ref_to(c, true, *x)?, ref_to(c, true, *y)?);
    c.pop(&[to, I32, from, I32, I32])
}

pub(super) fn array_init_data<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayInitData);
    numeric(mutable(c, *x)?)?;
    c.c.data(*y)?;
    let of = ref_to(c, true, *x)?;
    c.pop(&[of, I32, I32, I32])
}

pub(super) fn array_init_elem<O: Observer>(c: &mut Checker<'_, '_, O>, x: &Idx, y: &Idx) -> Checked<()> {
    c.rule(Rule::InstrOkArrayInitElem);
    let field = mutable(c, *x)?;
    from_elem(c, field, *y)?;
    let of = ref_to(c, true, *x)?;
    c.pop(&[of, I32, I32, I32])
}

/// A reference changes sides, and is null afterwards if it can be before. Of what unreachable code would have, the
/// result is of the least type that the rule has.
fn convert<O: Observer>(c: &mut Checker<'_, '_, O>, from: HeapType, to: HeapType) -> Checked<()> {
    let can_be_null = c.top_is_nullable();
    c.operate(&[abs_ref(can_be_null, from)], &[abs_ref(can_be_null, to)])
}

pub(super) fn any_convert_extern<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkAnyConvertExtern);
    convert(c, HeapType::Extern, HeapType::Any)
}

pub(super) fn extern_convert_any<O: Observer>(c: &mut Checker<'_, '_, O>) -> Checked<()> {
    c.rule(Rule::InstrOkExternConvertAny);
    convert(c, HeapType::Any, HeapType::Extern)
}
