//! Matching (3.3), on closed types: a derivation is told to an observer, or to nobody.

use super::deftypes::DefTypes;
use super::error::Operand;
use super::rule::{Observer, Rule};
use crate::syntax::{
    CompType, DefType, FieldType, FuncType, GlobalType, HeapType, Limits, MemType, RefType, StorageType, TableType,
    TypeUse, ValType,
};

/// The relations of matching over the defined types of a store. Where one doesn't hold, rules that were applied on the
/// way may have been told.
pub(super) struct Matching<'a, O> {
    pub(super) types: &'a DefTypes,
    pub(super) by: &'a mut O,
}

impl<O: Observer> Matching<'_, O> {
    /// A rule whose premises hold.
    #[inline]
    fn holds(&mut self, rule: Rule) -> bool {
        self.by.applies(rule);
        true
    }

    /// `Deftype_sub`: whether a type is another, or declared to be below it. Equal types are one number.
    #[inline]
    pub(super) fn def_sub(&mut self, a: DefType, b: DefType) -> bool {
        if a == b {
            return self.holds(Rule::DeftypeSubRefl);
        }
        self.types.is_below(a, b) && self.holds(Rule::DeftypeSubSuper)
    }

    /// `Heaptype_sub`
    pub(super) fn heap_sub(&mut self, a: HeapType, b: HeapType) -> bool {
        use HeapType::*;
        match (a, b) {
            (Type(TypeUse::Def(a)), Type(TypeUse::Def(b))) => self.def_sub(a, b) && self.holds(Rule::HeaptypeSubDef),
            _ if a == b => self.holds(Rule::HeaptypeSubRefl),
            (None, _) => self.heap_sub(b, Any) && self.holds(Rule::HeaptypeSubNone),
            (NoFunc, _) => self.heap_sub(b, Func) && self.holds(Rule::HeaptypeSubNofunc),
            (NoExn, _) => self.heap_sub(b, Exn) && self.holds(Rule::HeaptypeSubNoexn),
            (NoExtern, _) => self.heap_sub(b, Extern) && self.holds(Rule::HeaptypeSubNoextern),
            (_, Type(_)) => false,
            (Type(TypeUse::Def(ty)), _) => {
                let (above, rule) = match self.types.expand(ty) {
                    CompType::Struct(_) => (Struct, Rule::HeaptypeSubStruct),
                    CompType::Array(_) => (Array, Rule::HeaptypeSubArray),
                    CompType::Func(_) => (Func, Rule::HeaptypeSubFunc),
                };
                self.holds(rule) && (above == b || self.heap_sub(above, b) && self.holds(Rule::HeaptypeSubTrans))
            }
            (I31, Eq) => self.holds(Rule::HeaptypeSubI31Eq),
            (Struct, Eq) => self.holds(Rule::HeaptypeSubStructEq),
            (Array, Eq) => self.holds(Rule::HeaptypeSubArrayEq),
            (Eq, Any) => self.holds(Rule::HeaptypeSubEqAny),
            (I31 | Struct | Array, Any) => {
                self.heap_sub(a, Eq) && self.heap_sub(Eq, Any) && self.holds(Rule::HeaptypeSubTrans)
            }
            _ => false,
        }
    }

    /// `Reftype_sub`
    #[inline]
    pub(super) fn ref_sub(&mut self, a: RefType, b: RefType) -> bool {
        match (a.nullable, b.nullable) {
            (_, true) => self.heap_sub(a.heap, b.heap) && self.holds(Rule::ReftypeSubNull),
            (false, false) => self.heap_sub(a.heap, b.heap) && self.holds(Rule::ReftypeSubNonnull),
            (true, false) => false,
        }
    }

    /// `Valtype_sub`
    #[inline]
    pub(super) fn val_sub(&mut self, a: ValType, b: ValType) -> bool {
        match (a, b) {
            (ValType::Num(a), ValType::Num(b)) => {
                a == b && self.holds(Rule::NumtypeSub) && self.holds(Rule::ValtypeSubNum)
            }
            (ValType::V128, ValType::V128) => self.holds(Rule::VectypeSub) && self.holds(Rule::ValtypeSubVec),
            (ValType::Ref(a), ValType::Ref(b)) => self.ref_sub(a, b) && self.holds(Rule::ValtypeSubRef),
            _ => false,
        }
    }

    /// `Valtype_sub` of what is known of an operand.
    #[inline]
    pub(super) fn operand_sub(&mut self, a: Operand, b: ValType) -> bool {
        match a {
            Operand::Val(a) => self.val_sub(a, b),
            Operand::Bot => self.holds(Rule::ValtypeSubBot),
            Operand::RefBot => match b {
                ValType::Ref(b) => {
                    let rule = if b.nullable { Rule::ReftypeSubNull } else { Rule::ReftypeSubNonnull };
                    self.holds(Rule::HeaptypeSubBot) && self.holds(rule) && self.holds(Rule::ValtypeSubRef)
                }
                _ => false,
            },
        }
    }

    /// `Resulttype_sub`
    pub(super) fn result_sub(&mut self, a: &[ValType], b: &[ValType]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.val_sub(*a, *b)) && self.holds(Rule::ResulttypeSub)
    }

    /// `Functype_sub`
    fn func_sub(&mut self, a: &FuncType, b: &FuncType) -> bool {
        self.result_sub(&b.params, &a.params) && self.result_sub(&a.results, &b.results)
    }

    /// `Storagetype_sub`
    pub(super) fn storage_sub(&mut self, a: StorageType, b: StorageType) -> bool {
        match (a, b) {
            (StorageType::Val(a), StorageType::Val(b)) => self.val_sub(a, b) && self.holds(Rule::StoragetypeSubVal),
            _ => a == b && self.holds(Rule::PacktypeSub) && self.holds(Rule::StoragetypeSubPack),
        }
    }

    /// `Fieldtype_sub`
    fn field_sub(&mut self, a: &FieldType, b: &FieldType) -> bool {
        match (a.mutable, b.mutable) {
            (false, false) => self.storage_sub(a.storage, b.storage) && self.holds(Rule::FieldtypeSubConst),
            (true, true) => {
                self.storage_sub(a.storage, b.storage)
                    && self.storage_sub(b.storage, a.storage)
                    && self.holds(Rule::FieldtypeSubVar)
            }
            _ => false,
        }
    }

    /// `Comptype_sub`
    pub(super) fn comp_sub(&mut self, a: &CompType, b: &CompType) -> bool {
        match (a, b) {
            (CompType::Struct(a), CompType::Struct(b)) => {
                a.len() >= b.len()
                    && a.iter().zip(b.iter()).all(|(a, b)| self.field_sub(a, b))
                    && self.holds(Rule::ComptypeSubStruct)
            }
            (CompType::Array(a), CompType::Array(b)) => self.field_sub(a, b) && self.holds(Rule::ComptypeSubArray),
            (CompType::Func(a), CompType::Func(b)) => self.func_sub(a, b) && self.holds(Rule::ComptypeSubFunc),
            _ => false,
        }
    }

    /// `Limits_sub`: whether limits lie within others.
    fn limits_sub(&mut self, a: &Limits, b: &Limits) -> bool {
        a.matches(b) && self.holds(if b.max.is_some() { Rule::LimitsSubMax } else { Rule::LimitsSubEps })
    }

    /// `Externtype_sub/func`
    pub(super) fn extern_func_sub(&mut self, a: DefType, b: DefType) -> bool {
        self.def_sub(a, b) && self.holds(Rule::ExterntypeSubFunc)
    }

    /// `Externtype_sub/tag` by `Tagtype_sub`: each is below the other, so they are one.
    pub(super) fn extern_tag_sub(&mut self, a: DefType, b: DefType) -> bool {
        self.def_sub(a, b) && self.def_sub(b, a) && self.holds(Rule::TagtypeSub) && self.holds(Rule::ExterntypeSubTag)
    }

    /// `Externtype_sub/table` by `Tabletype_sub`
    pub(super) fn extern_table_sub(&mut self, a: &TableType, b: &TableType) -> bool {
        a.addr == b.addr
            && self.limits_sub(&a.limits, &b.limits)
            && self.ref_sub(a.element, b.element)
            && self.ref_sub(b.element, a.element)
            && self.holds(Rule::TabletypeSub)
            && self.holds(Rule::ExterntypeSubTable)
    }

    /// `Externtype_sub/mem` by `Memtype_sub`
    pub(super) fn extern_mem_sub(&mut self, a: &MemType, b: &MemType) -> bool {
        a.addr == b.addr
            && a.page == b.page
            && a.shared == b.shared
            && self.limits_sub(&a.limits, &b.limits)
            && self.holds(Rule::MemtypeSub)
            && self.holds(Rule::ExterntypeSubMem)
    }

    /// `Externtype_sub/global` by `Globaltype_sub`
    pub(super) fn extern_global_sub(&mut self, a: &GlobalType, b: &GlobalType) -> bool {
        let holds = match (a.mutable, b.mutable) {
            (false, false) => self.val_sub(a.val, b.val) && self.holds(Rule::GlobaltypeSubConst),
            (true, true) => {
                self.val_sub(a.val, b.val) && self.val_sub(b.val, a.val) && self.holds(Rule::GlobaltypeSubVar)
            }
            _ => false,
        };
        holds && self.holds(Rule::ExterntypeSubGlobal)
    }
}
