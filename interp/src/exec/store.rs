//! The store and what it holds (4.2.3 to 4.2.13).

use std::sync::{Arc, OnceLock};

use super::domain::{Domain, Memory, Table};
use super::flat::FlatModule;
use super::heap::Heap;
use super::value::{Addr, AnyRef, FuncAddr, Ref, Val, Value};
use crate::syntax::{
    DefType, ExternIdx, ExternType, FuncType, GlobalType, HeapType, Idx, Import, Limits, MemType, Module, RefType,
    Subst, TableType, TypeUse, ValType,
};
use crate::valid::DefTypes;
use crate::value::{Concrete, W64};

/// Bytes that the memories and tables of a store take at most, if nobody says otherwise.
pub(super) const DEFAULT_BUDGET: u64 = 1 << 32;

/// The store (4.2.3): all that instances share.
pub struct Store<D: Domain> {
    /// Function instances. Shared between copies of the store, since they never change.
    pub funcs: Arc<Vec<FuncInst>>,
    /// Table instances.
    pub tables: Vec<TableInst<D>>,
    /// Memory instances.
    pub mems: Vec<MemInst<D>>,
    /// Global instances.
    pub globals: Vec<GlobalInst<D>>,
    /// Tag instances.
    pub tags: Vec<TagInst>,
    /// Element instances; empty once dropped.
    pub elems: Vec<Arc<[D::Ref]>>,
    /// Data instances; empty once dropped.
    pub datas: Vec<Arc<[u8]>>,
    /// Structure, array and exception instances.
    pub heap: Heap<D>,
    /// The defined types of all instances. Shared between copies of the store.
    pub types: Arc<DefTypes>,
    /// Bytes that memories and tables may still take.
    pub budget: u64,
}

/// A function instance (4.2.7).
#[derive(Clone, Debug)]
pub enum FuncInst {
    /// Of a module.
    Wasm {
        /// Its type.
        ty: DefType,
        /// The function type that this is.
        func_type: Arc<FuncType>,
        /// The instance that it closes over.
        instance: Arc<ModuleInst>,
        /// Index in that module's index space.
        index: Idx,
        /// Position among the functions that the module defines.
        def: usize,
    },
    /// Of the host.
    Host {
        /// Its type.
        ty: DefType,
        /// The function type that this is.
        func_type: Arc<FuncType>,
        /// The host's own name for it.
        id: usize,
    },
}

/// A module instance (4.2.6): addresses by index.
#[derive(Debug, Default)]
pub struct ModuleInst {
    /// The module.
    pub module: Arc<Module>,
    /// Its types.
    pub types: Arc<[DefType]>,
    /// Functions.
    pub funcs: Vec<FuncAddr>,
    /// Tables.
    pub tables: Vec<Addr>,
    /// Memories.
    pub mems: Vec<Addr>,
    /// Globals.
    pub globals: Vec<Addr>,
    /// Tags.
    pub tags: Vec<Addr>,
    /// Element segments.
    pub elems: Vec<Addr>,
    /// Data segments.
    pub datas: Vec<Addr>,
    /// The flat form of its functions, once one has been called.
    pub(super) flat: OnceLock<FlatModule>,
}

/// A table instance (4.2.8).
pub struct TableInst<D: Domain> {
    /// Its type, with the length that it began with.
    pub ty: TableType,
    /// The elements.
    pub elements: D::Table,
}

/// A memory instance (4.2.9).
pub struct MemInst<D: Domain> {
    /// Its type, with the size that it began with.
    pub ty: MemType,
    /// The bytes.
    pub bytes: D::Memory,
}

/// A global instance (4.2.10).
pub struct GlobalInst<D: Domain> {
    /// Its type.
    pub ty: GlobalType,
    /// Its value.
    pub value: Val<D>,
}

/// A tag instance (4.2.11).
#[derive(Clone, Copy, Debug)]
pub struct TagInst {
    /// Its type: a function's, whose parameters are the payload.
    pub ty: DefType,
}

/// An external address (4.2.5): what an import is given, or an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternAddr {
    /// A function.
    Func(FuncAddr),
    /// A table.
    Table(Addr),
    /// A memory.
    Mem(Addr),
    /// A global.
    Global(Addr),
    /// A tag.
    Tag(Addr),
}

impl FuncInst {
    /// Its function type.
    pub fn ty(&self) -> &Arc<FuncType> {
        match self {
            FuncInst::Wasm { func_type, .. } | FuncInst::Host { func_type, .. } => func_type,
        }
    }

    /// Its type.
    pub fn deftype(&self) -> DefType {
        match self {
            FuncInst::Wasm { ty, .. } | FuncInst::Host { ty, .. } => *ty,
        }
    }
}

impl ModuleInst {
    /// The address of an export, by name.
    pub fn export(&self, name: &str) -> Option<ExternAddr> {
        let export = self.module.exports.iter().find(|e| e.name == name)?;
        Some(self.address(export.item))
    }

    /// The address of an exported function, to invoke it.
    pub fn func(&self, name: &str) -> Option<FuncAddr> {
        if let ExternAddr::Func(a) = self.export(name)? { Some(a) } else { None }
    }

    /// The address of an exported table: its elements are `store.tables[a].elements`.
    pub fn table(&self, name: &str) -> Option<Addr> {
        if let ExternAddr::Table(a) = self.export(name)? { Some(a) } else { None }
    }

    /// The address of an exported memory: its bytes are `store.mems[a].bytes`.
    pub fn mem(&self, name: &str) -> Option<Addr> {
        if let ExternAddr::Mem(a) = self.export(name)? { Some(a) } else { None }
    }

    /// The address of an exported global: its value is `store.globals[a].value`.
    pub fn global(&self, name: &str) -> Option<Addr> {
        if let ExternAddr::Global(a) = self.export(name)? { Some(a) } else { None }
    }

    /// The address of what an index refers to.
    pub fn address(&self, item: ExternIdx) -> ExternAddr {
        match item {
            ExternIdx::Func(x) => ExternAddr::Func(self.funcs[x as usize]),
            ExternIdx::Table(x) => ExternAddr::Table(self.tables[x as usize]),
            ExternIdx::Mem(x) => ExternAddr::Mem(self.mems[x as usize]),
            ExternIdx::Global(x) => ExternAddr::Global(self.globals[x as usize]),
            ExternIdx::Tag(x) => ExternAddr::Tag(self.tags[x as usize]),
        }
    }
}

impl<D: Domain> Default for Store<D> {
    fn default() -> Self {
        Store {
            funcs: Arc::default(),
            tables: Vec::new(),
            mems: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            elems: Vec::new(),
            datas: Vec::new(),
            heap: Heap::default(),
            types: Arc::default(),
            budget: DEFAULT_BUDGET,
        }
    }
}

impl<D: Domain> Store<D> {
    /// `alloctypes`: the defined types of a valid module, by index.
    pub fn alloc_types(&mut self, module: &Module) -> Arc<[DefType]> {
        Arc::make_mut(&mut self.types).alloc(module)
    }

    /// A function of the host's, whose type has no uses of types: `id` is the host's name for it.
    pub fn alloc_host_func(&mut self, ty: Arc<FuncType>, id: usize) -> FuncAddr {
        let deftype = Arc::make_mut(&mut self.types).func(&ty);
        self.alloc_func(FuncInst::Host { ty: deftype, func_type: ty, id })
    }

    /// Whether a reference is to something that is there and of a closed type (`Ref_ok`, then `Reftype_sub`).
    pub fn ref_ok(&self, r: Ref, rt: RefType) -> bool {
        let inside = |r| match r {
            AnyRef::Struct(a) => self.heap.structs.get(a).map(|inst| HeapType::Type(TypeUse::Def(inst.ty))),
            AnyRef::Array(a) => self.heap.arrays.get(a).map(|inst| HeapType::Type(TypeUse::Def(inst.ty))),
            AnyRef::I31(_) => Some(HeapType::I31),
            AnyRef::Host(_) => Some(HeapType::Any),
        };
        let heap = match r {
            Ref::Null(heap) => return rt.nullable && self.types.top(rt.heap) == heap,
            Ref::Func(a) => self.funcs.get(a).map(|inst| HeapType::Type(TypeUse::Def(inst.deftype()))),
            Ref::Exn(a) => self.heap.exns.get(a).map(|_| HeapType::Exn),
            Ref::Any(r) => inside(r),
            Ref::Extern(r) => inside(r).map(|_| HeapType::Extern),
        };
        heap.is_some_and(|heap| self.types.heap_sub(heap, rt.heap))
    }

    /// Whether a value is of a closed type (`Val_ok`).
    pub fn val_ok(&self, v: Value, t: ValType) -> bool {
        match (v, t) {
            (Val::Ref(r), ValType::Ref(rt)) => self.ref_ok(r, rt),
            (v, t) => v.ty() == t,
        }
    }

    /// `allocfunc`, of the module's or the host's.
    pub fn alloc_func(&mut self, func: FuncInst) -> FuncAddr {
        let funcs = Arc::make_mut(&mut self.funcs);
        funcs.push(func);
        funcs.len() - 1
    }

    /// Takes bytes out of the budget; `false`, and nothing taken, if they aren't there.
    pub fn charge(&mut self, bytes: u64) -> bool {
        match self.budget.checked_sub(bytes) {
            Some(rest) => {
                self.budget = rest;
                true
            }
            None => false,
        }
    }

    /// `alloctable`
    pub fn alloc_table(&mut self, ty: TableType, elements: D::Table) -> Addr {
        self.tables.push(TableInst { ty, elements });
        self.tables.len() - 1
    }

    /// `allocmem`
    pub fn alloc_mem(&mut self, ty: MemType, bytes: D::Memory) -> Addr {
        self.mems.push(MemInst { ty, bytes });
        self.mems.len() - 1
    }

    /// `alloctag`
    pub fn alloc_tag(&mut self, ty: DefType) -> Addr {
        self.tags.push(TagInst { ty });
        self.tags.len() - 1
    }

    /// `allocglobal`
    pub fn alloc_global(&mut self, ty: GlobalType, value: Val<D>) -> Addr {
        self.globals.push(GlobalInst { ty, value });
        self.globals.len() - 1
    }

    /// The type of what is at an address now (`Externaddr_ok`): a size is the present one.
    ///
    /// # Errors
    ///
    /// The reading doesn't know the size.
    pub fn extern_type(&self, d: &D, addr: ExternAddr) -> Result<ExternType, D::Undecided> {
        let size = |len| d.index::<W64>(len, usize::MAX).map(|len| len as u64);
        Ok(match addr {
            ExternAddr::Func(a) => ExternType::Func((**self.funcs[a].ty()).clone()),
            ExternAddr::Table(a) => {
                let table = &self.tables[a];
                let limits = Limits { min: size(table.len(d))?, ..table.ty.limits };
                ExternType::Table(TableType { limits, ..table.ty })
            }
            ExternAddr::Mem(a) => {
                let mem = &self.mems[a];
                let limits = Limits { min: size(mem.len(d))? / mem.ty.page, ..mem.ty.limits };
                ExternType::Mem(MemType { limits, ..mem.ty })
            }
            ExternAddr::Global(a) => ExternType::Global(self.globals[a].ty),
            ExternAddr::Tag(a) => ExternType::Tag((**self.types.func_type(self.tags[a].ty)).clone()),
        })
    }

    /// Whether what is at an address may be given for an import (`Externtype_sub`) of a module with these types.
    ///
    /// # Errors
    ///
    /// The reading doesn't know its size.
    pub fn matches(&self, d: &D, addr: ExternAddr, import: &Import, types: &[DefType]) -> Result<bool, D::Undecided> {
        let close = |tu| match tu {
            TypeUse::Idx(x) => TypeUse::Def(types[x as usize]),
            other => other,
        };
        let wanted = import.type_index.map(|x| types[x as usize]);
        Ok(match (addr, self.extern_type(d, addr)?, &import.ty) {
            (ExternAddr::Func(a), _, ExternType::Func(_)) => {
                wanted.is_some_and(|ty| self.types.func_sub(self.funcs[a].deftype(), ty))
            }
            (ExternAddr::Tag(a), _, ExternType::Tag(_)) => {
                wanted.is_some_and(|ty| self.types.tag_sub(self.tags[a].ty, ty))
            }
            (_, ExternType::Table(t), ExternType::Table(wanted)) => self.types.table_sub(&t, &wanted.subst(&close)),
            (_, ExternType::Mem(t), ExternType::Mem(wanted)) => self.types.mem_sub(&t, wanted),
            (_, ExternType::Global(t), ExternType::Global(wanted)) => self.types.global_sub(&t, &wanted.subst(&close)),
            _ => false,
        })
    }
}

impl Store<Concrete> {
    /// The type of what is at an address now (`Externaddr_ok`): a size is the present one.
    pub fn type_of(&self, addr: ExternAddr) -> ExternType {
        let Ok(ty) = self.extern_type(&Concrete::default(), addr);
        ty
    }
}

impl<D: Domain> MemInst<D> {
    /// Length in bytes.
    pub fn len(&self, d: &D) -> D::Bv<W64> {
        self.bytes.len(d)
    }
}

impl<D: Domain> TableInst<D> {
    /// Number of elements.
    pub fn len(&self, d: &D) -> D::Bv<W64> {
        self.elements.len(d)
    }
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
    Store { funcs, tables, mems, globals, tags, elems, datas, heap, types, budget }
    TableInst { ty, elements }
    MemInst { ty, bytes }
    GlobalInst { ty, value }
}
