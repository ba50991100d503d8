//! What a module imports beside functions, made of WebAssembly, so that every engine can be given it.

use assay_interp::syntax::{
    AddrType, CompType, ExternType, FieldType, GlobalType, HeapType, Module, NumType, PAGE, RefType, StorageType,
    SubType, TableType, TypeUse, ValType,
};
use wasm_encoder::{
    AbstractHeapType, CompositeInnerType, ConstExpr, ExportKind, ExportSection, GlobalSection, MemorySection,
    TableSection, TagSection, TypeSection,
};

/// A module that exports, for each memory, table, global and tag that `module` imports, one of exactly that type,
/// holding zeros and nulls, under the position of the import as its name; `None` if there are none. What would have to
/// hold references without null is left out: there is no value for it.
pub fn provider(module: &Module) -> Option<Vec<u8>> {
    let (mut tables, mut mems, mut globals) = (TableSection::new(), MemorySection::new(), GlobalSection::new());
    let (mut tags, mut exports) = (TagSection::new(), ExportSection::new());
    for (i, import) in module.imports.iter().enumerate() {
        let (kind, index) = match &import.ty {
            ExternType::Func(_) => continue,
            ExternType::Table(TableType { element: RefType { nullable: false, .. }, .. })
            | ExternType::Global(GlobalType { val: ValType::Ref(RefType { nullable: false, .. }), .. }) => continue,
            ExternType::Tag(_) => {
                let func_type_idx = import.type_index.expect("a tag's type stands in its module");
                tags.tag(wasm_encoder::TagType { kind: wasm_encoder::TagKind::Exception, func_type_idx });
                (ExportKind::Tag, tags.len())
            }
            ExternType::Table(t) => {
                tables.table(wasm_encoder::TableType {
                    element_type: ref_type(t.element),
                    table64: t.addr == AddrType::I64,
                    minimum: t.limits.min,
                    maximum: t.limits.max,
                    shared: false,
                });
                (ExportKind::Table, tables.len())
            }
            ExternType::Mem(t) => {
                mems.memory(wasm_encoder::MemoryType {
                    minimum: t.limits.min,
                    maximum: t.limits.max,
                    memory64: t.addr == AddrType::I64,
                    shared: t.shared,
                    page_size_log2: (t.page != PAGE).then_some(t.page.trailing_zeros()),
                });
                (ExportKind::Memory, mems.len())
            }
            ExternType::Global(t) => {
                let ty = wasm_encoder::GlobalType { val_type: val_type(t.val), mutable: t.mutable, shared: false };
                globals.global(ty, &zero(t.val));
                (ExportKind::Global, globals.len())
            }
        };
        exports.export(&export(i), kind, index - 1);
    }
    if exports.is_empty() {
        return None;
    }
    let mut wasm = wasm_encoder::Module::new();
    wasm.section(&types(module)).section(&tables).section(&mems);
    // Even an empty section of tags is unknown to engines without exceptions.
    if !tags.is_empty() {
        wasm.section(&tags);
    }
    wasm.section(&globals).section(&exports);
    Some(wasm.finish())
}

/// The name under which a provider exports what the import at this position asks for.
pub(crate) fn export(position: usize) -> String {
    position.to_string()
}

/// The types of a module, at the indices that they have there.
pub(crate) fn types(module: &Module) -> TypeSection {
    let mut section = TypeSection::new();
    for group in module.rec_types() {
        // A type that is alone stands for its group: engines without GC know no other form.
        match group {
            [alone] => section.ty().subtype(&sub_type(alone)),
            group => section.ty().rec(group.iter().map(sub_type).collect::<Vec<_>>()),
        }
    }
    section
}

fn index(tu: TypeUse) -> u32 {
    match tu {
        TypeUse::Idx(x) => x,
        other => unreachable!("a module's types are used by index, not as {other}"),
    }
}

fn sub_type(sub: &SubType) -> wasm_encoder::SubType {
    let inner = match &sub.comp {
        CompType::Func(ty) => {
            let list = |ts: &[ValType]| ts.iter().map(|t| val_type(*t)).collect::<Vec<_>>();
            CompositeInnerType::Func(wasm_encoder::FuncType::new(list(&ty.params), list(&ty.results)))
        }
        CompType::Struct(fields) => {
            CompositeInnerType::Struct(wasm_encoder::StructType { fields: fields.iter().map(field_type).collect() })
        }
        CompType::Array(field) => CompositeInnerType::Array(wasm_encoder::ArrayType(field_type(field))),
    };
    let composite_type = wasm_encoder::CompositeType { inner, shared: false, descriptor: None, describes: None };
    let supertype_idx = sub.supers.first().copied().map(index);
    wasm_encoder::SubType { is_final: sub.is_final, supertype_idx, composite_type }
}

fn field_type(field: &FieldType) -> wasm_encoder::FieldType {
    let element_type = match field.storage {
        StorageType::I8 => wasm_encoder::StorageType::I8,
        StorageType::I16 => wasm_encoder::StorageType::I16,
        StorageType::Val(t) => wasm_encoder::StorageType::Val(val_type(t)),
    };
    wasm_encoder::FieldType { element_type, mutable: field.mutable }
}

fn ref_type(t: RefType) -> wasm_encoder::RefType {
    let ty = match t.heap {
        HeapType::Any => AbstractHeapType::Any,
        HeapType::Eq => AbstractHeapType::Eq,
        HeapType::I31 => AbstractHeapType::I31,
        HeapType::Struct => AbstractHeapType::Struct,
        HeapType::Array => AbstractHeapType::Array,
        HeapType::None => AbstractHeapType::None,
        HeapType::Func => AbstractHeapType::Func,
        HeapType::NoFunc => AbstractHeapType::NoFunc,
        HeapType::Exn => AbstractHeapType::Exn,
        HeapType::NoExn => AbstractHeapType::NoExn,
        HeapType::Extern => AbstractHeapType::Extern,
        HeapType::NoExtern => AbstractHeapType::NoExtern,
        HeapType::Type(tu) => {
            let heap_type = wasm_encoder::HeapType::Concrete(index(tu));
            return wasm_encoder::RefType { nullable: t.nullable, heap_type };
        }
    };
    let heap_type = wasm_encoder::HeapType::Abstract { shared: false, ty };
    wasm_encoder::RefType { nullable: t.nullable, heap_type }
}

pub(crate) fn val_type(t: ValType) -> wasm_encoder::ValType {
    match t {
        ValType::Num(NumType::I32) => wasm_encoder::ValType::I32,
        ValType::Num(NumType::I64) => wasm_encoder::ValType::I64,
        ValType::Num(NumType::F32) => wasm_encoder::ValType::F32,
        ValType::Num(NumType::F64) => wasm_encoder::ValType::F64,
        ValType::V128 => wasm_encoder::ValType::V128,
        ValType::Ref(t) => wasm_encoder::ValType::Ref(ref_type(t)),
    }
}

fn zero(t: ValType) -> ConstExpr {
    match t {
        ValType::Num(NumType::I32) => ConstExpr::i32_const(0),
        ValType::Num(NumType::I64) => ConstExpr::i64_const(0),
        ValType::Num(NumType::F32) => ConstExpr::f32_const(0f32.into()),
        ValType::Num(NumType::F64) => ConstExpr::f64_const(0f64.into()),
        ValType::V128 => ConstExpr::v128_const(0),
        ValType::Ref(t) => ConstExpr::ref_null(ref_type(t).heap_type),
    }
}
