//! Sections (5.5).

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FunctionBody, KnownCustom, Name,
    Payload, RecGroup, TableInit, TypeRef,
};

use super::instr::{expr, ref_type, val_type};
use super::lazy::{self, Code};
use super::{Error, ErrorKind, Result, from_wasmparser, malformed, unsupported};
use crate::syntax::{
    AddrType, Bodies, Body, CompType, Data, Elem, Export, Expr, ExternIdx, ExternType, Features, FieldType, Func,
    FuncType, Global, GlobalType, Idx, Import, Instr, Limits, MemType, Module, PAGE, RefType, SegmentMode, StorageType,
    SubType, Table, TableType, TypeUse, Version,
};

/// The type of a segment that lists functions.
const FUNCS: RefType = RefType { nullable: false, ..RefType::FUNC };

/// Collects a module, payload by payload.
#[derive(Default)]
pub(super) struct Reader {
    features: Features,
    module: Module,
    /// Types of the functions whose bodies are still to come.
    func_types: Vec<Idx>,
    has_data_count: bool,
    /// `ref.func x` of element segments that list functions: one for each function, since a segment can list it
    /// millions of times.
    ref_funcs: FxHashMap<Idx, Arc<Expr>>,
    unsupported: Option<Error>,
    /// Where the bodies are that aren't read yet.
    unread: Vec<Range<usize>>,
}

/// Iterates over a section's items with their offsets; an item that can't be read is malformed.
macro_rules! items {
    ($section:expr) => {
        $section
            .clone()
            .into_iter_with_offsets()
            .map(|item| item.map_err(|e| from_wasmparser(&e, ErrorKind::Malformed)))
    };
}

impl Reader {
    pub(super) fn new(features: Features) -> Reader {
        Reader { features, ..Reader::default() }
    }

    /// The module and the first thing in it that isn't supported.
    pub(super) fn finish(mut self, bytes: &[u8]) -> Result<(Module, Option<Error>)> {
        if self.module.funcs.len() != self.func_types.len() {
            return Err(malformed("function and code section have inconsistent lengths", bytes.len()));
        }
        if !self.unread.is_empty() {
            let code: Arc<dyn Bodies> = Arc::new(Code::of(bytes, std::mem::take(&mut self.unread), self.features));
            for (def, func) in self.module.funcs.iter_mut().enumerate() {
                func.body = Body::unread(code.clone(), def);
            }
        }
        Ok((self.module, self.unsupported))
    }

    /// Remembers what isn't supported and goes on: what follows may be malformed, which counts first.
    fn note<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(t) => Ok(Some(t)),
            Err(error) if error.kind == ErrorKind::Unsupported => {
                self.unsupported.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn payload(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in items!(section) {
                    let (offset, group) = group?;
                    self.rec_group(group, offset)?;
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports_with_offsets() {
                    let (offset, import) = import.map_err(|e| from_wasmparser(&e, ErrorKind::Malformed))?;
                    let result = self.import(import, offset);
                    self.note(result)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in items!(section) {
                    self.func_types.push(ty?.1);
                }
            }
            Payload::TableSection(section) => {
                for table in items!(section) {
                    let (offset, table) = table?;
                    let init = match &table.init {
                        TableInit::RefNull => None,
                        TableInit::Expr(e) => self.const_expr(e)?,
                    };
                    let ty = table_type(&table.ty, offset);
                    if let Some(ty) = self.note(ty)? {
                        self.module.tables.push(Table { ty, init });
                    }
                }
            }
            Payload::MemorySection(section) => {
                for mem in items!(section) {
                    let (offset, mem) = mem?;
                    self.module.mems.push(mem_type(&mem, self.features, offset)?);
                }
            }
            Payload::TagSection(section) => {
                // It may have no tag in it that a validator would refuse.
                if self.features.version < Version::V3 {
                    return Err(malformed("malformed section id 13", section.range().start));
                }
                for tag in items!(section) {
                    self.module.tags.push(tag?.1.func_type_idx);
                }
            }
            Payload::GlobalSection(section) => {
                for global in items!(section) {
                    let (offset, global) = global?;
                    let init = self.const_expr(&global.init_expr)?;
                    let ty = self.note(global_type(&global.ty, offset))?;
                    if let (Some(ty), Some(init)) = (ty, init) {
                        self.module.globals.push(Global { ty, init });
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in items!(section) {
                    let (_, export) = export?;
                    let item = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => ExternIdx::Func(export.index),
                        ExternalKind::Table => ExternIdx::Table(export.index),
                        ExternalKind::Memory => ExternIdx::Mem(export.index),
                        ExternalKind::Global => ExternIdx::Global(export.index),
                        ExternalKind::Tag => ExternIdx::Tag(export.index),
                    };
                    self.module.exports.push(Export { name: export.name.to_owned(), item });
                }
            }
            Payload::StartSection { func, .. } => self.module.start = Some(*func),
            Payload::ElementSection(section) => {
                for elem in items!(section) {
                    let (offset, elem) = elem?;
                    let mode = match elem.kind {
                        ElementKind::Passive => Some(SegmentMode::Passive),
                        ElementKind::Declared => Some(SegmentMode::Declare),
                        ElementKind::Active { table_index, offset_expr } => {
                            let offset = self.const_expr(&offset_expr)?;
                            offset.map(|offset| SegmentMode::Active { target: table_index.unwrap_or(0), offset })
                        }
                    };
                    let items = self.elements(&elem.items, offset)?;
                    if let (Some(mode), Some((ty, init))) = (mode, items) {
                        self.module.elems.push(Elem { ty, init, mode });
                    }
                }
            }
            Payload::DataCountSection { .. } => self.has_data_count = true,
            Payload::DataSection(section) => {
                for data in items!(section) {
                    let (_, data) = data?;
                    let mode = match data.kind {
                        DataKind::Passive => Some(SegmentMode::Passive),
                        DataKind::Active { memory_index, offset_expr } => {
                            let offset = self.const_expr(&offset_expr)?;
                            offset.map(|offset| SegmentMode::Active { target: memory_index, offset })
                        }
                    };
                    if let Some(mode) = mode {
                        self.module.datas.push(Data { init: data.data.into(), mode });
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.code(body)?,
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    self.names(names);
                }
            }
            Payload::UnknownSection { id, range, .. } => {
                return Err(malformed(format!("malformed section id {id}"), range.start));
            }
            _ => {}
        }
        Ok(())
    }

    fn rec_group(&mut self, group: RecGroup, offset: usize) -> Result<()> {
        // That it is written can't be told from a group of one type.
        if group.is_explicit_rec_group() && self.features.version < Version::V3 {
            return Err(malformed("malformed type: recursive types came with version 3.0", offset));
        }
        for ty in group.into_types() {
            let sub = self.note(sub_type(&ty, offset))?;
            // Keeps the index space whole; what isn't supported is refused before anybody looks.
            let none = || SubType { is_final: true, supers: Vec::new(), comp: CompType::Func(Arc::default()) };
            self.module.types.push(sub.unwrap_or_else(none));
        }
        self.module.rec_ends.push(self.module.types.len());
        Ok(())
    }

    /// The function type at an index; any if there is none, which is for the validator to refuse.
    fn func_type(&self, x: Idx) -> FuncType {
        match self.module.types.get(x as usize).map(|sub| &sub.comp) {
            Some(CompType::Func(ty)) => (**ty).clone(),
            _ => FuncType::default(),
        }
    }

    fn import(&mut self, import: wasmparser::Import<'_>, offset: usize) -> Result<()> {
        let mut type_index = None;
        let ty = match import.ty {
            TypeRef::Func(x) | TypeRef::FuncExact(x) => {
                type_index = Some(x);
                self.module.func_imports += 1;
                ExternType::Func(self.func_type(x))
            }
            TypeRef::Table(t) => ExternType::Table(table_type(&t, offset)?),
            TypeRef::Memory(t) => ExternType::Mem(mem_type(&t, self.features, offset)?),
            TypeRef::Global(t) => ExternType::Global(global_type(&t, offset)?),
            TypeRef::Tag(t) => {
                type_index = Some(t.func_type_idx);
                ExternType::Tag(self.func_type(t.func_type_idx))
            }
        };
        let (module, name) = (import.module.to_owned(), import.name.to_owned());
        self.module.imports.push(Import { module, name, ty, type_index });
        Ok(())
    }

    fn const_expr(&mut self, e: &ConstExpr<'_>) -> Result<Option<Arc<Expr>>> {
        let (expr, first_unsupported) = expr(e.get_operators_reader(), true)?;
        match first_unsupported {
            Some(error) => {
                self.unsupported.get_or_insert(error);
                Ok(None)
            }
            None => Ok(Some(Arc::new(expr))),
        }
    }

    fn elements(&mut self, items: &ElementItems<'_>, offset: usize) -> Result<Option<(RefType, Vec<Arc<Expr>>)>> {
        let mut init = Vec::new();
        match items {
            ElementItems::Functions(funcs) => {
                for func in items!(funcs) {
                    let (offset, x) = func?;
                    let expr = self.ref_funcs.entry(x).or_insert_with(|| {
                        let instrs = vec![Instr::RefFunc { x }, Instr::End {}];
                        Arc::new(Expr { instrs, closed_at: vec![0; 2], offsets: vec![offset as u32; 2] })
                    });
                    init.push(expr.clone());
                }
                Ok(Some((FUNCS, init)))
            }
            ElementItems::Expressions(ty, exprs) => {
                for e in items!(exprs) {
                    let e = self.const_expr(&e?.1)?;
                    init.extend(e);
                }
                let ty = self.note(ref_type(*ty, offset))?;
                // The validator takes it for that of a segment that lists functions, which every version has.
                if ty == Some(FUNCS) && self.features.version < Version::V3 {
                    return Err(malformed(
                        "malformed reference type: types without null came with version 3.0",
                        offset,
                    ));
                }
                Ok(ty.map(|ty| (ty, init)))
            }
        }
    }

    /// A function, but for its body.
    fn func(&mut self, body: &FunctionBody<'_>) -> Result<Func> {
        let offset = body.range().start;
        let Some(ty) = self.func_types.get(self.module.funcs.len()).copied() else {
            return Err(malformed("function and code section have inconsistent lengths", offset));
        };
        let reader = body.get_locals_reader().map_err(|e| from_wasmparser(&e, ErrorKind::Malformed))?;
        let mut locals = Vec::new();
        let mut count = 0u64;
        for group in reader {
            let (n, t) = group.map_err(|e| from_wasmparser(&e, ErrorKind::Malformed))?;
            count += u64::from(n);
            if count > u64::from(u32::MAX) {
                return Err(malformed("too many locals: there can be 2^32 - 1", offset));
            }
            let t = self.note(val_type(t, offset))?;
            locals.extend(t.map(|t| (n, t)));
        }
        self.module.code_size += body.range().len();
        Ok(Func { ty, locals, body: Expr::default().into(), is_atomic: false })
    }

    /// A function of a valid module, whose body is to be read when it is asked for.
    pub(super) fn unread(&mut self, body: &FunctionBody<'_>, is_atomic: bool) -> Result<()> {
        let func = self.func(body)?;
        self.unread.push(body.range());
        self.module.funcs.push(Func { is_atomic, ..func });
        Ok(())
    }

    fn code(&mut self, body: &FunctionBody<'_>) -> Result<()> {
        let func = self.func(body)?;
        let operators = body.get_operators_reader().map_err(|e| from_wasmparser(&e, ErrorKind::Malformed))?;
        let (body_expr, first_unsupported) = expr(operators, self.has_data_count)?;
        if let Some(error) = first_unsupported {
            self.unsupported.get_or_insert(error);
        }
        let opcode = |offset: &u32| body.as_bytes()[*offset as usize - body.range().start];
        let is_atomic = body_expr.offsets.iter().map(opcode).any(lazy::is_atomic);
        self.module.funcs.push(Func { body: body_expr.into(), is_atomic, ..func });
        Ok(())
    }

    /// Custom sections can't make a module malformed (7.4): names are read as far as they can be.
    fn names(&mut self, names: wasmparser::NameSectionReader<'_>) {
        for name in names {
            let Ok(Name::Function(map)) = name else { continue };
            for naming in map {
                let Ok(naming) = naming else { return };
                self.module.func_names.push((naming.index, naming.name.to_owned()));
            }
        }
    }
}

fn sub_type(ty: &wasmparser::SubType, offset: usize) -> Result<SubType> {
    let what = &ty.composite_type;
    if what.shared || what.descriptor_idx.is_some() || what.describes_idx.is_some() {
        return Err(unsupported("shared types and descriptors", offset));
    }
    let comp = match &what.inner {
        CompositeInnerType::Func(func) => CompType::Func(Arc::new(func_type(func, offset)?)),
        CompositeInnerType::Struct(fields) => {
            CompType::Struct(fields.fields.iter().map(|t| field_type(t, offset)).collect::<Result<_>>()?)
        }
        CompositeInnerType::Array(array) => CompType::Array(field_type(&array.0, offset)?),
        CompositeInnerType::Cont(_) => return Err(unsupported("continuations", offset)),
    };
    let above = ty.supertype_idx.and_then(|x| x.as_module_index());
    Ok(SubType { is_final: ty.is_final, supers: above.map(TypeUse::Idx).into_iter().collect(), comp })
}

fn field_type(t: &wasmparser::FieldType, offset: usize) -> Result<FieldType> {
    let storage = match t.element_type {
        wasmparser::StorageType::I8 => StorageType::I8,
        wasmparser::StorageType::I16 => StorageType::I16,
        wasmparser::StorageType::Val(t) => StorageType::Val(val_type(t, offset)?),
    };
    Ok(FieldType { mutable: t.mutable, storage })
}

fn func_type(func: &wasmparser::FuncType, offset: usize) -> Result<FuncType> {
    let types = |ts: &[wasmparser::ValType]| ts.iter().map(|t| val_type(*t, offset)).collect::<Result<Vec<_>>>();
    Ok(FuncType { params: types(func.params())?, results: types(func.results())? })
}

fn table_type(t: &wasmparser::TableType, offset: usize) -> Result<TableType> {
    if t.shared {
        return Err(malformed("malformed limits flags", offset));
    }
    let limits = Limits { min: t.initial, max: t.maximum };
    Ok(TableType { addr: addr_type(t.table64), element: ref_type(t.element_type, offset)?, limits })
}

fn mem_type(t: &wasmparser::MemoryType, features: Features, offset: usize) -> Result<MemType> {
    // That one is written at all can't be told from the type: it may be that of all others.
    if t.page_size_log2.is_some() && !features.custom_page_sizes {
        return Err(malformed("malformed limits flags: page sizes are of the proposal custom-page-sizes", offset));
    }
    // A size that isn't one is for the validator to refuse; so is one that isn't a number of 64 bits, as none at all.
    let page = t.page_size_log2.map_or(PAGE, |k| 1u64.checked_shl(k).unwrap_or(0));
    let limits = Limits { min: t.initial, max: t.maximum };
    Ok(MemType { addr: addr_type(t.memory64), limits, page, shared: t.shared })
}

fn addr_type(is_64: bool) -> AddrType {
    if is_64 { AddrType::I64 } else { AddrType::I32 }
}

fn global_type(t: &wasmparser::GlobalType, offset: usize) -> Result<GlobalType> {
    if t.shared {
        return Err(malformed("malformed mutability", offset));
    }
    Ok(GlobalType { mutable: t.mutable, val: val_type(t.content_type, offset)? })
}
