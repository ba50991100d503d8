//! Structures, arrays and exceptions (4.2.15, 4.2.16), and their collection.
//!
//! The standard lets them live for ever. Here those that nothing refers to any more make place: when as much has been
//! allocated as was alive before, all that can be reached from the configuration is marked, and the rest reused. No
//! instruction can tell.

use std::sync::Arc;

use super::config::{Admin, Config};
use super::domain::{Domain, Table};
use super::flat::decode;
use super::value::{Addr, AnyRef, Ref, Val};
use crate::syntax::{CompType, DefType, FieldType, StorageType};
use crate::valid::DefTypes;

/// Bytes of structures, arrays and exceptions that a store holds at most, if nobody says otherwise.
pub(super) const DEFAULT_LIMIT: u64 = 1 << 30;
/// Bytes below which nothing is collected.
const COLLECT_FROM: u64 = 1 << 20;
/// Bytes that an instance takes beside its fields, about.
const HEADER: u64 = 64;

/// A structure instance (4.2.15). A packed field is an `i32` whose other bits are zero.
pub struct StructInst<D: Domain> {
    /// Its type.
    pub ty: DefType,
    /// Its fields.
    pub fields: Box<[Val<D>]>,
}

/// An array instance (4.2.15). A packed field is an `i32` whose other bits are zero.
pub struct ArrayInst<D: Domain> {
    /// Its type.
    pub ty: DefType,
    /// Its fields.
    pub fields: Box<[Val<D>]>,
}

/// An exception instance (4.2.16).
pub struct ExnInst<D: Domain> {
    /// Address of its tag.
    pub tag: Addr,
    /// Its payload.
    pub fields: Box<[Val<D>]>,
}

/// Instances by address; what is free is used again.
#[derive(Clone)]
pub struct Cells<T> {
    cells: Vec<Option<T>>,
    free: Vec<Addr>,
}

/// The part of the store that is collected.
pub struct Heap<D: Domain> {
    /// Structure instances.
    pub structs: Cells<StructInst<D>>,
    /// Array instances.
    pub arrays: Cells<ArrayInst<D>>,
    /// Exception instances.
    pub exns: Cells<ExnInst<D>>,
    /// Bytes that may be taken.
    pub limit: u64,
    bytes: u64,
    collect_at: u64,
    /// What the outside has been given and may come back with.
    kept: Vec<Ref>,
}

/// What has been reached.
#[derive(Default)]
struct Marks {
    structs: Vec<bool>,
    arrays: Vec<bool>,
    exns: Vec<bool>,
    todo: Vec<Ref>,
}

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Cells { cells: Vec::new(), free: Vec::new() }
    }
}

impl<T> Cells<T> {
    fn add(&mut self, inst: T) -> Addr {
        match self.free.pop() {
            Some(a) => {
                self.cells[a] = Some(inst);
                a
            }
            None => {
                self.cells.push(Some(inst));
                self.cells.len() - 1
            }
        }
    }

    /// Frees all that isn't marked; the bytes of the others.
    fn sweep(&mut self, marked: &[bool], bytes: impl Fn(&T) -> u64) -> u64 {
        let mut alive = 0;
        for (a, cell) in self.cells.iter_mut().enumerate() {
            match cell {
                Some(inst) if marked[a] => alive += bytes(inst),
                Some(_) => {
                    *cell = None;
                    self.free.push(a);
                }
                None => {}
            }
        }
        alive
    }

    /// The instance at an address, if there is one.
    pub fn get(&self, a: Addr) -> Option<&T> {
        self.cells.get(a)?.as_ref()
    }

    /// Number of instances.
    pub fn len(&self) -> usize {
        self.cells.len() - self.free.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> std::ops::Index<Addr> for Cells<T> {
    type Output = T;
    fn index(&self, a: Addr) -> &T {
        self.cells[a].as_ref().expect("a reference keeps what it refers to")
    }
}

impl<T> std::ops::IndexMut<Addr> for Cells<T> {
    fn index_mut(&mut self, a: Addr) -> &mut T {
        self.cells[a].as_mut().expect("a reference keeps what it refers to")
    }
}

impl<D: Domain> Default for Heap<D> {
    fn default() -> Self {
        Heap {
            structs: Cells::default(),
            arrays: Cells::default(),
            exns: Cells::default(),
            limit: DEFAULT_LIMIT,
            bytes: 0,
            collect_at: COLLECT_FROM,
            kept: Vec::new(),
        }
    }
}

/// Bytes of our own memory that an instance of this many fields takes.
fn bytes<D: Domain>(fields: u64) -> u64 {
    HEADER.saturating_add(fields.saturating_mul(size_of::<Val<D>>() as u64))
}

impl<D: Domain> Heap<D> {
    /// Keeps what a value refers to for as long as the store lives: the outside holds it.
    pub fn keep(&mut self, value: Val<D>, d: &D) {
        if let Val::Ref(r) = value
            && let Ok(r @ (Ref::Exn(_) | Ref::Any(_) | Ref::Extern(_))) = d.resolve(r)
            && !matches!(r, Ref::Any(AnyRef::I31(_) | AnyRef::Host(_)) | Ref::Extern(AnyRef::I31(_) | AnyRef::Host(_)))
        {
            self.kept.push(r);
        }
    }

    /// Whether a reference is to something that is there.
    fn has(&self, r: Ref) -> bool {
        match r {
            Ref::Any(AnyRef::Struct(a)) | Ref::Extern(AnyRef::Struct(a)) => self.structs.get(a).is_some(),
            Ref::Any(AnyRef::Array(a)) | Ref::Extern(AnyRef::Array(a)) => self.arrays.get(a).is_some(),
            Ref::Exn(a) => self.exns.get(a).is_some(),
            Ref::Null(_) | Ref::Func(_) | Ref::Any(_) | Ref::Extern(_) => false,
        }
    }

    fn mark(&self, d: &D, marks: &mut Marks) {
        marks.structs.resize(self.structs.cells.len(), false);
        marks.arrays.resize(self.arrays.cells.len(), false);
        marks.exns.resize(self.exns.cells.len(), false);
        marks.todo.extend(&self.kept);
        while let Some(r) = marks.todo.pop() {
            let (marked, fields) = match r {
                Ref::Any(AnyRef::Struct(a)) | Ref::Extern(AnyRef::Struct(a)) => {
                    (&mut marks.structs[a], &self.structs[a].fields)
                }
                Ref::Any(AnyRef::Array(a)) | Ref::Extern(AnyRef::Array(a)) => {
                    (&mut marks.arrays[a], &self.arrays[a].fields)
                }
                Ref::Exn(a) => (&mut marks.exns[a], &self.exns[a].fields),
                Ref::Null(_) | Ref::Func(_) | Ref::Any(_) | Ref::Extern(_) => continue,
            };
            if !std::mem::replace(marked, true) {
                marks.add(d, fields);
            }
        }
    }
}

impl Marks {
    fn add_thread<D: Domain>(
        &mut self,
        d: &D,
        operands: &[Val<D>],
        locals: &[Val<D>],
        pending: &[Admin<D>],
        exception: Option<Addr>,
    ) {
        self.add(d, operands);
        self.add(d, locals);
        self.todo.extend(exception.map(Ref::Exn));
        for admin in pending {
            match admin {
                Admin::Val(v) => self.add(d, &[*v]),
                Admin::ArrayNewFixed { vals, .. } => self.add(d, vals),
                _ => {}
            }
        }
    }

    fn add<D: Domain>(&mut self, d: &D, values: &[Val<D>]) {
        self.todo.extend(values.iter().filter_map(|v| match v {
            Val::Ref(r) => d.resolve(*r).ok(),
            _ => None,
        }));
    }

    fn add_refs<D: Domain>(&mut self, d: &D, refs: impl Iterator<Item = D::Ref>) {
        self.todo.extend(refs.filter_map(|r| d.resolve(r).ok()));
    }
}

impl<D: Domain> Config<D> {
    /// Whether there is room for an instance of so many fields, after a collection if need be. `roots` are values that
    /// the step has taken off the stack and still needs.
    pub(super) fn heap_room(&mut self, d: &D, fields: u64, roots: &[Val<D>]) -> bool {
        let more = bytes::<D>(fields);
        let after = |heap: &Heap<D>| heap.bytes.saturating_add(more);
        if after(&self.store.heap) > self.store.heap.collect_at.min(self.store.heap.limit) {
            self.collect(d, roots);
        }
        if after(&self.store.heap) > self.store.heap.limit {
            return false;
        }
        self.store.heap.bytes += more;
        true
    }

    /// `struct.new` has found room: its address.
    pub(super) fn alloc_struct(&mut self, ty: DefType, fields: Vec<Val<D>>) -> Addr {
        self.store.heap.structs.add(StructInst { ty, fields: fields.into() })
    }

    /// `array.new_fixed` has found room: its address.
    pub(super) fn alloc_array(&mut self, ty: DefType, fields: Vec<Val<D>>) -> Addr {
        self.store.heap.arrays.add(ArrayInst { ty, fields: fields.into() })
    }

    /// `throw` has found room: its address.
    pub(crate) fn alloc_exn(&mut self, tag: Addr, fields: Vec<Val<D>>) -> Addr {
        self.store.heap.exns.add(ExnInst { tag, fields: fields.into() })
    }

    /// Frees what can't be reached from the configuration.
    fn collect(&mut self, d: &D, roots: &[Val<D>]) {
        let mut marks = Marks::default();
        marks.add(d, roots);
        marks.add_thread(d, self.stack.values(), &self.locals, &self.pending, self.exception);
        for thread in self.threads.parked() {
            marks.add_thread(d, thread.stack.values(), &thread.locals, &thread.pending, thread.exception);
        }
        let cells = self.cells.iter().map(|cell| decode(*cell));
        marks.todo.extend(cells.filter(|r| self.store.heap.has(*r)));
        self.store.globals.iter().for_each(|global| marks.add(d, &[global.value]));
        self.store.tables.iter().for_each(|table| marks.add_refs(d, table.elements.refs()));
        self.store.elems.iter().for_each(|elem| marks.add_refs(d, elem.iter().copied()));
        let heap = &mut self.store.heap;
        heap.mark(d, &mut marks);
        let size = |fields: &[Val<D>]| bytes::<D>(fields.len() as u64);
        heap.bytes = heap.structs.sweep(&marks.structs, |s| size(&s.fields))
            + heap.arrays.sweep(&marks.arrays, |a| size(&a.fields))
            + heap.exns.sweep(&marks.exns, |e| size(&e.fields));
        heap.collect_at = COLLECT_FROM.max(heap.bytes.saturating_mul(2));
    }
}

/// The fields of a structure type.
///
/// # Panics
///
/// Validation has let another kind of type stand for one.
pub(super) fn struct_fields(types: &DefTypes, ty: DefType) -> &Arc<[FieldType]> {
    match types.expand(ty) {
        CompType::Struct(fields) => fields,
        other => panic!("validation let {other:?} stand for a structure type"),
    }
}

/// The field type of an array type.
///
/// # Panics
///
/// Validation has let another kind of type stand for one.
pub(super) fn array_field(types: &DefTypes, ty: DefType) -> FieldType {
    match types.expand(ty) {
        CompType::Array(field) => *field,
        other => panic!("validation let {other:?} stand for an array type"),
    }
}

/// Bytes of a field in a data segment (`$zsize`, in bytes); none for references.
pub(super) fn field_bytes(field: &FieldType) -> Option<u32> {
    use crate::syntax::{NumType, ValType};
    Some(match field.storage {
        StorageType::I8 => 1,
        StorageType::I16 => 2,
        StorageType::Val(ValType::Num(NumType::I32 | NumType::F32)) => 4,
        StorageType::Val(ValType::Num(NumType::I64 | NumType::F64)) => 8,
        StorageType::Val(ValType::V128) => 16,
        StorageType::Val(ValType::Ref(_)) => return None,
    })
}

macro_rules! clone_fields {
    ($($T:ident { $($field:ident),* })*) => {$(
        // Not derived, since a derived one would ask for a reading that can be cloned.
        impl<D: Domain> Clone for $T<D> {
            fn clone(&self) -> Self {
                $T { $($field: self.$field.clone()),* }
            }
        }
    )*};
}
clone_fields! {
    StructInst { ty, fields }
    ArrayInst { ty, fields }
    ExnInst { tag, fields }
    Heap { structs, arrays, exns, limit, bytes, collect_at, kept }
}
