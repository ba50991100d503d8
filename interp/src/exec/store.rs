//! The store and what it holds (4.2.3 to 4.2.11).

use std::sync::Arc;

use super::domain::{Domain, Memory, Table};
use super::value::{Addr, FuncAddr, Val};
use crate::syntax::{ExternIdx, ExternType, FuncType, GlobalType, Idx, Limits, MemType, Module, TableType};
use crate::value::W64;

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
    /// Element instances; empty once dropped.
    pub elems: Vec<Arc<[D::Ref]>>,
    /// Data instances; empty once dropped.
    pub datas: Vec<Arc<[u8]>>,
    /// Bytes that memories and tables may still take.
    pub budget: u64,
}

/// A function instance (4.2.6).
#[derive(Clone, Debug)]
pub enum FuncInst {
    /// Of a module.
    Wasm {
        /// Its type.
        ty: Arc<FuncType>,
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
        ty: Arc<FuncType>,
        /// The host's own name for it.
        id: usize,
    },
}

/// A module instance (4.2.5): addresses by index.
#[derive(Debug, Default)]
pub struct ModuleInst {
    /// The module.
    pub module: Arc<Module>,
    /// Functions.
    pub funcs: Vec<FuncAddr>,
    /// Tables.
    pub tables: Vec<Addr>,
    /// Memories.
    pub mems: Vec<Addr>,
    /// Globals.
    pub globals: Vec<Addr>,
    /// Element segments.
    pub elems: Vec<Addr>,
    /// Data segments.
    pub datas: Vec<Addr>,
}

/// A table instance (4.2.7).
pub struct TableInst<D: Domain> {
    /// Its type, with the length that it began with.
    pub ty: TableType,
    /// The elements.
    pub elements: D::Table,
}

/// A memory instance (4.2.8).
pub struct MemInst<D: Domain> {
    /// Its type, with the size that it began with.
    pub ty: MemType,
    /// The bytes.
    pub bytes: D::Memory,
}

/// A global instance (4.2.9).
pub struct GlobalInst<D: Domain> {
    /// Its type.
    pub ty: GlobalType,
    /// Its value.
    pub value: Val<D>,
}

/// An external address (4.2.12): what an import is given, or an export is.
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
}

impl FuncInst {
    /// Its type.
    pub fn ty(&self) -> &Arc<FuncType> {
        match self {
            FuncInst::Wasm { ty, .. } | FuncInst::Host { ty, .. } => ty,
        }
    }
}

impl ModuleInst {
    /// The address of an export, by name.
    pub fn export(&self, name: &str) -> Option<ExternAddr> {
        let export = self.module.exports.iter().find(|e| e.name == name)?;
        Some(self.address(export.item))
    }

    /// The address of what an index refers to.
    pub fn address(&self, item: ExternIdx) -> ExternAddr {
        match item {
            ExternIdx::Func(x) => ExternAddr::Func(self.funcs[x as usize]),
            ExternIdx::Table(x) => ExternAddr::Table(self.tables[x as usize]),
            ExternIdx::Mem(x) => ExternAddr::Mem(self.mems[x as usize]),
            ExternIdx::Global(x) => ExternAddr::Global(self.globals[x as usize]),
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
            elems: Vec::new(),
            datas: Vec::new(),
            budget: DEFAULT_BUDGET,
        }
    }
}

impl<D: Domain> Store<D> {
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

    /// `allocglobal`
    pub fn alloc_global(&mut self, ty: GlobalType, value: Val<D>) -> Addr {
        self.globals.push(GlobalInst { ty, value });
        self.globals.len() - 1
    }
}

impl Store<crate::value::Concrete> {
    /// The type of what is at an address now (`Externaddr_ok`): a size is the present one.
    pub fn type_of(&self, addr: ExternAddr) -> ExternType {
        match addr {
            ExternAddr::Func(a) => ExternType::Func((**self.funcs[a].ty()).clone()),
            ExternAddr::Table(a) => {
                let table = &self.tables[a];
                let limits = Limits { min: table.elements.len() as u64, ..table.ty.limits };
                ExternType::Table(TableType { limits, ..table.ty })
            }
            ExternAddr::Mem(a) => {
                let mem = &self.mems[a];
                let limits = Limits { min: mem.bytes.len() as u64 / mem.ty.page, ..mem.ty.limits };
                ExternType::Mem(MemType { limits, ..mem.ty })
            }
            ExternAddr::Global(a) => ExternType::Global(self.globals[a].ty),
        }
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
    Store { funcs, tables, mems, globals, elems, datas, budget }
    TableInst { ty, elements }
    MemInst { ty, bytes }
    GlobalInst { ty, value }
}
