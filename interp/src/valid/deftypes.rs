//! Defined types (2.3.10) and matching (3.3).
//!
//! A store keeps each recursive type once: its key is its sub types with uses inside the group as positions (`rolldt`)
//! and uses of earlier types as defined types, so that equivalence of types is equality of numbers, and subtyping
//! among them is a look at a table. Everything here is closed: no type refers to an index of a module.

use std::collections::HashMap;
use std::sync::Arc;

use super::matching::Matching;
use crate::syntax::{
    CompType, DefType, FieldType, FuncType, GlobalType, HeapType, MemType, Module, StorageType, SubType, Subst,
    TableType, TypeUse, ValType,
};

/// The defined types of a store.
#[derive(Clone, Debug, Default)]
pub struct DefTypes {
    /// The first type of each recursive type, by its sub types.
    groups: HashMap<Vec<SubType>, u32>,
    defs: Vec<Def>,
}

/// A defined type, unrolled (`unrolldt`).
#[derive(Clone, Debug)]
struct Def {
    sub: SubType,
    /// What it is declared to be below, outermost first, and itself.
    chain: Arc<[DefType]>,
}

impl DefTypes {
    /// The defined types of a module, by their indices (`alloctypes`, 4.7.1).
    ///
    /// # Panics
    ///
    /// The module isn't valid.
    pub fn alloc(&mut self, module: &Module) -> Arc<[DefType]> {
        let mut types: Vec<DefType> = Vec::with_capacity(module.types.len());
        for group in module.rec_types() {
            self.alloc_group(&mut types, group);
        }
        types.into()
    }

    /// The defined types of one recursive type of a module, after those of the ones before it. Each index in it is of a
    /// type that stands before or in it, each supertype before the type that is declared to be below it.
    pub(super) fn alloc_group(&mut self, types: &mut Vec<DefType>, group: &[SubType]) {
        let first = types.len() as u32;
        let rolled = |tu| match tu {
            TypeUse::Idx(x) if x >= first => TypeUse::Rec(x - first),
            TypeUse::Idx(x) => TypeUse::Def(types[x as usize]),
            other => other,
        };
        let group: Vec<SubType> = group.iter().map(|sub| sub.subst(&rolled)).collect();
        types.extend(self.intern(group));
    }

    /// The defined type of a function of the host's: final, and in a group of its own. Uses in it are closed.
    pub fn func(&mut self, ty: &Arc<FuncType>) -> DefType {
        let sub = SubType { is_final: true, supers: Vec::new(), comp: CompType::Func(ty.clone()) };
        self.intern(vec![sub]).next().expect("one type for one")
    }

    fn intern(&mut self, group: Vec<SubType>) -> impl Iterator<Item = DefType> + use<> {
        let len = group.len() as u32;
        let first = match self.groups.get(&group) {
            Some(first) => *first,
            None => {
                let first = self.defs.len() as u32;
                for (i, sub) in (first..).zip(&group) {
                    let sub = sub.subst(&|tu| match tu {
                        TypeUse::Rec(i) => TypeUse::Def(DefType(first + i)),
                        other => other,
                    });
                    let above: &[DefType] = match sub.supers.first() {
                        Some(TypeUse::Def(above)) => &self.defs[above.0 as usize].chain,
                        _ => &[],
                    };
                    let chain = above.iter().copied().chain([DefType(i)]).collect();
                    self.defs.push(Def { sub, chain });
                }
                self.groups.insert(group, first);
                first
            }
        };
        (first..first + len).map(DefType)
    }

    /// What a defined type is (`expanddt`).
    pub fn expand(&self, ty: DefType) -> &CompType {
        &self.defs[ty.0 as usize].sub.comp
    }

    /// The function type that a defined type is.
    ///
    /// # Panics
    ///
    /// Validation has let another kind of type stand for one.
    pub fn func_type(&self, ty: DefType) -> &Arc<FuncType> {
        match self.expand(ty) {
            CompType::Func(ty) => ty,
            other => panic!("validation let {other:?} stand for a function type"),
        }
    }

    /// Whether a type is declared to be below another, or is it: `Deftype_sub` as a look at a table.
    #[inline]
    pub(super) fn is_below(&self, a: DefType, b: DefType) -> bool {
        let place = self.defs[b.0 as usize].chain.len() - 1;
        self.defs[a.0 as usize].chain.get(place) == Some(&b)
    }

    /// The sub type that a defined type is (`unrolldt`).
    pub(super) fn unroll(&self, ty: DefType) -> &SubType {
        &self.defs[ty.0 as usize].sub
    }

    fn matching<'a>(&'a self, by: &'a mut ()) -> Matching<'a, ()> {
        Matching { types: self, by }
    }

    /// `Deftype_sub` (3.3): whether a type is another, or declared to be below it.
    pub fn def_sub(&self, a: DefType, b: DefType) -> bool {
        self.matching(&mut ()).def_sub(a, b)
    }

    /// The least abstract heap type above.
    fn abs(&self, heap: HeapType) -> HeapType {
        match heap {
            HeapType::Type(TypeUse::Def(ty)) => self.expand(ty).abs(),
            other => other,
        }
    }

    /// The greatest heap type above: that of its hierarchy.
    pub fn top(&self, heap: HeapType) -> HeapType {
        self.abs(heap).abs_top()
    }

    /// `Heaptype_sub` (3.3)
    pub fn heap_sub(&self, a: HeapType, b: HeapType) -> bool {
        self.matching(&mut ()).heap_sub(a, b)
    }

    /// `Externtype_sub/func` (3.3.16)
    pub fn func_sub(&self, a: DefType, b: DefType) -> bool {
        self.matching(&mut ()).extern_func_sub(a, b)
    }

    /// `Externtype_sub/tag` (3.3.16): each is below the other.
    pub fn tag_sub(&self, a: DefType, b: DefType) -> bool {
        self.matching(&mut ()).extern_tag_sub(a, b)
    }

    /// `Externtype_sub/table` (3.3.16)
    pub fn table_sub(&self, a: &TableType, b: &TableType) -> bool {
        self.matching(&mut ()).extern_table_sub(a, b)
    }

    /// `Externtype_sub/mem` (3.3.16)
    pub fn mem_sub(&self, a: &MemType, b: &MemType) -> bool {
        self.matching(&mut ()).extern_mem_sub(a, b)
    }

    /// `Externtype_sub/global` (3.3.16): a global that may change has to be of the very type.
    pub fn global_sub(&self, a: &GlobalType, b: &GlobalType) -> bool {
        self.matching(&mut ()).extern_global_sub(a, b)
    }
}

impl CompType {
    /// The least abstract heap type above.
    pub fn abs(&self) -> HeapType {
        match self {
            CompType::Struct(_) => HeapType::Struct,
            CompType::Array(_) => HeapType::Array,
            CompType::Func(_) => HeapType::Func,
        }
    }
}

impl HeapType {
    /// The greatest heap type of an abstract one's hierarchy: `any`, `func`, `exn` or `extern`.
    pub fn abs_top(self) -> HeapType {
        match self {
            HeapType::Func | HeapType::NoFunc => HeapType::Func,
            HeapType::Exn | HeapType::NoExn => HeapType::Exn,
            HeapType::Extern | HeapType::NoExtern => HeapType::Extern,
            _ => HeapType::Any,
        }
    }
}

impl FieldType {
    /// `unpack`: the type of the value that a field holds.
    pub fn unpack(&self) -> ValType {
        match self.storage {
            StorageType::Val(t) => t,
            StorageType::I8 | StorageType::I16 => ValType::I32,
        }
    }
}
