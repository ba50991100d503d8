//! Types (3.2): which of them are valid in a context. Valid ones are handed on closed.

use super::context::Context;
use super::error::{Checked, Fault, Since, Space};
use super::rule::{Deriving, Observer, Rule};
use crate::syntax::{
    AddrType, CompType, ExternType, FieldType, FuncType, GlobalType, HeapType, Idx, Import, Limits, MemType, PAGE,
    RefType, StorageType, SubType, TableType, TypeUse, ValType, Version,
};

/// Types that one is declared to be below, at most (the JavaScript API's limit).
const MAX_DEPTH: u64 = 63;
/// Parameters or results of a function type, at most (the same): an instruction of two bytes can ask for all of them.
const MAX_ARITY: u64 = 1000;
/// Fields of a structure type, at most (the same).
const MAX_FIELDS: u64 = 10_000;

pub(super) fn beyond<T>(what: impl Into<String>, since: Version) -> Checked<T> {
    Err(Box::new(Fault::Beyond(what.into(), Since::Version(since))))
}

fn within(len: usize, what: &'static str, most: u64) -> Checked<()> {
    if len as u64 <= most { Ok(()) } else { Err(Box::new(Fault::Limit { what, most })) }
}

impl Context<'_> {
    /// `Heaptype_ok`
    #[inline]
    pub(super) fn heap_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: HeapType) -> Checked<HeapType> {
        if !self.since(Version::V3) && !matches!(t, HeapType::Func | HeapType::Extern) {
            return beyond(format!("the heap type {t}"), Version::V3);
        }
        match t {
            HeapType::Type(TypeUse::Idx(x)) => d.by(Rule::HeaptypeOkTypeuse, |d| {
                d.by(Rule::TypeuseOkTypeidx, |_| self.type_at(x)).map(|ty| HeapType::Type(TypeUse::Def(ty)))
            }),
            other => {
                d.axiom(Rule::HeaptypeOkAbs);
                Ok(other)
            }
        }
    }

    /// `Reftype_ok`
    pub(super) fn ref_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: RefType) -> Checked<RefType> {
        d.by(Rule::ReftypeOk, |d| {
            let heap = self.heap_type(d, t.heap)?;
            if !t.nullable && !self.since(Version::V3) {
                return beyond("a reference type without null", Version::V3);
            }
            if !self.since(Version::V2) {
                return beyond("a reference type", Version::V2);
            }
            Ok(RefType { heap, ..t })
        })
    }

    /// `Valtype_ok`
    #[inline]
    pub(super) fn val_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: ValType) -> Checked<ValType> {
        match t {
            ValType::Num(_) => d.by(Rule::ValtypeOkNum, |d| {
                d.axiom(Rule::NumtypeOk);
                Ok(t)
            }),
            ValType::V128 => d.by(Rule::ValtypeOkVec, |d| {
                if !self.since(Version::V2) {
                    return beyond("the type v128", Version::V2);
                }
                d.axiom(Rule::VectypeOk);
                Ok(t)
            }),
            ValType::Ref(t) => d.by(Rule::ValtypeOkRef, |d| self.ref_type(d, t).map(ValType::Ref)),
        }
    }

    fn result_type<O: Observer>(&self, d: &mut Deriving<'_, O>, ts: &[ValType]) -> Checked<()> {
        d.by(Rule::ResulttypeOk, |d| {
            within(ts.len(), "parameters or results of a function", MAX_ARITY)?;
            ts.iter().try_for_each(|t| self.val_type(d, *t).map(drop))
        })
    }

    fn func_type_ok<O: Observer>(&self, d: &mut Deriving<'_, O>, t: &FuncType) -> Checked<()> {
        if t.results.len() > 1 && !self.since(Version::V2) {
            return Err(Box::new(Fault::Multiple("results of a function", Version::V1.name())));
        }
        self.result_type(d, &t.params)?;
        self.result_type(d, &t.results)
    }

    fn field_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: &FieldType) -> Checked<()> {
        d.by(Rule::FieldtypeOk, |d| match t.storage {
            StorageType::Val(t) => d.by(Rule::StoragetypeOkVal, |d| self.val_type(d, t).map(drop)),
            StorageType::I8 | StorageType::I16 => d.by(Rule::StoragetypeOkPack, |d| {
                d.axiom(Rule::PacktypeOk);
                Ok(())
            }),
        })
    }

    fn comp_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: &CompType) -> Checked<()> {
        match t {
            CompType::Struct(fields) => d.by(Rule::ComptypeOkStruct, |d| {
                within(fields.len(), "fields of a structure", MAX_FIELDS)?;
                fields.iter().try_for_each(|t| self.field_type(d, t))
            }),
            CompType::Array(t) => d.by(Rule::ComptypeOkArray, |d| self.field_type(d, t)),
            CompType::Func(t) => d.by(Rule::ComptypeOkFunc, |d| self.func_type_ok(d, t)),
        }
    }

    /// `Type_ok`: one recursive type, whose types come after those that are in the context. The error is beside the
    /// index of the type that it is about.
    pub(super) fn rec_type<O: Observer>(
        &mut self,
        d: &mut Deriving<'_, O>,
        group: &[SubType],
    ) -> Result<(), (Idx, Box<Fault>)> {
        let first = self.types.len() as Idx;
        let outer = d.enter(Rule::TypeOk);
        // The group is closed before its types are looked at, since they use each other; so indices come first.
        for (x, sub) in (first..).zip(group) {
            self.version_of(sub, group.len()).map_err(|e| (x, e))?;
            self.names_types(d, sub, x, first as usize + group.len()).map_err(|e| (x, e))?;
            let above =
                sub.supers.first().map(|above| if let TypeUse::Idx(y) = above { self.depths[*y as usize] } else { 0 });
            let depth = above.map_or(0, |depth| depth + 1);
            within(depth, "supertypes above one another", MAX_DEPTH).map_err(|e| (x, e))?;
            self.depths.push(depth);
        }
        let mut types = std::mem::take(&mut self.types);
        self.deftypes.alloc_group(&mut types, group);
        self.types = types;
        for (x, sub) in (first..).zip(group) {
            let rest = d.enter(Rule::RectypeOkCons);
            d.by(Rule::SubtypeOk, |d| self.sub_type(d, sub, x)).map_err(|e| (x, e))?;
            d.applied(rest);
            let fields = match self.deftypes.expand(self.types[x as usize]) {
                CompType::Struct(fields) => &**fields,
                CompType::Array(field) => std::slice::from_ref(field),
                CompType::Func(_) => &[],
            };
            let undefaultable = fields.iter().map(FieldType::unpack).find(|t| !t.is_defaultable());
            self.undefaultable.push(undefaultable);
        }
        d.axiom(Rule::RectypeOkEmpty);
        d.applied(outer);
        Ok(())
    }

    /// Whether the version's grammar of types has this one.
    fn version_of(&self, sub: &SubType, group: usize) -> Checked<()> {
        if self.since(Version::V3) {
            return Ok(());
        }
        match &sub.comp {
            CompType::Struct(_) => beyond("a structure type", Version::V3),
            CompType::Array(_) => beyond("an array type", Version::V3),
            CompType::Func(_) if !sub.is_final || !sub.supers.is_empty() => beyond("a sub type", Version::V3),
            CompType::Func(_) if group > 1 => beyond("a recursive type", Version::V3),
            CompType::Func(_) => Ok(()),
        }
    }

    /// The indices in a type, before it can be closed: each is of a type that there is, each supertype's of one before.
    fn names_types<O: Observer>(&self, d: &mut Deriving<'_, O>, sub: &SubType, x: Idx, len: usize) -> Checked<()> {
        let outer = d.enter(Rule::SubtypeOk);
        if sub.supers.len() > 1 {
            return Err(Box::new(Fault::Supertypes(sub.supers.len())));
        }
        let unknown = |index: Idx| Box::new(Fault::Unknown { space: Space::Type, index, len: len as u64 });
        for above in &sub.supers {
            match above {
                TypeUse::Idx(y) if *y as usize >= len => return Err(unknown(*y)),
                TypeUse::Idx(y) if *y >= x => return Err(Box::new(Fault::Forward(*y))),
                _ => {}
            }
        }
        d.now = Rule::TypeuseOkTypeidx;
        let named = |t: &ValType| match t {
            ValType::Ref(RefType { heap: HeapType::Type(TypeUse::Idx(y)), .. }) if *y as usize >= len => {
                Err(unknown(*y))
            }
            _ => Ok(()),
        };
        let field = |t: &FieldType| match &t.storage {
            StorageType::Val(t) => named(t),
            _ => Ok(()),
        };
        match &sub.comp {
            CompType::Struct(fields) => fields.iter().try_for_each(field)?,
            CompType::Array(t) => field(t)?,
            CompType::Func(t) => t.params.iter().chain(&t.results).try_for_each(named)?,
        }
        d.now = outer;
        Ok(())
    }

    /// `Subtype_ok`
    fn sub_type<O: Observer>(&self, d: &mut Deriving<'_, O>, sub: &SubType, x: Idx) -> Checked<()> {
        self.comp_type(d, &sub.comp)?;
        let this = self.types[x as usize];
        for above in &sub.supers {
            let TypeUse::Idx(y) = *above else { continue };
            let above = self.deftypes.unroll(self.types[y as usize]);
            if above.is_final {
                return Err(Box::new(Fault::Final(y)));
            }
            if !self.matching(d).comp_sub(self.deftypes.expand(this), &above.comp) {
                return Err(Box::new(Fault::SubType(y)));
            }
        }
        Ok(())
    }

    /// `Limits_ok`, with the greatest size that there is.
    fn limits<O: Observer>(&self, d: &mut Deriving<'_, O>, limits: &Limits, of: Space, most: u64) -> Checked<()> {
        d.by(Rule::LimitsOk, |_| {
            let Limits { min, max } = *limits;
            let greatest = max.unwrap_or(min).max(min);
            if greatest > most {
                return Err(Box::new(Fault::Size { of, found: greatest, most }));
            }
            match max {
                Some(max) if min > max => Err(Box::new(Fault::Limits { min, max })),
                _ => Ok(()),
            }
        })
    }

    fn addr_type(&self, t: AddrType) -> Checked<()> {
        match t {
            AddrType::I64 if !self.since(Version::V3) => beyond("the address type i64", Version::V3),
            _ => Ok(()),
        }
    }

    /// `Memtype_ok`. The proposal for custom page sizes has pages of one byte, of which there are no more than there
    /// are numbers of the address type.
    pub(super) fn mem_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: &MemType) -> Checked<()> {
        d.by(Rule::MemtypeOk, |d| {
            self.addr_type(t.addr)?;
            if t.shared && !self.features.threads {
                return Err(Box::new(Fault::Beyond("a shared memory".into(), Since::Proposal("threads"))));
            }
            if t.shared && t.limits.max.is_none() {
                return Err(Box::new(Fault::SharedWithoutMaximum));
            }
            let most = match (t.addr, t.page) {
                (AddrType::I32, PAGE) => 1 << 16,
                (AddrType::I64, PAGE) => 1 << 48,
                (_, 1) if !self.features.custom_page_sizes => {
                    return Err(Box::new(Fault::Beyond("a page size".into(), Since::Proposal("custom-page-sizes"))));
                }
                (AddrType::I32, 1) => u32::MAX.into(),
                (AddrType::I64, 1) => u64::MAX,
                _ => return Err(Box::new(Fault::PageSize)),
            };
            self.limits(d, &t.limits, Space::Mem, most)
        })
    }

    /// `Tabletype_ok`
    pub(super) fn table_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: &TableType) -> Checked<TableType> {
        d.by(Rule::TabletypeOk, |d| {
            self.addr_type(t.addr)?;
            let most = match t.addr {
                AddrType::I32 => u32::MAX.into(),
                AddrType::I64 => u64::MAX,
            };
            self.limits(d, &t.limits, Space::Table, most)?;
            // The tables of 1.0 are of functions, though it has no references.
            let element = if t.element == RefType::FUNC { t.element } else { self.ref_type(d, t.element)? };
            Ok(TableType { element, ..*t })
        })
    }

    /// `Globaltype_ok`
    pub(super) fn global_type<O: Observer>(&self, d: &mut Deriving<'_, O>, t: &GlobalType) -> Checked<GlobalType> {
        d.by(Rule::GlobaltypeOk, |d| Ok(GlobalType { val: self.val_type(d, t.val)?, ..*t }))
    }

    /// The function type at an index, where a type is used: `Typeuse_ok` and `Expand_use`.
    pub(super) fn func_use<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx) -> Checked<&FuncType> {
        d.by(Rule::TypeuseOkTypeidx, |_| self.type_at(x))?;
        d.by(Rule::ExpandUseTypeidx, |d| self.func_type(d, x))
    }

    /// `Tagtype_ok`. The rules of 3.0 have results of tags nowhere; there they are invalid, by the official tests.
    pub(super) fn tag_type<O: Observer>(&self, d: &mut Deriving<'_, O>, x: Idx) -> Checked<()> {
        d.by(Rule::TagtypeOk, |d| {
            if !self.since(Version::V3) {
                return beyond("a tag", Version::V3);
            }
            match self.func_use(d, x)?.results[..] {
                [] => Ok(()),
                _ => Err(Box::new(Fault::TagResults)),
            }
        })
    }

    /// `Import_ok`: the context has it afterwards.
    pub(super) fn import<O: Observer>(&mut self, d: &mut Deriving<'_, O>, import: &Import) -> Checked<()> {
        let outer = d.enter(Rule::ImportOk);
        match (&import.ty, import.type_index) {
            (ExternType::Func(_), Some(x)) => {
                d.by(Rule::ExterntypeOkFunc, |d| self.func_use(d, x).map(drop))?;
                self.funcs.push(self.types[x as usize]);
            }
            (ExternType::Tag(_), Some(x)) => {
                d.by(Rule::ExterntypeOkTag, |d| self.tag_type(d, x))?;
                self.tags.push(self.types[x as usize]);
            }
            (ExternType::Table(t), _) => {
                self.tables.push(d.by(Rule::ExterntypeOkTable, |d| self.table_type(d, t))?);
            }
            (ExternType::Mem(t), _) => {
                d.by(Rule::ExterntypeOkMem, |d| self.mem_type(d, t))?;
                self.mems.push(*t);
            }
            (ExternType::Global(t), _) => {
                self.globals.push(d.by(Rule::ExterntypeOkGlobal, |d| self.global_type(d, t))?);
            }
            (ExternType::Func(_) | ExternType::Tag(_), None) => {
                unreachable!("an import of a function or a tag has the index of its type")
            }
        }
        d.applied(outer);
        Ok(())
    }
}
