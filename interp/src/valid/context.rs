//! Contexts (3.1.1): what is known of a module where one of its parts is looked at. Types in it are closed.

use std::collections::HashMap;

use super::deftypes::DefTypes;
use super::error::{Checked, Fault, Operand, Space};
use super::matching::Matching;
use super::rule::{Deriving, Observer, Rule};
use crate::syntax::{
    CompType, DefType, Features, FieldType, FuncType, GlobalType, HeapType, Idx, MemType, Module, RefType, StorageType,
    Subst, TableType, TypeUse, ValType, Version,
};

/// The context of a module: `C` in the rules, without the parts that belong to a function.
pub(super) struct Context<'m> {
    pub(super) module: &'m Module,
    pub(super) features: Features,
    pub(super) deftypes: DefTypes,
    pub(super) types: Vec<DefType>,
    /// How many types each type is declared to be below.
    pub(super) depths: Vec<usize>,
    pub(super) funcs: Vec<DefType>,
    pub(super) tables: Vec<TableType>,
    pub(super) mems: Vec<MemType>,
    pub(super) globals: Vec<GlobalType>,
    pub(super) imported_globals: usize,
    pub(super) tags: Vec<DefType>,
    pub(super) elems: Vec<RefType>,
    /// Functions that something outside of code refers to, by their indices.
    pub(super) refs: Vec<bool>,
    /// Of each type the first field without a default value: looked up once, since few bytes ask for it.
    pub(super) undefaultable: Vec<Option<ValType>>,
}

/// What is at an index of a space.
fn at<T>(list: &[T], space: Space, index: Idx) -> Checked<&T> {
    list.get(index as usize).ok_or_else(|| Box::new(Fault::Unknown { space, index, len: list.len() as u64 }))
}

impl<'m> Context<'m> {
    pub(super) fn new(module: &'m Module, features: Features) -> Context<'m> {
        Context {
            module,
            features,
            deftypes: DefTypes::default(),
            types: Vec::new(),
            depths: Vec::new(),
            funcs: Vec::new(),
            tables: Vec::new(),
            mems: Vec::new(),
            globals: Vec::new(),
            imported_globals: 0,
            tags: Vec::new(),
            elems: Vec::new(),
            refs: Vec::new(),
            undefaultable: Vec::new(),
        }
    }

    /// Whether it is a module of that version or a later one.
    #[inline]
    pub(super) fn since(&self, version: Version) -> bool {
        self.features.version >= version
    }

    pub(super) fn type_at(&self, x: Idx) -> Checked<DefType> {
        at(&self.types, Space::Type, x).copied()
    }

    pub(super) fn func(&self, x: Idx) -> Checked<DefType> {
        at(&self.funcs, Space::Func, x).copied()
    }

    pub(super) fn table(&self, x: Idx) -> Checked<&TableType> {
        at(&self.tables, Space::Table, x)
    }

    pub(super) fn mem(&self, x: Idx) -> Checked<&MemType> {
        at(&self.mems, Space::Mem, x)
    }

    pub(super) fn global(&self, x: Idx) -> Checked<&GlobalType> {
        at(&self.globals, Space::Global, x)
    }

    /// The global at an index, if it is one of the first `all`.
    pub(super) fn global_among(&self, x: Idx, all: usize) -> Checked<&GlobalType> {
        at(&self.globals[..all], Space::Global, x)
    }

    pub(super) fn tag(&self, x: Idx) -> Checked<DefType> {
        at(&self.tags, Space::Tag, x).copied()
    }

    pub(super) fn elem(&self, x: Idx) -> Checked<RefType> {
        at(&self.elems, Space::Elem, x).copied()
    }

    /// Data segments have nothing but that they are there.
    pub(super) fn data(&self, x: Idx) -> Checked<()> {
        at(&self.module.datas, Space::Data, x).map(drop)
    }

    /// The function type that a type is: `Expand` to `func`.
    pub(super) fn expand_func<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx, ty: DefType) -> Checked<&FuncType> {
        d.by(Rule::Expand, |_| match self.deftypes.expand(ty) {
            CompType::Func(t) => Ok(&**t),
            other => Err(kind(x, "function", other)),
        })
    }

    /// The function type at an index.
    pub(super) fn func_type<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx) -> Checked<&FuncType> {
        self.expand_func(d, x, self.type_at(x)?)
    }

    /// The type of the function at an index.
    pub(super) fn type_of_func<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx) -> Checked<&FuncType> {
        self.expand_func(d, x, self.func(x)?)
    }

    /// The fields of the structure type at an index.
    pub(super) fn struct_type<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx) -> Checked<&[FieldType]> {
        let ty = self.type_at(x)?;
        d.by(Rule::Expand, |_| match self.deftypes.expand(ty) {
            CompType::Struct(fields) => Ok(&**fields),
            other => Err(kind(x, "structure", other)),
        })
    }

    /// The elements of the array type at an index.
    pub(super) fn array_type<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx) -> Checked<FieldType> {
        let ty = self.type_at(x)?;
        d.by(Rule::Expand, |_| match self.deftypes.expand(ty) {
            CompType::Array(field) => Ok(*field),
            other => Err(kind(x, "array", other)),
        })
    }

    pub(super) fn matching<'a, O: Observer>(&'a self, d: &'a mut Deriving<'_, O>) -> Matching<'a, O> {
        Matching { types: &self.deftypes, by: d.observer() }
    }

    /// The fault, with closed types as the module can say them: by the first index of a type that is equal.
    pub(super) fn told(&self, mut fault: Box<Fault>) -> Box<Fault> {
        let indices = self.types.iter().enumerate().rev();
        let first: HashMap<DefType, Idx> = indices.map(|(x, ty)| (*ty, x as Idx)).collect();
        let open = |tu| match tu {
            TypeUse::Def(ty) => first.get(&ty).map_or(tu, |x| TypeUse::Idx(*x)),
            other => other,
        };
        let val = |t: &mut ValType| *t = t.subst(&open);
        let operand = |t: &mut Operand| {
            if let Operand::Val(t) = t {
                val(t);
            }
        };
        let storage = |t: &mut StorageType| {
            if let StorageType::Val(t) = t {
                val(t);
            }
        };
        match &mut *fault {
            Fault::Mismatch { expected, found, .. } => expected.iter_mut().chain(found).for_each(operand),
            Fault::Select(a, b) => [a, b].into_iter().for_each(operand),
            Fault::Packed(t) | Fault::NotNumeric(t) => storage(t),
            Fault::Elements { expected, found } => [expected, found].into_iter().for_each(storage),
            Fault::NotDefaultable(t) => val(t),
            Fault::NotFuncs(t) => *t = t.subst(&open),
            Fault::StartType(t) => *t = t.subst(&open),
            _ => {}
        }
        fault
    }

    /// The greatest heap type of a closed one's hierarchy.
    pub(super) fn top(&self, heap: HeapType) -> HeapType {
        self.deftypes.top(heap)
    }
}

fn kind(index: Idx, expected: &'static str, found: &CompType) -> Box<Fault> {
    let found = match found {
        CompType::Struct(_) => "structure",
        CompType::Array(_) => "array",
        CompType::Func(_) => "function",
    };
    Box::new(Fault::Kind { index, expected, found })
}

impl ValType {
    /// Whether there is a default value of the type (`Defaultable`): no reference that can't be null.
    pub(super) fn is_defaultable(self) -> bool {
        !matches!(self, ValType::Ref(RefType { nullable: false, .. }))
    }
}
